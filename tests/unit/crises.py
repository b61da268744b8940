"""Crises in which much happens, for the tests of replays."""

#: Parameters under which most are made, refused and answered.
EVENTFUL = {
    "crisis.audience_cost": 0.4,
    "crisis.challenge_cost": -0.3,
    "crisis.misperception": 1.0,
    "crisis.war_cost": 0.2,
    "response.noise": 0.6,
    "institutions.*.ladder.sanctions.severity": 0.6,
    "institutions.*.ladder.isolation.severity": 0.5,
}

"""The worlds that are computed exactly; edit to add one."""

from typing import Any

from csmc.institutions import Council, Institution, Obligation, Rung, get
from csmc.institutions.record import Balancing, Forum
from tests.exact.world import World

NEAR, FAR = (0.0, 0.0), (1.2, 0.3)
POINTS = (NEAR, FAR, (0.5, -0.6), (-0.7, 0.4))
FORCE = Rung(name="force", cost=1.0)
SANCTIONS = Rung(name="sanctions", severity=0.4, cost=0.3)
ISOLATION = Rung(name="isolation", severity=0.25, cost=0.45)
BLOCKADE = Rung(name="blockade", severity=0.3, cost=0.7)
#: Challenges that are worth it and seldom a bluff, so that there is much to respond to.
NO_ERROR = {
    "crisis.misperception": 0.0,
    "crisis.challenge_cost": -0.2,
    "crisis.audience_cost": 0.3,
    "crisis.war_cost": 0.5,
    "crisis.decisiveness": 1.2,
    "response.vote_cost": 0.4,
    "response.joining_cost": 0.7,
}
ERROR = {**NO_ERROR, "crisis.misperception": 0.4}


def two(name: str, capability: tuple[float, float] = (0.6, 0.4), forum: Forum | None = None, **changes: Any) -> World:
    """Two states under an institution that has but words, or none; `__` stands for the dot of a path."""
    institution = Institution(name="words", forum=forum or Forum())
    return World(name, institution, capability, (NEAR, FAR), _paths(changes), great_power=(1, 0))


def several(
    name: str, capability: tuple[float, ...], changes: dict[str, Any], rules: Institution, **fixed: Any
) -> World:
    """Three or four states under `rules`."""
    return World(name, rules, capability, POINTS[: len(capability)], changes, **fixed)


def rules(
    scope: str = "members",
    strength: float = 2.0,
    ladder: tuple[Rung, ...] = (SANCTIONS, FORCE),
    council: Council | None = None,
    balancing: Balancing | None = None,
    forum: Forum | None = None,
    **obligation: float,
) -> Institution:
    """An institution made for the purpose."""
    return Institution(
        name="rules",
        obligation=Obligation.model_validate({"scope": scope, "strength": strength, **obligation}),
        balancing=balancing or Balancing(),
        council=council,
        forum=forum or Forum(legitimacy=0.9, mediation=0.1, condemnation=0.02, norm=0.5),
        ladder=ladder,
    )


def _paths(changes: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("__", "."): value for name, value in changes.items()}


#: Two states: the bargain alone.
BARGAINS = (
    two("the defaults"),
    two("no misperception, high audience cost", crisis__misperception=0.0, crisis__audience_cost=0.6),
    two("much bluffing", crisis__misperception=0.5, crisis__audience_cost=0.02, crisis__challenge_cost=0.005),
    two("status quo often clipped", (0.95, 0.05), crisis__revisionism=1.0, crisis__misperception=0.8),
    two("demand capped by the whole good", (0.85, 0.15), crisis__war_cost=1.5, crisis__decisiveness=2.0),
    two("war nearly free", crisis__war_cost=0.05, crisis__audience_cost=0.3),
    two("mediation and condemnation", forum=Forum(legitimacy=0.6, mediation=0.5, condemnation=0.2)),
    two("challenges rewarded", crisis__challenge_cost=-0.3, crisis__revisionism=0.6, crisis__misperception=0.4),
    two("challenges dear", crisis__challenge_cost=0.15, crisis__misperception=0.6),
    two("status quo fixed by power", crisis__revisionism=0.0, crisis__misperception=0.8),
    World("strength lost with distance", get("anarchy"), (0.5, 0.5), (NEAR, FAR),
          {"system.geography.loss_of_strength": 1.5, "crisis.onset_power": 2.0}, distance=((0, 0.8), (0.8, 0))),
)  # fmt: skip

ALL = Council(seats="all", quota=0.6, veto="none", abstention=0.2)
PARTIES_OUT = Council(seats="all", quota=0.5, veto="all", parties_abstain=True, abstention=0.25)
SECURITY = Council(seats=2, quota=0.6, veto="permanent", abstention=0.3)

#: Three states: one third party, so that only the bargain is continuous.
THREES = (
    several("anarchy", (0.4, 0.35, 0.25), ERROR, get("anarchy"), great_power=(1, 0, 1)),
    several("balance of power, a hegemon among them", (0.5, 0.3, 0.2), {**ERROR, "crisis.hegemony": 0.45},
            get("balance_of_power")),
    several("alliance", (0.45, 0.35, 0.2), ERROR, get("alliance")),
    several("collective security, members drawn", (0.4, 0.35, 0.25),
            {**NO_ERROR, "system.members": 0.6, "system.great_power_members": 0.8, "system.great_powers": 1},
            rules(council=ALL)),
    several("collective security, two blocs drawn", (0.4, 0.35, 0.25), {**NO_ERROR, "interests.polarization": 1.0},
            get("collective_security")),
    several("collective security, costs of joining vary", (0.4, 0.35, 0.25),
            {**NO_ERROR, "response.cost_heterogeneity": 0.3, "crisis.challenge_cost": 0.02}, rules(residual=0.4)),
    several("League", (0.45, 0.35, 0.2), ERROR, get("league_of_nations"), member=(1, 1, 1)),
    several("League, one state outside", (0.45, 0.35, 0.2), ERROR, get("league_of_nations"), member=(1, 1, 0)),
    several("Security Council", (0.45, 0.35, 0.2), ERROR, get("un_security_council"), great_power=(1, 0, 1)),
    several("Security Council without veto", (0.45, 0.35, 0.2), ERROR, get("un_without_veto"), great_power=(1, 1, 0)),
    several("concert, one power alone on its council", (0.45, 0.35, 0.2), NO_ERROR, get("concert_of_powers"),
            great_power=(1, 0, 0)),
    several("every party can veto", (0.45, 0.35, 0.2), ERROR,
            rules(council=Council(seats="all", quota=0.3, veto="all"), residual=0.5)),
    several("four rungs", (0.3, 0.3, 0.4), ERROR, rules(ladder=(SANCTIONS, ISOLATION, BLOCKADE, FORCE), council=ALL),
            great_power=(1, 0, 1)),
)  # fmt: skip

#: Four states: coalitions, elections and distances.
FOURS = (
    several("anarchy", (0.35, 0.3, 0.2, 0.15), ERROR, get("anarchy")),
    several("one permanent and one elected seat", (0.35, 0.3, 0.2, 0.15), NO_ERROR,
            rules(council=SECURITY, residual=0.3, exempt_permanent=0.5), great_power=(1, 0, 0, 0)),
    several("more permanent members than seats", (0.3, 0.3, 0.2, 0.2), NO_ERROR,
            rules(council=SECURITY, residual=0.3, exempt_permanent=0.5), great_power=(1, 0, 1, 1)),
    several("concert, obligations of great powers", (0.35, 0.3, 0.2, 0.15), NO_ERROR, get("concert_of_powers"),
            great_power=(1, 1, 1, 0)),
    several("ring, alliance, bandwagon", (0.35, 0.3, 0.2, 0.15),
            {**ERROR, "system.geography.layout": "ring", "system.geography.loss_of_strength": 1.0},
            rules("allies", 2.5, (FORCE,), balancing=Balancing(weight=0.3, hegemon_weight=1, bandwagon_weight=1.0),
                  ally_radius=1.4)),
    several("distances from a table, one non-member", (0.35, 0.3, 0.2, 0.15),
            {**ERROR, "system.geography.loss_of_strength": 0.7}, rules(council=PARTIES_OUT, residual=0.2),
            member=(1, 1, 1, 0), distance=((0, 1, 2, 0.5), (1, 0, 1, 1), (2, 1, 0, 0.3), (0.5, 1, 0.3, 0))),
    several("collective security, three rungs", (0.35, 0.3, 0.2, 0.15), NO_ERROR,
            rules(ladder=(SANCTIONS, ISOLATION, FORCE)), great_power=(1, 0, 0, 1)),
)  # fmt: skip

LEARNING = {
    "dynamics.episodes": 2,
    "dynamics.war_loss": 0.2,
    "dynamics.spoils": 0.6,
    "dynamics.trust_learning": 0.7,
    "dynamics.legitimacy_learning": 0.6,
    "dynamics.double_standard": 0.8,
}
EAGER = {**LEARNING, **NO_ERROR}
WORDS = Forum(legitimacy=0.6, mediation=0.3, condemnation=0.3)

#: Histories of two episodes.
HISTORIES = (
    World("two states, words", Institution(name="words", forum=WORDS), (0.6, 0.4), (NEAR, FAR),
          {**LEARNING, "crisis.challenge_cost": -0.1}, great_power=(1, 0)),
    World("two states, one may die", Institution(name="words", forum=WORDS), (0.55, 0.45), (NEAR, FAR),
          {**EAGER, "dynamics.survival": 0.35}, great_power=(0, 1)),
    several("three states, trust", (0.4, 0.35, 0.25), EAGER, rules(), member=(1, 1, 1)),
    several("three states, Security Council, two may die", (0.5, 0.3, 0.2), {**EAGER, "dynamics.survival": 0.3},
            rules(council=SECURITY, residual=0.3, exempt_permanent=0.3), great_power=(1, 0, 0)),
    several("three states, members drawn", (0.4, 0.35, 0.25),
            {**EAGER, "system.members": 0.7, "system.great_powers": 2},
            rules(ladder=(FORCE,), council=PARTIES_OUT, residual=0.5)),
)  # fmt: skip

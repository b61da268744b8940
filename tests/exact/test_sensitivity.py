"""What the comparison can see: a kernel that used a parameter or a rule wrongly by a little would not pass it."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from csmc.institutions import Balancing, Council, Forum
from csmc.institutions.fields import field_value, with_field
from tests.evidence import Section
from tests.exact.cases import ERROR, FORCE, ISOLATION, SANCTIONS, rules
from tests.exact.comparison import TOLERANCE, compare
from tests.exact.episode import Resolution
from tests.exact.history import History, history
from tests.exact.world import World

REPLICATES = 3_000_000
SEED = 20261124
FAULT = 1.2
#: Who challenges whom depends little on the floor of the weights.
FLOOR, FLOOR_FAULT = "crisis.onset_floor", 1.5

#: A council, two lower rungs and every kind of motive, among three unequal states of which two have like interests.
INSTITUTION = rules(
    ladder=(SANCTIONS, ISOLATION, FORCE), residual=0.4, exempt_permanent=0.4, strength=1.6,
    council=Council(seats="all", quota=0.6, veto="permanent", abstention=0.3),
    balancing=Balancing(weight=0.6, hegemon_weight=0.8, bandwagon_weight=2.0),
    forum=Forum(legitimacy=0.8, mediation=0.2, condemnation=0.1, norm=0.3),
)  # fmt: skip
WORLD = World(
    "everything", INSTITUTION, (0.45, 0.35, 0.2), ((0.0, 0.0), (1.3, 0.3), (0.4, -0.3)),
    {**ERROR, "system.geography.loss_of_strength": 0.6, "crisis.hegemony": 0.4, "crisis.onset_power": 1.0},
    great_power=(1, 0, 0), distance=((0, 1, 0.5), (1, 0, 0.8), (0.5, 0.8, 0)),
)  # fmt: skip
PARAMETERS = (
    "system.geography.loss_of_strength", "crisis.onset_power", "crisis.onset_floor", "crisis.stake_floor",
    "crisis.decisiveness", "crisis.revisionism", "crisis.war_cost", "crisis.audience_cost", "crisis.challenge_cost",
    "crisis.misperception", "crisis.hegemony", "response.interest_weight", "response.efficacy_weight",
    "response.assurance_weight", "response.joining_cost", "response.power_cost", "response.noise",
    "response.vote_cost", "dynamics.spoils", "dynamics.trust", "dynamics.war_loss", "dynamics.legitimacy_learning",
    "dynamics.trust_learning", "dynamics.double_standard",
)  # fmt: skip
RULES = (
    "obligation.strength", "obligation.residual", "obligation.exempt_permanent", "balancing.weight",
    "balancing.hegemon_weight", "balancing.bandwagon_weight", "council.abstention", "forum.legitimacy",
    "forum.mediation", "forum.condemnation", "forum.norm", "ladder.sanctions.severity", "ladder.sanctions.cost",
    "ladder.isolation.severity", "ladder.isolation.cost", "ladder.force.cost",
)  # fmt: skip
#: Other rules of the same kind.
OTHERS = {
    "council.veto": "none",
    "council.quota": 0.3,
    "council.parties_abstain": True,
    "council.seats": "great_powers",
    "obligation.scope": "great_powers",
}


@cache
def exact() -> History:
    return history(WORLD, Resolution(1))


def farthest(world: World) -> float:
    """The largest deviation of the kernel's numbers for `world` from the exact ones of `WORLD`."""
    return max(abs(number.errors) for number in compare(world, exact(), REPLICATES, SEED))


def with_wrong(path: str) -> World:
    """`WORLD` with one parameter or rule larger by the factor of its fault, or another rule."""
    factor = FLOOR_FAULT if path == FLOOR else FAULT
    if path in PARAMETERS:
        return replace(WORLD, changes={**WORLD.changes, path: WORLD.values[path] * factor})
    value = OTHERS[path] if path in OTHERS else field_value(WORLD.institution, path)[1] * factor
    return replace(WORLD, institution=with_field(WORLD.institution, path, value))


@pytest.mark.proof
@pytest.mark.statistical
def test_a_fault_of_a_fifth_in_any_number_of_the_model_is_noticed(evidence: Callable[..., None]) -> None:
    found = {path: farthest(with_wrong(path)) for path in (*PARAMETERS, *RULES, *OTHERS)}
    assert farthest(WORLD) <= TOLERANCE
    unnoticed = {path: errors for path, errors in found.items() if errors <= TOLERANCE}
    assert not unnoticed
    faintest = min(found, key=lambda path: found[path])
    evidence(
        Section.EXACT,
        f"Three states: a kernel with any of {len(PARAMETERS) + len(RULES)} parameters and numbers of the institution "
        f"wrong by 20% ({FLOOR}: 50%), or with any of {len(OTHERS)} other rules, would fail the "
        f"comparison with exact probabilities ({TOLERANCE:g} standard errors)",
        f"every fault is seen; the faintest, {faintest}, moves a number by {found[faintest]:.1f} standard errors, "
        f"{REPLICATES:,} replicates",
    )

"""Who carries the burden: Olson's signs, where they hold and what reverses them."""

import itertools

import pytest

from tests.evidence import Section

from .measuring import K, apart, blocks, effect, estimates, falls, levels, listed
from .settings import ALIKE, NOBODY_JOINS, STAGED, UNSELECTED, force_alone, theatre

pytestmark = pytest.mark.statistical
CAPABILITIES = (0.01, 0.1, 0.3, 0.6, 1.0)


def lone_helper(name, **fields):
    """Probability that the only third party helps, by its capability relative to the challenger's (target 0.2)."""
    rules = force_alone(name, forum__norm=NOBODY_JOINS, **fields)
    found = []
    for index, capability in enumerate(CAPABILITIES):
        states, distances = theatre(1.0, 0.2, [capability])
        changes = STAGED | {"response.efficacy_weight": 3.0}
        run = estimates(
            ["participation"], [rules], changes, count=200_000, seed=index, states=states, distances=distances
        )
        found += levels(run["participation"])
    return found


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("anarchy", {}),
        ("collective_security", {}),
        ("balance_of_power", {"balancing__weight": 0.0, "balancing__hegemon_weight": 0.0}),
    ],
)
def test_a_state_whose_capability_falls_is_less_likely_to_help_where_nobody_balances(name, fields, evidence):
    found = lone_helper(name, **fields)
    loss = apart(found[0], found[-1])
    assert loss.z < -K
    evidence(
        Section.THEORY,
        f"{name}{' without balancing' if fields else ''}: the only third party helps less if its capability falls "
        "(from 1 to 0.01 times the challenger's; force alone, same interests, independent seeds)",
        f"{listed(reversed(found))} at {CAPABILITIES[::-1]}; {loss} from the first to the last ({abs(loss.z):.0f} SE)",
    )


@pytest.mark.parametrize("fields", [{"balancing__hegemon_weight": 0.0}, {"balancing__weight": 0.0}, {}])
def test_under_the_balance_of_power_a_lone_helper_helps_more_if_its_capability_falls(fields, evidence):
    """The expected response is not held fixed (docs: predictions that failed)."""
    found = lone_helper("balance_of_power", **fields)
    gain = apart(found[0], found[-1])
    assert gain.z > K
    missing = ", ".join(path.removeprefix("balancing__").replace("_", " ") for path in fields)
    evidence(
        Section.THEORY,
        f"balance_of_power{f', {missing} 0' if fields else ''}: the only third party helps more, not less, if its own "
        "capability falls, because the weaker side then needs it more or the challenger's share rises",
        f"{listed(reversed(found))} at {CAPABILITIES[::-1]}; {gain} from the first to the last ({gain.z:.0f} SE)",
    )


def larger_help_more(name, **changes):
    """Share of third-party capability that helps minus share of third parties that help, in the same crises."""
    rules = force_alone(name, forum__norm=NOBODY_JOINS)
    run = blocks([rules], UNSELECTED | ALIKE | changes, count=200_000)
    thirds = 6
    return effect(lambda q, b: q[0] - (b[0] - 2) / thirds, ("participation", run), ("belligerents", run))


@pytest.mark.parametrize("name", ["anarchy", "balance_of_power", "alliance", "collective_security"])
def test_in_the_same_crisis_the_larger_third_parties_help_more_often(name, evidence):
    gap = larger_help_more(name)
    no_reason = larger_help_more(name, **{"response.efficacy_weight": 0.0, "response.power_cost": 0.0})
    assert gap.z > K
    assert abs(no_reason.z) < K
    evidence(
        Section.THEORY,
        f"{name}: in the same crisis, all else equal, larger third parties help more often than smaller ones "
        "(exploitation of the great by the small); without effect on the outcome and cost of power they do not",
        f"share of capability minus share of states that help {gap} ({gap.z:.0f} SE); without {no_reason}",
    )


NUMBERS = (3, 4, 6, 10, 18, 34)


@pytest.mark.parametrize("name", ["anarchy", "balance_of_power", "collective_security"])
def test_total_help_falls_as_the_same_capability_is_divided_among_more_states(name, evidence):
    found = []
    for n in NUMBERS:
        states, distances = theatre(1.0, 0.6, [0.9 / (n - 2)] * (n - 2))
        rules = force_alone(name, forum__norm=NOBODY_JOINS)
        changes = STAGED | {"response.efficacy_weight": 3.0}
        run = estimates(["participation"], [rules], changes, count=40_000, seed=n, states=states, distances=distances)
        found += levels(run["participation"])
    ends = [apart(later, earlier) for earlier, later in itertools.pairwise(found)]
    whole = apart(found[-1], found[0])
    assert falls([whole])
    assert not any(step.z > K for step in ends)
    evidence(
        Section.THEORY,
        f"{name}: help as a share of the same total capability falls as it is divided among more third parties "
        f"({', '.join(str(n - 2) for n in NUMBERS)})",
        f"{listed(found)}; {whole} from first to last ({abs(whole.z):.0f} SE)",
    )

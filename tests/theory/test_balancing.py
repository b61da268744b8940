"""Balancing, chain-ganging and the size of wars."""

import pytest

from csmc.kernel import Plan
from csmc.kernel.codes import Outcome
from tests.evidence import Section
from tests.metamorphic.support import institution, play

from .measuring import (
    K,
    blocks,
    change,
    changes_along,
    differences,
    estimates,
    falls,
    level,
    levels,
    listed,
    rises,
    weakest,
)
from .settings import UNSELECTED, one_against_seven, unpressing

pytestmark = pytest.mark.statistical
BALANCERS = (
    "anarchy",
    institution("anarchy", balancing__weight=2.0),
    institution("anarchy", balancing__hegemon_weight=2.0),
    institution("anarchy", balancing__hegemon_weight=5.0),
    "balance_of_power",
)
LED = {"crisis.onset_power": 10.0}


@pytest.mark.parametrize("share", [0.6, 0.7, 0.8])
def test_balancing_lowers_the_success_of_a_challenger_above_the_hegemony_threshold(share, evidence):
    """Both as found among challenges, and among all crises alike (forced, and none settled by choice)."""
    options = {"count": 200_000, "states": one_against_seven(share)}
    metrics = ["aggressor_success", "aggressor_war_success"]
    found = differences(estimates(metrics, BALANCERS, LED, **options)["aggressor_success"])[1:]
    forced = differences(estimates(metrics, BALANCERS, LED | UNSELECTED, **options)["aggressor_war_success"])[1:]
    assert falls(found)
    assert falls(forced)
    evidence(
        Section.THEORY,
        f"A challenger with {share:.0%} of capability succeeds less often per challenge, and wins fewer wars that "
        "nothing selects, than under anarchy: with balancing weight 2; hegemon weight 2; 5; balance_of_power",
        f"per challenge {listed(found)}; per war {listed(forced)}",
    )


def test_below_the_hegemony_threshold_the_hegemon_weight_changes_nothing():
    sums = play(LED, BALANCERS, count=20_000, states=one_against_seven(0.3), plan=Plan(joint="none")).sums
    assert (sums[0] == sums[2]).all()
    assert (sums[0] == sums[3]).all()
    assert (sums[0] != sums[1]).any()


def test_coalitions_against_a_challenger_grow_with_its_share_of_capability_and_jump_at_hegemony(evidence):
    shares = (0.13, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
    rules = ["balance_of_power", institution("balance_of_power", balancing__hegemon_weight=0.0)]
    runs = [blocks(rules, LED, count=100_000, states=one_against_seven(share)) for share in shares]
    steps = changes_along("participation", runs)
    assert rises(steps)
    before, after = change("participation", *runs[3:5]), change("participation", *runs[4:6])
    assert after.value > 2 * before.value
    evidence(
        Section.THEORY,
        f"balance_of_power: participation against the challenger rises with its share of capability {shares}, most "
        "above the hegemony threshold of 0.5",
        f"{listed(level('participation', run) for run in runs)}; weakest step {weakest(steps)} SE; without hegemon "
        f"weight {listed(level('participation', run, 1) for run in runs)}",
    )


def test_alliances_turn_bilateral_wars_into_general_ones(evidence):
    count = 200_000
    joint = play(None, ["anarchy", "alliance"], count=count).joint[1, 0]
    widened = int(joint[Outcome.GENERAL_WAR, Outcome.BILATERAL_WAR])
    narrowed = int(joint[Outcome.BILATERAL_WAR, Outcome.GENERAL_WAR])
    assert widened - narrowed > K * (widened + narrowed) ** 0.5
    found = estimates(["bilateral_war", "general_war", "war"], ["anarchy", "alliance"], count=count)
    bilateral, general, war = (differences(estimate)[1] for estimate in found.values())
    assert bilateral.z < -K
    assert general.z > K
    evidence(
        Section.THEORY,
        f"Alliances turn wars that are bilateral under anarchy into general ones ({count:,} crises)",
        f"{widened:,} the one way and {narrowed} the other, of {int(joint[:, Outcome.BILATERAL_WAR].sum()):,} "
        f"bilateral wars under anarchy; rates: bilateral {bilateral}, general {general}, all wars {war}",
    )


PAIR = ("balance_of_power", "collective_security")
SIZES = ("war", "belligerents", "engaged")


def test_with_deterrence_held_fixed_wars_are_larger_under_collective_security(evidence):
    """A quarter of all crises comes to war under either, whatever third parties do."""
    found = estimates(SIZES, [unpressing(name) for name in PAIR], UNSELECTED, count=200_000)
    war, belligerents, engaged = (differences(estimate)[1] for estimate in found.values())
    assert war.value == 0.0
    assert rises((belligerents, engaged))
    evidence(
        Section.THEORY,
        "With deterrence held fixed (the same crises come to war), wars under collective security are larger than "
        "under the balance of power",
        f"belligerents {levels(found['belligerents'])[1]} against {levels(found['belligerents'])[0]}, share of "
        f"capability engaged {levels(found['engaged'])[1]} against {levels(found['engaged'])[0]}",
    )


@pytest.mark.proof
def test_the_wars_that_collective_security_still_has_engage_more_power_but_fewer_states(evidence):
    """Those that a coalition would have joined are deterred (docs: predictions that failed)."""
    found = estimates(SIZES, PAIR, count=2_000_000)
    war, belligerents, engaged = (differences(estimate)[1] for estimate in found.values())
    assert falls((war, belligerents))
    assert engaged.z > K
    evidence(
        Section.THEORY,
        "collective_security against balance_of_power: fewer wars, which engage a larger share of capability but fewer "
        "belligerents",
        f"wars {war}, engaged {engaged}, belligerents {belligerents} ({levels(found['belligerents'])[1]} against "
        f"{levels(found['belligerents'])[0]})",
    )

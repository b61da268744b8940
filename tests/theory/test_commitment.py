"""Commitment: tipping in mutual expectations, independent allies, and which promises are put to the test."""

from math import exp

import pytest

from csmc.kernel import Plan
from csmc.kernel.codes import Tally
from tests.evidence import Section
from tests.metamorphic.support import institution, play

from .measuring import Effect, K, apart, blocks, change, estimates, falls, level, levels, listed
from .settings import ALIKE, NOBODY_JOINS, UNSELECTED, unpressing

pytestmark = pytest.mark.statistical
NOISE, ROUNDS = 0.4, 16

#: Third parties have no reason to help but that others do, or a cost that is the same for all.
NO_OTHER_REASON = (
    UNSELECTED
    | ALIKE
    | {
        "system.capability.distribution": "equal",
        "response.noise": NOISE,
        "response.rounds": ROUNDS,
        "response.efficacy_weight": 0.0,
        "response.power_cost": 0.0,
    }
)
ANARCHY = institution("anarchy", forum__norm=NOBODY_JOINS)


def participation(count, **changes):
    found = estimates(["participation"], [ANARCHY], NO_OTHER_REASON | changes, count=count)
    return levels(found["participation"])[0]


def threshold_model(start, scale, steps):
    """Share that takes part if each does so where the share expected exceeds a logistic threshold of mean 1/2."""
    share = start
    for _ in range(steps):
        share = 1 / (1 + exp(-(share - 0.5) / scale))
    return share


def tipped(scale, start, count=40_000):
    """Participation found, for thresholds of this scale: psi (2E - 1) / noise = (E - 1/2) / scale."""
    changes = {
        "response.joining_cost": 0.0,
        "response.assurance_weight": NOISE / (2 * scale),
        "dynamics.trust": start,
    }
    return participation(count, **changes)


@pytest.mark.parametrize(
    ("scale", "low", "high"), [(0.1, 0.0072, 0.9928), (0.2, 0.1448, 0.8552), (0.24, 0.3296, 0.6704)]
)
def test_below_a_scale_of_a_quarter_expectations_have_two_regimes_at_the_known_fixed_points(scale, low, high, evidence):
    assert threshold_model(low, scale, 1) == pytest.approx(low, abs=1e-4)
    below, above = (tipped(scale, start) for start in (low, high))
    assert abs(below.value - low) < K * below.se
    assert abs(above.value - high) < K * above.se
    assert apart(above, below).z > K
    evidence(
        Section.THEORY,
        f"Granovetter's thresholds of logistic scale {scale}: participation that is expected at a fixed point of the "
        "known pair stays there through 16 rounds of expectation and the choice",
        f"{below} at {low}, {above} at {high}",
    )


@pytest.mark.parametrize("scale", [0.3, 0.4, 1.0])
def test_above_a_scale_of_a_quarter_every_initial_trust_leads_to_the_same_regime(scale, evidence):
    exact = [threshold_model(start, scale, ROUNDS + 1) for start in (0.0, 1.0)]
    found = [tipped(scale, start) for start in (0.0, 1.0)]
    assert all(abs(share.value - value) < K * share.se for share, value in zip(found, exact, strict=True))
    assert all(abs(value - 0.5) < 0.02 for value in exact)
    evidence(
        Section.THEORY,
        f"Thresholds of logistic scale {scale}: from trust 0 and from trust 1 participation comes to 1/2 within 16 "
        "rounds, as iterating the threshold model says",
        f"{listed(found)}; iterated {exact[0]:.4f}, {exact[1]:.4f}",
    )


@pytest.mark.parametrize("scale", [0.1, 0.2, 0.24, 0.25, 0.3])
@pytest.mark.parametrize("start", [0.0, 0.3, 0.45, 0.55, 1.0])
def test_participation_is_the_threshold_model_iterated_from_initial_trust(scale, start):
    found = tipped(scale, start)
    assert abs(found.value - threshold_model(start, scale, ROUNDS + 1)) < K * found.se


def test_high_assurance_tips_collective_security_between_two_regimes_of_trust(evidence):
    """In the default world: war where third parties trust one another and where they do not, by assurance weight."""

    def gap(weight):
        distrust, trust = (
            blocks(
                ["collective_security"],
                {"response.assurance_weight": weight, "dynamics.trust": t, "response.rounds": 16},
                count=100_000,
            )
            for t in (0.0, 1.0)
        )
        return level("war", distrust), level("war", trust), change("war", distrust, trust)

    found = {weight: gap(weight) for weight in (0.75, 1.5, 3.0, 5.0)}
    assert falls(difference for weight, (_, _, difference) in found.items() if weight > 1)
    assert abs(found[0.75][2].value) < 1e-3
    evidence(
        Section.THEORY,
        "collective_security, default world, 16 rounds: initial trust of 0 or 1 decides between two regimes of war if "
        "the weight of assurance is high, and not at its default of 0.75",
        "; ".join(f"weight {weight}: war {low} or {high}" for weight, (low, high, _) in found.items()),
    )


@pytest.mark.parametrize("thirds", [1, 4, 10])
def test_allies_who_decide_independently_leave_the_victim_alone_as_often_as_the_product_says(thirds, evidence):
    """P(nobody helps) = (1 - h)^n and expected support h, for a cost that makes everybody help with probability h."""
    count, cost = 200_000, 0.6
    helps = 1 / (1 + exp(cost / NOISE))
    changes = NO_OTHER_REASON | {
        "system.n_states": thirds + 2,
        "response.assurance_weight": 0.0,
        "response.joining_cost": cost,
    }
    sums = play(changes, [ANARCHY], count=count, plan=Plan(joint="none")).sums[0]
    wars, alone = int(sums[Tally.WARS]), int(sums[Tally.BILATERAL_WAR])
    expected = (1 - helps) ** thirds
    se = (expected * (1 - expected) / wars) ** 0.5
    assert wars > 40_000
    assert abs(alone / wars - expected) < K * se
    support = estimates(["participation"], [ANARCHY], changes, count=count)["participation"]
    assert abs(levels(support)[0].value - helps) < K * levels(support)[0].se
    evidence(
        Section.THEORY,
        f"{thirds} independent allies who each help with probability h = {helps:.4f} leave the victim alone with "
        "probability (1 - h)^n and help with a share h of their capability",
        f"alone {Effect(alone / wars, se)} (exact {expected:.4f}), support {levels(support)[0]}, in {wars:,} wars",
    )


@pytest.mark.parametrize("name", ["alliance", "balance_of_power", "collective_security"])
def test_promises_that_are_put_to_the_test_are_kept_less_often_than_all_would_be(name, evidence):
    everything = blocks([unpressing(name)], UNSELECTED, count=200_000)
    invoked = blocks([unpressing(name)], None, count=200_000)
    selection = change("participation", everything, invoked)
    assert selection.z < -K
    evidence(
        Section.THEORY,
        f"{name}: participation in the crises that come to a response is below that in all crises alike, because "
        "unreliable promises are challenged more",
        f"{level('participation', invoked)} against {level('participation', everything)}: {selection} "
        f"({abs(selection.z):.0f} SE)",
    )

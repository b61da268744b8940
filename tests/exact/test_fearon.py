"""Fearon's ultimatum: its closed forms, the exact computation and the kernel.

Two states with one kind of interest (a stake of 1), no misperception and so high an audience cost that nobody bluffs.
Decisiveness 1 and an extreme power of onset make state 0 the challenger with success p = its share of capability.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr

from csmc.institutions import get
from csmc.kernel.codes import Tally
from tests.evidence import Section
from tests.exact.bargain import Bargain
from tests.exact.comparison import TOLERANCE, deviation
from tests.exact.offer import Contest, Offer
from tests.exact.status_quo import StatusQuo
from tests.exact.world import World, simulated

Evidence = Callable[[Section, str, str], None]

REPLICATES = 1_000_000
SEED = 20261123


def offer(p: float, costs: float, entry: float = 0.0, spread: float = 0.25) -> Offer:
    """The bargain of a challenger with success `p`."""
    return Offer(Contest(1.0, 0.0), StatusQuo(p, spread), p, 1 - p, costs, 100.0, entry, 0.0, 0.0)


def refusal(bargain: Offer, cost: float) -> float:
    """The probability that the demand of a challenger with that cost is refused."""
    believed = np.array([bargain.common])
    return float(bargain.refusal(believed, bargain.surplus(believed, believed - cost))[0])


def world(p: float, costs: float, challenge_cost: float) -> World:
    """The same bargain in the kernel."""
    changes: dict[str, Any] = {
        "crisis.onset_power": 10.0,
        "crisis.decisiveness": 1.0,
        "crisis.stake_floor": 1.0,
        "crisis.misperception": 0.0,
        "crisis.audience_cost": 100.0,
        "crisis.war_cost": costs,
        "crisis.challenge_cost": challenge_cost,
    }
    return World("Fearon", get("anarchy"), (p, 1 - p), ((0.0,), (0.0,)), changes)


def mean_over_cost(function: Callable[[float], float], costs: float, *edges: float) -> float:
    """The mean over a private cost that is uniform on (0, costs)."""
    return float(quad(function, 0, costs, points=edges or None, epsabs=1e-11)[0]) / costs


@pytest.mark.parametrize(
    ("p", "cost", "costs", "war"),
    [(0.5, 0.1, 0.4, 0.375), (0.5, 0.3, 0.4, 0.125), (0.5, 0.4, 0.4, 0.0), (0.9, 0.05, 0.6, 0.1 / 0.6)],
)
def test_the_exact_refusal_is_fearons(p: float, cost: float, costs: float, war: float) -> None:
    assert refusal(offer(p, costs), cost) == pytest.approx(war, abs=1e-12)


def test_the_exact_value_of_a_demand_is_fearons() -> None:
    bargain, believed = offer(0.5, 0.4), np.array([0.5])
    assert bargain.gain(believed, believed - 0.1)[0] == pytest.approx(0.55625, abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_support_for_the_target_deters_from_the_closed_threshold_on(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ours, theirs, cost, costs, q = (rng.uniform(low, high) for low, high in
                                    ((0.3, 0.8), (0.02, 0.1), (0, 0.5), (0.1, 0.5), (0.4, 0.7)))  # fmt: skip
    entry = 0.02
    threshold = q - max(0, costs - cost) ** 2 / (4 * costs) + entry
    support = ours * (1 - threshold) / threshold - theirs
    below, above = (
        replace(offer(0.5, costs, entry), aggressor_strength=ours, victim_strength=theirs + support + nudge)
        for nudge in (-1e-6, 1e-6)
    )
    assert support > 0
    for bargain, challenged in ((below, True), (above, False)):
        believed = np.array([bargain.common])
        assert (bargain.gain(believed, believed - cost)[0] > q) == challenged


def closed_war(p: float, costs: float) -> float:
    """P(war | challenge) over the challenger's cost: (1 - cost/costs)/2, or (1 - p)/costs where the demand is all."""
    return mean_over_cost(lambda cost: min((1 - cost / costs) / 2, (1 - p) / costs), costs, max(0, costs - 2 * (1 - p)))


@pytest.mark.statistical
@pytest.mark.parametrize(("p", "costs", "known"), [(0.6, 0.4, 0.25), (0.75, 0.5, 0.25), (0.9, 0.6, 5 / 36)])
def test_war_after_forced_challenges_has_fearons_probability(
    p: float, costs: float, known: float, evidence: Evidence
) -> None:
    assert closed_war(p, costs) == pytest.approx(known, abs=1e-9)
    bargain = Bargain(offer(p, costs, entry=-1000.0))
    assert bargain.fighting(bargain.bluff) == pytest.approx(known, abs=1e-9)
    sums = simulated(world(p, costs, -1000.0), REPLICATES, SEED).sums[0]
    errors = deviation(int(sums[Tally.WARS]), REPLICATES, known)
    assert sums[Tally.CHALLENGES] == REPLICATES
    assert abs(errors) <= TOLERANCE
    evidence(
        Section.EXACT,
        f"Fearon's ultimatum, success {p:g}, costs up to {costs:g}: P(war given a forced challenge) is "
        f"E min((1 - k/K)/2, (1 - p)/K) = {known:.4f}",
        f"{sums[Tally.WARS] / REPLICATES:.4f}, {abs(errors):.2f} standard errors away, {REPLICATES:,} replicates",
    )


@pytest.mark.statistical
@pytest.mark.parametrize(("p", "costs", "entry"), [(0.6, 0.4, 0.02), (0.6, 0.4, 0.15), (0.7, 0.6, -0.1)])
def test_challenges_have_the_probability_of_fearons_threshold(
    p: float, costs: float, entry: float, evidence: Evidence
) -> None:
    """A challenge iff p - q > -max(0, K - k)^2 / (4K) + entry; q is normal about p (spread 0.25) and clipped."""

    def challenge(cost: float) -> float:
        threshold = p + (costs - cost) ** 2 / (4 * costs) - entry
        return float(ndtr((threshold - p) / 0.25)) if threshold < 1 else 1.0

    known = mean_over_cost(challenge, costs)
    assert costs / 2 <= 1 - p  # no demand reaches the whole good, so that the threshold holds as it stands
    assert Bargain(offer(p, costs, entry), fine=4).settled().challenge == pytest.approx(known, abs=1e-9)
    sums = simulated(world(p, costs, entry), REPLICATES, SEED).sums[0]
    errors = deviation(int(sums[Tally.CHALLENGES]), REPLICATES, known)
    assert abs(errors) <= TOLERANCE
    evidence(
        Section.EXACT,
        f"Fearon's ultimatum, success {p:g}, costs up to {costs:g}, challenge cost {entry:g}: P(challenge) is that of "
        f"p - q > ch - (K - k)²/(4K)",
        f"{sums[Tally.CHALLENGES] / REPLICATES:.4f} found, {known:.4f} exact, {abs(errors):.2f} standard errors away, "
        f"{REPLICATES:,} replicates",
    )

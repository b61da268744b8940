"""Sums and second moments are exact integers, however they are merged and however large they grow."""

import hashlib
import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from csmc.engine.spans import Span
from csmc.engine.tallies import tally_span
from csmc.estimate import METRICS, Moments, plan
from csmc.estimate.ratios import influence, variance
from csmc.kernel.codes import TALLY_BITS, Tally, row_scale
from csmc.kernel.result import Plan, Tallies, empty_tallies
from tests.evidence import Section
from tests.intervals.batches import batches, moments_of, quickstart
from tests.stacked import stack
from tests.unit.synthetic import empty, moments

REPLICATES = 300
Record = Callable[[Section, str, str], None]


def digest(tallies: Tallies) -> str:
    return hashlib.sha256(b"".join(field.tobytes() for field in tallies)).hexdigest()


def second_moment(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    return high.astype(object) * 2**32 + low.astype(object)


def products(left: np.ndarray, right: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Sums over replicates of products of tallies, in Python's integers: (institution, pair)."""
    return (left[:, :, pairs[:, 0]] * right[:, :, pairs[:, 1]]).sum(axis=0)


def covariance_errors(exact: np.ndarray, alone: np.ndarray, point: Moments, episodes: int) -> Iterator[float]:
    """Relative errors of all centred second moments against exact fractions."""
    sums = alone.sum(axis=0)
    for (row, column), moments_of_pair in zip(point.plan.own_pairs, exact.T, strict=True):
        found = point.own(Tally(row), Tally(column))[0]
        scale = row_scale(row, episodes) * row_scale(column, episodes)
        for k, product in enumerate(moments_of_pair):
            centred = (Fraction(product) - Fraction(sums[k, row] * sums[k, column], REPLICATES)) / scale
            yield abs(float(Fraction(found[k]) / centred - 1)) if centred else abs(float(found[k]))


@pytest.mark.parametrize("episodes", [1, 12])
def test_second_moments_are_exact_sums_over_single_replicates(episodes: int, configs: Path, evidence: Record) -> None:
    experiment = quickstart(configs, f"dynamics.episodes={episodes}")
    the_plan = plan(experiment)
    alone = np.stack([tallies.sums for tallies in batches(experiment, REPLICATES, 1)]).astype(object)
    together = tally_span(experiment, Span(0, 0, REPLICATES), the_plan)
    own = products(alone, alone, the_plan.own_pairs)
    cross = products(alone, alone[:, [the_plan.reference]], the_plan.cross_pairs)[:, None]
    assert (together.sums == alone.sum(axis=0)).all()
    assert (second_moment(together.own_high, together.own_low) == own).all()
    assert (second_moment(together.cross_high, together.cross_low) == cross).all()
    point = moments_of(experiment, stack([together]), REPLICATES)
    worst = max(covariance_errors(own, alone, point, episodes))
    assert worst <= 4 * np.finfo(np.float64).eps
    evidence(
        Section.STATISTICS,
        f"Sums and second moments of all tallies that metrics need equal those of the single replicates in exact "
        f"integer arithmetic, and covariances those in exact fractions ({REPLICATES} replicates of {episodes} "
        f"{'episode' if episodes == 1 else 'episodes'}, four institutions).",
        f"{own.size:,} own and {cross.size:,} cross moments equal; largest relative error of a covariance {worst:.1e}",
    )


@pytest.mark.parametrize(
    ("name", "tenths", "mean", "deviation"),
    [
        ("NumAcc1", [100_000_010, 100_000_030, 100_000_020], 10_000_002.0, 1.0),
        ("NumAcc2", [12] + [11, 13] * 500, 1.2, 0.1),
        ("NumAcc3", [10_000_002] + [10_000_001, 10_000_003] * 500, 1_000_000.2, 0.1),
        ("NumAcc4", [100_000_002] + [100_000_001, 100_000_003] * 500, 10_000_000.2, 0.1),
    ],
)
def test_the_certified_values_of_nist_are_met(
    name: str, tenths: list[int], mean: float, deviation: float, evidence: Record
) -> None:
    """NIST StRD univariate data, in tenths: a tally counts integers."""
    rows = empty(len(tenths), 1)
    rows[:, 0, Tally.SURVIVORS] = tenths
    metric = METRICS["survivors"]
    point = moments(rows, [metric])
    own = influence(metric, point)
    found = own.value[0, 0] / 10, np.sqrt(variance(point, own)[0, 0] * len(tenths)) / 10
    digits = [
        16.0 if value == certified else -np.log10(abs(value - certified) / certified)
        for value, certified in zip(found, (mean, deviation), strict=True)
    ]
    assert min(digits) >= 14
    evidence(
        Section.STATISTICS,
        f"Mean and standard deviation of the NIST StRD data set {name} agree with the certified values.",
        f"{digits[0]:.1f} and {digits[1]:.1f} digits (16: to the last bit)",
    )


def test_tallies_merged_in_any_order_are_the_same_bytes(configs: Path, evidence: Record) -> None:
    experiment = quickstart(configs, "dynamics.episodes=3")
    the_plan, shuffle = plan(experiment), random.Random(20261122)
    cuts = [0, *sorted(shuffle.sample(range(1, 4000), 39)), 4000]
    parts = [tally_span(experiment, Span(0, a, b - a), the_plan) for a, b in pairwise(cuts)]
    expected = digest(tally_span(experiment, Span(0, 0, 4000), the_plan))
    for _ in range(100):
        heap = shuffle.sample(parts, len(parts))
        while len(heap) > 1:
            first, second = (heap.pop(shuffle.randrange(len(heap))) for _ in range(2))
            heap.append(first + second)
        assert digest(heap[0]) == expected
    evidence(
        Section.STATISTICS,
        "Tallies of 40 uneven spans of the kernel's replicates, merged in 100 random orders and groupings, are the "
        "bytes of one run of all of them.",
        "100 of 100 equal",
    )


MOST_REPLICATES = 2**35  #: docs/configuration.md
MOST_EPISODES = 10**6  #: docs/model.md


def test_no_replicates_tally_is_larger_than_its_bits_allow() -> None:
    """Fractions are scaled to at most 2**27 a history; counts at their documented largest stay below."""
    assert all(
        row_scale(row, MOST_EPISODES) * MOST_EPISODES <= 2**TALLY_BITS for row in (Tally.CONCESSION, Tally.ENGAGED)
    )
    assert 64 * MOST_EPISODES <= 2**TALLY_BITS, "belligerents: at most 64 states in a war, every episode"
    assert 4 * MOST_EPISODES <= 2**TALLY_BITS, "votes: at most one for each of four rungs"
    assert MOST_REPLICATES * 2**TALLY_BITS < 2**63, "sums"
    assert MOST_REPLICATES * MOST_EPISODES < 2**63, "cells of the joint table and of the patterns"


def test_nothing_overflows_at_the_documented_limits(evidence: Record) -> None:
    """2**35 replicates, half of them at the largest tally and half one unit below, merged by doubling."""
    large, metric = 2**TALLY_BITS, METRICS["final_trust"]
    the_plan = Plan(np.array([[Tally.TRUST, Tally.TRUST]]), np.array([[Tally.TRUST, Tally.TRUST]]), 0, "none")
    tallies = two_replicates(large, the_plan)
    for _ in range(34):
        tallies = tallies + tallies
    total = MOST_REPLICATES // 2 * (large + large - 1)
    square = MOST_REPLICATES // 2 * (large**2 + (large - 1) ** 2)
    assert int(tallies.sums[0, Tally.TRUST]) == total
    assert second_moment(tallies.own_high, tallies.own_low)[0, 0] == square
    assert all(0 <= int(low) < 2**32 for low in (tallies.own_low[0, 0], tallies.cross_low[0, 0, 0]))
    point = type(moments(empty(2, 1), [metric]))(
        stack([tallies]), the_plan, *(np.array([n]) for n in (MOST_REPLICATES, 1, 8))
    )
    expected = Fraction(1, 4) / large**2 / (MOST_REPLICATES - 1)
    found = variance(point, influence(metric, point))[0, 0]
    assert found == pytest.approx(float(expected), rel=1e-14)
    error = abs(found / float(expected) - 1)
    evidence(
        Section.STATISTICS,
        "Nothing overflows at the documented limit of 2^35 replicates: sums and second moments of tallies of the "
        "largest size (2^27) and one unit below are exact.",
        f"sum {total:,} of at most {2**63 - 1:,}; relative error of the variance {error:.1e}",
    )


def two_replicates(large: int, the_plan: Plan) -> Tallies:
    """One replicate of the largest tally and one a unit below."""
    tallies = empty_tallies(1, the_plan)
    tallies.sums[0, Tally.TRUST] = large + large - 1
    high, low = divmod(large**2 + (large - 1) ** 2, 2**32)
    for limb, value in (
        (tallies.own_high, high),
        (tallies.own_low, low),
        (tallies.cross_high, high),
        (tallies.cross_low, low),
    ):
        limb[0, ..., 0] = value
    return tallies

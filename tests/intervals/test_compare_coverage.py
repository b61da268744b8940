"""Differences of two runs hold their level: independent runs, nested ones, and those whose correlation is unknown."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from csmc.estimate import METRICS, estimate
from csmc.estimate.between import Between, adjusted, at_level, between, nested_correlation
from csmc.estimate.differences import Known
from csmc.estimate.intervals import LEVEL
from csmc.kernel.result import Tallies, carry
from tests.evidence import Section
from tests.intervals.batches import as_points, batches, moments_of, quickstart
from tests.intervals.coverage import holds
from tests.stacked import stack

Record = Callable[[Section, str, str], None]
PAIRS = 1000
LEVELS = (0.8, LEVEL, 0.99)
#: Estimates that more than this share of the pairs lack are of rarer things than a pair can see.
SELDOM = 0.05
SIZES = {1: (200, 1000), 20: (100,)}


class Runs(NamedTuple):
    """So many pairs of runs of the same experiment as (pair, institution), by metric.

    second is of other crises than first; both is of the crises of first, and then of those of second.
    """

    first: dict[str, Known]
    second: dict[str, Known]
    both: dict[str, Known]
    size: int


def runs(configs: Path, episodes: int, size: int) -> Runs:
    """Disjoint batches of the kernel's replicates are runs with different seeds in all but name."""
    experiment = quickstart(configs, f"dynamics.episodes={episodes}")
    drawn = batches(experiment, 2 * PAIRS, size)
    halves = drawn[:PAIRS], drawn[PAIRS:]
    whole = [
        carry(Tallies(*(x + y for x, y in zip(one, other, strict=True)))) for one, other in zip(*halves, strict=True)
    ]
    moments = (*(as_points(experiment, half, size) for half in halves), moments_of(experiment, stack(whole), 2 * size))
    known = [{name: Known(*estimate(metric, each)[:4]) for name, metric in METRICS.items()} for each in moments]
    return Runs(*known, size)


def difference(drawn: Runs, kind: str, name: str, level: float) -> Between:
    """The second of each pair of runs minus the first."""
    metric, one, other = METRICS[name], drawn.both[name] if kind == "nested" else drawn.second[name], drawn.first[name]
    units = np.full(one.value.shape, float(drawn.size))
    high = metric.high if isinstance(metric.high, float) else np.inf
    one, other = (at_level(known, LEVEL, level, units, metric.low, high) for known in (one, other))
    half = np.full(one.value.shape, 0.5)
    correlation = nested_correlation(one, other, half, controlled=False) if kind == "nested" else np.zeros_like(half)
    return between(one, other, correlation, units, level)


def coverages(drawn: Runs, kind: str, level: float) -> dict[str, float]:
    """The share of intervals that hold 0, which is the truth, by metric and institution."""
    found = {}
    for name in METRICS:
        result = difference(drawn, kind, name, level)
        there = np.isfinite(result.p)
        held = holds(result.low, result.high, 0.0)
        assert (held == (result.p > 1 - level))[there].mean() > 0.999, "an interval and its p value say the same"
        for k in range(there.shape[1]):
            if there[:, k].mean() >= 1 - SELDOM:
                found[f"{name}, institution {k}"] = float(held[there[:, k], k].mean())
    return found


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize("episodes", SIZES)
def test_intervals_of_differences_of_two_runs_hold_their_level(episodes: int, configs: Path, evidence: Record) -> None:
    worst = dict.fromkeys(LEVELS, 1.0)
    for size in SIZES[episodes]:
        drawn = runs(configs, episodes, size)
        for kind in ("independent", "nested"):
            for level in LEVELS:
                found = coverages(drawn, kind, level)
                least = level - 4 * (level * (1 - level) / PAIRS) ** 0.5  # four standard errors of a thousand
                assert len(found) >= 140
                assert {name: share for name, share in found.items() if share < least} == {}, (kind, size, level)
                worst[level] = min(worst[level], *found.values())
    length = "one-shot crises" if episodes == 1 else f"histories of {episodes} episodes"
    evidence(
        Section.STATISTICS,
        "Differences of two runs, with other seeds or of which the one holds the other's replicates, cover the truth "
        f"at every level within 4 standard errors: {PAIRS:,} pairs of {' and '.join(map(str, SIZES[episodes]))} "
        f"{length} of the kernel, all metrics, four institutions.",
        "worst coverage " + ", ".join(f"{share:.3f} at {level:g}" for level, share in worst.items()),
    )


@pytest.mark.statistical
def test_the_error_of_nested_runs_is_that_of_the_smaller_less_that_of_the_larger(configs: Path) -> None:
    drawn = runs(configs, 1, 200)
    found = difference(drawn, "nested", "war", LEVEL)
    seen, said = found.value.var(axis=0), (found.se**2).mean(axis=0)
    assert seen == pytest.approx(said, rel=4 * (2 / PAIRS) ** 0.5)  # four standard errors of a variance of a thousand
    smaller, larger = (known["war"].se ** 2 for known in (drawn.first, drawn.both))
    common = said[:3], (smaller - larger).mean(axis=0)[:3]  # with few wars the roots of estimated variances are biased
    assert common[0] == pytest.approx(common[1], rel=0.03)
    assert (said < 0.6 * difference(drawn, "independent", "war", LEVEL).value.var(axis=0)).all()


@pytest.mark.statistical
def test_an_unknown_correlation_is_allowed_for_even_where_what_is_shared_drives_two_runs_apart() -> None:
    x = np.random.default_rng(20261128).normal(size=20_000)
    one, other = (Known(value, np.ones_like(x), value - 1.96, value + 1.96) for value in (x, -x))
    units = np.full_like(x, 1e9)
    held = {
        correlation: float(holds(*between(one, other, np.full_like(x, correlation), units, LEVEL)[2:4], 0.0).mean())
        for correlation in (-1.0, 0.0)
    }
    assert held[-1.0] == pytest.approx(0.95, abs=4 * (0.95 * 0.05 / len(x)) ** 0.5)
    assert held[0.0] == pytest.approx(0.834, abs=4 * (0.834 * 0.166 / len(x)) ** 0.5), "as if independent: too narrow"


def claims(drawn: Runs, method: str, *, differing: bool) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """What is claimed by pair of runs, (pair, difference): of differences that are none, and of some that are."""
    null = np.concatenate([difference(drawn, "independent", name, LEVEL).p for name in METRICS], axis=1)
    war = METRICS["war"]
    units = np.full(PAIRS, float(drawn.size))
    one, other = (Known(*(part[:, k] for part in known["war"])) for known, k in ((drawn.second, 3), (drawn.first, 0)))
    assert war.kind == "proportion"
    real = np.repeat(between(one, other, np.zeros(PAIRS), units, LEVEL).p[:, None], 20 if differing else 0, axis=1)
    found = np.stack([adjusted(row, method) for row in np.concatenate([null, real], axis=1)]) <= 1 - LEVEL
    return found[:, : null.shape[1]], found[:, null.shape[1] :]


@pytest.mark.proof
@pytest.mark.statistical
def test_false_claims_are_as_rare_as_is_promised(configs: Path, evidence: Record) -> None:
    drawn = runs(configs, 1, 1000)
    most = 0.05 + 4 * (0.05 * 0.95 / PAIRS) ** 0.5  # four standard errors of a thousand families
    any_false, share_false = {}, {}
    for method in ("holm", "bh", "none"):
        none, _ = claims(drawn, method, differing=False)
        any_false[method] = float(none.any(axis=1).mean())
        none, real = claims(drawn, method, differing=True)
        claimed = none.sum(axis=1) + real.sum(axis=1)
        share_false[method] = float((none.sum(axis=1) / np.maximum(claimed, 1)).mean())
        assert real.mean() > 0.9
    assert any_false["holm"] <= most
    assert any_false["bh"] <= most
    assert share_false["bh"] <= most
    assert any_false["none"] > 0.5, "and without adjustment they are not rare"
    evidence(
        Section.STATISTICS,
        f"Of {PAIRS:,} pairs of runs of the same experiment (1,000 one-shot crises each, all metrics, four "
        "institutions) no more than one in twenty leads to any claim by Holm or by Benjamini and Hochberg; with 20 "
        "true differences among them no more than one in twenty claims of the latter is false.",
        f"any claim: Holm {any_false['holm']:.3f}, Benjamini-Hochberg {any_false['bh']:.3f}, not adjusted "
        f"{any_false['none']:.3f}; false among the claims of Benjamini-Hochberg: {share_false['bh']:.3f}",
    )

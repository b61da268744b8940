"""Intervals of one-shot crises: their coverage computed exactly, by enumeration of all possible experiments."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import binom

from csmc.estimate.intervals import clopper_pearson, wilson
from tests.evidence import Section
from tests.intervals.coverage import holds
from tests.intervals.histories import OTHER
from tests.intervals.one_shot import Pairs, single, wars

SIZES = (20, 50, 100, 400, 1000)
Record = Callable[[Section, str, str], None]


def rates(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """True rates where coverage is least: on both sides of every end of an interval, and a grid between."""
    ends = np.concatenate([low, high])
    near = np.concatenate([ends * (1 - 1e-6), ends * (1 + 1e-6), np.linspace(0, 0.5, 500)])
    return np.unique(near[(near > 0) & (near <= 0.5)])


def exact_coverage(low: np.ndarray, high: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Probability that the interval of a binomial count holds the true rate, for each of the rates `at`."""
    crises = len(low) - 1
    return (binom.pmf(np.arange(crises + 1), crises, at[:, None]) * holds(low, high, at[:, None])).sum(axis=1)


@pytest.mark.parametrize(
    ("method", "crises", "rate", "published"),
    [(wilson, 100, 0.00176, 0.838), (wilson, 1000, 0.001, 0.920), (clopper_pearson, 1000, 0.001, 0.981)],
)
def test_enumeration_finds_published_coverage(method, crises: int, rate: float, published: float) -> None:
    """Brown, Cai and DasGupta (2001): Wilson's interval covers 0.838 at worst, near a rate of 0.1765 / n."""
    counts, trials = np.arange(crises + 1.0), np.full(crises + 1, float(crises))
    assert exact_coverage(*method(counts, trials), np.array([rate]))[0] == pytest.approx(published, abs=1e-3)


def test_one_shot_rates_are_covered_at_every_rate_however_rare(evidence: Record) -> None:
    least, mean = {}, {}
    for crises in SIZES:
        low, high = single(np.arange(crises + 1), crises)
        least[crises] = exact_coverage(low, high, rates(low, high)).min()
        mean[crises] = exact_coverage(low, high, np.linspace(0.01, 0.5, 1000)).mean()
    assert min(least.values()) >= 0.935
    assert min(mean.values()) >= 0.95
    evidence(
        Section.STATISTICS,
        "The interval of a rate from n one-shot crises covers the true rate: exact, by enumeration of all n + 1 "
        "counts, at both sides of every end of an interval up to 1/2, where coverage is least (Wilson's alone: .838).",
        "least coverage (and mean over rates from 0.01 to 0.5): "
        + ", ".join(f"n = {n}: {least[n]:.4f} ({mean[n]:.4f})" for n in SIZES),
    )


def test_rates_of_few_events_are_never_covered_less_than_claimed() -> None:
    """With 12 events expected there are fewer than 30, and the interval exact, but for 1 in 100,000."""
    for crises in SIZES:
        low, high = single(np.arange(crises + 1), crises)
        at = rates(low, high)
        assert exact_coverage(low, high, at[at * crises < 12]).min() >= 0.95 - 1e-5


def bonett_price(pairs: Pairs, crises: int) -> tuple[np.ndarray, np.ndarray]:
    """The published formula (Bonett and Price 2012), written out."""
    more, less = ((np.asarray(count) + 1) / (crises + 2) for count in (pairs.more, pairs.less))
    half = ndtri(0.975) * np.sqrt((more + less - (more - less) ** 2) / (crises + 2))
    return np.maximum(more - less - half, -1), np.minimum(more - less + half, 1)


def discordant(crises: int, more: float, less: float) -> tuple[Pairs, np.ndarray]:
    """All numbers of discordant pairs that matter, and their multinomial probabilities."""
    largest = [int(min(crises, binom.isf(1e-9, crises, share) + 1)) for share in (more, less)]
    b, c = (grid.ravel() for grid in np.meshgrid(*(np.arange(n + 1) for n in largest), indexing="ij"))
    possible = b + c <= crises
    b, c = b[possible], c[possible]
    probability = binom.pmf(b, crises, more) * binom.pmf(c, crises - b, less / (1 - more))
    return Pairs(np.zeros_like(b), b, c), probability


def paired_coverage(crises: int, more: float, less: float) -> float:
    pairs, probability = discordant(crises, more, less)
    result = wars(pairs, crises)
    ends = result.difference_low[:, OTHER], result.difference_high[:, OTHER]
    np.testing.assert_allclose(ends, bonett_price(pairs, crises), rtol=1e-9, atol=1e-15)
    return float(probability[holds(*ends, more - less)].sum())


def settings() -> Iterator[tuple[int, float, float]]:
    """Crises, and shares of pairs that differ in either direction; finely where all differ in one, the hardest case."""
    for crises in (20, 50, 100, 200):
        for share in np.geomspace(0.1 / crises, 0.6, 300):
            yield crises, share, 0.0
        for share in np.geomspace(0.1 / crises, 0.6, 12):
            for part in (0.5, 0.6, 0.75, 0.9, 0.97):
                yield crises, share * part, share * (1 - part)


def test_one_shot_paired_differences_are_covered_however_few_pairs_differ(evidence: Record) -> None:
    coverage = {setting: paired_coverage(*setting) for setting in settings()}
    worst = min(coverage, key=lambda setting: coverage[setting])
    two_sided = [found for (_, _, less), found in coverage.items() if less]
    mean = np.mean(list(coverage.values()))
    assert coverage[worst] >= 0.926
    assert min(two_sided) >= 0.94
    assert mean >= 0.95
    evidence(
        Section.STATISTICS,
        "The interval of a paired difference from one-shot crises equals Bonett and Price's and covers the true "
        f"difference: exact, by enumeration of the multinomial in {len(coverage):,} settings (n = 20 to 200 crises; "
        "pairs that differ from 0.1 / n to 0.6 of all, balanced or on one side).",
        f"least coverage {coverage[worst]:.4f} (n = {worst[0]}, shares {worst[1]:.3f} and {worst[2]:.3f}), "
        f"{min(two_sided):.4f} where both directions occur, mean {mean:.4f}",
    )


@pytest.mark.parametrize(
    ("crises", "least"), [(20, 0.9264), (200, 0.9307), (1_000, 0.9312), (10_000, 0.9311), (100_000, 0.9311)]
)
def test_where_all_pairs_differ_in_one_direction_more_crises_do_not_help(crises: int, least: float) -> None:
    """How many differ is then nearly Poisson, so that coverage is of how many are expected, not of how many crises."""
    counts = np.arange(min(crises, 200) + 1)
    result = wars(Pairs(0 * counts, counts, 0 * counts), crises)
    low, high = result.difference_low[:, OTHER], result.difference_high[:, OTHER]
    at = rates(low, high)
    at = at[at * crises < 100][:, None]
    coverage = (binom.pmf(counts, crises, at) * holds(low, high, at)).sum(axis=1)
    assert coverage.min() == pytest.approx(least, abs=1e-4)


@pytest.mark.parametrize("crises", [1_000, 10_000, 100_000])
@pytest.mark.parametrize(("expected", "share", "published"), [(0.6, 5 / 6, 1.0), (6, 5 / 6, 0.968), (40, 3 / 5, 0.956)])
def test_rare_discordant_pairs_give_the_published_coverage(
    crises: int, expected: float, share: float, published: float
) -> None:
    found = paired_coverage(crises, expected * share / crises, expected * (1 - share) / crises)
    assert found == pytest.approx(published, abs=2e-3)

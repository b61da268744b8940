"""Which institution is best: what is said to be sure is wrong as seldom as claimed, and chances are frequencies."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import betainc, ndtr

from csmc.estimate import METRICS, Moments, Pairs, differences
from csmc.estimate.chances import MANY, chances_by_events, chances_by_normal, chances_by_patterns
from csmc.estimate.discordance import (
    Discordance,
    discordance,
    exact_interval,
    pattern_bits,
    plain_interval,
    together,
)
from csmc.estimate.ratios import covariance, influence
from csmc.estimate.selection import Selection, select, simultaneous_level
from csmc.kernel.result import Integers
from tests.evidence import Section
from tests.intervals.races import Race, moments

Record = Callable[[Section, str, str], None]
#: Four standard errors of a share of 2,000 experiments that is 5 %.
WRONG = 0.05 + 4 * np.sqrt(0.05 * 0.95 / 2000)


def test_exchangeable_institutions_share_the_chances_equally() -> None:
    """4 standard errors of so many draws; few crises by the Dirichlet, many as normal, and none at all."""
    draws = 4096
    for institutions in (2, 3, 8):
        sizes = pattern_bits(institutions).sum(axis=1).astype(int)  # counts that depend on no institution in particular
        for scale in (0, 1, 1000):
            counts = (np.array([10_000, *[scale] * institutions])[sizes])[None].astype(np.int64)
            found = chances_by_patterns(counts, 0.0, draws, 5)
            share = 1 / institutions
            error = np.sqrt(share * (1 - share) / draws)
            np.testing.assert_allclose(found.best, share, atol=4 * error)
            np.testing.assert_allclose(found.best.sum(), 1, atol=1e-12)
            assert np.ptp(found.regret) <= 4 * found.regret.max() / np.sqrt(draws)


def test_institutions_that_tie_exactly_share_the_chances() -> None:
    nothing, equal = np.zeros((1, 4, 4)), np.full((1, 3, 3), 0.01)
    np.testing.assert_array_equal(chances_by_normal(np.zeros((1, 4)), nothing, 0.0, 64, 1).best, 0.25)
    found = chances_by_normal(np.array([[0.1, 0.1, 5.0]]), equal, 0.0, 64, 1)
    np.testing.assert_array_equal(found.best, [[0.5, 0.5, 0.0]])
    np.testing.assert_array_equal(found.close, [[1, 1, 0]])
    np.testing.assert_allclose(found.regret, [[0, 0, 4.9]], atol=1e-7)


def test_joint_counts_tell_a_winner_that_separate_rates_do_not(evidence: Record) -> None:
    """Of 200,000 crises, about 20,000 are wars under either of two institutions, and 972 are under one alone."""
    bits = np.zeros((1, 8), np.int64)
    bits[0, [0b000, 0b001, 0b010, 0b111, 0b100]] = 200_000 - 20_972 - 4_000, 428, 544, 20_000, 4_000
    draws = 1 << 16
    paired = chances_by_patterns(bits, 0.0, draws, 3).best[0]
    both, crises = together(bits), 200_000
    rates = np.diagonal(both, axis1=1, axis2=2) / crises
    alone = (rates * (1 - rates) / crises)[:, :, None] * np.eye(3)
    separate = chances_by_normal(rates, alone, 0.0, draws, 3).best[0]
    assert paired[0] == pytest.approx(ndtr((544 - 428) / np.sqrt(972)), abs=2e-4)
    assert paired[0] > 0.9995
    assert separate[0] == pytest.approx(
        ndtr((544 - 428) / np.sqrt(2 * crises * rates[0, 0] * (1 - rates[0, 0]))), abs=3e-3
    )
    assert separate[0] < 0.75
    evidence(
        Section.STATISTICS,
        "Chances of being the best use that institutions met the same crises: three institutions, 200,000 crises.",
        f"P(best) = {paired[0]:.4f} from joint counts, {separate[0]:.3f} from the same rates as if independent",
    )


def test_chances_of_two_institutions_are_the_exact_ones() -> None:
    """P = I_1/2(b + 1/4, c + 1/4) for b and c discordant crises; 4 standard errors, and 0.002 for normal ones."""
    draws = 1 << 14
    few = [(0, 1), (1, 0), (2, 5), (3, 3), (0, 12), (30, 40), (MANY, 1)]
    many = [(60, 60), (400, 330), (90, 140), (5000, 5300)]
    for tolerance, cases in ((0.0, few), (0.002, many)):
        for b, c in cases:
            counts = np.array([[100_000, b, c, 200]], np.int64)
            exact = betainc(b + 0.25, c + 0.25, 0.5)  # less war under the first, which alone has b
            found = chances_by_patterns(counts, 0.0, draws, 7).best[0, 0]
            error = np.sqrt(exact * (1 - exact) / draws)
            assert found == pytest.approx(exact, abs=4 * error + tolerance + 1e-6), (b, c)


def test_the_large_counts_behind_normal_chances_are_near_those_of_the_dirichlet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    race = Race("four", (0.1, 0.102, 0.104, 0.11), 0.8, 20_000)
    counts = race.draw(np.random.default_rng(2), 20)[:, 0]
    normal = chances_by_patterns(counts, 0.002, 1 << 13, 1)
    monkeypatch.setattr("csmc.estimate.chances.MANY", 1e9)
    monkeypatch.setattr("csmc.estimate.chances.SUMMED", 100)
    exact = chances_by_patterns(counts, 0.002, 1 << 13, 1)
    for one, other in zip(normal, exact, strict=True):
        assert np.abs(one - other).max() <= 0.025  # 4 standard errors of a probability of 1/2
    assert np.abs(normal.best - exact.best).max() > 0


def one_shot(counts: Integers, delta: float) -> Selection:
    n = counts.shape[1].bit_length() - 1
    crises = counts.sum(axis=1)
    return select(*exact_interval(discordance(together(counts), crises), simultaneous_level(n)), delta)


def histories(known: Moments, delta: float) -> Selection:
    n = known.tallies.sums.shape[1]
    everyone = np.arange(n)
    pairs = Pairs(np.repeat(everyone, n), np.tile(everyone, n))
    found = differences(METRICS["war"], known, pairs, simultaneous_level(n))
    return select(found.low.reshape(-1, n, n), found.high.reshape(-1, n, n), delta)


RACES = (
    Race("three alike, few wars", (0.005,) * 3, 0.8, 1000),
    Race("eight alike", (0.05,) * 8, 0.8, 2000),
    Race("eight alike, independent", (0.05,) * 8, 0.0, 2000),
    Race("one better than seven", (0.05,) + (0.06,) * 7, 0.9, 2000),
    Race("one better than seven, few wars, all prevented ones", (0.001,) + (0.006,) * 7, 1.0, 2000),
    Race("three alike, few wars in histories", (0.01,) * 3, 0.8, 2000, 10, 0.3),
    Race("eight alike, histories", (0.05,) * 8, 0.8, 2000, 20, 0.3),
    Race("one better than seven, histories", (0.02,) + (0.03,) * 7, 0.9, 2000, 10, 0.3),
    Race("one better than seven, few wars in histories", (0.002,) + (0.012,) * 7, 1.0, 2000, 10, 0.3),
)


@pytest.mark.proof
@pytest.mark.statistical
def test_what_is_sure_of_the_best_is_wrong_in_no_more_than_one_of_twenty(evidence: Record) -> None:
    """Of 2,000 experiments of each race, and 4 standard errors; delta lies just below the true distance."""
    wrong: dict[str, tuple[float, float, float]] = {}
    for seed, race in enumerate(RACES):
        rates = np.array(race.rates)
        behind = rates - rates.min()
        delta = float(behind.max()) * (1 - 1e-9)
        counts = race.draw(np.random.default_rng(seed), 2000)
        found = (
            one_shot(counts[:, 0], delta) if race.episodes == 1 else histories(moments(counts, race.episodes), delta)
        )
        missed = ~found.contender[:, np.argmin(rates)]
        certain = (found.certain & (behind > 0)).any(axis=1)
        close = (found.close & (behind > delta)).any(axis=1)
        wrong[race.name] = float(missed.mean()), float(certain.mean()), float(close.mean())
        assert (missed | certain | close).mean() <= WRONG, race.name
    worst = np.max(list(wrong.values()), axis=0)
    evidence(
        Section.STATISTICS,
        f"Which institution is best: in {len(RACES)} races of 3 and 8 institutions (alike, or one better; few wars and "
        "many, one-shot crises and histories; 2,000 experiments each) the best is among the contenders, nobody else is "
        "called surely best, and none surely within delta that is not, but for 5 % of experiments.",
        f"wrong at most: no contender {worst[0]:.4f}, surely best {worst[1]:.4f}, surely within delta {worst[2]:.4f}",
    )


@pytest.mark.proof
@pytest.mark.statistical
def test_chances_are_frequencies(evidence: Record) -> None:
    """Rates drawn from the prior, and one of five bins of P(best) at a time: within 4 standard errors (4,000 races)."""
    generator = np.random.default_rng(11)
    cells, races = 8, 4000
    shares = generator.dirichlet(np.full(cells, 1 / cells), size=races)
    rates = shares @ pattern_bits(3)
    for crises in (20, 2000):
        counts = np.stack([generator.multinomial(crises, share) for share in shares])
        said = chances_by_patterns(counts, 0.0, 2048, 1)
        true = rates == rates.min(axis=1, keepdims=True)
        found = (true / true.sum(axis=1, keepdims=True)).ravel()
        chance = said.best.ravel()
        for low, high in pairwise((0.0, 0.1, 0.3, 0.5, 0.8, 1.0)):
            inside = (chance > low) & (chance <= high)
            error = np.sqrt((chance * (1 - chance))[inside].sum()) / inside.sum()
            assert abs((found - chance)[inside].mean()) <= 4 * error + 1e-3, (crises, low)
        regret = rates - rates.min(axis=1, keepdims=True)
        spread = (regret - said.regret).std() / np.sqrt(regret.size)
        assert abs((regret - said.regret).mean()) <= 4 * spread
    evidence(
        Section.STATISTICS,
        "P(best) is a frequency: in 4,000 races of three institutions with rates from the prior, 20 and 2,000 crises, "
        "those given a probability are the best that often.",
        "five bins of P(best), each within 4 standard errors; expected regret too",
    )


@pytest.mark.proof
@pytest.mark.statistical
def test_chances_of_histories_are_frequencies_where_wars_are_many() -> None:
    """Three institutions with rates 5 % apart or less, 100 histories of 20 episodes; 4 standard errors, and 0.02."""
    generator = np.random.default_rng(4)
    chance, truth = [], []
    for _ in range(400):
        rates = tuple(0.08 + 0.01 * generator.standard_normal(3))
        known = moments(Race("", rates, 0.7, 2000, 20, 0.2).draw(generator, 1), 20)
        own = influence(METRICS["war"], known)
        everyone = np.arange(3)
        shared = covariance(known, own, Pairs(np.repeat(everyone, 3), np.tile(everyone, 3))).reshape(-1, 3, 3)
        chance.append(chances_by_normal(own.value, shared, 0.0, 1024, 1).best[0])
        truth.append(np.array(rates) == min(rates))
    said, found = np.concatenate(chance), np.concatenate(truth)
    for low in (0.0, 0.25, 0.5, 0.75):
        inside = (said > low) & (said <= low + 0.25)
        error = np.sqrt((said * (1 - said))[inside].sum()) / inside.sum()
        assert abs((found - said)[inside].mean()) <= 4 * error + 0.02, low


@pytest.mark.statistical
def test_each_end_of_the_interval_of_a_discordance_holds_its_half_of_the_error(evidence: Record) -> None:
    """Exact, by the Poisson limit of the two counts; the levels are those of 2, 3, 8 and 20 institutions."""
    from scipy.stats import poisson

    counts = np.arange(0.0, 130.0)
    more, less = np.meshgrid(counts, counts, indexing="ij")
    crises = np.full(more.shape, 100_000.0)
    worst = {}
    for institutions in (2, 3, 8, 20):
        level = simultaneous_level(institutions)
        half = (1 - level) / 2
        ends = {"exact": exact_interval(Discordance(more, less, crises), level).low}
        ends["plain"] = plain_interval(Discordance(more, less, crises), level).low
        for name, low in ends.items():
            for first in (0, 0.1, 0.5, 1, 3, 10, 20, 40, 80):
                for second in (0, 0.1, 0.5, 1, 3, 10, 20, 40, 80):
                    weight = poisson.pmf(more, first) * poisson.pmf(less, second)
                    missed = float(weight[low > (first - second) / 100_000 + 1e-15].sum()) / half
                    worst[name] = max(worst.get(name, 0.0), missed)
                    if first == second:
                        worst[name, "equal"] = max(worst.get((name, "equal"), 0.0), missed)
    assert worst["exact"] <= 1.01
    assert worst["plain", "equal"] <= 1.01
    evidence(
        Section.STATISTICS,
        "Each end of the interval behind simultaneous statements holds its half of the error at the levels of 2 to 20 "
        "institutions, whatever the discordant crises (81 pairs of expected counts from 0 to 80, exact).",
        f"errors at most {worst['exact']:.3f} of what is claimed; Bonett and Price's ends {worst['plain']:.2f}, but "
        f"{worst['plain', 'equal']:.3f} against a difference of 0",
    )


def test_exact_counts_give_the_intervals_that_results_show() -> None:
    race = Race("three", (0.02, 0.03, 0.1), 0.7, 500)
    counts = race.draw(np.random.default_rng(1), 50)[:, 0]
    known = moments(counts[:, None], 1)
    known = Moments(known.tallies, known.plan, counts.sum(axis=1), known.episodes, known.states)
    everyone = np.arange(3)
    found = differences(METRICS["war"], known, Pairs(np.repeat(everyone, 3), np.tile(everyone, 3)))
    pairs = discordance(together(counts), counts.sum(axis=1))
    mine = plain_interval(pairs)
    apart = ~np.eye(3, dtype=bool)
    np.testing.assert_allclose(pairs.difference.reshape(50, 9), found.value, atol=1e-15)
    for one, other in zip(mine, (found.low, found.high), strict=True):
        np.testing.assert_allclose(one[:, apart], other.reshape(50, 3, 3)[:, apart], rtol=1e-9)


def test_chances_from_pairs_alone_are_those_of_the_patterns_where_crises_are_many() -> None:
    race = Race("four", (0.1, 0.102, 0.104, 0.11), 0.8, 20_000)
    counts = race.draw(np.random.default_rng(2), 5)[:, 0]
    patterns = chances_by_patterns(counts, 0.001, 512, 1)
    pairs = chances_by_events(together(counts), counts.sum(axis=1), 0.001, 512, 1)
    for one, other in zip(patterns, pairs, strict=True):
        np.testing.assert_array_equal(one, other)

"""Experiments that end where their intervals are short enough, through the code that runs use.

One-shot crises with one unknown are followed exactly, by dynamic programming over the counts that have not ended yet;
all else is simulated. Looks are those of runs.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from csmc.engine.cuts import looks
from csmc.estimate import METRICS, Moments, estimate, excess
from csmc.estimate.precision import SEQUENTIAL_LEVEL, Target
from csmc.kernel.result import Tallies, carry
from tests.intervals.coverage import holds
from tests.intervals.histories import OTHER, Process
from tests.intervals.one_shot import Pairs, moments

#: Counts that are less likely than this are left out.
_UNLIKELY = 1e-15
#: Half-width of a normal interval in standard errors at the level that is claimed.
_Z = 1.959963984540054


class Ended(NamedTuple):
    """How experiments end: how often the interval then holds the truth, and with how many replicates, on average.

    bias: by how much the estimate is then too high, on average, in half-widths that are asked for. of_oracle: these
    replicates over the least number with which the interval at the level claimed has the half-width that is asked
    for, as only someone knows who knows the variance.
    """

    coverage: float
    replicates: float
    bias: float
    of_oracle: float


def target(
    metric: str, *, paired: bool = False, half_width: float | None = None, relative: float | None = None
) -> Target:
    return Target(METRICS[metric], (OTHER,), paired, half_width, relative)


def one_shot(aim: Target, share: float, most: int) -> Ended:
    """War in one-shot crises: under the other institution only, which is also what differs from the reference."""
    pending, lowest, before = np.ones(1), 0, 0
    covered = ended = replicates = apart = 0.0
    for look in looks(most):
        more = np.arange(binom.ppf(_UNLIKELY, look - before, share), binom.isf(_UNLIKELY, look - before, share) + 1)
        pending = np.convolve(pending, binom.pmf(more, look - before, share))
        lowest, before = lowest + int(more[0]), int(look)
        likely = np.flatnonzero(pending > _UNLIKELY)
        if not len(likely):
            break
        lowest, pending = lowest + int(likely[0]), pending[likely[0] : likely[-1] + 1]
        counts = lowest + np.arange(len(pending))
        known = moments(Pairs(0 * counts, counts, 0 * counts), int(look))
        ends = (excess((aim,), known) <= 1) | (look == most)
        error, holds_truth = _error(aim, known, share)
        covered += pending[ends & holds_truth].sum()
        apart += (pending * error)[ends].sum()
        ended += pending[ends].sum()
        replicates += look * pending[ends].sum()
        pending = np.where(ends, 0.0, pending)
    assert abs(ended - 1) < 1e-9
    return _ended(aim, covered, replicates, apart, share, share * (1 - share))


def simulated(aim: Target, truth: float, variance: float, draw: Callable[[int], Moments], most: int) -> Ended:
    """Many experiments at once; `draw` gives so many more replicates of each, and one has a `variance`."""
    known, before = draw(0), 0
    ended = np.zeros(len(known.replicates), dtype=bool)
    held, count, apart = np.zeros_like(ended), np.zeros(len(ended), dtype=np.int64), np.zeros(len(ended))
    for look in looks(most).tolist():
        tallies = Tallies(*map(np.add, known.tallies, draw(look - before).tallies))
        known, before = replace(known, tallies=carry(tallies), replicates=np.full(len(ended), look)), look
        ends = ~ended & ((excess((aim,), known) <= 1) | (look == most))
        error, holds_truth = _error(aim, known, truth)
        held[ends], apart[ends] = holds_truth[ends], error[ends]
        count[ends] = look
        ended |= ends
        if ended.all():
            break
    return _ended(aim, float(held.mean()), float(count.mean()), float(apart.mean()), truth, variance)


def pairs(generator: np.random.Generator, experiments: int, more: float, less: float) -> Callable[[int], Moments]:
    """One-shot crises of which shares `more` and `less` are wars under one institution only, and a tenth under both."""

    def draw(crises: int) -> Moments:
        counts = generator.multinomial(crises, [0.1, more, less, 0.9 - more - less], size=experiments)
        return moments(Pairs(*counts.T[:3]), crises)

    return draw


def clustered(
    process: Process, generator: np.random.Generator, experiments: int, episodes: int
) -> Callable[[int], Moments]:
    """Histories of so many episodes that go together."""
    return lambda histories: process.draw(generator, experiments, histories, episodes)


def per_history(process: Process, metric: str, paired: bool, episodes: int) -> float:
    """The variance of a metric, or its difference, from one history, by that of 80,000."""
    histories = 20_000
    found = estimate(METRICS[metric], process.draw(np.random.default_rng(1), 4, histories, episodes))
    error = (found.difference_se if paired else found.se)[:, OTHER]
    return float((error**2).mean() * histories)


def _error(aim: Target, known: Moments, truth: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """How far each estimate is from the truth, and whether its interval holds it."""
    found = estimate(aim.metric, known, SEQUENTIAL_LEVEL)
    own, paired = (found.value, found.low, found.high), (found.difference, found.difference_low, found.difference_high)
    value, low, high = (part[:, OTHER] for part in (paired if aim.paired else own))
    return value - truth, holds(low, high, truth)


def _ended(aim: Target, coverage: float, replicates: float, apart: float, truth: float, variance: float) -> Ended:
    half_width = aim.half_width if aim.relative is None else aim.relative * abs(truth)
    return Ended(coverage, replicates, apart / half_width, replicates / (_Z**2 * variance / half_width**2))

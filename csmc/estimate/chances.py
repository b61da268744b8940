"""How likely each institution is the best, given what was counted: Monte Carlo uncertainty and nothing else."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from csmc.estimate.discordance import discordance, pattern_bits, together
from csmc.estimate.intervals import Flags, Floats
from csmc.kernel.result import Integers

#: A race is decided where this many standard errors of the difference lie between the best and every other.
CLEAR = 5.0
#: With so many discordant crises a pair's difference is as good as normal.
MANY = 100.0
#: A gamma of up to so many events is drawn exactly.
SUMMED = 100
#: Institutions nearer than this part of their standard errors are equal but for rounding.
_ROUNDING = 1e-7
#: Numbers drawn at a time.
_CHUNK = 1 << 17


class Chances(NamedTuple):
    """What is likely of each institution, (point, institution). NaN where an institution has no estimate.

    best: probability that it is the best; what is tied is shared. close: that it is no more than delta worse than the
    best. regret: by how much it is expected to be worse than the best.
    """

    best: Floats
    close: Floats
    regret: Floats


def chances_by_patterns(patterns: Integers, delta: float, draws: int, seed: int) -> Chances:
    """Chances of having the least war in one-shot crises, from the joint counts of patterns (point, 2**K).

    The shares of the patterns are Dirichlet(counts + 1/2**K), so that every rate has the prior of Jeffreys. Where all
    differences of those that may be the best rest on many crises, the rates are taken as normal with the same means
    and covariances.
    """
    cells = patterns.shape[1]
    both, crises = together(patterns), patterns.sum(axis=1)
    mean, covariance = _posterior(both, crises)
    few = _few(both, crises, mean, covariance)
    found = Chances(*(np.empty_like(mean) for _ in Chances._fields))
    _write(found, ~few, chances_by_normal(mean[~few], covariance[~few], delta, draws, seed))
    if few.any():
        gammas = _Gammas(cells, draws, seed)
        for point in np.flatnonzero(few):
            _write(found, slice(point, point + 1), _counted(gammas.rates(patterns[point])[None], np.zeros(1), delta))
    return found


def chances_by_events(both: Floats, crises: Integers, delta: float, draws: int, seed: int) -> Chances:
    """The same from the crises in which each two institutions have the event (point, K, K), as normal throughout."""
    return chances_by_normal(*_posterior(both, crises), delta, draws, seed)


def _posterior(both: Floats, crises: Integers) -> tuple[Floats, Floats]:
    """Means (point, K) and covariances (point, K, K) of rates whose patterns are Dirichlet(counts + 1/2**K)."""
    both = both + (1 + np.eye(both.shape[1])) / 4
    total = crises[:, None].astype(np.float64) + 1
    mean = np.diagonal(both, axis1=1, axis2=2) / total
    spread = both / total[:, :, None] - mean[:, :, None] * mean[:, None, :]
    return mean, spread / (total[:, :, None] + 1)


def chances_by_normal(mean: Floats, covariance: Floats, delta: float, draws: int, seed: int) -> Chances:
    """Chances from estimates (point, K) of what is the better the lower, and their covariances (point, K, K).

    Every point has the same draws: differences between points are not due to them. Where one institution is best
    beyond doubt nothing is drawn.
    """
    apart, spread = _against_the_lowest(mean, covariance)
    known = np.isfinite(mean).all(axis=1) & np.isfinite(covariance).all(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        within = np.where(spread > 0, ndtr((delta - apart) / spread), apart <= delta)
    leading = apart == 0
    found = Chances(leading.astype(np.float64), np.where(leading, 1.0, within), apart.copy())
    open_race = np.flatnonzero(known & ((apart <= CLEAR * spread).sum(axis=1) > 1))
    normal = _normals(mean.shape[1], draws, seed)
    for points in _chunks(open_race, normal.size):
        drawn = apart[points, :, None] + _root(covariance[points]) @ normal
        equal = _ROUNDING * np.sqrt(np.diagonal(covariance[points], axis1=1, axis2=2).max(axis=1))
        _write(found, points, _counted(drawn, equal, delta))
    for field in found:
        field[~known] = np.nan
    return found


def _against_the_lowest(mean: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """How much worse each is than the one with the lowest estimate, and the standard error of that, (point, K)."""
    lowest = np.argmin(mean, axis=1)
    rows = np.arange(len(mean))
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    spread = variance + variance[rows, lowest][:, None] - 2 * covariance[rows, :, lowest]
    return mean - mean[rows, lowest][:, None], np.sqrt(np.maximum(spread, 0.0))


def _few(both: Floats, crises: Integers, mean: Floats, covariance: Floats) -> Flags:
    """The points at which the race is open between institutions that differ in few crises."""
    apart, spread = _against_the_lowest(mean, covariance)
    runs = apart <= CLEAR * spread
    pairs = discordance(both, crises)
    differing = pairs.more + pairs.less
    few = (differing > 0) & (differing < MANY) & runs[:, :, None] & runs[:, None, :]
    return np.asarray(few.any(axis=(1, 2)))


class _Gammas:
    """Draws of Dirichlet shares by their gammas, which all points have in common.

    Gammas add up: what the prior adds is drawn for all patterns together. A gamma of a count is a sum of so many
    exponentials, or of many by the cube of a normal (Wilson and Hilferty 1931). Patterns read the same numbers, each
    from another draw on.
    """

    def __init__(self, cells: int, draws: int, seed: int) -> None:
        generator = np.random.default_rng([seed, cells])
        prior = generator.standard_gamma(1 / cells, size=(cells, draws))
        self._bits = np.ascontiguousarray(pattern_bits(cells.bit_length() - 1).T)
        self._wars, self._all = self._bits @ prior, prior.sum(axis=0)
        self._sums = np.cumsum(generator.standard_exponential((SUMMED, cells + draws)), axis=0)
        self._normal = generator.standard_normal(cells + draws)
        self._draws = draws

    def rates(self, counts: Integers) -> Floats:
        """Rates of war from the counts of patterns, (K, draw)."""
        seen = np.flatnonzero(counts)
        drawn = np.empty((len(seen), self._draws))
        for row, pattern in zip(drawn, seen.tolist(), strict=True):
            row[:] = self._gamma(int(counts[pattern]), pattern)
        wars = self._bits[:, seen] @ drawn + self._wars
        return np.asarray(wars / (drawn.sum(axis=0) + self._all))

    def _gamma(self, count: int, pattern: int) -> Floats:
        here = slice(pattern, pattern + self._draws)
        if count <= len(self._sums):
            return self._sums[count - 1, here]
        return np.asarray(count * (1 - 1 / (9 * count) + self._normal[here] / (3 * count**0.5)) ** 3)


def _counted(drawn: Floats, equal: Floats, delta: float) -> Chances:
    """Chances from draws (point, K, draw); `equal` (point,) is the largest distance of what is tied."""
    behind = drawn - drawn.min(axis=1, keepdims=True)
    first = behind <= equal[:, None, None]
    tied = np.count_nonzero(first, axis=1)
    shared = first / tied[:, None] if (tied > 1).any() else first
    close = behind <= np.maximum(delta, equal)[:, None, None]
    return Chances(shared.mean(axis=2), np.count_nonzero(close, axis=2) / close.shape[2], behind.mean(axis=2))


def _write(whole: Chances, points: Any, part: Chances) -> None:
    for target, values in zip(whole, part, strict=True):
        target[points] = values


def _normals(institutions: int, draws: int, seed: int) -> Floats:
    """Scrambled Sobol' points as independent standard normals, (K, draw)."""
    from scipy.stats import qmc  # slow to import

    sequence = qmc.Sobol(institutions, scramble=True, rng=np.random.default_rng(seed))
    points = sequence.random_base2((draws - 1).bit_length())[:draws]
    return np.ascontiguousarray(ndtri(np.clip(points, 1e-12, 1 - 1e-12)).T)


def _root(covariance: Floats) -> Floats:
    """A square root of each covariance matrix, singular ones too."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :])


def _chunks(points: Integers, each: int) -> Iterator[Integers]:
    size = max(_CHUNK // each, 1)
    yield from (points[first : first + size] for first in range(0, len(points), size))

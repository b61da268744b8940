"""How likely each institution is the best, given what was counted: Monte Carlo uncertainty and nothing else."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import qmc

from csmc.estimate.discordance import Discordance, discordance, pattern_bits, together
from csmc.estimate.intervals import Floats
from csmc.kernel.result import Integers

#: A race is decided where this many standard errors of the difference lie between the best and every other.
CLEAR = 6.0
#: With so many discordant crises a pair's difference is as good as normal.
MANY = 100.0
#: Institutions nearer than this part of their standard errors are equal but for rounding.
_ROUNDING = 1e-7
#: Numbers drawn at a time.
_CHUNK = 1 << 19


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
    both = together(patterns) + together(np.ones((1, cells), np.int64)) / cells
    total = patterns.sum(axis=1)[:, None].astype(np.float64) + 1
    mean = np.diagonal(both, axis1=1, axis2=2) / total
    covariance = (both / total[:, :, None] - mean[:, :, None] * mean[:, None, :]) / (total[:, :, None] + 1)
    found = chances_by_normal(mean, covariance, delta, draws, seed)
    few = np.flatnonzero(_few(patterns, mean, covariance))
    prior = _prior(cells, draws, seed) if len(few) else None
    for point in few:
        rates = _dirichlet(patterns[point], prior, seed)
        for whole, part in zip(found, _counted(rates.T[None], np.zeros(1), delta), strict=True):
            whole[point] = part[0]
    return found


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
        for whole, part in zip(found, _counted(drawn, equal, delta), strict=True):
            whole[points] = part
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


def _few(patterns: Integers, mean: Floats, covariance: Floats) -> NDArray[np.bool_]:
    """The points at which the race is open between institutions that differ in few crises."""
    apart, spread = _against_the_lowest(mean, covariance)
    runs = apart <= CLEAR * spread
    pairs: Discordance = discordance(together(patterns), patterns.sum(axis=1))
    differing = pairs.more + pairs.less
    few = (differing > 0) & (differing < MANY) & runs[:, :, None] & runs[:, None, :]
    return np.asarray(few.any(axis=(1, 2)))


class _Prior(NamedTuple):
    """What the prior adds to the gammas whose shares are Dirichlet: to each institution's (draw, K), to all (draw,)."""

    wars: Floats
    all: Floats


def _prior(cells: int, draws: int, seed: int) -> _Prior:
    drawn = np.random.default_rng([seed, 0]).standard_gamma(1 / cells, size=(draws, cells))
    return _Prior(drawn @ pattern_bits(cells.bit_length() - 1), drawn.sum(axis=1))


def _dirichlet(counts: Integers, prior: _Prior, seed: int) -> Floats:
    """Rates of war at one point, (draw, K); the same counts always give the same.

    Gammas add up, so only patterns that occurred are drawn here; all points have the prior's part in common.
    """
    seen = np.flatnonzero(counts)
    shape = len(prior.all), len(seen)
    drawn = np.random.default_rng([seed, 1]).standard_gamma(counts[seen].astype(np.float64), size=shape)
    wars = drawn @ pattern_bits(len(counts).bit_length() - 1)[seen] + prior.wars
    return np.asarray(wars / (drawn.sum(axis=1) + prior.all)[:, None])


def _counted(drawn: Floats, equal: Floats, delta: float) -> Chances:
    """Chances from draws (point, K, draw); `equal` (point,) is the largest distance of what is tied."""
    behind = drawn - drawn.min(axis=1, keepdims=True)
    first = behind <= equal[:, None, None]
    shared = first / first.sum(axis=1, keepdims=True)
    close = behind <= np.maximum(delta, equal)[:, None, None]
    return Chances(shared.mean(axis=2), close.mean(axis=2), behind.mean(axis=2))


def _normals(institutions: int, draws: int, seed: int) -> Floats:
    """Scrambled Sobol' points as independent standard normals, (K, draw)."""
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

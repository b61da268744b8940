"""Sobol' indices of samples A, B and A with single values of B, and their bootstrap; edit to change an estimator.

Arrays have the sample first and the estimated quantity (a metric under an institution) last.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.estimate.intervals import Floats

#: Resampling weights and sums that are held at once.
_NUMBERS = 8_000_000
#: A deviation below this part of the mean is rounding.
_ROUNDING = 1e-13


class Samples(NamedTuple):
    """Values and the expected squares of their errors: a, b (sample, quantity), mixed (sample, parameter, quantity).

    What is missing is NaN. Errors must be independent between points, or their squares given as 0.
    """

    a: Floats
    b: Floats
    mixed: Floats
    a_error: Floats
    b_error: Floats
    mixed_error: Floats

    @property
    def whole(self) -> NDArray[np.bool_]:
        """Which samples lack none of their points, as (sample, quantity)."""
        parts = (self.a + self.b + self.a_error + self.b_error, (self.mixed + self.mixed_error).sum(axis=1))
        return np.asarray(np.isfinite(parts[0]) & np.isfinite(parts[1]))


class Indices(NamedTuple):
    """first, total (parameter, quantity) and variance (quantity) without the errors' share; resamples come first."""

    first: Floats
    total: Floats
    variance: Floats


def sobol_indices(samples: Samples) -> Indices:
    """Estimate indices of first order (Saltelli et al. 2010) and total order (Jansen 1999).

    V_i = mean b (ab_i - a) with b about the mean, VT_i = mean (a - ab_i)^2 / 2, V = variance of a and b together, each
    as in Saltelli et al. (2010), doi:10.1016/j.cpc.2009.09.018, table 2, b and f. Independent errors leave V_i alone
    and add their mean square to V and VT_i; it is taken off. Samples that lack a point are left out.
    """
    sums = _features(samples)
    return _indices(sums.sum(axis=0))


def resampled_indices(samples: Samples, resamples: int, seed: int) -> Indices:
    """Estimate the indices of `resamples` bootstrap resamples of the samples."""
    features = _features(samples)
    n = len(features)
    flat = features.reshape(n, -1)
    generator = np.random.default_rng(seed)
    found, size = [], max(1, _NUMBERS // max(n, flat.shape[1]))
    for first in range(0, resamples, size):
        drawn = generator.multinomial(n, np.full(n, 1 / n), size=min(size, resamples - first))
        sums = drawn.astype(np.float64) @ flat
        found.append(_indices(sums.reshape(len(drawn), *features.shape[1:])))
    return Indices(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _features(samples: Samples) -> Floats:
    """What the estimators sum, as (sample, 4 + 3 parameters, quantity); 0 where a sample is left out.

    Values are taken about their mean, which makes the first-order estimator precise and the second moments exact.
    """
    whole = samples.whole
    blank = [np.where(whole if part.ndim == 2 else whole[:, None], part, 0.0) for part in samples]
    a, b, mixed, a_error, b_error, mixed_error = blank
    centre = (a + b).sum(axis=0) / np.maximum(2 * whole.sum(axis=0), 1)
    a, b, mixed = (_about(centre, part, whole if part.ndim == 2 else whole[:, None]) for part in (a, b, mixed))
    gap = mixed - a[:, None]
    own = np.stack([whole, a + b, a * a + b * b, a_error + b_error], axis=1)
    jansen = (gap * gap - a_error[:, None] - mixed_error) / 2
    return np.concatenate([own, b[:, None] * gap, gap, jansen], axis=1)


def _about(centre: Floats, part: Floats, whole: NDArray[np.bool_]) -> Floats:
    deviation = part - centre
    return np.where(whole & (np.abs(deviation) > _ROUNDING * np.abs(centre)), deviation, 0.0)


def _indices(sums: Floats) -> Indices:
    """Indices from summed features (..., 4 + 3 parameters, quantity); NaN where no variance is left."""
    count, linear, square, error = np.moveaxis(sums[..., :4, :], -2, 0)
    d = (sums.shape[-2] - 4) // 3
    product, gap, jansen = (sums[..., 4 + part * d : 4 + (part + 1) * d, :] for part in range(3))
    with np.errstate(divide="ignore", invalid="ignore"):
        n = 2 * count
        mean = linear / n
        variance = square / n - mean**2 - error / n * (1 - 1 / n)
        variance = np.where(variance > 0, variance, np.nan)
        first = (product - mean[..., None, :] * gap) / count[..., None, :] / variance[..., None, :]
        total = jansen / count[..., None, :] / variance[..., None, :]
    return Indices(first, total, variance)

"""First-order indices from points that no method has arranged; edit to change how main effects are fitted.

Arrays have the point first and the estimated quantity (a metric under an institution) last.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.errors import CsmcError
from csmc.estimate.intervals import Floats

#: Terms of a parameter's main effect, and points that each term needs.
MAX_TERMS = 8
POINTS_PER_TERM = 8
#: A basis whose smallest eigenvalue is below this part of its largest cannot tell its parameters apart.
_CONFOUNDED = 1e-3
#: A deviation below this part of the mean is rounding, and so is what is left of squares below that part of them.
_ROUNDING, _LEFT = 1e-13, 1e-12
#: Resampling weights that are held at once, and points whose products are.
_NUMBERS, _ROWS = 8_000_000, 4096


class Basis(NamedTuple):
    """Main effects of all parameters: terms (point, term) with mean 0, and the slice of every parameter's own."""

    terms: Floats
    own: tuple[slice, ...]


class MainEffects(NamedTuple):
    """first (parameter, quantity), variance (quantity) without the errors' share; plain: first before correction.

    Those of resamples have one axis more, in front.
    """

    first: Floats
    variance: Floats
    plain: Floats


def basis(columns: Sequence[NDArray[Any]], names: Sequence[str]) -> Basis:
    """Build the terms of the main effects of parameters whose values at the points are `columns`.

    A parameter with few different values, or with text, has one term per value but one; any other has cosines of its
    rank, cos(pi k u) for k = 1 to 8 or as many as the points allow: they need no range and no distribution.

    Raises
    ------
    CsmcError
        There are too few points, or two parameters do not vary apart.
    """
    n, d = len(columns[0]), len(columns)
    most = min(MAX_TERMS, n // (POINTS_PER_TERM * d))
    if most < 1:
        raise CsmcError(
            f"{n} points are too few for the main effects of {d} parameters; at least {POINTS_PER_TERM * d}"
        )
    parts = [_terms(column, most) for column in columns]
    ends = np.cumsum([0, *(part.shape[1] for part in parts)]).tolist()
    terms = np.concatenate(parts, axis=1)
    if n < (needed := POINTS_PER_TERM * terms.shape[1] // 2):  # text has as many terms as it has values
        raise CsmcError(f"{n} points are too few for {terms.shape[1]} terms of main effects; at least {needed}")
    eigenvalues = np.linalg.eigvalsh(terms.T @ terms / n)
    if eigenvalues[0] < _CONFOUNDED * eigenvalues[-1]:
        raise CsmcError(
            f"{', '.join(names)} do not vary apart at these points, so their effects cannot be told apart; "
            "vary them with design: lhs, sobol or saltelli"
        )
    return Basis(terms, tuple(slice(*pair) for pair in pairwise(ends)))


def _terms(column: NDArray[Any], most: int) -> Floats:
    levels, code, count = np.unique(column, return_inverse=True, return_counts=True)
    if len(levels) <= most + 1 or not np.issubdtype(column.dtype, np.number):
        terms = (code[:, None] == np.arange(1, len(levels))).astype(np.float64)
        terms /= np.sqrt(count[1:] / len(column))
    else:
        middle = (np.cumsum(count) - count / 2) / len(column)
        terms = np.sqrt(2.0) * np.cos(np.pi * np.arange(1, most + 1) * middle[code][:, None])
    return np.asarray(terms - terms.mean(axis=0))


def main_effects(found: Basis, values: Floats, errors: Floats) -> MainEffects:
    """Fit all main effects together by least squares and compare their variances with that of the values.

    values, errors: value and expected square of its error, (point, quantity), nothing missing; errors must be
    independent between points, or given as 0.
    V_i = mean g_i^2 - what the residuals alone would give it, g_i the fitted effect about its mean (the correction of
    omega squared, Hays 1963), and S_i = V_i / (sum of all V_i + variance of the residuals - mean error): parameters are
    taken to be independent, so how they happen to go together at these points does not count. Errors raise the
    residuals and so take off themselves.
    """
    once = np.ones((1, len(values)))
    return MainEffects(*(part[0] for part in _weighted_effects(found, values, errors, once)))


def resampled_first(found: Basis, values: Floats, errors: Floats, resamples: int, seed: int) -> Floats:
    """Bootstrap the first-order indices over points, as (resample, parameter, quantity).

    A resample's effects scatter about those fitted before correction, so that is where their errors are taken from.
    """
    whole = main_effects(found, values, errors)
    generator, n = np.random.default_rng(seed), len(values)
    size = max(1, _NUMBERS // n)
    parts = []
    for first in range(0, resamples, size):
        drawn = generator.multinomial(n, np.full(n, 1 / n), size=min(size, resamples - first)).astype(np.float64)
        parts.append(_weighted_effects(found, values, errors, drawn).first)
    return np.concatenate(parts) + (whole.first - whole.plain)


def _weighted_effects(found: Basis, values: Floats, errors: Floats, weights: Floats) -> MainEffects:
    """Main effects with each point counted as often as each row of weights (resample, point) says; resamples first."""
    n, centre = len(values), values.mean(axis=0)
    deviations = np.where(np.abs(values - centre) > _ROUNDING * np.abs(centre), values - centre, 0.0)
    design = np.concatenate([np.ones((n, 1)), found.terms], axis=1)
    products, mixed, squares, error = _moments(design, deviations, errors, weights)
    inverse = np.linalg.pinv(products, hermitian=True)
    fitted = inverse @ mixed
    left = np.maximum(squares - (fitted * mixed).sum(axis=1), 0.0)
    residual = np.where(left > _LEFT * squares, left, 0.0) / max(n - design.shape[1], 1)
    plain, corrected = [], []
    for own in found.own:
        terms = slice(own.start + 1, own.stop + 1)
        mean = products[:, 0, terms] / n
        spread = products[:, terms, terms] / n - mean[:, :, None] * mean[:, None, :]
        effect = (fitted[:, terms] * (spread @ fitted[:, terms])).sum(axis=1)
        by_residuals = (spread * inverse[:, terms, terms]).sum(axis=(1, 2))
        plain.append(effect)
        corrected.append(effect - by_residuals[:, None] * residual)
    variance = np.sum(corrected, axis=0) + residual - error / n
    variance = np.where(variance > 0, variance, np.nan)
    shares = (np.stack(part, axis=1) / variance[:, None] for part in (corrected, plain))
    first, before = shares
    return MainEffects(first, variance, before)


def _moments(design: Floats, values: Floats, errors: Floats, weights: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Weighted sums over the points: X'X (resample, term, term), X'y (resample, term, quantity), y'y and errors."""
    p, q = design.shape[1], values.shape[1]
    upper = np.triu_indices(p)
    ends = np.cumsum([0, len(upper[0]), p * q, q, q])
    sums = np.zeros((len(weights), ends[-1]))
    for first in range(0, len(values), _ROWS):
        rows = slice(first, first + _ROWS)
        x, y = design[rows], values[rows]
        mixed = (x[:, :, None] * y[:, None, :]).reshape(len(x), -1)
        sums += weights[:, rows] @ np.concatenate([x[:, upper[0]] * x[:, upper[1]], mixed, y * y, errors[rows]], axis=1)
    half, mixed, squares, error = (sums[:, start:stop] for start, stop in pairwise(ends.tolist()))
    products = np.zeros((len(weights), p, p))
    products[:, upper[0], upper[1]] = products[:, upper[1], upper[0]] = half
    return products, mixed.reshape(-1, p, q), squares, error

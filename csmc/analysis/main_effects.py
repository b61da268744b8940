"""First-order indices from points that no method has arranged; edit to change how main effects are fitted.

Arrays have the point first and the estimated quantity (a metric under an institution) last.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.errors import CsmcError

Floats = NDArray[np.float64]

#: Terms of a parameter's main effect, and points that each term needs.
MAX_TERMS = 8
POINTS_PER_TERM = 8
#: A basis whose smallest eigenvalue is below this part of its largest cannot tell its parameters apart.
_CONFOUNDED = 1e-3
#: A standard deviation below this part of the mean is rounding.
_ROUNDING = 1e-13


class Basis(NamedTuple):
    """Main effects of all parameters: terms (point, term) with mean 0, and the slice of every parameter's own."""

    terms: Floats
    own: tuple[slice, ...]


class MainEffects(NamedTuple):
    """first (parameter, quantity), variance (quantity) without the errors' share; plain: first before correction."""

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


def main_effects(found: Basis, values: Floats, errors: Floats, weights: Floats | None = None) -> MainEffects:
    """Fit all main effects together by least squares and compare their variances with that of the values.

    values, errors: value and expected square of its error, (point, quantity), nothing missing; errors must be
    independent between points, or given as 0. weights: how often each point counts, all once by default.
    V_i = mean g_i^2 - what the residuals alone would give it, g_i the fitted effect about its mean (the correction of
    omega squared, Hays 1963), and S_i = V_i / (sum of all V_i + variance of the residuals - mean error): parameters are
    taken to be independent, so how they happen to go together at these points does not count. Errors raise the
    residuals and so take off themselves.
    """
    n, terms = len(values), found.terms
    w = np.ones(n) if weights is None else weights
    design = np.concatenate([np.ones((n, 1)), terms], axis=1)
    weighted = design * w[:, None]
    inverse = np.linalg.pinv(weighted.T @ design, hermitian=True)
    fitted = inverse @ (weighted.T @ values)
    residual = (w[:, None] * (values - design @ fitted) ** 2).sum(axis=0) / max(n - design.shape[1], 1)
    mean = w @ values / n
    centred = terms - w @ terms / n
    plain, corrected = [], []
    for own in found.own:
        shifted = slice(own.start + 1, own.stop + 1)
        spread = (centred[:, own] * w[:, None]).T @ centred[:, own] / n
        effect = np.einsum("iq,ij,jq->q", fitted[shifted], spread, fitted[shifted])
        plain.append(effect)
        corrected.append(effect - np.trace(spread @ inverse[shifted, shifted]) * residual)
    variance = np.sum(corrected, axis=0) + residual - w @ errors / n
    variance = np.where(variance > (_ROUNDING * mean) ** 2, variance, np.nan)
    with np.errstate(invalid="ignore"):
        return MainEffects(np.array(corrected) / variance, variance, np.array(plain) / variance)


def resampled_first(found: Basis, values: Floats, errors: Floats, resamples: int, seed: int) -> Floats:
    """Bootstrap the first-order indices over points, as (resample, parameter, quantity).

    A resample's effects scatter about those fitted before correction, so that is where their errors are taken from.
    """
    whole = main_effects(found, values, errors)
    generator, n = np.random.default_rng(seed), len(values)
    drawn = (generator.multinomial(n, np.full(n, 1 / n)).astype(np.float64) for _ in range(resamples))
    shift = whole.first - whole.plain
    return np.stack([main_effects(found, values, errors, weights).first + shift for weights in drawn])

"""Integrals of functions that are smooth between known edges, and the edges where a function changes its sign."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Function = Callable[[Floats], Floats]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_HALVINGS = 50


def panels(edges: Floats) -> tuple[Floats, Floats]:
    """Nodes and weights (row, node) of Gauss-Legendre rules between the consecutive sorted `edges` (row, edge)."""
    half, middle = np.diff(edges, axis=1) / 2, (edges[:, 1:] + edges[:, :-1]) / 2
    nodes = middle[:, :, None] + half[:, :, None] * _NODES
    weights = half[:, :, None] * _WEIGHTS
    return nodes.reshape(len(edges), -1), weights.reshape(len(edges), -1)


def rules(low: float, high: float, edges: list[Floats]) -> tuple[Floats, Floats]:
    """Nodes and weights for the integral of each row over [low, high], split at its edges (row, any)."""
    inside = np.clip(np.concatenate(edges, axis=1), low, high)
    ends = np.concatenate([np.full_like(inside[:, :1], low), inside, np.full_like(inside[:, :1], high)], axis=1)
    return panels(np.sort(ends, axis=1))


def sign_changes(function: Function, low: float, high: float, rows: int, cells: int) -> Floats:
    """(row, as many as there are in any row): where `function` of (row, any) changes its sign in [low, high].

    It is sought in equal cells, one change in each; `high` fills up. Only accuracy depends on it: as an edge too many
    or too few, such a point moves no value of an integrand.
    """
    ends = np.linspace(low, high, cells + 1)
    above = function(np.tile(ends, (rows, 1))) > 0
    changed = above[:, 1:] != above[:, :-1]
    most = int(changed.sum(axis=1).max())
    cell = np.argsort(~changed, axis=1, kind="stable")[:, :most]
    true = np.take_along_axis(changed, cell, axis=1)
    left, right = np.where(true, ends[cell], high), np.where(true, ends[cell + 1], high)
    positive = np.take_along_axis(above, cell, axis=1)
    for _ in range(_HALVINGS if most > 0 else 0):
        middle = (left + right) / 2
        same = (function(middle) > 0) == positive
        left, right = np.where(same & true, middle, left), np.where(same | ~true, right, middle)
    return right

"""Where a difference along one parameter changes sign, and the set of places that may be where it truly does."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from csmc.estimate.intervals import Floats


class Root(NamedTuple):
    """A change of sign at `at`, between the points `left` and `right`; rising: the difference is above 0 beyond it."""

    at: float
    left: float
    right: float
    rising: bool


class Piece(NamedTuple):
    """A stretch of a confidence set; it is open to a side on which it reaches the end of the points."""

    low: float
    high: float
    open_low: bool
    open_high: bool


def roots(places: Floats, difference: Floats) -> list[Root]:
    """Find the changes of sign of a difference that is interpolated linearly between points.

    Points with a difference of exactly 0 between two signs are the change: it is in their middle.

    Parameters
    ----------
    places, difference
        Points in ascending order and the difference there, (point,); none missing.
    """
    found = []
    for one, other in pairwise(np.flatnonzero(difference)):
        here, there = float(difference[one]), float(difference[other])
        if (here < 0) == (there < 0):
            continue
        if other == one + 1:
            at = places[one] + (places[other] - places[one]) * (here / (here - there))
        else:
            at = (places[one + 1] + places[other - 1]) / 2
        found.append(Root(float(at), float(places[one]), float(places[other]), there > 0))
    return found


def confidence_set(places: Floats, low: Floats, high: Floats) -> list[Piece]:
    """All places at which the band between the interpolated ends of the intervals holds 0.

    The true, interpolated difference is 0 at a root. Its estimate there has a standard error of no more than the
    interpolated one, whatever the errors of the two points have to do with each other (Cauchy and Schwarz), so each
    root is in the set at least as often as an interval holds 0.

    Parameters
    ----------
    places, low, high
        Points in ascending order and the ends of the intervals there, (point,); none missing.
    """
    merged: list[list[float]] = []
    for begin, end in _held(places, low, high):
        if merged and begin <= merged[-1][1]:
            merged[-1][1] = end
        else:
            merged.append([begin, end])
    return [Piece(begin, end, begin == places[0], end == places[-1]) for begin, end in merged]


def _held(places: Floats, low: Floats, high: Floats) -> Iterator[tuple[float, float]]:
    """Yield the part of each gap between points in which the band holds 0."""
    for one in range(len(places) - 1):
        left, right = float(places[one]), float(places[one + 1])
        below = _not_above(float(low[one]), float(low[one + 1]))
        above = _not_above(-float(high[one]), -float(high[one + 1]))
        if below and above:
            begin, end = max(below[0], above[0]), min(below[1], above[1])
            if begin <= end:
                yield _between(left, right, begin), _between(left, right, end)


def _not_above(first: float, last: float) -> tuple[float, float] | None:
    """The part of [0, 1] in which a line from `first` to `last` is at most 0."""
    if first > 0 and last > 0:
        return None
    if first <= 0 and last <= 0:
        return 0.0, 1.0
    crossing = first / (first - last)
    return (0.0, crossing) if first <= 0 else (crossing, 1.0)


def _between(left: float, right: float, share: float) -> float:
    """The place so far between two points; the points themselves exactly."""
    return right if share == 1 else left + (right - left) * share

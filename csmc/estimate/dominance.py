"""First-order stochastic dominance of how severe crises end, from paired differences of cumulative shares."""

from typing import NamedTuple

import numpy as np

from csmc.estimate.intervals import LEVEL, Flags, Interval


class Levels(NamedTuple):
    """Levels of the two-sided intervals from which `order` decides."""

    dominance: float
    crossing: float


class Order(NamedTuple):
    """What is sure of each pair, (point, pair): the first is the less severe, the second is, or each somewhere."""

    dominates: Flags
    dominated: Flags
    crossing: Flags


def levels(thresholds: int, level: float = LEVEL) -> Levels:
    """Dominance asks all thresholds to agree, and needs no correction; a crossing may be at any of them."""
    return Levels(2 * level - 1, 1 - 2 * (1 - level) / thresholds)


def order(dominance: Interval, crossing: Interval) -> Order:
    """Decide at one-sided tests of the differences of the shares that are at least so severe, first minus second.

    Ends are (point, pair, threshold), at the levels of `levels`. Dominance is claimed where every difference is surely
    below 0 (intersection-union; Davidson and Duclos 2013): it errs no more often than one such test, and so does the
    claim that it holds at every one of many points.
    """
    somewhere = (crossing.high < 0).any(axis=2) & (crossing.low > 0).any(axis=2)
    return Order(*map(np.asarray, ((dominance.high < 0).all(axis=2), (dominance.low > 0).all(axis=2), somewhere)))

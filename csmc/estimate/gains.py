"""What replication in groups and controls gain: the variance of an estimate without them, over the one that it has."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from csmc.estimate.controls import Controlled
from csmc.estimate.intervals import Floats
from csmc.estimate.metrics import Metric
from csmc.estimate.paired import Single, difference_of
from csmc.estimate.ratios import Moments

#: How the gains are estimated, for the attributes of a result.
REPLICATION_METHOD = (
    "variance of as many plain replicates, from the second moments of single ones, over that of groups, "
    "both by the delta method"
)
CONTROL_METHOD = "variance of the ratio of sums over that of the one adjusted by controls, both by the delta method"


class Gain(NamedTuple):
    """Variance without something over the variance with it, as (point, institution).

    Of a metric, and of its paired difference from the reference; NaN where there is no variance with it. Below 1 it
    does harm.
    """

    value: Floats
    difference: Floats


def replication_gain(metric: Metric, moments: Moments) -> Gain:
    """The gain of groups over as many plain replicates, from moments of groups.

    Alone, each replicate is distributed as a plain one, so the variance of plain replication is estimated from the
    same replicates.
    """
    return _gain(metric, moments.singles(), moments)


def control_gain(metric: Metric, moments: Controlled) -> Gain:
    """The gain of adjusting a metric by controls."""
    return _gain(metric, moments.plain(), moments)


def gains_of(metric: Metric, moments: Moments) -> Iterator[tuple[str, Gain]]:
    """Yield the name and the gain of each way in which the moments of an experiment are made more precise."""
    if moments.plan.group > 1:
        yield "replication", replication_gain(metric, moments)
    if isinstance(moments, Controlled):
        yield "control", control_gain(metric, moments)


def no_gain_error(group: int, units: Floats) -> Floats:
    """Standard error of 1 / gain - 1 where replicates of a group are as good as independent.

    With g in a group, 1 / gain - 1 is (g - 1) times the mean correlation within groups. Of independent numbers the
    correlation of a pair of places has variance 1 / units whatever their distribution, and the g (g - 1) / 2 pairs
    are uncorrelated.
    """
    return np.sqrt(2 * (group - 1) / (group * units))


def _gain(metric: Metric, without: Moments, having: Moments) -> Gain:
    (before, before_apart), (after, after_apart) = (_variances(metric, moments) for moments in (without, having))
    return Gain(_over(before, after), _over(before_apart, after_apart))


def _variances(metric: Metric, moments: Moments) -> tuple[Floats, Floats]:
    """Of the metric and of its difference from the reference."""
    single, pairs = Single(metric, moments), moments.against_reference()
    _, apart, _ = difference_of(single, pairs, single.shared(pairs))
    return single.variance, apart


def _over(before: Floats, after: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(after > 0, before / after, np.nan)

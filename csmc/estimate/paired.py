"""Every estimate of a metric: its value, and its difference from the reference under the same draws."""

from typing import NamedTuple

import numpy as np

from csmc.estimate.intervals import (
    Floats,
    Interval,
    mean_interval,
    paired_proportion_interval,
    proportion_interval,
)
from csmc.estimate.metrics import Metric
from csmc.estimate.ratios import Influence, Moments, covariance, influence, variance


class Estimate(NamedTuple):
    """A metric and its paired difference from the reference, all as (point, institution). NaN is missing.

    pairing_gain: the difference's variance had the institutions not shared their draws, over its actual variance.
    """

    value: Floats
    se: Floats
    low: Floats
    high: Floats
    difference: Floats
    difference_se: Floats
    difference_low: Floats
    difference_high: Floats
    pairing_gain: Floats


def estimate(metric: Metric, moments: Moments) -> Estimate:
    """Estimate a metric at every point and institution of `moments`."""
    own = influence(metric, moments)
    own_variance = variance(moments, own)
    se = np.sqrt(own_variance)
    low, high = _interval(metric, own, se)
    difference, difference_variance, unpaired = _difference(moments, own, own_variance)
    difference_se = np.sqrt(difference_variance)
    difference_low, difference_high = _difference_interval(metric, moments, own, difference, difference_se)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(difference_variance > 0, unpaired / difference_variance, np.nan)
    return Estimate(own.value, se, low, high, difference, difference_se, difference_low, difference_high, gain)


def _interval(metric: Metric, own: Influence, se: Floats) -> Interval:
    if metric.kind == "proportion":
        return proportion_interval(own.value, se, own.trials, own.informative)
    return mean_interval(own.value, se, own.informative, metric.low, metric.high)


def _difference(moments: Moments, own: Influence, own_variance: Floats) -> tuple[Floats, Floats, Floats]:
    """Difference from the reference, its variance, and what that would be for independent draws.

    Symmetric in the two institutions, and the moments are centred exactly: a copy of the reference differs by
    exactly 0 with a standard error of exactly 0.
    """
    reference = moments.plan.reference
    difference = own.value - own.value[:, [reference]]
    unpaired = own_variance + own_variance[:, [reference]]
    paired = unpaired - 2 * covariance(moments, own)
    return difference, np.where(paired <= 1e-13 * unpaired, 0.0, paired), unpaired


def _difference_interval(metric: Metric, moments: Moments, own: Influence, difference: Floats, se: Floats) -> Interval:
    reference = moments.plan.reference
    informative = np.minimum(own.informative, own.informative[:, [reference]])
    if metric.kind == "proportion":
        trials = np.minimum(own.trials, own.trials[:, [reference]])
        low, high = paired_proportion_interval(difference, se, trials, informative)
    else:
        width = metric.high - metric.low
        low, high = mean_interval(difference, se, informative, -width, width)
    return _known_for_the_reference(Interval(low, high), difference, reference)


def _known_for_the_reference(interval: Interval, difference: Floats, reference: int) -> Interval:
    """The reference differs from itself by 0 with certainty."""
    for end in interval:
        end[:, reference] = difference[:, reference]
    return interval

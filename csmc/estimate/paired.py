"""Every estimate of a metric: its value, and its difference from the reference under the same draws."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from csmc.estimate.differences import Known, hull, mover_interval, paired_proportion_interval, unshared_events
from csmc.estimate.independence import independent_variance
from csmc.estimate.intervals import (
    Floats,
    Interval,
    mean_events,
    mean_interval,
    proportion_interval,
)
from csmc.estimate.metrics import Constant, Metric, Ratio
from csmc.estimate.ratios import ROUNDING, Influence, Moments, covariance, influence, variance


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
    known = Known(own.value, np.sqrt(own_variance), *_interval(metric, moments, own, np.sqrt(own_variance)))
    shared = covariance(moments, own)
    difference, difference_variance, unpaired = _difference(moments, own, own_variance, shared)
    difference_se = np.sqrt(difference_variance)
    if metric.kind == "proportion":
        paired = _proportion_difference(metric, moments, own, known, difference, difference_se, shared)
    else:
        paired = _mean_difference(metric, moments, own, known, unpaired, shared)
    low, high = _known_for_the_reference(paired, difference, moments.plan.reference)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(difference_variance > 0, unpaired / difference_variance, np.nan)
    return Estimate(*known, difference, difference_se, low, high, gain)


def _interval(metric: Metric, moments: Moments, own: Influence, se: Floats) -> Interval:
    if metric.kind == "proportion":
        return proportion_interval(own.value, se, own.trials, own.informative, moments.least_effect)
    if metric.minus is None:
        return mean_interval(own.value, se, own.informative, _changing(metric, moments, own), *_bounds(metric, moments))
    one, other = (_part(metric, ratio, moments) for ratio in (metric.ratio, metric.minus))
    return mover_interval(one, other, (one.se**2 + other.se**2 - se**2) / 2)


def _part(metric: Metric, ratio: Ratio, moments: Moments) -> Known:
    """One of the two ratios, from 0 on, whose difference is the metric."""
    part = replace(metric, ratio=ratio, minus=None, low=0.0)
    own = influence(part, moments)
    se = np.sqrt(variance(moments, own))
    return Known(own.value, se, *_interval(part, moments, own, se))


def _bounds(metric: Metric, moments: Moments) -> tuple[Floats, Floats]:
    """The least and the largest value that a mean can have at each point."""
    known = {Constant.EPISODES: moments.episodes, Constant.STATES: moments.states}
    high = known[metric.high] if isinstance(metric.high, Constant) else np.full(len(moments.episodes), metric.high)
    return np.full((len(high), 1), metric.low), high[:, None].astype(np.float64)


def _changing(metric: Metric, moments: Moments, own: Influence) -> Floats:
    """How many of the informative replicates may differ: no more than things happened that change the value."""
    if metric.changes is None:
        return own.informative
    return np.minimum(own.informative, np.maximum(moments.total(metric.changes), 2.0))


def _difference(
    moments: Moments, own: Influence, own_variance: Floats, shared: Floats
) -> tuple[Floats, Floats, Floats]:
    """Difference from the reference, its variance, and what that would be for independent draws.

    Symmetric in the two institutions, and the moments are centred exactly: a copy of the reference differs by
    exactly 0 with a standard error of exactly 0.
    """
    reference = moments.plan.reference
    difference = own.value - own.value[:, [reference]]
    unpaired = own_variance + own_variance[:, [reference]]
    paired = unpaired - 2 * shared
    return difference, np.where(paired <= ROUNDING * unpaired, 0.0, paired), unpaired


def _proportion_difference(
    metric: Metric,
    moments: Moments,
    own: Influence,
    known: Known,
    difference: Floats,
    se: Floats,
    shared: Floats,
) -> Interval:
    """Bonett and Price's interval; where the institutions need not have the same trials, not within that of MOVER."""
    independent = independent_variance(metric, moments, own, known.se, se)
    trials, informative = (_smaller(moments, count) for count in (own.trials, own.informative))
    pairs = paired_proportion_interval(difference, se, trials, informative, independent, moments.least_effect)
    if isinstance(metric.ratio.denominator, Constant):
        return pairs
    return hull(pairs, mover_interval(known, _of_reference(moments, known), shared))


def _mean_difference(
    metric: Metric, moments: Moments, own: Influence, known: Known, unpaired: Floats, shared: Floats
) -> Interval:
    low, high = _bounds(metric, moments)
    events = _smaller(moments, mean_events(own.value, known.se, low, high))
    added = unshared_events(unpaired, events, _smaller(moments, _changing(metric, moments, own)))
    below, above = mover_interval(known, _of_reference(moments, known), shared, added)
    return Interval(np.maximum(below, low - high), np.minimum(above, high - low))


def _of_reference(moments: Moments, known: Known) -> Known:
    return Known(*(part[:, [moments.plan.reference]] for part in known))


def _smaller(moments: Moments, count: Floats) -> Floats:
    """The smaller count of each institution and the reference."""
    return np.minimum(count, count[:, [moments.plan.reference]])


def _known_for_the_reference(interval: Interval, difference: Floats, reference: int) -> Interval:
    """The reference differs from itself by 0 with certainty."""
    for end in interval:
        end[:, reference] = difference[:, reference]
    return interval

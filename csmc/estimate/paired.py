"""Every estimate of a metric: its value, and the difference of two institutions under the same draws."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from csmc.estimate.differences import (
    Known,
    effective_pairs,
    hull,
    mover_interval,
    paired_proportion_interval,
    unshared_events,
)
from csmc.estimate.independence import independent_variance
from csmc.estimate.intervals import (
    LEVEL,
    Floats,
    Interval,
    mean_events,
    mean_interval,
    proportion_interval,
)
from csmc.estimate.metrics import Constant, Metric
from csmc.estimate.ratios import Influence, Moments, Pairs, bounds, covariance, influence, variance


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


class Difference(NamedTuple):
    """A metric of one institution minus that of another, (point, pair); the fields are as in `Estimate`."""

    value: Floats
    se: Floats
    low: Floats
    high: Floats
    pairing_gain: Floats


def estimate(metric: Metric, moments: Moments, level: float = LEVEL) -> Estimate:
    """Estimate a metric at every point and institution of `moments`, with intervals of a confidence level."""
    single = Single(metric, moments, level)
    return Estimate(*single.known, *_compare(single, moments.against_reference()))


def differences(metric: Metric, moments: Moments, pairs: Pairs, level: float = LEVEL) -> Difference:
    """Estimate how a metric differs in each of some pairs of institutions, with intervals of a confidence level.

    Exchanging the two institutions of a pair changes the signs, and nothing else but the last bits.

    Raises
    ------
    CsmcError
        What these pairs need has not been counted, see `Moments.places`.
    """
    return _compare(Single(metric, moments, level), pairs)


@dataclass(frozen=True)
class Single:
    """A metric of each institution, (point, institution), with all that differences of two of them need."""

    metric: Metric
    counted: Moments
    level: float = LEVEL

    @cached_property
    def moments(self) -> Moments:
        """What has been counted, as this metric is estimated from it."""
        return self.counted.informing(self.metric)

    @cached_property
    def influence(self) -> Influence:
        """The metric, and what one unit adds to its error."""
        return influence(self.metric, self.moments)

    @cached_property
    def variance(self) -> Floats:
        """Sampling variance."""
        return variance(self.moments, self.influence)

    def shared(self, pairs: Pairs) -> Floats:
        """Sampling covariance of the two institutions of each pair."""
        return covariance(self.moments, self.influence, pairs)

    @cached_property
    def known(self) -> Known:
        """Value, error and interval."""
        return Known(self.influence.value, self.se, *self._interval())

    @cached_property
    def se(self) -> Floats:
        """Standard error."""
        return np.asarray(np.sqrt(self.variance))

    @cached_property
    def bounds(self) -> tuple[Floats, Floats]:
        """The least and the largest value that the metric can have at each point."""
        return bounds(self.metric, self.moments)

    @cached_property
    def changing(self) -> Floats:
        """How many of the informative units may differ: no more than things happened that change the value."""
        informative = self.influence.informative
        if self.metric.changes is None:
            return informative
        return np.minimum(informative, np.maximum(self.moments.total(self.metric.changes), 2.0))

    def _interval(self) -> Interval:
        own, metric = self.influence, self.metric
        if metric.kind == "proportion":
            least = self.moments.least_effect
            return proportion_interval(own.value, self.se, own.trials, own.informative, self.level, least)
        if metric.minus is None:
            return mean_interval(own.value, self.se, own.informative, self.changing, *self.bounds, self.level)
        one, other = (
            Single(replace(metric, ratio=ratio, minus=None, low=0.0), self.moments, self.level).known
            for ratio in (metric.ratio, metric.minus)
        )  # from 0 on, each
        return mover_interval(one, other, (one.se**2 + other.se**2 - self.se**2) / 2)


def _compare(single: Single, pairs: Pairs) -> Difference:
    """The differences of all pairs; an institution differs from itself by 0 with certainty."""
    shared = single.shared(pairs)
    difference, difference_variance, unpaired = difference_of(single, pairs, shared)
    se = np.sqrt(difference_variance)
    if single.metric.kind == "proportion":
        ends = _proportion_difference(single, pairs, difference, se, shared)
    else:
        ends = _mean_difference(single, pairs, unpaired, shared)
    same = pairs.one == pairs.other
    low, high = (np.where(same, difference, end) for end in ends)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(difference_variance > 0, unpaired / difference_variance, np.nan)
    return Difference(difference, se, low, high, gain)


def difference_of(single: Single, pairs: Pairs, shared: Floats) -> tuple[Floats, Floats, Floats]:
    """Difference of two institutions, its variance, and what that would be for independent draws.

    Symmetric in the two institutions, and the moments are centred exactly: a copy of an institution differs from it by
    exactly 0 with a standard error of exactly 0.
    """
    value, own_variance = single.influence.value, single.variance
    difference = value[:, pairs.one] - value[:, pairs.other]
    unpaired = own_variance[:, pairs.one] + own_variance[:, pairs.other]
    paired = unpaired - 2 * shared
    return difference, np.where(paired <= single.moments.rounding * unpaired, 0.0, paired), unpaired


def _proportion_difference(single: Single, pairs: Pairs, difference: Floats, se: Floats, shared: Floats) -> Interval:
    """Bonett and Price's interval; where the institutions need not have the same trials, not within that of MOVER."""
    ends = paired_proportion_interval(*_as_pairs(single, pairs, difference, se))
    if isinstance(single.metric.ratio.denominator, Constant):
        return ends
    return hull(ends, mover_interval(*_both(pairs, single.known), shared))


def _as_pairs(
    single: Single, pairs: Pairs, difference: Floats, se: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats, float, float]:
    """What an interval of a difference of paired proportions is made of."""
    own = single.influence
    independent = independent_variance(single.metric, single.moments, own, single.se, se, pairs)
    trials, informative = (_smaller(pairs, count) for count in (own.trials, own.informative))
    return difference, se, trials, informative, independent, single.level, single.moments.least_effect


def differing_pairs(metric: Metric, moments: Moments, level: float = LEVEL) -> Floats:
    """How many independent pairs that differ from the reference stand behind the difference of a proportion."""
    single, pairs = Single(metric, moments, level), moments.against_reference()
    difference, difference_variance, _ = difference_of(single, pairs, single.shared(pairs))
    independent_pairs, share = effective_pairs(*_as_pairs(single, pairs, difference, np.sqrt(difference_variance)))
    return independent_pairs * share


def _mean_difference(single: Single, pairs: Pairs, unpaired: Floats, shared: Floats) -> Interval:
    low, high = single.bounds
    events = _smaller(pairs, mean_events(single.influence.value, single.se, low, high))
    added = unshared_events(unpaired, events, _smaller(pairs, single.changing), single.level)
    below, above = mover_interval(*_both(pairs, single.known), shared, added)
    return Interval(np.maximum(below, low - high), np.minimum(above, high - low))


def _both(pairs: Pairs, known: Known) -> tuple[Known, Known]:
    """What is known of one institution, and of the other."""
    one, other = (Known(*(part[:, which] for part in known)) for which in pairs)
    return one, other


def _smaller(pairs: Pairs, count: Floats) -> Floats:
    """The smaller count of the two institutions."""
    return np.minimum(count[:, pairs.one], count[:, pairs.other])

"""What drawing replicates in groups gains: the variance that they would have alone, over the one that they have."""

from typing import NamedTuple

import numpy as np

from csmc.estimate.intervals import Floats
from csmc.estimate.metrics import Metric
from csmc.estimate.paired import Single, difference_of
from csmc.estimate.ratios import Moments, covariance

#: How the gains are estimated, for the attributes of a result.
METHOD = (
    "variance of as many plain replicates, from the second moments of single ones, over that of groups, "
    "both by the delta method"
)


class ReplicationGain(NamedTuple):
    """Variance of plain replication with as many replicates over that of groups, as (point, institution).

    Of the metric, and of its paired difference from the reference; NaN where the groups do not differ. Below 1 the
    groups do harm.
    """

    value: Floats
    difference: Floats


def replication_gain(metric: Metric, moments: Moments) -> ReplicationGain:
    """The gain of a metric, from moments of groups.

    Alone, each replicate is distributed as a plain one, so the variance of plain replication is estimated from the
    same replicates.
    """
    (grouped, grouped_apart), (alone, alone_apart) = (_variances(metric, one) for one in (moments, moments.singles()))
    return ReplicationGain(_over(alone, grouped), _over(alone_apart, grouped_apart))


def no_gain_error(group: int, units: Floats) -> Floats:
    """Standard error of 1 / gain - 1 where replicates of a group are as good as independent.

    With g in a group, 1 / gain - 1 is (g - 1) times the mean correlation within groups. Of independent numbers the
    correlation of a pair of places has variance 1 / units whatever their distribution, and the g (g - 1) / 2 pairs
    are uncorrelated.
    """
    return np.sqrt(2 * (group - 1) / (group * units))


def _variances(metric: Metric, moments: Moments) -> tuple[Floats, Floats]:
    """Of the metric and of its difference from the reference."""
    single, pairs = Single(metric, moments), moments.against_reference()
    _, apart, _ = difference_of(single, pairs, covariance(moments, single.influence, pairs))
    return single.variance, apart


def _over(alone: Floats, grouped: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(grouped > 0, alone / grouped, np.nan)

"""How much stands behind an estimate: events, histories, and what the episodes of a history tell beside each other."""

from typing import NamedTuple

import numpy as np

from csmc.estimate.intervals import Floats, mean_events
from csmc.estimate.metrics import Metric
from csmc.estimate.paired import Single, difference_of
from csmc.estimate.ratios import Influence, Moments


class Support(NamedTuple):
    """What stands behind a metric and its paired difference from the reference, all (point, institution).

    own: the metric. variance, difference_variance: of the estimates. events: as many independent ones of equal size
    give the metric's standard error; difference_events: as many differing pairs give that of the difference. histories,
    difference_histories: that inform them. share: part of the trials that as many independent ones would need; NaN for
    means. correlation: of the metric with that of the reference. gain: see `csmc.estimate.Estimate`.
    """

    own: Influence
    variance: Floats
    difference_variance: Floats
    events: Floats
    difference_events: Floats
    histories: Floats
    difference_histories: Floats
    share: Floats
    correlation: Floats
    gain: Floats


def support(metric: Metric, moments: Moments) -> Support:
    """What stands behind a metric at every point and institution; NaN where nothing can be said."""
    single, pairs = Single(metric, moments), moments.against_reference()
    own, own_variance = single.influence, single.variance
    shared = single.shared(pairs)
    _, paired, unpaired = difference_of(single, pairs, shared)
    reference = [moments.plan.reference]
    with np.errstate(divide="ignore", invalid="ignore"):
        if metric.kind == "proportion":
            share = _share(own, own_variance)
            events = own.trials * np.minimum(own.value, 1 - own.value) * share
            trials = np.minimum(own.trials, own.trials[:, reference])
            differing = paired * (trials * np.fmin(share, share[:, reference])) ** 2
        else:
            share = np.full_like(own_variance, np.nan)
            events = mean_events(own.value, np.sqrt(own_variance), *single.bounds)
            differing = np.where(paired > 0, np.minimum(events, events[:, reference]), 0.0)
        gain = np.where(paired > 0, unpaired / paired, np.nan)
        correlation = shared / np.sqrt(own_variance * own_variance[:, reference])
    for column in (differing, gain, correlation):
        column[:, reference] = np.nan
    histories = np.minimum(own.informative, own.informative[:, reference])
    return Support(own, own_variance, paired, events, differing, own.informative, histories, share, correlation, gain)


def _share(own: Influence, own_variance: Floats) -> Floats:
    """One over the design effect, as it was observed; 1 without events."""
    plain = own_variance * (own.informative - 1) / own.informative
    effect = plain * own.trials / (own.value * (1 - own.value))
    return np.where(plain > 0, 1 / np.maximum(effect, 1.0), 1.0)

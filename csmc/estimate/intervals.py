"""Confidence intervals of proportions and means from a value, its standard error and what stands behind it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri, stdtrit

Floats = NDArray[np.float64]

#: Confidence level of every interval.
LEVEL = 0.95
#: Below this many effective events (or non-events) a proportion's interval is exact rather than a score interval.
FEW_EVENTS = 30.0

METHODS = {
    "proportion": "Clopper-Pearson below 30 effective events or non-events, else Wilson, "
    "at the effective sample size of Korn and Graubard (1998)",
    "mean": "normal, t quantile",
    "proportion difference": "Bonett-Price (2012) for paired proportions, generalised to clustered episodes",
    "mean difference": "paired normal, t quantile",
}

_UPPER = (1 + LEVEL) / 2


class Interval(NamedTuple):
    """Lower and upper end."""

    low: Floats
    high: Floats


def proportion_interval(value: Floats, se: Floats, trials: Floats, informative: Floats) -> Interval:
    """Interval of a proportion that holds its level near 0 and 1 and for episodes clustered in histories."""
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = effective_trials(value, se, trials, informative)
        events = value * effective
        few = np.minimum(events, effective - events) < FEW_EVENTS
        exact, score = clopper_pearson(events, effective), wilson(events, effective)
    return Interval(np.where(few, exact.low, score.low), np.where(few, exact.high, score.high))


def effective_trials(value: Floats, se: Floats, trials: Floats, informative: Floats) -> Floats:
    """How many independent trials would give this standard error (Korn and Graubard 1998), at most `trials`.

    Without an observed variance (a proportion of 0 or 1, or a single replicate) nothing is known about how episodes of
    a history go together, and only the replicates count. For one-shot crises it is the number of trials itself.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        plain_variance = se**2 * (informative - 1) / informative
        adjusted = value * (1 - value) / plain_variance / _clustering_penalty(trials, informative) ** 2
    return np.where(plain_variance > 0, np.minimum(adjusted, trials), informative)


def clopper_pearson(events: Floats, trials: Floats) -> Interval:
    """Exact interval of a binomial proportion, for fractional effective counts too."""
    failures = np.maximum(trials - events, 0.0)
    low = np.where(events > 0, betaincinv(np.maximum(events, 1e-300), failures + 1, 1 - _UPPER), 0.0)
    high = np.where(failures > 0, betaincinv(events + 1, np.maximum(failures, 1e-300), _UPPER), 1.0)
    missing = np.isnan(events + trials)
    return Interval(np.where(missing, np.nan, low), np.where(missing, np.nan, high))


def wilson(events: Floats, trials: Floats) -> Interval:
    """Score interval of a binomial proportion."""
    z = ndtri(_UPPER)
    centre = (events + z**2 / 2) / (trials + z**2)
    half = z / (trials + z**2) * np.sqrt(np.maximum(events * (trials - events) / trials, 0.0) + z**2 / 4)
    return Interval(centre - half, centre + half)


def mean_interval(value: Floats, se: Floats, informative: Floats, low: float, high: float) -> Interval:
    """Normal interval with a t quantile, cut at the values that the mean can take."""
    half = _t_quantile(informative) * se
    return Interval(np.maximum(value - half, low), np.minimum(value + half, high))


def paired_proportion_interval(difference: Floats, se: Floats, trials: Floats, informative: Floats) -> Interval:
    """Bonett-Price interval of a paired difference of proportions: never of width 0.

    One discordant pair is added on each side. For one-shot crises this is Bonett and Price's interval; with m
    informative replicates of several episodes a discordant pair weighs m / trials of a replicate.

    Wars that cluster in a few histories make it somewhat too short (tests/unit/test_paired.py has a case with 200
    histories of 20 episodes): it tends to its level as histories, not episodes, become many.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        m, pair = informative, informative / trials
        plain_variance = se**2 * (m - 1) / m
        centre = m * difference / (m + 2)
        second_moment = (m**2 * plain_variance + m * difference**2 + 2 * pair**2) / (m + 2)
        spread = np.sqrt((second_moment - centre**2) / (m + 2))
        half = ndtri(_UPPER) * _clustering_penalty(trials, informative) * spread
    return Interval(np.maximum(centre - half, -1.0), np.minimum(centre + half, 1.0))


def _clustering_penalty(trials: Floats, informative: Floats) -> Floats:
    """Ratio (at least 1) of the t quantiles for the informative replicates and for as many trials, independent."""
    ratio = _t_quantile(informative) / _t_quantile(trials)
    return np.maximum(ratio, 1.0)


def _t_quantile(count: Floats) -> Floats:
    counts, which = np.unique(count, return_inverse=True)
    quantiles = np.where(counts > 1, stdtrit(counts - 1, _UPPER), np.nan)
    return np.asarray(quantiles[which], dtype=np.float64)

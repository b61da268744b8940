"""Confidence intervals of proportions and means from a value, its standard error and what stands behind it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri, stdtrit

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Confidence level of an interval, unless another is asked for.
LEVEL = 0.95
#: Below this many effective events (or non-events) a proportion's interval is exact rather than a score interval.
FEW_EVENTS = 30.0
#: The least design effect that is believed of independent histories: what is seen below is chance.
INDEPENDENT = 1.0
#: And of groups of replicates whose draws are meant to balance.
BALANCED = 0.0
#: How much an observed design effect is believed: as much as this many independent events would change it.
PRIOR_EVENTS = 2.0
#: So many histories tell as much of how episodes go together as one burst of events that was seen.
PER_BURST = 5.0

METHODS = {
    "proportion": "Clopper-Pearson below 30 effective events or non-events, else Wilson, "
    "at the effective sample size of Korn and Graubard (1998)",
    "mean": "that of a proportion with the same mean and standard error between the least and largest possible value, "
    "t quantile",
    "proportion difference": "Bonett-Price (2012) for paired proportions, at the effective number of pairs; "
    "of conditional rates, not within that of MOVER (Zou and Donner 2008)",
    "mean difference": "MOVER of the two intervals, paired (Zou and Donner 2008), with two events "
    "added that share no draws",
}

#: The same in the words of a column.
SHORT = {
    "proportion": "Clopper-Pearson or Wilson",
    "mean": "Wilson, t",
    "proportion difference": "Bonett-Price",
    "mean difference": "MOVER",
}


class Interval(NamedTuple):
    """Lower and upper end."""

    low: Floats
    high: Floats


def upper(level: float) -> float:
    """The upper quantile of a two-sided interval."""
    return (1 + level) / 2


def proportion_interval(
    value: Floats,
    se: Floats,
    trials: Floats,
    informative: Floats,
    level: float = LEVEL,
    least: float = INDEPENDENT,
) -> Interval:
    """Interval of a proportion that holds its level near 0 and 1 and for episodes clustered in histories."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return _proportion(value, effective_trials(value, se, trials, informative, level, least), level)


def _proportion(value: Floats, trials: Floats, level: float) -> Interval:
    events = value * trials
    few = np.minimum(events, trials - events) < FEW_EVENTS
    exact, score = clopper_pearson(events, trials, level), wilson(events, trials, level)
    return Interval(np.where(few, exact.low, score.low), np.where(few, exact.high, score.high))


def effective_trials(
    value: Floats,
    se: Floats,
    trials: Floats,
    informative: Floats,
    level: float = LEVEL,
    least: float = INDEPENDENT,
) -> Floats:
    """How many independent trials would give this standard error (Korn and Graubard 1998), at most `trials` / `least`.

    Without an observed variance (a proportion of 0 or 1, or a single unit) nothing is known about how episodes of
    a unit go together, and only the units count. For one-shot crises it is the number of trials itself.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        independent = value * (1 - value) / trials
        events = trials * np.minimum(value, 1 - value)
        return effective_count(se, independent, events, trials, informative, level, least)


def design_effect(
    clustered: Floats,
    independent: Floats,
    events: Floats,
    trials: Floats,
    informative: Floats,
    least: float = INDEPENDENT,
) -> Floats:
    """How many times larger a variance is than for independent episodes, at least `least`, as far as little can tell.

    A few events that come in bursts, or a few histories, tell little about the bursts that have not come yet. So the
    logarithm of the observed ratio is pulled to that of the largest (all episodes of a history end alike), with the
    weight of PRIOR_EVENTS bursts; evidence are the bursts seen, at most one for PER_BURST histories. Without events it
    is the largest, with many in many histories what was observed. A ratio below 1, of groups that balance, is believed
    by the events that are left over: the fewer groups differ, the less is known of how much they do.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        most = np.maximum(trials / informative, 1.0)
        observed = np.clip(np.where(independent > 0, clustered / independent, most), least, most)
        seen = np.where(observed < 1, events * observed, events / observed)
        weight = _belief(np.minimum(seen, informative / PER_BURST))
        return np.asarray(observed**weight * most ** (1 - weight))


def _belief(events: Floats) -> Floats:
    return events / (events + PRIOR_EVENTS)


def effective_count(
    se: Floats,
    independent: Floats,
    events: Floats,
    trials: Floats,
    informative: Floats,
    level: float = LEVEL,
    least: float = INDEPENDENT,
) -> Floats:
    """Trials over the design effect and the squared ratio of the t quantiles for units and for trials."""
    plain = se**2 * (informative - 1) / informative
    effect = design_effect(plain, independent, events, trials, informative, least)
    penalty = np.maximum(t_quantile(informative, level) / t_quantile(trials, level), 1.0)
    return np.where(plain > 0, trials / effect / penalty**2, informative)


def clopper_pearson(events: Floats, trials: Floats, level: float = LEVEL) -> Interval:
    """Exact interval of a binomial proportion, for fractional effective counts too."""
    pairs = np.empty(np.broadcast_shapes(events.shape, trials.shape), dtype=np.complex128)
    pairs.real, pairs.imag = events, trials
    distinct, which = np.unique(pairs, return_inverse=True)  # points of a design have many counts in common
    ends = _clopper_pearson(distinct.real, distinct.imag, upper(level))
    return Interval(*(end[which].reshape(pairs.shape) for end in ends))


def _clopper_pearson(events: Floats, trials: Floats, quantile: float) -> Interval:
    failures = np.maximum(trials - events, 0.0)
    low = np.where(events > 0, betaincinv(np.maximum(events, 1e-300), failures + 1, 1 - quantile), 0.0)
    high = np.where(failures > 0, betaincinv(events + 1, np.maximum(failures, 1e-300), quantile), 1.0)
    missing = np.isnan(events + trials)
    return Interval(np.where(missing, np.nan, low), np.where(missing, np.nan, high))


def wilson(events: Floats, trials: Floats, level: float = LEVEL) -> Interval:
    """Score interval of a binomial proportion."""
    z = ndtri(upper(level))
    centre = (events + z**2 / 2) / (trials + z**2)
    half = z / (trials + z**2) * np.sqrt(np.maximum(events * (trials - events) / trials, 0.0) + z**2 / 4)
    return Interval(centre - half, centre + half)


def mean_interval(
    value: Floats,
    se: Floats,
    informative: Floats,
    changing: Floats,
    low: Floats,
    high: Floats,
    level: float = LEVEL,
) -> Interval:
    """Interval of a mean of values in [low, high]: that of a proportion with the same mean and standard error.

    So it is skewed near the ends, where a few large values make the mean, and nearly Student's t elsewhere. The
    variance is pulled to the largest possible one as far as few replicates, or few large values, can tell. Where all
    replicates agree, their number says how large a share of others, at `low` or at `high`, may have been missed. Of the
    informative replicates, `changing` are those that could differ.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        share, spread = (value - low) / (high - low), se / (high - low)
        trials = share * (1 - share) / spread**2
        weight = _belief(np.minimum(trials * np.minimum(share, 1 - share), changing))
        trials = np.where(trials > informative, trials**weight * informative ** (1 - weight), trials)
        inner = _proportion(share, trials / (t_quantile(changing, level) / ndtri(upper(level))) ** 2, level)
    missed = 1 - (1 - upper(level)) ** (1 / np.maximum(informative, 1.0))
    agreed = Interval(value - missed * (value - low), value + missed * (high - value))
    spanned = Interval(low + inner.low * (high - low), low + inner.high * (high - low))
    return Interval(*(np.where(se == 0, one, other) for one, other in zip(agreed, spanned, strict=True)))


def mean_events(value: Floats, se: Floats, low: Floats, high: Floats) -> Floats:
    """How many events of one size would give a mean with this distance from the nearer end and this error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(se > 0, (np.minimum(value - low, high - value) / se) ** 2, np.inf)


def t_quantile(count: Floats, level: float = LEVEL) -> Floats:
    """Student's t quantile of a two-sided interval for so many observations; NaN for fewer than two."""
    counts, which = np.unique(count, return_inverse=True)
    quantiles = np.where(counts > 1, stdtrit(counts - 1, upper(level)), np.nan)
    return np.asarray(quantiles[which], dtype=np.float64)

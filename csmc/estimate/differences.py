"""Confidence intervals of paired differences of proportions and of means."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from csmc.estimate.intervals import (
    INDEPENDENT,
    LEVEL,
    PRIOR_EVENTS,
    Floats,
    Interval,
    effective_count,
    t_quantile,
    upper,
)


class Known(NamedTuple):
    """A value with its standard error and the ends of its interval."""

    value: Floats
    se: Floats
    low: Floats
    high: Floats


def paired_proportion_interval(
    difference: Floats,
    se: Floats,
    trials: Floats,
    informative: Floats,
    independent: Floats,
    level: float = LEVEL,
    least: float = INDEPENDENT,
) -> Interval:
    """Bonett-Price interval of a paired difference of proportions: never of width 0.

    `independent` is what the variance of the difference would be if the episodes of a history did not go together.
    One-shot crises are so many pairs, and this is Bonett and Price's interval.
    """
    pairs, share = effective_pairs(difference, se, trials, informative, independent, level, least)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = pairs * difference / (pairs + 2)
        half = ndtri(upper(level)) * np.sqrt(((pairs * share + 2) / (pairs + 2) - centre**2) / (pairs + 2))
    half = np.where(np.isnan(se), np.nan, half)
    return Interval(np.maximum(centre - half, -1.0), np.minimum(centre + half, 1.0))


def effective_pairs(
    difference: Floats,
    se: Floats,
    trials: Floats,
    informative: Floats,
    independent: Floats,
    level: float = LEVEL,
    least: float = INDEPENDENT,
) -> tuple[Floats, Floats]:
    """How many independent pairs would tell as much, and the share of pairs that differ; arguments as above."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = trials * independent + difference**2
        return effective_count(se, independent, trials * share, trials, informative, level, least), share


def mover_interval(one: Known, other: Known, covariance: Floats, added: Floats | float = 0.0) -> Interval:
    """Interval of one minus other from their own intervals, whose skewness it inherits (Zou and Donner 2008).

    `added` is a squared half-width beyond theirs.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        product = one.se * other.se
        correlation = np.where(product > 0, np.clip(covariance / product, -1.0, 1.0), 0.0)
    return interval_of_correlated(one, other, correlation, added)


def interval_of_correlated(
    one: Known, other: Known, correlation: Floats | float, added: Floats | float = 0.0
) -> Interval:
    """The same where their correlation is known."""
    with np.errstate(invalid="ignore"):
        below = _distance(one.value - one.low, other.high - other.value, correlation, added)
        above = _distance(one.high - one.value, other.value - other.low, correlation, added)
    return Interval(one.value - other.value - below, one.value - other.value + above)


def _distance(first: Floats, second: Floats, correlation: Floats | float, added: Floats | float) -> Floats:
    return np.asarray(np.sqrt((first - second) ** 2 + 2 * (1 - correlation) * first * second + added))


def unshared_events(unpaired: Floats, events: Floats, changing: Floats, level: float = LEVEL) -> Floats:
    """What two more events of a mean, whose draws are not shared, add to the squared half-width of a difference.

    Under shared draws most pairs may be equal, and the few that differ tell little about their variance; `unpaired` is
    the variance of the difference if no draws were shared.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return t_quantile(changing, level) ** 2 * PRIOR_EVENTS * unpaired / np.minimum(events, changing)


def hull(one: Interval, other: Interval) -> Interval:
    """The least interval that holds both."""
    return Interval(np.minimum(one.low, other.low), np.maximum(one.high, other.high))

"""Differences of two runs: estimates that are independent, nested, or of the same crises without their covariance.

Edit here to change the interval, or the p value, of a difference of two results.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import stdtr

from csmc.estimate.differences import Known, interval_of_correlated
from csmc.estimate.intervals import Floats, t_quantile

#: Ways to allow for many differences at once, see `adjusted`.
ADJUSTMENTS = ("holm", "bh", "none")


class Between(NamedTuple):
    """One estimate minus another, with its error, interval and p value.

    p: 1 less the highest level at which the interval leaves out 0. standardised: Student's t, as the interval has it.
    """

    value: Floats
    se: Floats
    low: Floats
    high: Floats
    p: Floats
    standardised: Floats


def at_level(known: Known, stored: float, level: float, units: Floats, low: float, high: float) -> Known:
    """What is known with an interval of the level `stored`, with one of another level.

    Each end keeps its side and moves by the ratio of the t quantiles for so many units, up to the least and the largest
    possible value.
    """
    if level == stored:
        return known
    with np.errstate(invalid="ignore"):
        times = t_quantile(units, level) / t_quantile(units, stored)
        below, above = known.value - times * (known.value - known.low), known.value + times * (known.high - known.value)
    return Known(known.value, known.se, np.maximum(below, low), np.minimum(above, high))


def between(one: Known, other: Known, correlation: Floats, units: Floats, level: float) -> Between:
    """One minus the other, whose intervals have this level, by their correlation (MOVER, Zou and Donner 2008).

    Parameters
    ----------
    one, other
        Any shape; NaN is missing.
    correlation
        0: independent estimates. -1: the widest interval that any correlation asks for, as half-widths then add up.
    units
        The smaller number of independent units behind the two, for Student's t.
    level
        That of their intervals, and of the interval of the difference.
    """
    with np.errstate(invalid="ignore"):
        se = np.sqrt(np.maximum(one.se**2 + other.se**2 - 2 * correlation * one.se * other.se, 0.0))
    ends = interval_of_correlated(one, other, correlation)
    return tested(Known(one.value - other.value, se, *ends), units, level)


def tested(known: Known, units: Floats, level: float) -> Between:
    """A difference with an interval of this level, and how far from 0 it is by that interval.

    The distance between the difference and the end towards 0 is that of the t quantile at this level, and other levels
    are those of other quantiles: so an interval that is skewed, as that of few events, gives a p value that is too.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        towards = np.where(known.value > 0, known.value - known.low, known.high - known.value)
        t = np.where(known.value == 0, 0.0, t_quantile(units, level) * known.value / towards)
        t = np.where(np.isnan(towards), np.nan, t)
        return Between(*known, 2 * stdtr(units - 1, -np.abs(t)), t)


def nested_correlation(larger: Known, smaller: Known, share: Floats, *, controlled: bool) -> Floats:
    """Correlation of an estimate with that from a share of its units, the first ones.

    Their covariance is the variance of the larger, so Var(larger - smaller) = Var(smaller) - Var(larger), and the
    correlation is the ratio of their standard errors: the root of the share, known without an estimate. Controls may
    have been used for the larger alone, whose error is then less than that.
    """
    root = np.sqrt(share)
    if not controlled:
        return root
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(smaller.se > 0, np.minimum(root, larger.se / smaller.se), root))


def adjusted(p: Floats, method: str) -> Floats:
    """The p values of a family, adjusted so that those below a level can be claimed; NaN is no member of the family.

    Parameters
    ----------
    p
        Any shape.
    method
        holm: with the level, no claim of the family is false (Holm 1979), however the p values depend on one another.
        bh: of the claims, this share is false in expectation (Benjamini and Hochberg 1995), if p values are independent
        or depend on one another positively. none: each for itself.
    """
    from scipy.stats import false_discovery_control  # slow to import

    found = np.array(p, dtype=np.float64)
    members = np.isfinite(found)
    family = found[members]
    if method == "holm":
        order = np.argsort(family, kind="stable")
        steps = np.maximum.accumulate(family[order] * np.arange(len(family), 0, -1))
        family[order] = np.minimum(steps, 1.0)
    elif method == "bh" and len(family):
        family = false_discovery_control(family, method="bh")
    found[members] = family
    return found

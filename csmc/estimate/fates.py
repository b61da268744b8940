"""What the wars under one institution are under another in the same episodes; the unit is the replicate or group."""

from typing import NamedTuple

import numpy as np

from csmc.errors import CsmcError
from csmc.estimate.differences import Known, mover_interval
from csmc.estimate.independence import indicator
from csmc.estimate.intervals import LEVEL, Floats, mean_interval, proportion_interval
from csmc.estimate.ratios import Moments, sum_without_rounding
from csmc.kernel.codes import Tally
from csmc.kernel.result import PREVENTED, Integers

_IS_WAR = indicator(Tally.WARS) > 0


class Fates(NamedTuple):
    """How the wars under one institution end under another, at each point.

    counts, squares, with_own, with_other (point, fate): sums over units of the number c of wars with a fate (an
    outcome under the other, or PREVENTED: no war there), of c^2, of c times the wars under the one, and of c times
    those under the other.
    """

    counts: Floats
    squares: Floats
    with_own: Floats
    with_other: Floats

    @property
    def wars(self) -> Floats:
        """Wars under the one, (point, 1)."""
        return _over_outcomes(self.counts)

    @property
    def own_squares(self) -> Floats:
        """Sum over units of the squared number of wars under the one, (point, 1)."""
        return _over_outcomes(self.with_own)

    @property
    def products(self) -> Floats:
        """Sum over units of the product of the wars under both, (point, 1)."""
        return _over_outcomes(self.with_other)


def _over_outcomes(each: Floats) -> Floats:
    return np.asarray(each[:, :PREVENTED].sum(axis=1, keepdims=True))


class Prevention(NamedTuple):
    """What becomes of wars when one institution takes the place of another; NaN where there are none to divide by.

    there, back: what is counted of the wars under the one, and of those under the other.
    fates (point, fate): shares of the wars under the one, by what they are under the other; the last is the share
    prevented. origins (point, fate): shares of the wars under the other, by what they are under the one; the last is
    the share of new wars. added (point, fate): the same per war under the one. net (point, 1): wars fewer under the
    other, per war under the one.
    """

    there: Fates
    back: Fates
    fates: Known
    origins: Known
    added: Known
    net: Known


def follow(moments: Moments, one: int, other: int) -> Fates:
    """The fates that the wars under one institution have under another one, both by their numbers.

    Raises
    ------
    CsmcError
        There are no joint tables, or none of this pair.
    """
    counts = _counts(moments, one, other).astype(np.float64)
    plan = moments.plan
    if not plan.histories:  # units of one episode: every count is 0 or 1
        apart = counts.copy()
        apart[:, :PREVENTED] *= _IS_WAR
        apart[:, PREVENTED] = 0.0
        return Fates(counts, counts, counts, apart)
    pairs = plan.fates(moments.tallies.sums.shape[1])
    place = int(np.flatnonzero((pairs == (one, other)).all(axis=1))[0])
    high, low = moments.tallies.fate_high[:, place], moments.tallies.fate_low[:, place]
    squares, with_own, with_other = np.moveaxis(high * 2.0**32 + low, 1, 0)
    return Fates(counts, squares, with_own, with_other)


def _counts(moments: Moments, one: int, other: int) -> Integers:
    """Wars under the one by fate, from the joint table of either with the other."""
    plan, joint = moments.plan, moments.tallies.joint
    if plan.joint == "none":
        raise CsmcError(
            "outputs.joint is none, so it has not been counted what the wars under one institution are under another; "
            "run with outputs.joint: reference or all, into another output"
        )
    if other == plan.reference or plan.joint == "all":
        table = joint[:, one, moments.places(np.array([other]))[0]]
    else:
        table = joint[:, other, moments.places(np.array([one]))[0]].swapaxes(1, 2)
    ended = table[:, _IS_WAR].sum(axis=1)
    return np.concatenate([ended, ended[:, ~_IS_WAR].sum(axis=1, keepdims=True)], axis=1)


def prevention(moments: Moments, one: int, other: int, level: float = LEVEL) -> Prevention:
    """Which of the wars under one institution are prevented under the other, and which new ones there are.

    Shares are ratios of sums over units and have their standard errors by the delta method, as
    `csmc.estimate.ratios`, and the intervals of proportions. New wars per war under the one have the interval of a mean
    between 0 and the episodes per war, the net MOVER's of the two that it is the difference of.

    Raises
    ------
    CsmcError
        As `follow`.
    """
    there, back = follow(moments, one, other), follow(moments, other, one)
    prevented, origins = (_shares(ended, level, moments.least_effect) for ended in (there, back))
    added = _added(moments, there, back, level)
    fewer = _ratio(back.wars, there.wars, back.own_squares, there.products, there.own_squares)
    lost, won = (Known(*(part[:, PREVENTED:] for part in known)) for known in (prevented, added))
    covariance = (lost.se**2 + won.se**2 - fewer.se**2) / 2
    low, high = mover_interval(lost, won, covariance)
    net = Known(1 - fewer.value, fewer.se, low, np.minimum(high, 1.0))
    return Prevention(there, back, prevented, origins, added, net)


class _Ratio(NamedTuple):
    """A ratio of two sums, its standard error, and how many units inform it."""

    value: Floats
    se: Floats
    informative: Floats


def _ratio(above: Floats, below: Floats, squares: Floats, products: Floats, below_squares: Floats) -> _Ratio:
    """The delta method from sums and their second moments, not centred, as `csmc.estimate.ratios.influence`."""
    below = np.where(below > 0, below, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = above / below
        informative = below**2 / below_squares
        terms = [squares, -2 * value * products, value**2 * below_squares]
        variance = np.maximum(sum_without_rounding(terms), 0.0) * informative / (informative - 1) / below**2
        return _Ratio(value, np.sqrt(np.where(informative > 1, variance, np.nan)), informative)


def _shares(ended: Fates, level: float, least: float) -> Known:
    ratio = _ratio(ended.counts, ended.wars, ended.squares, ended.with_own, ended.own_squares)
    trials, informative = (np.broadcast_to(part, ratio.value.shape) for part in (ended.wars, ratio.informative))
    ends = proportion_interval(ratio.value, ratio.se, trials, informative, level, least)
    return Known(ratio.value, ratio.se, *ends)


def _added(moments: Moments, there: Fates, back: Fates, level: float) -> Known:
    ratio = _ratio(back.counts, there.wars, back.squares, back.with_other, there.own_squares)
    units = np.broadcast_to(moments.units[:, None].astype(np.float64), ratio.value.shape)
    informative = np.broadcast_to(ratio.informative, ratio.value.shape)
    most = (moments.replicates * moments.episodes)[:, None] / np.where(there.wars > 0, there.wars, np.nan)
    ends = mean_interval(ratio.value, ratio.se, units, informative, np.zeros_like(most), most, level)
    return Known(ratio.value, ratio.se, *ends)

"""Ratios of sums and their standard errors by the delta method, with the replicate, or the group, as the unit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from csmc.errors import CsmcError
from csmc.estimate.intervals import BALANCED, INDEPENDENT, Floats
from csmc.estimate.metrics import Constant, Metric, Ratio
from csmc.kernel.codes import Control, Tally, row_scale
from csmc.kernel.result import Integers, Plan, Tallies

#: A sum of terms that cancel to less than this part of their size is rounding, and counts as 0.
ROUNDING = 1e-13

#: What is summed.
Row = Tally | Control
#: A row's weight in a metric's influence on one replicate.
Weights = tuple[tuple[Tally, Floats], ...]

#: What to do where only pairs with the reference have been counted.
ALL_PAIRS = "run with outputs.joint: all, into another output (csmc run CONFIG -s outputs.joint=all -o OTHER)"


class Pairs(NamedTuple):
    """Pairs of institutions by their numbers, (pair,) each: one is compared with the other."""

    one: Integers
    other: Integers


@dataclass(frozen=True)
class Moments:
    """First and centred second moments of the tallies of some points, in natural units, as (point, institution).

    `tallies` has the point as its first axis; `replicates`, `episodes` (per history) and `states` have one number per
    point. Second moments are of units: groups of replicates that were drawn together (`Plan.group`), else replicates.
    """

    tallies: Tallies
    plan: Plan
    replicates: Integers
    episodes: Integers
    states: Integers

    @property
    def units(self) -> Integers:
        """How many units there are at each point."""
        return self.replicates // self.plan.group

    @property
    def rounding(self) -> float:
        """What cancels to less than this part of its size counts as 0."""
        return ROUNDING

    @property
    def least_effect(self) -> float:
        """The least design effect that is believed, see `csmc.estimate.intervals.design_effect`."""
        return INDEPENDENT if self.plan.group == 1 else BALANCED

    def singles(self) -> "Moments":
        """The same with single replicates as the units, as if they were independent.

        Their second moments come after those of groups.
        """
        own, cross = len(self.plan.own_pairs), len(self.plan.cross_pairs)
        tallies = self.tallies._replace(
            own_high=self.tallies.own_high[..., own:],
            own_low=self.tallies.own_low[..., own:],
            cross_high=self.tallies.cross_high[..., cross:],
            cross_low=self.tallies.cross_low[..., cross:],
        )
        return replace(self, tallies=tallies, plan=replace(self.plan, group=1))

    def total(self, row: Row | Constant) -> Floats:
        """Sum of a tally over the replicates."""
        if isinstance(row, Constant):
            each = self.episodes if row is Constant.EPISODES else np.ones_like(self.episodes)
            known = (self.replicates * each).astype(np.float64)
            return np.broadcast_to(known[:, None], self.tallies.sums.shape[:2])
        return self.tallies.sums[:, :, row] / self._scale(row)

    def squares(self, row: Row | Constant) -> Floats:
        """Sum of the squares of a tally over the units, not centred."""
        total = self.total(row)
        if isinstance(row, Constant):
            with np.errstate(invalid="ignore"):
                return total * total / self.units[:, None]
        return self.products(row, row)

    def informative(self, ratio: Ratio) -> Floats:
        """How many units inform a ratio (Kish): (sum D)^2 / sum D^2, all for a constant denominator."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.total(ratio.denominator) ** 2 / self.squares(ratio.denominator))

    def products(self, first: Row, second: Row) -> Floats:
        """Sum of products of two tallies of the same institution over the units, not centred."""
        high, low = self._own_limbs(first, second)
        return (high * 2.0**32 + low) / self._scales(first, second)

    def cross_products(self, first: Row, second: Row, pairs: Pairs) -> Floats:
        """Sum of products of a tally of one institution and a tally of the other, (point, pair), not centred."""
        high, low = self._cross_limbs(first, second, pairs)
        return (high * 2.0**32 + low) / self._scales(first, second)

    def own(self, first: Row, second: Row) -> Floats:
        """Centred sum of products of two tallies of the same institution."""
        sums, limbs = self.tallies.sums, self._own_limbs(first, second)
        return self._centred(*limbs, sums[:, :, first], sums[:, :, second]) / self._scales(first, second)

    def cross(self, first: Row, second: Row, pairs: Pairs) -> Floats:
        """Centred sum of products of a tally of one institution and a tally of the other, (point, pair)."""
        sums, limbs = self.tallies.sums, self._cross_limbs(first, second, pairs)
        centred = self._centred(*limbs, sums[:, pairs.one, first], sums[:, pairs.other, second])
        return centred / self._scales(first, second)

    def informing(self, metric: Metric) -> "Moments":
        """The moments from which a metric is estimated: these."""
        return self

    def possible(self, metric: Metric, value: Floats) -> Floats:
        """A metric's value, as it is: what is counted cannot be impossible."""
        return value

    def _own_limbs(self, first: Row, second: Row) -> tuple[Integers, Integers]:
        pair = _position(self.plan.own_pairs, min(first, second), max(first, second))
        return self.tallies.own_high[:, :, pair], self.tallies.own_low[:, :, pair]

    def _cross_limbs(self, first: Row, second: Row, pairs: Pairs) -> tuple[Integers, Integers]:
        place = pairs.one, self.places(pairs.other), _position(self.plan.cross_pairs, first, second)
        return self.tallies.cross_high[:, *place], self.tallies.cross_low[:, *place]

    def places(self, others: Integers) -> Integers:
        """Where among the partners of cross moments, and of a joint table, some institutions are.

        Raises
        ------
        CsmcError
            Nothing is counted of pairs with one of them.
        """
        if self.plan.joint == "all":
            return others
        if (others != self.plan.reference).any():
            raise CsmcError(f"pairs of institutions without the reference have not been counted; {ALL_PAIRS}")
        return np.zeros_like(others)

    def against(self, institution: int) -> "Moments":
        """The same moments with another institution, by its number, as the reference of every difference.

        Raises
        ------
        CsmcError
            Only pairs with the reference have been counted.
        """
        self.places(np.array([institution]))
        return replace(self, plan=replace(self.plan, reference=institution))

    def against_reference(self) -> Pairs:
        """Every institution and the reference."""
        everyone = np.arange(self.tallies.sums.shape[1])
        return Pairs(everyone, np.full_like(everyone, self.plan.reference))

    def _centred(self, high: Integers, low: Integers, first: Integers, second: Integers) -> Floats:
        """sum xy - sum x sum y / units, subtracted in exact integers: constants and duplicates give exactly 0."""
        units = np.broadcast_to(self.units[:, None], high.shape)
        exact: type[Any] = np.int64 if self._fits(high, first, second) else object
        high, low, first, second = (part.astype(exact) for part in (high, low, first, second))
        scaled = (high * 2**32 + low) * units.astype(exact) - first * second
        with np.errstate(invalid="ignore"):
            return np.asarray(scaled.astype(np.float64) / units)

    def _fits(self, high: Integers, first: Integers, second: Integers) -> bool:
        """Whether both terms of a centred product stay below 2**62, so that their difference fits 64 bits."""
        largest = [float(np.abs(part).max(initial=0)) for part in (high, first, second)]
        products = (largest[0] + 1) * 2.0**32 * float(self.units.max(initial=0))
        return max(products, largest[1] * largest[2]) < 2.0**62

    def _scale(self, row: Row) -> Floats:
        lengths, which = np.unique(self.episodes, return_inverse=True)
        return np.array([[row_scale(row, int(length))] for length in lengths], dtype=np.float64)[which]

    def _scales(self, first: Row, second: Row) -> Floats:
        return self._scale(first) * self._scale(second)


def _position(pairs: Integers, first: Row, second: Row) -> int:
    return int(np.flatnonzero((pairs[:, 0] == first) & (pairs[:, 1] == second))[0])


class Influence(NamedTuple):
    """A metric of each point and institution, and what one unit adds to its error.

    value: the metric. weights: e = sum of weight * tally, whose variance over the units is that of the metric.
    trials: sum of the denominator (the smaller one of a difference). informative: how many units inform it.
    """

    value: Floats
    weights: Weights
    trials: Floats
    informative: Floats


def bounds(metric: Metric, moments: Moments) -> tuple[Floats, Floats]:
    """The least and the largest value that a metric can have at each point, (point, 1)."""
    known = {Constant.EPISODES: moments.episodes, Constant.STATES: moments.states}
    points = len(moments.episodes)
    high = known[metric.high] if isinstance(metric.high, Constant) else np.full(points, metric.high)
    return np.full((points, 1), metric.low), high[:, None].astype(np.float64)


def influence(metric: Metric, moments: Moments) -> Influence:
    """The metric and its weights.

    For r = sum N / sum D the influence of unit i is (N_i - r D_i) / sum D (the delta method), so the variance is the
    sum of their squares, times m / (m - 1) because r is estimated from the same data. m = (sum D)^2 / sum D^2 is the
    number of units that inform the ratio (Kish): all for a constant denominator; for one-shot crises, the number of
    those in which the denominator occurred, which gives the textbook error of a proportion or a mean among those.
    """
    parts = [_ratio_influence(sign, ratio, moments) for sign, ratio in metric.terms]
    return Influence(
        value=moments.possible(metric, np.sum([part.value for part in parts], axis=0)),
        weights=tuple(weight for part in parts for weight in part.weights),
        trials=np.min([part.trials for part in parts], axis=0),
        informative=np.min([part.informative for part in parts], axis=0),
    )


def _ratio_influence(sign: int, ratio: Ratio, moments: Moments) -> Influence:
    total = moments.total(ratio.denominator)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = moments.total(ratio.numerator) / total
        informative = moments.informative(ratio)
        weight = sign * np.sqrt(informative / (informative - 1)) / total
        weight = np.where(informative > 1, weight, np.nan)
    weights: Weights = ((ratio.numerator, weight),)
    if not isinstance(ratio.denominator, Constant):
        weights += ((ratio.denominator, -value * weight),)
    return Influence(sign * value, weights, total, informative)


def variance(moments: Moments, influence: Influence) -> Floats:
    """Sampling variance of the metric; NaN where fewer than two units inform it."""
    terms = [a * b * moments.own(i, j) for i, a in influence.weights for j, b in influence.weights]
    return sum_without_rounding(terms, moments.rounding)


def covariance(moments: Moments, influence: Influence, pairs: Pairs) -> Floats:
    """Sampling covariance of the metric of the two institutions of each pair, from the same replicates."""
    one, other = ([(row, weight[:, which]) for row, weight in influence.weights] for which in pairs)
    terms = [a * b * moments.cross(i, j, pairs) for i, a in one for j, b in other]
    return sum_without_rounding(terms, moments.rounding)


def sum_without_rounding(terms: Sequence[Floats], rounding: float = ROUNDING) -> Floats:
    """Their sum, or exactly 0 where they cancel but for rounding."""
    total, size = np.sum(terms, axis=0), np.sum(np.abs(terms), axis=0)
    return np.where(np.abs(total) <= rounding * size, 0.0, total)

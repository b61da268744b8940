"""Control variates: moments from which what goes together with the controls has been taken out by least squares.

The controls of an institution (`csmc.kernel.controls`) have the mean 0, so a tally less a multiple of them has the mean
of the tally, and the multiple that regression gives has the smallest variance: 1 - R^2 of the plain one (Lavenberg and
Welch 1981). Every tally is adjusted by the controls of its own institution, so that all that adds up before still does:
outcomes to the episodes, and the values of two institutions to their difference. Edit to change how controls are used.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from csmc.estimate.intervals import BALANCED, Floats
from csmc.estimate.metrics import Constant, Metric, Ratio
from csmc.estimate.ratios import Moments, Pairs, Row, bounds
from csmc.kernel.codes import DRAWN_CONTROLS, Control
from csmc.kernel.result import Integers, Plan, Tallies

#: With fewer units that inform a metric the multiples would be known too badly: it is not adjusted.
LEAST_UNITS = 1000
#: A control with less variance than this, per episode, is rounding (opposite draws cancel): it is left out. So are
#: combinations of controls with less, each scaled to a variance of 1.
_VARIANCE, _RANK = 1e-6, 1e-6
#: What is left of a tally, or of sums of tallies, that is less than this part of it is rounding.
_ROUNDING = 1e-9

_CONTROLS = tuple(Control)


@dataclass(frozen=True)
class Controlled(Moments):
    """Moments of tallies less what their controls predict, in place of those of the tallies.

    The multiples are estimated from the same units, which biases a value by less than its error over the square root of
    the number of units, and takes a degree of freedom for each control. left (point, institution): where nothing is
    adjusted, beside where there are too few units. shared: what has been found of the tallies, whatever is left.
    """

    left: NDArray[np.bool_] | None = None
    shared: dict[Any, Floats] = field(default_factory=dict, repr=False, compare=False)

    @property
    def rounding(self) -> float:
        """What controls predict all but completely counts as predicted completely."""
        return _ROUNDING

    @property
    def least_effect(self) -> float:
        """Variances below those of independent episodes are what controls are for."""
        return BALANCED

    def plain(self) -> Moments:
        """The moments of the tallies as they were counted."""
        return Moments(self.tallies, self.plan, self.replicates, self.episodes, self.states)

    def singles(self) -> "Controlled":
        """The same with single replicates as the units: other moments, of which nothing has been found."""
        alone = super().singles()
        return Controlled(alone.tallies, alone.plan, alone.replicates, alone.episodes, alone.states)

    def informing(self, metric: Metric) -> "Controlled":
        """The same, not adjusted where too few units inform a metric: a few wars among many crises, or responses."""
        plain = self.plain()
        informative = np.min([plain.informative(ratio) for _, ratio in metric.terms], axis=0)
        few = ~(informative >= LEAST_UNITS)
        return replace(self, left=few if self.left is None else few | self.left)

    def informative(self, ratio: Ratio) -> Floats:
        """How many units inform a ratio: those by what was counted."""
        return self.plain().informative(ratio)

    def total(self, row: Row | Constant) -> Floats:
        """Sum of a tally over the replicates, less what the controls predict of its distance from the mean."""
        total = super().total(row)
        if isinstance(row, Constant):
            return total
        return np.asarray(total - np.einsum("pkc,pkc->pk", self._multiples(row), self._totals))

    def possible(self, metric: Metric, value: Floats) -> Floats:
        """A metric's value, or the nearest possible one: more may have been taken from few events than there was."""
        return np.clip(value, *bounds(metric, self))

    def own(self, first: Row, second: Row) -> Floats:
        """Centred sum of products of two adjusted tallies of the same institution."""
        left, right = self._multiples(first), self._multiples(second)
        plain, towards, back = super().own(first, second), self._with(second), self._with(first)
        return self._freedom**2 * _rest(plain, left, right, towards, back, self._among)

    def cross(self, first: Row, second: Row, pairs: Pairs) -> Floats:
        """Centred sum of products of adjusted tallies of one institution and of the other, (point, pair)."""
        left, right = self._multiples(first)[:, pairs.one], self._multiples(second)[:, pairs.other]
        towards = _each(lambda control: self._plain_cross(control, second, pairs))
        back = _each(lambda control: self._plain_cross(first, control, pairs))
        plain, among = super().cross(first, second, pairs), self._among_both(pairs)
        freedom = self._freedom[:, pairs.one] * self._freedom[:, pairs.other]
        return freedom * _rest(plain, left, right, towards, back, among)

    def _found(self, key: Any, find: Callable[[], Floats]) -> Floats:
        """What has been found already, or now."""
        if key not in self.shared:
            self.shared[key] = find()
        return self.shared[key]

    @property
    def _totals(self) -> Floats:
        return self._found("totals", lambda: _each(super(Controlled, self).total))

    @property
    def _among(self) -> Floats:
        """Centred products of the controls of an institution, (point, institution, control, control)."""
        return self._found("among", lambda: _each(self._with))

    def _among_both(self, pairs: Pairs) -> Floats:
        """Those of the controls of one institution and of the other, (point, pair, control, control)."""

        def find() -> Floats:
            return _each(lambda other: _each(lambda one: self._plain_cross(one, other, pairs)))

        return self._found((pairs.one.tobytes(), pairs.other.tobytes()), find)

    @cached_property
    def _used(self) -> NDArray[np.bool_]:
        """Where tallies are adjusted, (point, institution)."""
        enough = np.broadcast_to((self.units >= LEAST_UNITS)[:, None], self.tallies.sums.shape[:2])
        return enough if self.left is None else enough & ~self.left

    def _inverse(self) -> Floats:
        """The inverse of the products among controls, 0 for what does not vary."""
        squares = np.einsum("...cc->...c", self._among)
        varies = squares > (_VARIANCE * self.units * self.episodes)[:, None, None]
        scale = np.where(varies, 1 / np.sqrt(np.where(varies, squares, 1.0)), 0.0)
        both = scale[..., :, None] * scale[..., None, :]
        return np.asarray(np.linalg.pinv(self._among * both, rcond=_RANK, hermitian=True) * both)

    @cached_property
    def _freedom(self) -> Floats:
        """What estimating the multiples from the same units does to a standard error, (point, institution).

        It takes degrees of freedom from the residuals, and what it misses adds to the error (Lavenberg and Welch 1981).
        """
        units, taken = np.maximum(self.units, LEAST_UNITS)[:, None], np.where(self._used, len(_CONTROLS), 0)
        return np.asarray(np.sqrt((units - 1) / (units - 1 - taken) * (units - 2) / (units - 2 - taken)))

    def _with(self, row: Row) -> Floats:
        """Centred products of a row with each control of the same institution, (point, institution, control)."""

        def find() -> Floats:
            found = _each(lambda control: self._plain_own(row, control))
            if isinstance(row, Control):
                return found
            varies = super(Controlled, self).own(row, row) > 0  # what does not goes together with nothing but rounding
            return np.where(varies[..., None], found, 0.0)

        return self._found(row, find)

    def _multiples(self, row: Row) -> Floats:
        """Of each control, what is taken from a tally, (point, institution, control)."""
        inverse = self._found("inverse", self._inverse)
        found = self._found(("multiples", row), lambda: np.einsum("pkcd,pkd->pkc", inverse, self._with(row)))
        return np.where(self._used[..., None], found, 0.0)

    def _plain_own(self, row: Row, control: Control) -> Floats:
        """Centred products with a control as it was counted: its mean is near 0, so nothing cancels in floats."""
        mean = super().total(control) / self.units[:, None]
        return self.products(row, control) - super().total(row) * mean

    def _plain_cross(self, first: Row, second: Row, pairs: Pairs) -> Floats:
        """The same of two institutions, one of the rows a control; draws are the same under both."""
        if isinstance(first, Control) and first in DRAWN_CONTROLS:
            return self._plain_own(second, first)[:, pairs.other]
        if isinstance(second, Control) and second in DRAWN_CONTROLS:
            return self._plain_own(first, second)[:, pairs.one]
        one, other = super().total(first)[:, pairs.one], super().total(second)[:, pairs.other]
        return self.cross_products(first, second, pairs) - one * other / self.units[:, None]


def _each(find: Callable[[Control], Floats]) -> Floats:
    """What is found for each control, along a last axis."""
    return np.stack([find(control) for control in _CONTROLS], axis=-1)


def _rest(plain: Floats, left: Floats, right: Floats, towards: Floats, back: Floats, among: Floats) -> Floats:
    """Product of (x - left c) and (y - right d): xy - left cy - right xd + left cd right."""
    predicted = np.einsum("pkc,pkc->pk", left, towards) + np.einsum("pkc,pkc->pk", right, back)
    both = np.einsum("pkc,pkcd,pkd->pk", left, among, right)
    return np.asarray(plain - predicted + both)


def moments_of(tallies: Tallies, plan: Plan, replicates: Integers, episodes: Integers, states: Integers) -> Moments:
    """The moments of some points, see `Moments`; adjusted by controls if the plan has them."""
    made = Controlled if plan.controls else Moments
    return made(tallies, plan, replicates, episodes, states)

"""Every metric and its estimate, from the single histories and episodes, one institution at a time, in plain numbers.

Written from docs/results.md, section Uncertainty.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from csmc.kernel.codes import Tally, row_scale
from tests.estimates import intervals
from tests.estimates.definitions import COUNTED, DEFINITIONS, EPISODES, HISTORIES, STATES, Definition, Divisor, Mean
from tests.estimates.intervals import MISSING, NAN, Ends, Known


@dataclass(frozen=True)
class Observed:
    """What was seen at one point. tallies[i][k][row], outcomes[i][t][k]: history i, institution k, episode t."""

    tallies: Sequence[Sequence[Sequence[int]]]
    outcomes: Sequence[Sequence[Sequence[int]]]
    states: int
    reference: int
    tabulated: bool  #: whether outcomes are known by pairs

    @cached_property
    def episodes(self) -> int:
        return len(self.outcomes[0])


class Fraction(NamedTuple):
    """A ratio of sums: `errors` is what each history adds to its error, so that their squares sum to the variance."""

    value: float
    errors: list[float]
    trials: float
    histories: float

    @property
    def se(self) -> float:
        return math.sqrt(math.fsum(error * error for error in self.errors))


def fraction(
    observed: Observed, institution: int, numerator: Tally, denominator: Divisor, less: Tally | None = None
) -> Fraction:
    """A tally per another; what `less` counts, the numerator counts too, and it is left out."""
    here = [history[institution] for history in observed.tallies]
    upper, per = [row[numerator] for row in here], row_scale(numerator, observed.episodes)
    if less is not None:
        upper = [count - row[less] for count, row in zip(upper, here, strict=True)]
    constant = {EPISODES: observed.episodes, HISTORIES: 1}
    lower = [row[denominator] if isinstance(denominator, Tally) else constant[denominator] for row in here]
    return ratio(upper, lower, per)


def ratio(upper: Sequence[int], lower: Sequence[int], per: int = 1) -> Fraction:
    """The delta method in whole numbers up to the last step; errors are unknown with one informative history.

    `upper` is in units of 1 / `per`.
    """
    total, divisor, squares = sum(upper), sum(lower), sum(d * d for d in lower)
    if divisor == 0:
        return Fraction(NAN, [NAN], 0.0, NAN)
    informative = divisor**2 / squares
    if divisor**2 == squares:
        errors = [NAN]
    else:
        correction = math.sqrt(divisor**2 / (divisor**2 - squares)) / per
        errors = [(n * divisor - total * d) / divisor**2 * correction for n, d in zip(upper, lower, strict=True)]
    return Fraction(total / (divisor * per), errors, float(divisor), informative)


@dataclass(frozen=True)
class Estimated:
    """A metric of one institution with what its interval and its difference need."""

    whole: Fraction
    known: Known
    changing: float


class ByHand(NamedTuple):
    """All numbers of one metric of one institution, in the order of csmc's Estimate."""

    value: float
    se: float
    low: float
    high: float
    difference: float
    difference_se: float
    difference_low: float
    difference_high: float
    pairing_gain: float


def by_hand(name: str, observed: Observed) -> list[ByHand]:
    """The estimate of a metric for each institution."""
    definition = DEFINITIONS[name]
    each = [_estimated(definition, observed, k) for k in range(len(observed.tallies[0]))]
    return [_compared(definition, observed, each, k) for k in range(len(each))]


def _bounds(mean: Mean, observed: Observed) -> tuple[float, float]:
    known = {EPISODES: observed.episodes, STATES: observed.states}
    return mean.low, known[mean.high] if isinstance(mean.high, str) else mean.high


def _estimated(definition: Definition, observed: Observed, k: int) -> Estimated:
    less = definition.minus[0] if definition.minus and definition.mean is None else None
    one = fraction(observed, k, definition.numerator, definition.denominator, less)
    if definition.minus and definition.mean:
        return _difference_of_means(one, fraction(observed, k, *definition.minus))
    changing = one.histories
    if math.isnan(one.value):
        ends = MISSING
    elif definition.mean is None:
        ends = intervals.proportion(one.value, one.se, one.trials, one.histories)
    else:
        if definition.mean.changes is not None:
            changing = min(changing, max(sum(h[k][definition.mean.changes] for h in observed.tallies), 2))
        ends = intervals.mean(one.value, one.se, one.histories, changing, *_bounds(definition.mean, observed))
    return Estimated(one, Known(one.value, one.se, *ends), changing)


def _difference_of_means(one: Fraction, other: Fraction) -> Estimated:
    """A mean between 0 and 1 minus another of the same histories."""
    if math.isnan(one.se + other.se):
        value = one.value - other.value
        trials = min(one.trials, other.trials)
        return Estimated(Fraction(value, [NAN], trials, NAN), Known(value, NAN, NAN, NAN), NAN)
    errors = [a - b for a, b in zip(one.errors, other.errors, strict=True)]
    parts = [
        Known(part.value, part.se, *intervals.mean(part.value, part.se, part.histories, part.histories, 0, 1))
        for part in (one, other)
    ]
    shared = math.fsum(a * b for a, b in zip(one.errors, other.errors, strict=True))
    histories = min(one.histories, other.histories)
    whole = Fraction(one.value - other.value, errors, min(one.trials, other.trials), histories)
    return Estimated(whole, Known(whole.value, whole.se, *intervals.mover(*parts, shared)), histories)


def _compared(definition: Definition, observed: Observed, each: Sequence[Estimated], k: int) -> ByHand:
    own, theirs = each[k], each[observed.reference]
    difference = own.known.value - theirs.known.value
    if math.isnan(own.known.se + theirs.known.se):
        ends = Ends(difference, difference) if k == observed.reference else MISSING
        return ByHand(*own.known, difference, NAN, *ends, NAN)
    apart = [a - b for a, b in zip(own.whole.errors, theirs.whole.errors, strict=True)]
    se = math.sqrt(math.fsum(error * error for error in apart))
    unpaired = own.known.se**2 + theirs.known.se**2
    if k == observed.reference:
        ends = Ends(0.0, 0.0)
    elif definition.mean is None:
        ends = _difference_of_rates(definition, observed, own, theirs, k, se)
    else:
        ends = _difference_between_means(own, theirs, unpaired, _bounds(definition.mean, observed))
    return ByHand(*own.known, difference, se, *ends, unpaired / se**2 if se > 0 else NAN)


def _covariance(own: Estimated, theirs: Estimated) -> float:
    return math.fsum(a * b for a, b in zip(own.whole.errors, theirs.whole.errors, strict=True))


def _difference_between_means(own: Estimated, theirs: Estimated, unpaired: float, bounds: tuple[float, float]) -> Ends:
    """MOVER's interval with two events added that share no draws; an event is what would give the mean its error."""
    low, high = bounds
    events = min(
        (min(known.value - low, high - known.value) / known.se) ** 2 if known.se > 0 else math.inf
        for known in (own.known, theirs.known)
    )
    changing = min(own.changing, theirs.changing)
    added = intervals.student(changing) ** 2 * 2 / min(events, changing) * unpaired
    ends = intervals.mover(own.known, theirs.known, _covariance(own, theirs), added)
    return Ends(max(ends.low, low - high), min(ends.high, high - low))


def _difference_of_rates(
    definition: Definition, observed: Observed, own: Estimated, theirs: Estimated, k: int, se: float
) -> Ends:
    """Bonett and Price's interval, and for conditional rates what holds MOVER's too."""
    trials = min(own.whole.trials, theirs.whole.trials)
    histories = min(own.whole.histories, theirs.whole.histories)
    if observed.tabulated and definition.numerator in COUNTED and definition.denominator in COUNTED:
        independent = _over_pairs_of_episodes(definition, observed, own, theirs, k)
    else:
        effect = max(_effect(own), _effect(theirs))
        independent = se**2 * (1 - 1 / histories) / effect
    difference = own.known.value - theirs.known.value
    differing = trials * independent + difference**2
    pairs = intervals.effective(se, independent, trials * differing, trials, histories)
    ends = intervals.bonett_price(difference, differing, pairs)
    if isinstance(definition.denominator, str):
        return ends
    return intervals.hull(ends, intervals.mover(own.known, theirs.known, _covariance(own, theirs)))


def _effect(one: Estimated) -> float:
    value, _, trials, histories = one.whole
    events, independent = trials * min(value, 1 - value), value * (1 - value) / trials
    return intervals.design_effect(one.known.se**2 * (1 - 1 / histories), independent, events, trials, histories)


def _over_pairs_of_episodes(
    definition: Definition, observed: Observed, own: Estimated, theirs: Estimated, k: int
) -> float:
    """The variance of the difference if all episodes were histories of their own, episode by episode."""
    less = COUNTED[definition.minus[0]] if definition.minus else ()
    counted = [outcome for outcome in COUNTED[definition.numerator] if outcome not in less]
    among = COUNTED[definition.denominator]

    def error(one: Estimated, outcome: int) -> float:
        return ((outcome in counted) - one.whole.value * (outcome in among)) / one.whole.trials

    episodes = (episode for history in observed.outcomes for episode in history)
    pairs = ((episode[k], episode[observed.reference]) for episode in episodes)
    return math.fsum((error(own, mine) - error(theirs, other)) ** 2 for mine, other in pairs)

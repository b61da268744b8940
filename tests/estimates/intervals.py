"""Every interval for one estimate at a time, in plain numbers, from the definitions (docs/results.md, Uncertainty).

Quantiles are found from what they mean, and not by the inverse functions that the estimators call.
"""

import math
from functools import cache
from statistics import NormalDist
from typing import NamedTuple

from scipy.optimize import brentq
from scipy.special import betainc, stdtr

TAIL = 0.025
Z = NormalDist().inv_cdf(1 - TAIL)
NAN = math.nan


class Ends(NamedTuple):
    """Lower and upper end."""

    low: float
    high: float


MISSING = Ends(NAN, NAN)


@cache
def student(count: float) -> float:
    """The value that a Student t of count - 1 degrees of freedom exceeds in 2.5 % of cases."""
    if not count > 1:
        return NAN
    return math.exp(brentq(lambda log: stdtr(count - 1, -math.exp(log)) - TAIL, -1, 700, xtol=1e-13, rtol=1e-14))


def clopper_pearson(events: float, trials: float) -> Ends:
    """All rates under which neither so many events nor so few have a chance below 2.5 %."""
    failures = trials - events
    return Ends(_least_rate(events, failures), 1 - _least_rate(failures, events))


@cache
def _least_rate(events: float, failures: float) -> float:
    """The rate at which `events` or more have a chance of 2.5 %; for counts that are no integers the beta tail."""
    if events <= 0:
        return 0.0

    def excess(logit: float) -> float:
        return betainc(events, failures + 1, 1 / (1 + math.exp(-logit))) - TAIL

    if excess(-700) > 0:
        return 0.0
    return 1 / (1 + math.exp(-brentq(excess, -700, 700, xtol=1e-13, rtol=1e-14)))


def wilson(events: float, trials: float) -> Ends:
    """The rates p for which |events/trials - p| is z sqrt(p(1-p)/trials): the roots of a quadratic."""
    rate = events / trials
    a, b, c = 1 + Z**2 / trials, -(2 * rate + Z**2 / trials), rate**2
    root = math.sqrt(b * b - 4 * a * c)
    return Ends((-b - root) / (2 * a), (-b + root) / (2 * a))


def binomial(rate: float, trials: float) -> Ends:
    """Exact with fewer than 30 events or non-events."""
    events = rate * trials
    return clopper_pearson(events, trials) if min(events, trials - events) < 30 else wilson(events, trials)


def design_effect(clustered: float, independent: float, events: float, trials: float, histories: float) -> float:
    """The observed ratio of variances, pulled on the log scale to the largest with the weight of two bursts."""
    largest = max(trials / histories, 1.0)
    observed = min(max(clustered / independent, 1.0), largest) if independent > 0 else largest
    bursts = min(events / observed, histories / 5)
    return math.exp((bursts * math.log(observed) + 2 * math.log(largest)) / (bursts + 2))


def effective(se: float, independent: float, events: float, trials: float, histories: float) -> float:
    """So many independent trials tell as much; without an observed variance, so many as there are histories."""
    if not se > 0:
        return histories
    effect = design_effect(se**2 * (1 - 1 / histories), independent, events, trials, histories)
    return trials / effect * min(student(trials) / student(histories), 1.0) ** 2


def proportion(rate: float, se: float, trials: float, histories: float) -> Ends:
    """Interval of a rate."""
    events = trials * min(rate, 1 - rate)
    return binomial(rate, effective(se, rate * (1 - rate) / trials, events, trials, histories))


def mean(value: float, se: float, histories: float, changing: float, low: float, high: float) -> Ends:
    """That of a rate with the same mean and error between `low` and `high`."""
    width = high - low
    if math.isnan(se):
        return MISSING
    if se == 0:
        others = 1 - TAIL ** (1 / histories)
        return Ends(value + others * (low - value), value + others * (high - value))
    rate = (value - low) / width
    trials = rate * (1 - rate) * (width / se) ** 2
    if trials > histories:
        events = min(trials * min(rate, 1 - rate), changing)
        trials = math.exp((events * math.log(trials) + 2 * math.log(histories)) / (events + 2))
    ends = binomial(rate, trials * (Z / student(changing)) ** 2)
    return Ends(low + width * ends.low, low + width * ends.high)


class Known(NamedTuple):
    """A value, its standard error, and its interval."""

    value: float
    se: float
    low: float
    high: float


def mover(one: Known, other: Known, covariance: float, added: float = 0.0) -> Ends:
    """Zou and Donner (2008), equation 15, with `added` to the squared half-widths."""
    if math.isnan(one.se + other.se):
        return MISSING
    both = one.se * other.se
    r = min(max(covariance / both, -1.0), 1.0) if both > 0 else 0.0
    difference = one.value - other.value

    def half(first: float, second: float) -> float:
        return math.sqrt(max(first**2 + second**2 - 2 * r * first * second, 0.0) + added)

    below = half(one.value - one.low, other.high - other.value)
    return Ends(difference - below, difference + half(one.high - one.value, other.value - other.low))


def bonett_price(difference: float, differing: float, pairs: float) -> Ends:
    """Bonett and Price (2012) for so many pairs, of which a share is `differing`: two of four counts get one more."""
    more = (pairs * (differing + difference) / 2 + 1) / (pairs + 2)
    less = (pairs * (differing - difference) / 2 + 1) / (pairs + 2)
    half = Z * math.sqrt((more + less - (more - less) ** 2) / (pairs + 2))
    return Ends(max(more - less - half, -1.0), min(more - less + half, 1.0))


def hull(one: Ends, other: Ends) -> Ends:
    """The least interval that holds both."""
    if math.isnan(one.low + other.low):
        return MISSING
    return Ends(min(one.low, other.low), max(one.high, other.high))

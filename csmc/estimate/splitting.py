"""From the hits of independent runs of multilevel splitting to a probability and its interval; edit its statistics."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from csmc.estimate.intervals import LEVEL, Floats, upper
from csmc.kernel.result import Integers

#: In the logarithm alone, a run that reached a level with no particle counts as one that reached it with so many.
HALF = 0.5

METHOD = (
    "mean of independent runs of fixed-effort multilevel splitting; the interval holds that of a t statistic on the "
    "logarithm (delta method) and that of a log-normal mean (Cox; Zhou and Gao 1997)"
)


class RareEstimate(NamedTuple):
    """A probability, the ends of its interval, and its relative standard error; NaN where nothing is known."""

    probability: float
    low: float
    high: float
    relative_error: float


def products(hits: NDArray[Any], particles: int) -> Floats:
    """(run,): the estimate of each run, from its hits (run, level): the product of the shares that reached a level."""
    return np.asarray(np.prod(hits / particles, axis=1))


def splitting_estimate(hits: Integers, particles: int, level: float = LEVEL) -> RareEstimate:
    """The event's probability from the hits (run, level) of two independent runs or more.

    A run's product is skewed to the right, so that its mean and its standard deviation fall short together. The t
    interval of the mean, on the logarithm, is then short above; what an average of log-normal numbers would have
    (mean of logarithms + s**2 / 2, standard error sqrt(s**2 / R + s**4 / (2 (R - 1)))) is long enough there, but is too
    sure of itself where the products are not log-normal. The interval reaches as far as either. The upper end is NaN if
    no run reached the event, and no number above 1.
    """
    found = products(hits, particles)
    runs = len(found)
    mean = float(found.mean())
    if mean == 0.0:
        return RareEstimate(0.0, 0.0, np.nan, np.nan)
    error = float(found.std(ddof=1)) / mean / np.sqrt(runs)
    quantile = float(stdtrit(runs - 1, upper(level)))
    logs = np.log(_never_zero(hits, particles))
    variance = float(logs.var(ddof=1))
    centre = float(logs.mean()) + variance / 2
    spread = np.sqrt(variance / runs + variance**2 / (2 * (runs - 1)))
    low = min(np.log(mean) - quantile * error, centre - quantile * spread)
    high = max(np.log(mean) + quantile * error, centre + quantile * spread)
    return RareEstimate(mean, float(np.exp(low)), float(np.exp(min(high, 0.0))), error)


def _never_zero(hits: Integers, particles: int) -> Floats:
    """The products, those of runs that got nowhere up to the level that they missed."""
    missed = hits == 0
    first = missed & (np.cumsum(missed, axis=1) == 1)
    return products(np.where(missed, np.where(first, HALF, particles), hits), particles)

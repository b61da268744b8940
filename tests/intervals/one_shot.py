"""One-shot crises as counts: every possible experiment, through the code that results use."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.estimate import METRICS, Estimate, Moments, estimate
from csmc.estimate.metrics import cross_pairs, own_pairs
from csmc.kernel.codes import N_OUTCOMES, N_TALLIES, Outcome, Tally
from csmc.kernel.result import N_FACTORS, N_FATES, Integers, Plan, Tallies
from tests.intervals.histories import OTHER, REFERENCE

_WAR = METRICS["war"]
_PLAN = Plan(own_pairs([_WAR]), cross_pairs([_WAR]), REFERENCE, "reference")


class Pairs(NamedTuple):
    """Crises by war under both institutions, under the other one only, and under the reference only."""

    both: Integers
    more: Integers
    less: Integers


def wars(pairs: Pairs, crises: int) -> Estimate:
    """Estimate war in every experiment: each element of `pairs` is one."""
    return estimate(_WAR, moments(pairs, crises))


def moments(pairs: Pairs, crises: int) -> Moments:
    """What is known of war in every experiment."""
    both, more, less = np.broadcast_arrays(*(np.atleast_1d(count) for count in pairs))
    count = {REFERENCE: both + less, OTHER: both + more}
    sums = np.zeros((len(both), 2, N_TALLIES), np.int64)
    own, cross = np.zeros((len(both), 2, 1), np.int64), np.zeros((len(both), 2, 1, 1), np.int64)
    for k, total in count.items():
        sums[:, k, Tally.WARS] = total
        own[:, k, 0] = total
    cross[:, REFERENCE, 0, 0], cross[:, OTHER, 0, 0] = count[REFERENCE], both
    joint, patterns = _joint(both, more, less, crises), np.zeros((len(both), 4), np.int64)
    fates = np.zeros((len(both), 0, N_FACTORS, N_FATES), np.int64)
    tallies = Tallies(sums, np.zeros_like(own), own, np.zeros_like(cross), cross, joint, patterns, fates, fates)
    return Moments(tallies, _PLAN, *(np.full(len(both), n) for n in (crises, 1, 8)))


def _joint(both: Integers, more: Integers, less: Integers, crises: int) -> Integers:
    war, none = Outcome.BILATERAL_WAR, Outcome.NO_CHALLENGE
    joint = np.zeros((len(both), 2, 1, N_OUTCOMES, N_OUTCOMES), np.int64)
    joint[:, OTHER, 0, war, war], joint[:, OTHER, 0, none, none] = both, crises - both - more - less
    joint[:, OTHER, 0, war, none], joint[:, OTHER, 0, none, war] = more, less
    joint[:, REFERENCE, 0, war, war], joint[:, REFERENCE, 0, none, none] = both + less, crises - both - less
    return joint


def single(counts: Integers, crises: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Interval of the rate of war from every count."""
    nothing = np.zeros_like(counts)
    result = wars(Pairs(counts, nothing, nothing), crises)
    return result.low[:, OTHER], result.high[:, OTHER]

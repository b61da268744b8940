"""Pairs of institutions on the same one-shot crises: exact counts of what differs, and an interval for small errors."""

from typing import NamedTuple

import numpy as np

from csmc.estimate.differences import Known, mover_interval, paired_proportion_interval
from csmc.estimate.intervals import LEVEL, Floats, Interval, clopper_pearson
from csmc.kernel.result import Integers


class Discordance(NamedTuple):
    """One-shot crises with an event under one institution but not under another.

    more: under the first alone. less: under the second alone. crises: all of them. Any shapes that broadcast.
    """

    more: Floats
    less: Floats
    crises: Floats

    @property
    def difference(self) -> Floats:
        """Rate of the event under the first minus that under the second."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((self.more - self.less) / self.crises)


def pattern_bits(n_institutions: int) -> Floats:
    """Which institutions have war in each pattern, (pattern, institution), 0 or 1."""
    patterns = np.arange(1 << n_institutions)
    return np.asarray((patterns[:, None] >> np.arange(n_institutions)) & 1, dtype=np.float64)


def together(patterns: Integers) -> Floats:
    """Crises with war under both of two institutions, (point, K, K), from counts of patterns (point, 2**K)."""
    bits = pattern_bits(patterns.shape[1].bit_length() - 1)
    both = (bits[:, :, None] * bits[:, None, :]).reshape(len(bits), -1)
    return (patterns.astype(np.float64) @ both).reshape(-1, bits.shape[1], bits.shape[1])


def discordance(both: Floats, crises: Integers) -> Discordance:
    """What differs in every ordered pair, (point, K, K), from the counts of both (point, K, K)."""
    alone = np.diagonal(both, axis1=1, axis2=2)
    return Discordance(alone[:, :, None] - both, alone[:, None, :] - both, crises[:, None, None].astype(np.float64))


def plain_interval(pair: Discordance, level: float = LEVEL) -> Interval:
    """The interval that results show of a paired difference of one-shot rates (Bonett and Price 2012)."""
    more, less, crises = np.broadcast_arrays(*pair)
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = pair.difference
        independent = ((more + less) / crises - difference**2) / crises
        se = np.sqrt(np.where(crises > 1, independent * crises / (crises - 1), np.nan))
    return paired_proportion_interval(difference, se, crises, crises, independent, level)


def exact_interval(pair: Discordance, level: float) -> Interval:
    """MOVER of the Clopper-Pearson intervals of the two discordant shares (Zou and Donner 2008).

    Each end holds its half of the error by itself, also where the discordant crises are few and all of one kind.
    Bonett and Price's ends do so against a difference of 0 alone: against others, at the levels that simultaneous
    statements need, they err up to four times as often as they should.
    """
    more, less, crises = np.broadcast_arrays(*pair)
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (_known(count, crises, level) for count in (more, less))
        return mover_interval(first, second, -first.value * second.value / crises)


def _known(count: Floats, crises: Floats, level: float) -> Known:
    share = count / crises
    return Known(share, np.sqrt(share * (1 - share) / crises), *clopper_pearson(count, crises, level))

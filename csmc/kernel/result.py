"""What a caller asks the kernel to count, and what it gets: exact integers, so that merging is addition."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.kernel.codes import N_OUTCOMES, N_TALLIES

Integers = NDArray[np.int64]

#: War patterns are counted for the first this many institutions.
PATTERN_INSTITUTIONS = 10

#: A second moment is kept as high * 2**LIMB_BITS + low.
LIMB_BITS = 32


def _no_pairs() -> Integers:
    return np.zeros((0, 2), dtype=np.int64)


@dataclass(frozen=True)
class Plan:
    """Which second moments and joint tables to count.

    own_pairs (pair, 2): products of two tallies of one institution. cross_pairs (pair, 2): a tally of an institution
    times a tally of the reference institution (an index). joint: against whom outcomes are tabulated:
    "reference", "all" or "none".
    """

    own_pairs: Integers = field(default_factory=_no_pairs)
    cross_pairs: Integers = field(default_factory=_no_pairs)
    reference: int = 0
    joint: str = "reference"

    def partners(self, n_institutions: int) -> Integers:
        """Institutions against which each institution's outcomes are tabulated."""
        if self.joint == "none":
            return np.zeros(0, dtype=np.int64)
        if self.joint == "all":
            return np.arange(n_institutions, dtype=np.int64)
        return np.array([self.reference], dtype=np.int64)


class Tallies(NamedTuple):
    """Sums over replicates, all int64. K institutions, J partners of the joint table.

    sums (K, tally); own_high, own_low (K, own pair); cross_high, cross_low (K, cross pair): a second moment is
    high * 2**32 + low; joint (K, J, outcome, partner's outcome); patterns (2**min(K, 10),): episodes by war (1) or
    no war (0), bit k for institution k. Fixed-point rows: see `csmc.kernel.codes.row_scale`.
    """

    sums: Integers
    own_high: Integers
    own_low: Integers
    cross_high: Integers
    cross_low: Integers
    joint: Integers
    patterns: Integers

    def __add__(self, other: object) -> "Tallies":
        if not isinstance(other, Tallies):
            return NotImplemented
        return Tallies(*(mine + theirs for mine, theirs in zip(self, other, strict=True))).carried()

    def carried(self) -> "Tallies":
        """The same numbers with 0 <= low < 2**32 in every second moment: equal numbers have equal bits."""
        own_high, own_low = _carry(self.own_high, self.own_low)
        cross_high, cross_low = _carry(self.cross_high, self.cross_low)
        return self._replace(own_high=own_high, own_low=own_low, cross_high=cross_high, cross_low=cross_low)


def _carry(high: Integers, low: Integers) -> tuple[Integers, Integers]:
    return high + (low >> LIMB_BITS), low & ((1 << LIMB_BITS) - 1)


def empty_tallies(n_institutions: int, plan: Plan) -> Tallies:
    """Zero tallies of the shape that `plan` asks for."""
    own, cross, partners = len(plan.own_pairs), len(plan.cross_pairs), len(plan.partners(n_institutions))
    shapes: tuple[tuple[int, ...], ...] = (
        (n_institutions, N_TALLIES),
        (n_institutions, own),
        (n_institutions, own),
        (n_institutions, cross),
        (n_institutions, cross),
        (n_institutions, partners, N_OUTCOMES, N_OUTCOMES),
        (1 << min(n_institutions, PATTERN_INSTITUTIONS),),
    )
    return Tallies(*(np.zeros(shape, dtype=np.int64) for shape in shapes))

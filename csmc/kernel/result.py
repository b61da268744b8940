"""What a caller asks the kernel to count, and what it gets: exact integers, so that merging is addition."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.kernel.codes import N_CONTROLS, N_OUTCOMES, N_TALLIES

Integers = NDArray[np.int64]

#: War patterns are counted for the first this many institutions.
PATTERN_INSTITUTIONS = 10

#: A second moment is kept as high * 2**LIMB_BITS + low.
LIMB_BITS = 32

#: The fate of a war under another institution is the outcome of the same episode, or that it is no war of any kind.
PREVENTED = N_OUTCOMES
N_FATES = N_OUTCOMES + 1
#: What the count of a fate is multiplied by.
N_FACTORS = 3


def _no_pairs() -> Integers:
    return np.zeros((0, 2), dtype=np.int64)


@dataclass(frozen=True)
class Plan:
    """Which second moments, joint tables and war patterns to count.

    own_pairs (pair, 2): products of two tallies of one institution. cross_pairs (pair, 2): a tally of an institution
    times a tally of the reference institution (an index), or with joint "all" of every institution. joint: against whom
    outcomes are tabulated: "reference", "all" or "none"; with "none" no war patterns are counted either, so that what
    is counted of an institution does not depend on which others there are, but for the reference. histories: whether
    the fates of wars, which the joint table counts, have second moments of their own, as units of more than one
    episode need. group: replicates that are drawn together (`csmc.kernel.codes.Replication`), and are the unit of every
    second moment. Where they are several, after the products of all pairs come the same of single replicates.
    controls: whether the controls (`csmc.kernel.codes.Control`) are summed too, of which pairs may then be.
    """

    own_pairs: Integers = field(default_factory=_no_pairs)
    cross_pairs: Integers = field(default_factory=_no_pairs)
    reference: int = 0
    joint: str = "reference"
    histories: bool = False
    group: int = 1
    controls: bool = False

    def partners(self, n_institutions: int) -> Integers:
        """Institutions against which each institution's outcomes are tabulated."""
        if self.joint == "none":
            return np.zeros(0, dtype=np.int64)
        if self.joint == "all":
            return np.arange(n_institutions, dtype=np.int64)
        return np.array([self.reference], dtype=np.int64)

    def compared(self, n_institutions: int) -> Integers:
        """Institutions with whose tallies those of each are multiplied."""
        if self.joint == "all":
            return np.arange(n_institutions, dtype=np.int64)
        return np.array([self.reference], dtype=np.int64)

    def fates(self, n_institutions: int) -> Integers:
        """Whose wars are followed under whom, (pair, 2): every tabulated pair of different institutions, both ways."""
        everyone = range(n_institutions if self.histories else 0)
        partners = self.partners(n_institutions)
        pairs = [(one, other) for one in everyone for other in everyone if one != other]
        followed = [pair for pair in pairs if np.isin(pair, partners).any()]
        return np.array(followed, dtype=np.int64).reshape(-1, 2)

    @property
    def rows(self) -> int:
        """How many sums there are of an institution."""
        return N_TALLIES + (N_CONTROLS if self.controls else 0)

    @property
    def units(self) -> int:
        """Of how many things each product is summed: of groups, and if these are not single replicates, of those."""
        return 1 if self.group == 1 else 2


class Tallies(NamedTuple):
    """Sums over replicates, all int64. K institutions, J partners of the joint table, P of the cross moments.

    sums (K, tally, then control); own_high, own_low (K, own pair); cross_high, cross_low (K, P, cross pair): a second
    moment is high * 2**32 + low, of pairs twice as many if the plan is of groups; joint (K, J, outcome, partner's
    outcome);
    patterns (2**min(K, 10),): episodes by war (1) or no war (0), bit k for institution k; empty without joint tables.
    fate_high, fate_low (pair of `Plan.fates`, factor, fate): of a unit's wars under the first, the number with a fate
    (an outcome of the same episodes under the second, or PREVENTED) times a factor: itself, the wars under the first,
    those under the second. A unit is a replicate, or a group of them. Fixed-point rows: `csmc.kernel.codes.row_scale`.
    """

    sums: Integers
    own_high: Integers
    own_low: Integers
    cross_high: Integers
    cross_low: Integers
    joint: Integers
    patterns: Integers
    fate_high: Integers
    fate_low: Integers

    def __add__(self, other: object) -> "Tallies":
        if not isinstance(other, Tallies):
            return NotImplemented
        return carry(Tallies(*(mine + theirs for mine, theirs in zip(self, other, strict=True))))


def carry(tallies: Tallies) -> Tallies:
    """Bring every second moment to 0 <= low < 2**32, in place: equal numbers then have equal bits."""
    for high, low in (
        (tallies.own_high, tallies.own_low),
        (tallies.cross_high, tallies.cross_low),
        (tallies.fate_high, tallies.fate_low),
    ):
        high += low >> LIMB_BITS
        low &= (1 << LIMB_BITS) - 1
    return tallies


Shapes = Mapping[str, tuple[int, ...]]  #: of the fields of `Tallies`, in order


def tally_shapes(n_institutions: int, plan: Plan) -> dict[str, tuple[int, ...]]:
    """The shapes of the fields of `Tallies` that `plan` asks for, in order."""
    own, partners = plan.units * len(plan.own_pairs), len(plan.partners(n_institutions))
    cross = (n_institutions, len(plan.compared(n_institutions)), plan.units * len(plan.cross_pairs))
    fate = (len(plan.fates(n_institutions)), N_FACTORS, N_FATES)
    return {
        "sums": (n_institutions, plan.rows),
        "own_high": (n_institutions, own),
        "own_low": (n_institutions, own),
        "cross_high": cross,
        "cross_low": cross,
        "joint": (n_institutions, partners, N_OUTCOMES, N_OUTCOMES),
        "patterns": (0 if plan.joint == "none" else 1 << min(n_institutions, PATTERN_INSTITUTIONS),),
        "fate_high": fate,
        "fate_low": fate,
    }


def empty_tallies(n_institutions: int, plan: Plan, *leading: int) -> Tallies:
    """Zero tallies of the shape that `plan` asks for, after `leading` axes."""
    shapes = tally_shapes(n_institutions, plan).values()
    return Tallies(*(np.zeros((*leading, *shape), dtype=np.int64) for shape in shapes))


def row_width(shapes: Shapes) -> int:
    """Integers in all fields together."""
    return sum(map(math.prod, shapes.values()))


def as_rows(tallies: Tallies) -> Integers:
    """All fields one after the other, (point, width); the tallies have the point as their first axis."""
    return np.concatenate([field.reshape(len(field), -1) for field in tallies], axis=1)


def from_rows(rows: Integers, shapes: Shapes) -> Tallies:
    """The fields of `rows` (..., width), as views of them with the same leading axes."""
    ends = np.cumsum([math.prod(shape) for shape in shapes.values()])
    parts = np.split(rows, ends[:-1], axis=-1)
    leading = rows.shape[:-1]
    return Tallies(*(part.reshape(leading + shape) for part, shape in zip(parts, shapes.values(), strict=True)))

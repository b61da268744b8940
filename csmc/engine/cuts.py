"""Where rows of the store are cut, so that sums over the first replicates of a point can be had up to there.

What has been counted at a point is added up within a segment, from one cut to the next, and never across. Edit here to
let an experiment cut its rows elsewhere; which cuts it has is part of what its rows mean, see `csmc.engine.spec`.
"""

from typing import NamedTuple

import numpy as np

from csmc.config import Experiment
from csmc.config.sections import MAX_REPLICATES
from csmc.kernel.result import Integers

#: Rows are cut, and blocks begin, at multiples of this many replicates, so that the kernel's lanes are full.
QUANTUM = 256
#: Where a precision is asked for, a point is looked at when it has so many replicates, and whenever it has grown by
#: this factor: a point ends up to so much later than it might, and its intervals decide the more often when it ends.
FIRST_LOOK, GROWTH = 1024, 1.13


class Cuts(NamedTuple):
    """The replicates before which rows are cut, the same at every point.

    rule: names them in the specification of an output; empty if there are none. edges (edge,): in order, from 1 on.
    """

    rule: str
    edges: Integers

    def segments(self, first: Integers) -> Integers:
        """The number of the segment in which each of some replicates lies, from 0."""
        return np.asarray(np.searchsorted(self.edges, first, side="right"), dtype=np.int64)


#: Rows of a point are added up whatever their replicates.
NO_CUTS = Cuts("", np.zeros(0, dtype=np.int64))


def cuts(experiment: Experiment) -> Cuts:
    """Where the rows of an experiment are cut: at every look, if its points end at a precision."""
    return AT_LOOKS if experiment.sampling.precision else NO_CUTS


def looks(most: int) -> Integers:
    """The numbers of replicates at which a point may end that has so many at most, in order.

    They are the same in every experiment but for the last one, so that what one has counted serves another.
    """
    edges = AT_LOOKS.edges
    return np.append(edges[edges < most], most)


def _growing() -> Integers:
    """From FIRST_LOOK on, each at most GROWTH times the one before or a quantum later, to more than points can have."""
    found = [FIRST_LOOK]
    while found[-1] < MAX_REPLICATES:
        found.append(max(int(found[-1] * GROWTH / QUANTUM), found[-1] // QUANTUM + 1) * QUANTUM)
    return np.array(found, dtype=np.int64)


#: Rows are added up between neighbouring looks.
AT_LOOKS = Cuts(f"at looks from {FIRST_LOOK} on, {GROWTH} times apart", _growing())

"""Where rows of the store are cut, so that sums over the first replicates of a point can be had up to there.

What has been counted at a point is added up within a segment, from one cut to the next, and never across. Edit here to
let an experiment cut its rows elsewhere. Cuts that have a rule are part of what the rows of an output mean, see
`csmc.engine.spec`; those of batches have none, because nothing that is estimated depends on them.
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
#: Designs of more points are not cut into batches: their outputs would be as many times larger as there are batches.
BATCHED_POINTS = 1000
#: A batch has so many replicates at least: the shorter a call of the kernel, the more of its time is not the lanes'.
SHORTEST_BATCH = 1024
#: Batches of a point, at least, if it has the replicates for so many of the shortest; less than twice as many at most.
BATCHES = 16


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


def batch_cuts(points: int, replicates: int) -> Cuts:
    """Where batches end in a design of so many points with so many replicates each.

    The cuts of more replicates are among those of fewer, as far as these go, so that an output that is extended is
    still cut where it needs to be.
    """
    if points > BATCHED_POINTS:
        return NO_CUTS
    doublings = max((replicates // (BATCHES * SHORTEST_BATCH)).bit_length() - 1, 0)
    length = SHORTEST_BATCH << doublings
    return Cuts("", np.arange(length, replicates, length, dtype=np.int64))


def cuts(experiment: Experiment) -> Cuts:
    """Where the rows of an experiment are cut: at every look, if its points end at a precision, else into batches."""
    if experiment.sampling.precision:
        return AT_LOOKS
    return batch_cuts(experiment.n_points, experiment.sampling.most)


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

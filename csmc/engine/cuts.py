"""Where rows of the store are cut, so that sums over the first replicates of a point can be had up to there.

What has been counted at a point is added up within a segment, from one cut to the next, and never across. Edit here to
let an experiment cut its rows elsewhere; which cuts it has is part of what its rows mean, see `csmc.engine.spec`.
"""

from typing import NamedTuple

import numpy as np

from csmc.config import Experiment
from csmc.kernel.result import Integers


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
    """Where the rows of an experiment are cut."""
    del experiment  # so far all stop at a number of replicates that is known before
    return NO_CUTS

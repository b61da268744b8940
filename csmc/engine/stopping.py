"""Where the points of an experiment end. Edit to change what is looked at, or how far work runs ahead of a look.

If a precision is asked for, a point ends at the first look (see `csmc.engine.cuts`) at which all targets are reached,
or at `max_replicates`. Whether they are follows from the tallies of all replicates before the look and from nothing
else: not from what has finished first, nor from what has been simulated beyond. What is beyond the end of a point is
left out of everything that is made of a store.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.config import Experiment
from csmc.engine.block_file import BlockFile
from csmc.engine.cuts import cuts, looks
from csmc.engine.index import Index
from csmc.engine.records import Rows, chunk_points
from csmc.engine.spans import Costs
from csmc.estimate import excess, moments_of, plan, targets
from csmc.estimate.intervals import Floats
from csmc.kernel.result import Integers, carry, from_rows, tally_shapes

#: In one step a point goes to this part of the replicates that it is expected to need: what is simulated beyond its end
#: is wasted, and the expectation comes from a variance that is estimated.
CAUTION = 0.85
#: It grows by this factor at most in a step, and by that where no interval can tell how far it has to go.
BOLDEST, BLIND = 16, 4


class Ends(NamedTuple):
    """Where each point ends, as far as is known; (point,) each.

    replicates: with how many it ends, or has got to so far. known: whether it ends there. reached: whether all targets
    are reached there. expected: with how many it is expected to end.
    """

    replicates: Integers
    known: NDArray[np.bool_]
    reached: NDArray[np.bool_]
    expected: Integers


class Stopping:
    """The looks at the points of an experiment that asks for a precision, as far as they have been taken.

    Points that have ended are not looked at again; of the others all looks are taken that have not been.
    """

    def __init__(self, experiment: Experiment, costs: Costs) -> None:
        points, most = experiment.n_points, experiment.sampling.most
        self._targets, self._plan, self._costs = targets(experiment), plan(experiment), costs
        self._shapes = tally_shapes(len(experiment.institutions), self._plan)
        self._cuts, self._looks = cuts(experiment), looks(most)
        self._taken = np.zeros(points, dtype=np.int64)
        self.ends = Ends(
            np.zeros(points, dtype=np.int64),
            np.zeros(points, dtype=np.bool_),
            np.zeros(points, dtype=np.bool_),
            np.full(points, self._looks[0]),
        )

    def look(self, files: Sequence[BlockFile], index: Index) -> None:
        """Take all looks that can be taken with what is in some files, of which `index` is the index."""
        complete = np.searchsorted(self._looks, index.prefixes(len(self._taken)), side="right")
        points = np.flatnonzero(~self.ends.known & (complete > self._taken))
        places = index.rows_of(points)
        places[:, 1] = self._cuts.segments(places[:, 1])
        places = places[places[:, 1] < complete[places[:, 0]]]
        rows, size = Rows(files), chunk_points(self._shapes, len(places))
        starts = np.flatnonzero(np.diff(places[:, 0], prepend=-1))
        for some in np.split(places, starts[1:][np.diff(starts // size) > 0]):
            if len(some):
                self._look_at(np.unique(some, axis=0), rows)

    def steps(self) -> Integers:
        """With how many replicates each point is to be looked at next; those that have ended, with which they do."""
        ends = self.ends
        coming = self._looks[np.minimum(self._taken, len(self._looks) - 1)]
        bold = np.minimum(CAUTION * ends.expected, BOLDEST * ends.replicates)
        ahead = self._looks[np.maximum(np.searchsorted(self._looks, bold, side="right") - 1, 0)]
        return np.where(ends.known, ends.replicates, np.maximum(coming, ahead))

    def _look_at(self, places: Integers, rows: Rows) -> None:
        """Take the looks of some points, whose rows are at `places` (place, 4), in order: point, segment, file, row."""
        point, segment, sums = _added_up(places, rows)
        first = np.flatnonzero(np.diff(point, prepend=-1))
        last = np.append(first[1:], len(point)) - 1
        prefixes = np.cumsum(sums, axis=0)
        prefixes -= np.repeat(prefixes[first] - sums[first], last - first + 1, axis=0)  # exact, also where sums wrap
        new = segment >= self._taken[point]
        numbers, counts = point[new], self._looks[segment[new]]
        tallies = carry(from_rows(prefixes[new], self._shapes))
        lengths, states = self._costs.lengths[numbers], self._costs.states[numbers]
        times = excess(self._targets, moments_of(tallies, self._plan, counts, lengths, states))
        self._settle(numbers, counts, times)
        self._taken[point[last]] = segment[last] + 1

    def _settle(self, points: Integers, counts: Integers, times: Floats) -> None:
        """Note how many times too wide the intervals of some points were at some looks, both in order."""
        replicates, known, reached, expected = self.ends
        last = np.append(np.flatnonzero(np.diff(points)), len(points) - 1)
        theirs = points[last]
        replicates[theirs] = counts[last]
        known[theirs] = counts[last] == self._looks[-1]
        needed = counts[last] * np.where(np.isfinite(times[last]), times[last] ** 2, BLIND)
        expected[theirs] = self._looks[np.minimum(np.searchsorted(self._looks, needed), len(self._looks) - 1)]
        short, place = np.unique(points[times <= 1], return_index=True)  # the first look of each
        replicates[short] = counts[times <= 1][place]
        known[short] = reached[short] = True
        expected[known] = replicates[known]


def _added_up(places: Integers, rows: Rows) -> tuple[Integers, Integers, Integers]:
    """Of each segment of each point: the point, the segment, and the sum of its rows (segment, width)."""
    numbers = places[:, 2]
    counted = np.concatenate([rows[int(number)][places[numbers == number, 3]] for number in np.unique(numbers)])
    back = np.argsort(np.argsort(numbers, kind="stable"))
    starts = np.flatnonzero(np.any(np.diff(places[:, :2], axis=0, prepend=-1), axis=1))
    sums = np.add.reduceat(counted[back], starts, axis=0)
    return places[starts, 0], places[starts, 1], sums

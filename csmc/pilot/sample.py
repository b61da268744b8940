"""Which pieces of a run a pilot simulates. Edit here to change how they are drawn.

Points differ in cost, and no plan knows by how much. So pieces are drawn in proportion to what they are planned to
take: the mean of seconds over planned seconds is then right for all of the work, if a piece that is drawn again counts
again (it need not be simulated again). The draws walk along the planned seconds, put in the order of the points' costs,
by steps of the golden ratio: any number of them is spread evenly over cheap and dear points, and they are the same each
time.

How well results are compressed is another matter: neighbours of a design have much in common. Where points are so cheap
that this counts, a stretch of neighbours is simulated too, and only sizes and the engine's times are measured on it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from csmc.design import Assignment, Design
from csmc.engine.cuts import QUANTUM
from csmc.engine.spans import Costs, Span
from csmc.kernel.result import Integers

#: A piece is planned to take this long: some dozens in a second, each far above the cost of a call.
PIECE_SECONDS = 0.02
#: Most points of a piece. They are neighbours, as in a task of a run, so what neighbours share is shared.
MOST_POINTS = 64
#: A stretch has about so many points at most, and is in the middle of the work.
STRETCH = 4096
#: A walk of so many steps for each piece has met all of them, if they are of much the same size.
PATIENCE = 4

_GOLDEN = (5**0.5 - 1) / 2
_START = 0.2137  # any place does

Piece = tuple[Span, ...]


class Pieces:
    """The work of a run in pieces: blocks of replicates of groups of neighbours.

    Parameters
    ----------
    costs
        Planned, of every point.
    left
        (point,) replicates that have not run, at least one in all; only points that have some are in a piece.
    replicates
        Asked for at each point. A block is of any of them: all are alike.
    """

    def __init__(self, costs: Costs, left: Integers, replicates: int) -> None:
        block = np.minimum(_block(costs.seconds), replicates)
        ends = np.cumsum(np.where(left > 0, costs.seconds * block, 0.0)) // PIECE_SECONDS
        crowd = np.arange(len(left)) // MOST_POINTS
        self._starts = np.flatnonzero((np.diff(ends, prepend=-1.0) != 0) | (np.diff(crowd, prepend=-1) != 0))
        self._stops = np.append(self._starts[1:], len(left))
        self._block = np.minimum(_block(np.maximum.reduceat(costs.seconds, self._starts)), replicates)
        self._planned = np.add.reduceat(costs.seconds * left, self._starts)
        self._left, self._replicates = left, replicates

    @property
    def are_shared(self) -> bool:
        """Whether points are so cheap that most share their piece with others."""
        return 2 * int(np.count_nonzero(self._planned)) <= int(np.count_nonzero(self._left))

    def draws(self) -> Iterator[Piece]:
        """Yield pieces in proportion to their planned seconds, in time some of them again."""
        blocks = -(-self._replicates // self._block)
        order = np.argsort(self._planned, kind="stable")
        ends = np.cumsum(self._planned[order])
        for place in _walk(PATIENCE * int(blocks[self._planned > 0].sum())):
            reached = place * ends[-1]
            position = min(int(np.searchsorted(ends, reached, side="right")), len(ends) - 1)
            group = int(order[position])
            within = 1.0 - (ends[position] - reached) / self._planned[group]
            yield self._piece(group, min(int(within * blocks[group]), int(blocks[group]) - 1))

    def stretch(self) -> Iterator[Piece]:
        """Yield the first block of each group in the middle of the work."""
        points = np.flatnonzero(self._left)
        middle = points[max(len(points) - STRETCH, 0) // 2 :][:STRETCH]
        near = (self._stops > middle[0]) & (self._starts <= middle[-1]) & (self._planned > 0)
        for group in np.flatnonzero(near):
            yield self._piece(int(group), 0)

    def _piece(self, group: int, block: int) -> Piece:
        size = int(self._block[group])
        count = min(size, self._replicates - block * size)
        near = range(int(self._starts[group]), int(self._stops[group]))
        return tuple(Span(point, block * size, count) for point in near if self._left[point])


def _block(seconds: NDArray[np.float64]) -> Integers:
    """Replicates that are planned to take as long as a piece, in whole quanta."""
    return np.maximum((PIECE_SECONDS / seconds).astype(np.int64) // QUANTUM, 1) * QUANTUM


def _walk(steps: int) -> Iterator[float]:
    return accumulate(repeat(_GOLDEN, steps), lambda place, step: (place + step) % 1.0, initial=_START)


@dataclass(frozen=True)
class Chosen(Design):
    """Some points of a design, to measure with: all that is not of a point is as large as that of the whole design."""

    whole: Design
    points: tuple[int, ...]

    @property
    def n_points(self) -> int:
        """How many are chosen."""
        return len(self.points)

    @property
    def paths(self) -> tuple[str, ...]:
        """Those of the whole design."""
        return self.whole.paths

    def assignment(self, index: int) -> Assignment:
        """What the chosen point sets."""
        return self.whole.assignment(self.points[index])

    def column(self, path: str) -> list[Any]:
        """What the chosen points set."""
        values = self.whole.column(path)
        return [values[point] for point in self.points]

    def as_data(self) -> dict[str, Any]:
        """The whole design."""
        return self.whole.as_data()

"""Adding institutions to an output: what was counted stays, the new ones are simulated on the same replicates.

The reference is simulated with them, because products with it are counted; what it does is known already, so that each
file also checks that the same numbers come out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from csmc.config import KEY_BYTES
from csmc.engine.block_file import Work
from csmc.engine.progress import Lacking
from csmc.engine.schedule import NondeterminismError
from csmc.engine.spans import Costs, Span, batches, blocks
from csmc.engine.store import Narrow, Store
from csmc.engine.tallies import Counted, Job
from csmc.kernel.result import Integers, Shapes, Tallies, carry, from_rows, row_width, tally_shapes

_NOTHING = np.zeros((0, 3), dtype=np.int64)


@dataclass(eq=False)
class _Open:
    """A file whose institutions are on their way. rows (row, width) are of those simulated, keys of all."""

    narrow: Narrow
    simulated: tuple[int, ...]
    left: int  #: spans that have not come back
    rows: Integers
    keys: NDArray[np.uint8]


class Widening:
    """The files of a store that lack institutions, as tasks of work, and what becomes of them.

    A few files are open at a time, as many as have tasks in flight.
    """

    def __init__(self, store: Store, job: Job) -> None:
        self._store, self._plan = store, job.plan
        self._everyone = range(len(job.experiment.institutions))
        self.files = [(narrow, self._simulated(narrow)) for narrow in store.narrow()]
        self._places: dict[tuple[int, int], tuple[_Open, int]] = {}  # by point and first replicate: a file, a row of it

    def lacking(self) -> Iterator[Lacking]:
        """What is to be simulated, file by file."""
        for narrow, simulated in self.files:
            yield narrow.file.spans[:, 1:], len(simulated)

    def share(self, institutions: tuple[int, ...]) -> float:
        """What simulating some institutions, all if there are none, is planned to take of simulating all."""
        return len(institutions or self._everyone) / len(self._everyone)

    def tasks(
        self, costs: Costs, after: float, length: Callable[[float], float], most: int
    ) -> Iterator[tuple[Span, ...]]:
        """All work, file by file, in tasks as `batches` makes them; `after` is planned for what follows (seconds)."""
        left = after + sum(costs.planned(narrow.file.spans[:, 1:]) * self.share(who) for narrow, who in self.files)
        for narrow, simulated in self.files:
            share = self.share(simulated)
            planned = costs.planned(narrow.file.spans[:, 1:])
            left -= planned * share
            cut = self._begin(narrow, simulated, costs)
            yield from batches(cut, costs, planned, partial(_scaled, length, share, left), most)

    def add(self, counted: Counted) -> Integers:
        """Keep what a task has counted; the spans of its file, as `Counted.spans`, if the file is now complete.

        Raises
        ------
        NondeterminismError
            The reference does not do what it did; the file stays as it was.
        WriteError
            The disk is full or gone; the file stays as it was.
        """
        for (point, first, _), key, row in zip(counted.spans.tolist(), counted.keys, counted.rows, strict=True):
            opened, place = self._places.pop((point, first))
            opened.rows[place] += row
            opened.keys[place] = key
            opened.left -= 1
        if opened.left:
            return _NOTHING
        self._close(opened)
        return opened.narrow.file.spans[:, 1:]

    def _simulated(self, narrow: Narrow) -> tuple[int, ...]:
        """The reference, then those whose columns a file lacks."""
        return (self._plan.reference, *(k for k in self._everyone if k not in narrow.institutions))

    def _begin(self, narrow: Narrow, simulated: tuple[int, ...], costs: Costs) -> list[Span]:
        """Open a file, and cut what is to be simulated for it."""
        ranges = narrow.file.spans
        parts = zip(ranges[:, 0].tolist(), ranges[:, None, 1:], strict=True)
        cut = [(row, span) for row, part in parts for span in blocks(part, costs)]
        count = int(ranges[:, 0].max()) + 1
        rows = np.zeros((count, row_width(self._shapes(len(simulated)))), dtype=np.int64)
        opened = _Open(narrow, simulated, len(cut), rows, np.zeros((count, KEY_BYTES), dtype=np.uint8))
        self._places.update({(span.point, span.first): (opened, row) for row, span in cut})
        return [replace(span, institutions=simulated) for _, span in cut]

    def _close(self, opened: _Open) -> None:
        file = opened.narrow.file
        stored = from_rows(file.work().rows, file.meaning.shapes)
        simulated = carry(from_rows(opened.rows, self._shapes(len(opened.simulated))))
        place = opened.narrow.institutions.index(self._plan.reference)
        differs = _differ(_column(stored, place), _column(simulated, 0))
        if differs.any():
            row, point = file.spans[np.isin(file.spans[:, 0], np.flatnonzero(differs))][0, :2]
            raise NondeterminismError(
                f"{file.path}: the reference institution, simulated again at point {point} (row {row}), does not do "
                "what is stored, so nothing is added to this file. Look for an altered file, a broken node or other "
                "versions; without the file, its work is done anew under all institutions"
            )
        shapes = self._shapes(len(self._everyone))
        rows = np.zeros((len(opened.rows), row_width(shapes)), dtype=np.int64)
        wide = from_rows(rows, shapes)
        _fill(wide, stored, opened.narrow.institutions)
        _fill(wide, simulated, opened.simulated)
        self._store.replace(opened.narrow, Work(file.spans, opened.keys, rows))

    def _shapes(self, institutions: int) -> Shapes:
        return tally_shapes(institutions, self._plan)


def _scaled(length: Callable[[float], float], share: float, after: float, left: float) -> float:
    """The length of a task where all that it does takes `share` of what is planned, and `after` follows."""
    return length(left * share + after) / share


def _of_institutions(tallies: Tallies) -> tuple[Integers, ...]:
    """The fields with an institution as their second axis, after the point: all that is kept without joint tables."""
    return tallies[:5]


def _column(tallies: Tallies, institution: int) -> list[Integers]:
    return [field[:, institution] for field in _of_institutions(tallies)]


def _differ(ones: Sequence[Integers], others: Sequence[Integers]) -> NDArray[np.bool_]:
    """Whether any number of each row differs."""
    differs = [(one != other).reshape(len(one), -1).any(axis=1) for one, other in zip(ones, others, strict=True)]
    return np.asarray(np.any(differs, axis=0))


def _fill(wide: Tallies, narrow: Tallies, institutions: tuple[int, ...]) -> None:
    """Write the columns of some institutions to their places among all."""
    for target, field in zip(_of_institutions(wide), _of_institutions(narrow), strict=True):
        target[:, institutions] = field

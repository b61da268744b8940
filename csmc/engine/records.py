"""Reading: rows of many block files to the tallies of points, a chunk of points at a time."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from csmc.engine.block_file import BlockFile
from csmc.engine.index import Index, selection
from csmc.kernel.result import Integers, Shapes, Tallies, carry, from_rows, row_width


class Records(NamedTuple):
    """All that has been counted at some design points, in their order.

    points (point,), replicates (point,), rows (point, width): see `csmc.kernel.result.as_rows`.
    """

    points: Integers
    replicates: Integers
    rows: Integers
    shapes: Shapes

    @property
    def tallies(self) -> Tallies:
        """The fields of the rows, with the point as their first axis."""
        return from_rows(self.rows, self.shapes)

    @property
    def contents(self) -> memoryview:
        """The rows as little-endian int64: what digests are of."""
        return np.ascontiguousarray(self.rows, dtype="<i8").reshape(-1).data


#: Tallies of about so many bytes are in memory at a time.
CHUNK_BYTES = 32 << 20
#: Rows of block files that are kept at hand (bytes).
CACHE_BYTES = 64 << 20


def chunk_points(shapes: Shapes, points: int, batches: int = 1) -> int:
    """How many of so many points, each of so many batches, have their tallies in memory together."""
    return min(max(CHUNK_BYTES // (8 * row_width(shapes) * batches), 1), points)


def merged_by_point(files: Sequence[BlockFile], index: Index, shapes: Shapes, points: int) -> Iterator[Records]:
    """The merged tallies of those of so many points that have finished work, by chunks of `chunk_points`.

    Raises
    ------
    DamagedBlockError
        A file has changed since it was opened.
    """
    rows, size, width = Rows(files), chunk_points(shapes, points), row_width(shapes)
    finished, replicates = index.replicates()
    for first in range(0, points, size):
        begin, end = np.searchsorted(finished, [first, first + size])
        if begin < end:
            chosen = finished[begin:end]
            total = np.zeros((len(chosen), width), dtype=np.int64)
            places = index.places(first, first + size)
            for number in np.unique(places[:, 1]):
                here = places[places[:, 1] == number]
                counted = rows[int(number)][selection(here[:, 2])]
                starts = np.flatnonzero(np.diff(here[:, 0], prepend=-1))
                if len(starts) < len(here):
                    counted = np.add.reduceat(counted, starts, axis=0)
                total[selection(np.searchsorted(chosen, here[starts, 0]))] += counted  # each point once
            carry(from_rows(total, shapes))
            yield Records(chosen, replicates[begin:end], total, shapes)


class Rows:
    """The rows of block files by the number of the file, the last ones used kept at hand."""

    def __init__(self, files: Sequence[BlockFile]) -> None:
        self._files = files
        self._held: OrderedDict[int, Integers] = OrderedDict()
        self._bytes = 0

    def __getitem__(self, number: int) -> Integers:
        """All rows of a file."""
        if number not in self._held:
            self._held[number] = self._files[number].work().rows
            self._bytes += self._held[number].nbytes
            while self._bytes > CACHE_BYTES and len(self._held) > 1:
                self._bytes -= self._held.popitem(last=False)[1].nbytes
        self._held.move_to_end(number)
        return self._held[number]

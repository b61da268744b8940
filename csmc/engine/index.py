"""Which replicates of which point have finished, and in which row of which block file they are counted."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from csmc.engine.block_file import BlockFile
from csmc.errors import StoreError
from csmc.kernel.result import Integers

POINT, FIRST, STOP, FILE, ROW = range(5)


class Index:
    """A table of finished spans, sorted by point and replicate: 40 bytes a span, so that a million points fit."""

    def __init__(self, files: Sequence[BlockFile]) -> None:
        parts = [np.zeros((0, 5), dtype=np.int64)]
        for number, file in enumerate(files):
            row, point, first, stop = file.spans.T
            parts.append(np.stack([point, first, stop, np.full_like(row, number), row], axis=1))
        table = np.concatenate(parts)
        self._table = table[np.lexsort((table[:, FIRST], table[:, POINT]))]
        self._refuse_overlaps()

    def finished(self) -> Integers:
        """What has finished, as sorted ranges that do not touch, (range, 3): point, first replicate, the one after."""
        return joined(self._table[:, :3])

    def missing(self, points: int, replicates: int | Integers) -> Integers:
        """What of the first `replicates`, of each or (point,), of so many points has not finished, in the same form."""
        every = np.arange(points)
        asked = np.broadcast_to(replicates, points)
        finished = self.finished()
        finished = finished[finished[:, FIRST] < asked[finished[:, POINT]]]
        limits = np.stack([every, np.zeros_like(every), np.zeros_like(every)], axis=1)  # an empty range before each
        ends = np.stack([every, asked, asked], axis=1)
        ranges = np.concatenate([limits, finished, ends])
        ranges = ranges[np.lexsort((ranges[:, FIRST], ranges[:, POINT]))]
        before, after = ranges[:-1], ranges[1:]
        gaps: Integers = np.stack([after[:, POINT], before[:, STOP], after[:, FIRST]], axis=1)
        real = (before[:, POINT] == after[:, POINT]) & (gaps[:, 1] < gaps[:, 2])
        return np.asarray(gaps[real])

    def prefixes(self, points: int) -> Integers:
        """How many of the first replicates of each of so many points have finished without a gap."""
        found = np.zeros(points, dtype=np.int64)
        ranges = self.finished()
        ranges = ranges[ranges[:, FIRST] == 0]
        found[ranges[:, POINT]] = ranges[:, STOP]
        return found

    def before(self, ends: Integers) -> "Index":
        """The same without what begins at or after the end of its point (point,); no span may reach across one."""
        kept = object.__new__(Index)
        kept._table = self._table[self._table[:, FIRST] < ends[self._table[:, POINT]]]
        return kept

    def rows_of(self, points: Integers) -> Integers:
        """Where some points, in order, are counted, by point and replicate, (span, 4): point, first, file, row."""
        begin, end = (np.searchsorted(self._table[:, POINT], points, side) for side in ("left", "right"))
        chosen = np.repeat(begin - np.cumsum(end - begin) + (end - begin), end - begin) + np.arange((end - begin).sum())
        return np.asarray(self._table[chosen][:, [POINT, FIRST, FILE, ROW]])

    def replicates(self) -> tuple[Integers, Integers]:
        """The points with finished work, in order, and how many replicates of each have finished."""
        starts = self._starts()
        lengths = self._table[:, STOP] - self._table[:, FIRST]
        return self._table[starts, POINT], np.add.reduceat(lengths, starts) if len(starts) else lengths

    def places(self, first: int, stop: int) -> Integers:
        """Where points first..stop-1 are counted, each row once, by file and point, (place, 3): point, file, row."""
        places = self.parts(first, stop)[:, [POINT, FILE, ROW]]
        places = places[np.lexsort((places[:, 2], places[:, 0], places[:, 1]))]
        return places[np.any(np.diff(places, axis=0, prepend=-1), axis=1)]

    def parts(self, first: int, stop: int) -> Integers:
        """The finished spans of points first..stop-1, by point and replicate, (span, 5): see the names above."""
        begin, end = np.searchsorted(self._table[:, POINT], [first, stop])
        return self._table[begin:end]

    @property
    def longest(self) -> int:
        """The end of the longest finished range of any point."""
        return int(self._table[:, STOP].max(initial=0))

    def _starts(self) -> Integers:
        """Where in the table each point begins."""
        return np.flatnonzero(np.diff(self._table[:, POINT], prepend=-1))

    def _refuse_overlaps(self) -> None:
        before, after = self._table[:-1], self._table[1:]
        twice = (before[:, POINT] == after[:, POINT]) & (after[:, FIRST] < before[:, STOP])
        if twice.any():
            point, first = after[int(np.argmax(twice)), [POINT, FIRST]]
            raise StoreError(
                f"point {point} has replicate {first} in two block files, which would count it twice; "
                "block files of different runs have been mixed: remove the copied ones"
            )


def joined(ranges: Integers) -> Integers:
    """Sorted, disjoint ranges (range, 3) of point, first and stop with those that touch made one."""
    if not len(ranges):
        return ranges
    before, after = ranges[:-1], ranges[1:]
    apart = (before[:, POINT] != after[:, POINT]) | (before[:, STOP] != after[:, FIRST])
    starts = np.flatnonzero(np.concatenate([[True], apart]))
    ends = np.concatenate([starts[1:], [len(ranges)]]) - 1
    return np.stack([ranges[starts, POINT], ranges[starts, FIRST], ranges[ends, STOP]], axis=1)


def selection(places: Integers) -> Integers | slice:
    """The same places as a slice, which copies nothing, if they follow each other."""
    first, last = int(places[0]), int(places[-1])
    steady = last - first == len(places) - 1 and bool((np.diff(places) == 1).all())
    return slice(first, last + 1) if steady else places


def overlapping(ranges: Integers, others: Integers) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each of some ranges shares a replicate with any of the others, and whether it is wholly in one of them.

    Both are as `joined` has them.
    """
    if not len(others):
        return np.zeros(len(ranges), dtype=bool), np.zeros(len(ranges), dtype=bool)
    points = np.concatenate([others[:, POINT], ranges[:, POINT]])
    edges = np.concatenate([others[:, FIRST], ranges[:, STOP]])
    order = np.lexsort((np.arange(len(points)) < len(others), edges, points))
    begun = np.cumsum(order < len(others))  # of the others that begin before a range ends, the last may reach into it
    last = others[np.maximum(begun[np.argsort(order)[len(others) :]] - 1, 0)]
    same = last[:, POINT] == ranges[:, POINT]
    overlaps = same & (last[:, FIRST] < ranges[:, STOP]) & (last[:, STOP] > ranges[:, FIRST])
    contained = same & (last[:, FIRST] <= ranges[:, FIRST]) & (last[:, STOP] >= ranges[:, STOP])
    return overlaps, contained

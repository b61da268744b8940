"""Where every finished span is: which row of which block file."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from csmc.engine.block_file import BlockFile
from csmc.engine.spans import Range, merged
from csmc.errors import StoreError

POINT, FIRST, STOP, FILE, ROW = range(5)


class Index:
    """A table of finished spans, sorted by point and replicate: 40 bytes a span, so that a million points fit."""

    def __init__(self, files: Iterable[BlockFile]) -> None:
        parts = [np.zeros((0, 5), dtype=np.int64)]
        for number, file in enumerate(files):
            row, point, first, stop = file.spans.T
            parts.append(np.stack([point, first, stop, np.full_like(row, number), row], axis=1))
        table = np.concatenate(parts)
        self._table = table[np.lexsort((table[:, FIRST], table[:, POINT]))]
        self._refuse_overlaps()

    def finished(self, point: int) -> list[Range]:
        """The finished ranges of replicates of a point, sorted and joined."""
        if not len(self._table):
            return []
        return merged((int(first), int(stop)) for first, stop in self._of(point)[:, [FIRST, STOP]])

    def points(self) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
        """Every point with finished work, in order: its number, its replicates, and (file, row) where they are."""
        if not len(self._table):
            return
        starts = np.flatnonzero(np.diff(self._table[:, POINT], prepend=-1))
        for start, stop in zip(starts, [*starts[1:], len(self._table)], strict=True):
            spans = self._table[start:stop]
            replicates = int((spans[:, STOP] - spans[:, FIRST]).sum())
            yield int(spans[0, POINT]), replicates, np.unique(spans[:, [FILE, ROW]], axis=0)

    @property
    def replicates(self) -> int:
        """The end of the longest finished range of any point."""
        return int(self._table[:, STOP].max(initial=0))

    def _of(self, point: int) -> NDArray[np.int64]:
        start, stop = np.searchsorted(self._table[:, POINT], [point, point + 1])
        return self._table[start:stop]

    def _refuse_overlaps(self) -> None:
        before, after = self._table[:-1], self._table[1:]
        twice = (before[:, POINT] == after[:, POINT]) & (after[:, FIRST] < before[:, STOP])
        if twice.any():
            point, first = after[int(np.argmax(twice)), [POINT, FIRST]]
            raise StoreError(
                f"point {point} has replicate {first} in two block files, which would count it twice; "
                "block files of different runs have been mixed: remove the copied ones"
            )

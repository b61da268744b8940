"""Reading by batches of replicates, for what wants to know whether those of a point look independent."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from csmc.engine.cuts import Cuts, batch_cuts
from csmc.engine.index import FILE, FIRST, POINT, ROW, STOP
from csmc.engine.records import Rows, chunk_points
from csmc.engine.store import Store
from csmc.kernel.result import Integers, Shapes, carry, from_rows, row_width


class Batches(NamedTuple):
    """What has been counted at some design points, in their order, in batches of consecutive replicates.

    points (point,). widths (point, batch): replicates of each batch that have finished, often none. rows (point,
    batch, width), as in `Records`. Where rows of the store span batches, all of a point is in its first.
    """

    points: Integers
    widths: Integers
    rows: Integers
    shapes: Shapes


def batches(store: Store) -> Iterator[Batches]:
    """The tallies of the points of a store with finished work, by batch, by chunks of points in their order.

    Batches are the same however the work was cut, stopped and continued, see `csmc.engine.cuts.batch_cuts`.

    Raises
    ------
    StoreError
        There is no run, or a block file is damaged.
    """
    points, cuts = int(store.document["points"]), batch_cuts(store.document["points"], store.document["replicates"])
    ends = store.ends
    index = store.index if ends is None else store.index.before(ends.replicates)
    rows, shapes = Rows(store.files()), store.shapes
    size = chunk_points(shapes, points, len(cuts.edges) + 1)
    for first in range(0, points, size):
        parts = index.parts(first, first + size)
        if len(parts):
            yield _batched(rows, parts, cuts, shapes)


def _batched(rows: Rows, parts: Integers, cuts: Cuts, shapes: Shapes) -> Batches:
    points, place = np.unique(parts[:, POINT], return_inverse=True)
    batch, last = cuts.segments(parts[:, FIRST]), cuts.segments(parts[:, STOP] - 1)
    order = np.lexsort((parts[:, ROW], parts[:, FILE]))
    parts, place, batch, last = parts[order], place[order], batch[order], last[order]
    starts = np.flatnonzero(np.any(np.diff(parts[:, [FILE, ROW]], axis=0, prepend=-1), axis=1))
    spanning = np.minimum.reduceat(batch, starts) < np.maximum.reduceat(last, starts)
    unknown = np.zeros(len(points), dtype=bool)
    unknown[place[starts[spanning]]] = True
    batch = np.where(unknown[place], 0, batch)
    widths = np.zeros((len(points), len(cuts.edges) + 1), dtype=np.int64)
    np.add.at(widths, (place, batch), parts[:, STOP] - parts[:, FIRST])
    total = np.zeros((*widths.shape, row_width(shapes)), dtype=np.int64)
    for number, row, mine, segment in np.stack([parts[:, FILE], parts[:, ROW], place, batch], axis=1)[starts].tolist():
        total[mine, segment] += rows[number][row]
    carry(from_rows(total, shapes))
    return Batches(points, widths, total, shapes)

"""Rows of finished spans added up, before they are written. Edit here to change what is one row of a block file."""

import numpy as np

from csmc.engine.block_file import Work
from csmc.engine.cuts import NO_CUTS, Cuts
from csmc.engine.index import FIRST, POINT, joined, selection
from csmc.engine.tallies import Counted
from csmc.kernel.result import Shapes, carry, from_rows


def merged(counted: Counted, shapes: Shapes, cuts: Cuts = NO_CUTS) -> Work:
    """What has been counted in some spans, one row for each point, or for each segment of it if rows are cut."""
    order = selection(np.lexsort((counted.spans[:, FIRST], counted.spans[:, POINT])))
    spans, rows = counted.spans[order], counted.rows[order]
    segments = cuts.segments(spans[:, FIRST])
    begins = (np.diff(spans[:, POINT], prepend=-1) != 0) | (np.diff(segments, prepend=-1) != 0)
    starts = np.flatnonzero(begins)
    if len(starts) < len(rows):
        rows = np.add.reduceat(rows, starts, axis=0)
        carry(from_rows(rows, shapes))
    row, first, stop = joined(np.column_stack([np.cumsum(begins) - 1, spans[:, FIRST:]])).T
    return Work(np.stack([row, spans[starts, POINT][row], first, stop], axis=1), counted.keys[order][starts], rows)

"""Pieces of a run simulated for some seconds, each by the clock.

Edit here to change how a pilot computes. Times are processor time: what else the machine does is not the run's.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.engine.merging import merged
from csmc.engine.spans import Costs
from csmc.engine.tallies import Counted, Job, tally_spans
from csmc.kernel.result import Integers, tally_shapes
from csmc.pilot.sample import Piece

#: So many tallies are held at most, however long a pilot may take (bytes).
MOST_BYTES = 128 << 20


class Simulated(NamedTuple):
    """Pieces that were simulated, what they counted added up by point.

    points, replicates (point,). keys (point, 16) and rows (point, width): see `csmc.engine.tallies.Counted`. ratios:
    seconds over planned seconds at each draw of a piece. pieces: how many were drawn. preparing: seconds of Python for
    a block, among all.
    """

    points: Integers
    replicates: Integers
    keys: NDArray[np.uint8]
    rows: Integers
    ratios: list[float]
    pieces: int
    preparing: float


class _Done(NamedTuple):
    counted: Counted
    seconds: float
    preparing: float


def simulate(job: Job, costs: Costs, todo: Iterator[Piece], seconds: float, threads: int) -> Simulated:
    """Do pieces of a run on so many threads until they, or the time, are over; one piece is done in any case."""
    draws, pieces = _in_time(job, todo, seconds, threads)
    spans, keys, rows, *_ = zip(*(piece.counted for piece in pieces.values()), strict=True)
    shapes = tally_shapes(len(job.experiment.institutions), job.plan)
    work = merged(Counted(np.concatenate(spans), np.concatenate(keys), np.concatenate(rows)), shapes)
    row, point, first, stop = work.spans.T
    return Simulated(
        point[np.flatnonzero(np.diff(row, prepend=-1))],
        np.bincount(row, stop - first).astype(np.int64),
        work.keys,
        work.rows,
        [pieces[drawn].seconds / _planned(drawn, costs) for drawn in draws],
        len(pieces),
        sum(piece.preparing for piece in pieces.values()) / sum(map(len, spans)),
    )


def _in_time(job: Job, todo: Iterator[Piece], seconds: float, threads: int) -> tuple[list[Piece], dict[Piece, _Done]]:
    """All draws, and what came of each piece that was drawn."""
    draws: list[Piece] = []
    found: dict[Piece, _Done] = {}
    begun = set[Piece]()
    lock, stop, deadline = threading.Lock(), threading.Event(), time.monotonic() + seconds

    def work() -> None:
        held = 0
        while not stop.is_set():
            with lock:
                spans = next(todo, None)
                if spans is None:
                    return
                draws.append(spans)
                new = spans not in begun
                begun.add(spans)
            if new:
                found[spans] = _timed(job, spans)
                held += found[spans].counted.rows.nbytes
            if time.monotonic() >= deadline or held >= MOST_BYTES / threads:
                return

    with ThreadPoolExecutor(threads) as pool:
        try:
            for future in [pool.submit(work) for _ in range(threads)]:
                future.result()
        finally:
            stop.set()
    return draws, found


def _timed(job: Job, spans: Piece) -> _Done:
    began = time.thread_time()
    counted = tally_spans(job, spans)
    middle = time.thread_time()
    for span in spans:  # once more, to know what of the time was Python's
        _ = job.experiment.point(span.point).key
    return _Done(counted, middle - began, time.thread_time() - middle)


def _planned(spans: Piece, costs: Costs) -> float:
    return sum(float(costs.seconds[span.point]) * span.count for span in spans)

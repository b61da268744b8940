"""The work itself: spans of replicates to exact tallies. Importable by name, so that any worker can run it."""

import os
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc import kernel
from csmc.config import KEY_BYTES, Experiment, Point
from csmc.engine.spans import Span, as_array
from csmc.kernel.result import Integers, Plan, Tallies, as_rows
from csmc.parameters import Record

#: Points in a call of the kernel, at most: what it counts stays in the cache until it is packed into rows.
CALL = 128


class Job(NamedTuple):
    """All that a worker must know, once, to do any span of a run."""

    experiment: Experiment
    plan: Plan


class Counted(NamedTuple):
    """Finished spans and what was counted in each.

    spans (span, 3): see `csmc.engine.spans.as_array`. keys (span, 16): bytes that identify the point
    whatever its place in a design. rows (span, width): tallies, see `csmc.kernel.result.as_rows`. worker: who did it.
    seconds: how long it took there.
    institutions: as in `Span`; the rows are as wide as their number asks for, the keys those of all institutions.
    """

    spans: Integers
    keys: NDArray[np.uint8]
    rows: Integers
    worker: str = ""
    seconds: float = 0.0
    institutions: tuple[int, ...] = ()


def tally_span(experiment: Experiment, span: Span, plan: Plan) -> Tallies:
    """Simulate the replicates of one span under every institution and count."""
    point = experiment.point(span.point)
    return kernel.tally(*point.packed(), point.seed, point.number(span.first), span.count, plan)


def tally_spans(job: Job, spans: Sequence[Span]) -> Counted:
    """Do several spans, all of the same institutions, of which the reference is one if they are not all there are.

    Up to `CALL` neighbours that share a system, of which an experiment keeps one object, are one call.
    """
    began = time.monotonic()
    institutions = spans[0].institutions
    points = [job.experiment.point(span.point) for span in spans]
    parts = []
    numbered = enumerate(zip(points, spans, strict=True))
    for _, call in groupby(numbered, key=lambda item: (item[0] // CALL, id(item[1][0].system))):
        alike, theirs = zip(*(pair for _, pair in call), strict=True)
        parts.append(as_rows(_tally(alike, theirs, institutions, job.plan)))
    return Counted(
        as_array(spans),
        np.frombuffer(b"".join(point.key for point in points), dtype=np.uint8).reshape(-1, KEY_BYTES),
        np.concatenate(parts),
        f"{socket.gethostname()} {os.getpid()} {threading.current_thread().name}",
        time.monotonic() - began,
        institutions,
    )


def _tally(points: Sequence[Point], spans: Sequence[Span], chosen: tuple[int, ...], plan: Plan) -> Tallies:
    blocks = kernel.Blocks(
        seeds=np.array([point.seed for point in points], dtype=np.uint64),
        firsts=np.array([point.number(span.first) for point, span in zip(points, spans, strict=True)]),
        counts=np.array([span.count for span in spans]),
    )
    records = _together([point.record for point in points]).reshape(-1)
    institutions = _together([point.institution_records for point in points])
    if chosen:
        institutions = institutions.take(chosen, axis=1).view(np.recarray)
        plan = replace(plan, reference=chosen.index(plan.reference))
    return kernel.tally_points(records, points[0].system, institutions, blocks, plan)


def _together(records: Sequence[Record]) -> Record:
    """Records of several points, the point first; numpy's own stack would compare the types of all fields each time."""
    joined = bytearray().join(records)
    return np.frombuffer(joined, dtype=records[0].dtype).reshape(len(records), -1).view(np.recarray)

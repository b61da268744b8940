"""The work itself: spans of replicates to exact tallies. Importable by name, so that any worker can run it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc import kernel
from csmc.config import KEY_BYTES, Experiment, Point
from csmc.engine.spans import Span
from csmc.kernel.result import Integers, Plan, Tallies, as_row, row_width, tally_shapes


class Job(NamedTuple):
    """All that a worker must know, once, to do any span of a run."""

    experiment: Experiment
    plan: Plan


class Counted(NamedTuple):
    """Finished spans and what was counted in each.

    spans (span, 3): point, first replicate, replicate after the last. keys (span, 16): bytes that identify the point
    whatever its place in a design. rows (span, width): tallies, see `csmc.kernel.result.as_row`.
    """

    spans: Integers
    keys: NDArray[np.uint8]
    rows: Integers


def tally_span(experiment: Experiment, span: Span, plan: Plan) -> Tallies:
    """Simulate the replicates of one span under every institution and count."""
    return _tally(experiment.point(span.point), span, plan)


def _tally(point: Point, span: Span, plan: Plan) -> Tallies:
    packed, system, institutions = point.packed()
    return kernel.tally(packed, system, institutions, point.seed, span.first, span.count, plan)


def tally_spans(job: Job, spans: Sequence[Span]) -> Counted:
    """Do several spans."""
    width = row_width(tally_shapes(len(job.experiment.institutions), job.plan))
    rows = np.empty((len(spans), width), dtype=np.int64)
    keys = np.empty((len(spans), KEY_BYTES), dtype=np.uint8)
    for number, span in enumerate(spans):
        point = job.experiment.point(span.point)
        keys[number] = np.frombuffer(point.key, dtype=np.uint8)
        rows[number] = as_row(_tally(point, span, job.plan))
    return Counted(np.array([(span.point, span.first, span.stop) for span in spans], dtype=np.int64), keys, rows)

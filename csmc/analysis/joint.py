"""Two institutions of two runs simulated together, on the same crises, where runs differ in institutions only."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from csmc import kernel
from csmc.config import Point
from csmc.estimate import Metric, Moments
from csmc.estimate.metrics import cross_pairs, own_pairs
from csmc.kernel.codes import group_size
from csmc.kernel.result import Plan, Tallies, carry
from csmc.machine import available_cores

#: Replicates, or groups of them, in a call of the kernel: Ctrl-C waits for one.
PIECE = 1 << 14


class Meeting(NamedTuple):
    """An institution of one point and one of another that has the same crises, by their numbers."""

    a: Point
    b: Point
    institution_a: int
    institution_b: int


def can_meet(a: Point, b: Point) -> bool:
    """Whether two points have the same parameters, system and draws, so that institutions of both can meet the same."""
    same = a.record.tobytes() == b.record.tobytes() and a.system.contents == b.system.contents
    return same and a.seed == b.seed and a.scheme == b.scheme


def together(meetings: Sequence[Meeting], metrics: Sequence[Metric], replicates: int) -> Iterator[Moments]:
    """Yield, for each, the moments of both institutions, B's first, over the first replicates; on every core."""
    with ThreadPoolExecutor(available_cores()) as pool:
        try:
            yield from pool.map(lambda meeting: _met(meeting, metrics, replicates), meetings)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _met(meeting: Meeting, metrics: Sequence[Metric], replicates: int) -> Moments:
    point, group = meeting.a, group_size(meeting.a.scheme)
    episodes, states = (int(point.values[path]) for path in ("dynamics.episodes", "system.n_states"))
    plan = Plan(own_pairs(metrics), cross_pairs(metrics), reference=1, histories=episodes > 1 or group > 1, group=group)
    two = (meeting.b.institution_records, meeting.institution_b), (meeting.a.institution_records, meeting.institution_a)
    records = np.concatenate([records[[number]] for records, number in two]).view(np.recarray)
    step = PIECE * group
    pieces = [
        kernel.tally(
            point.record, point.system, records, point.seed, point.number(first), min(step, replicates - first), plan
        )
        for first in range(0, replicates, step)
    ]
    total = carry(Tallies(*(np.sum(fields, axis=0)[None] for fields in zip(*pieces, strict=True))))
    return Moments(total, plan, *(np.array([number]) for number in (replicates, episodes, states)))

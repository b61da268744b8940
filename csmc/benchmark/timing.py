"""Times of several pieces of work, taken in turn, so that whatever else the machine does hits all alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

Key = TypeVar("Key")

#: Fewer repetitions say nothing.
LEAST_ROUNDS = 3


class Work(NamedTuple):
    """A call, and how many pieces of work it does."""

    call: Callable[[], object]
    pieces: float


class Timing(NamedTuple):
    """Nanoseconds per piece of work, at the median and at best: on the wall, and (`cpu`) of all processors used.

    Times are compared by `cpu`: another program that takes its turn lengthens the wall time of long calls only.
    """

    best: float
    median: float
    best_cpu: float
    cpu: float


def interleaved(works: Mapping[Key, Work], seconds: float) -> dict[Key, Timing]:
    """Do everything once, untimed, then in turn until `seconds` are over, but three times at least."""
    for work in works.values():
        work.call()
    taken: dict[Key, list[tuple[float, float]]] = {key: [] for key in works}
    end = time.perf_counter() + seconds
    rounds = 0
    while rounds < LEAST_ROUNDS or time.perf_counter() < end:
        for key, work in works.items():
            taken[key].append(_stopped(work.call))
        rounds += 1
    return {key: _timing(taken[key], work.pieces) for key, work in works.items()}


def _stopped(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds of one call: on the wall, and of processors."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu


def _timing(times: list[tuple[float, float]], pieces: float) -> Timing:
    walls, cpus = zip(*times, strict=True)
    taken = (min(walls), statistics.median(walls), min(cpus), statistics.median(cpus))
    return Timing(*(seconds / pieces * 1e9 for seconds in taken))

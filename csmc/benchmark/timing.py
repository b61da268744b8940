"""Times of several calls, taken in turn, so that whatever else the machine does hits all alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

Key = TypeVar("Key")

#: Fewer repetitions say nothing.
LEAST_ROUNDS = 3


class Timing(NamedTuple):
    """Times of one call, or of one piece of its work. `cpu` is the time of all threads of the process, its median."""

    best: float
    median: float
    cpu: float

    def per(self, work: float) -> "Timing":
        """Nanoseconds for each of `work` pieces, given seconds for all of them."""
        return Timing(*(seconds / work * 1e9 for seconds in self))


def interleaved(calls: Mapping[Key, Callable[[], object]], seconds: float) -> dict[Key, Timing]:
    """Call everything once, untimed, then in turn until `seconds` are over (at least three times); seconds per call."""
    for call in calls.values():
        call()
    taken: dict[Key, list[tuple[float, float]]] = {key: [] for key in calls}
    end = time.perf_counter() + seconds
    rounds = 0
    while rounds < LEAST_ROUNDS or time.perf_counter() < end:
        for key, call in calls.items():
            taken[key].append(_stopped(call))
        rounds += 1
    return {key: _timing(times) for key, times in taken.items()}


def _stopped(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds of one call: on the wall, and of processors."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu


def _timing(times: list[tuple[float, float]]) -> Timing:
    walls, cpus = zip(*times, strict=True)
    return Timing(min(walls), statistics.median(walls), statistics.median(cpus))

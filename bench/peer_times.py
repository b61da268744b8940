"""What the same crises cost elsewhere: the peers of bench/peers against the kernel, timed in turn."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from csmc.benchmark.kernel import SEED, Case, kernel_work
from csmc.benchmark.timing import Work, interleaved

#: One call of a peer should take about this long (seconds) ...
CALL_SECONDS = 0.1
#: ... but its arrays should not outgrow the caches.
FEWEST, MOST = 32, 8192

KERNEL = "csmc"


class PeerTime(NamedTuple):
    """Nanoseconds per institution-episode, and how many times that is the kernel's time."""

    nanoseconds: float
    times_kernel: float


def time_peers(peers: dict[str, Any], n_states: int, seconds: float) -> dict[str, PeerTime]:
    """Times of all peers whose packages are installed, and of the kernel, for single crises under all presets."""
    case = Case(n_states, 1)
    works = {KERNEL: kernel_work(case)}
    for name, peer in peers.items():
        if peer.is_installed:
            works[name] = _peer_work(peer.load(), case)
    times = interleaved(works, seconds)
    return {name: PeerTime(timing.cpu, timing.cpu / times[KERNEL].cpu) for name, timing in times.items()}


def _peer_work(rates: Callable[[int, int, int], Any], case: Case) -> Work:
    rates(case.n_states, FEWEST, SEED)
    began = time.perf_counter()
    rates(case.n_states, FEWEST, SEED)
    affordable = int(FEWEST * CALL_SECONDS / (time.perf_counter() - began))
    count = max(FEWEST, min(MOST, affordable))
    return Work(partial(rates, case.n_states, count, SEED), case.work(count))

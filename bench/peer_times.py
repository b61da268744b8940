"""What the same crises cost elsewhere: the peers of bench/peers against the kernel, timed in turn."""

from functools import partial
from typing import NamedTuple

from bench.peers import Peer
from csmc.benchmark.kernel import SEED, Case, kernel_work
from csmc.benchmark.timing import Work, interleaved

KERNEL = "csmc"


class PeerTime(NamedTuple):
    """Nanoseconds per institution-episode, and how many times that is the kernel's time."""

    nanoseconds: float
    times_kernel: float


def time_peers(peers: dict[str, Peer], n_states: int, seconds: float) -> dict[str, PeerTime]:
    """Times of all peers whose packages are installed, and of the kernel, for single crises under all presets."""
    case = Case(n_states, 1)
    works = {KERNEL: kernel_work(case)}
    for name, peer in peers.items():
        if peer.is_installed:
            works[name] = _peer_work(peer, case)
    times = interleaved(works, seconds)
    return {name: PeerTime(timing.cpu, timing.cpu / times[KERNEL].cpu) for name, timing in times.items()}


def _peer_work(peer: Peer, case: Case) -> Work:
    rates, count = peer.load(), peer.replicates(case.n_states)
    rates(case.n_states, count, SEED)  # what is compiled is compiled now
    return Work(partial(rates, case.n_states, count, SEED), case.work(count))

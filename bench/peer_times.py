"""What the same crises cost elsewhere: other programs and the kernel, in turn on one core, if their outcomes agree."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bench.peers import PEERS, Peer
from bench.peers.agreement import SEED, TOLERANCE, kernel_counts, largest_deviation
from csmc.benchmark.figures import twin_work
from csmc.benchmark.kernel import Case, kernel_work
from csmc.benchmark.timing import Work, interleaved
from csmc.benchmark.twin import CompilerError, Twin, find_compiler

KERNEL = "csmc"
#: Crises that the C twin and the kernel play for comparison; a decision that is a tie but for rounding may differ.
TWIN_CRISES, TWIN_TIES = 50_000, 1


class PeerTime(NamedTuple):
    """Nanoseconds per institution-episode, and how many times that is the kernel's time."""

    nanoseconds: float
    times_kernel: float


class DisagreementError(AssertionError):
    """A program does not have the kernel's outcomes: its time says nothing."""


def time_peers(n_states: int, seconds: float) -> dict[str, PeerTime]:
    """Times of the kernel, its twin in C and all peers that are installed: single crises under all presets.

    Raises
    ------
    DisagreementError
        A program does not have the kernel's outcomes.
    """
    case = Case(n_states, 1)
    with _one_core():
        twins = {f"C, {Path(twin.compiler).name}": _twin_work(twin, case) for twin in _twins()}
        peers = {name: _peer_work(name, peer, case) for name, peer in PEERS.items() if peer.is_installed}
        times = interleaved({KERNEL: kernel_work(case), **twins, **peers}, seconds)
    return {name: PeerTime(timing.cpu, timing.cpu / times[KERNEL].cpu) for name, timing in times.items()}


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep this process, and what libraries start in it, on one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _twins() -> list[Twin]:
    """The twin by the compiler of first choice, and by gcc."""
    try:
        compilers = [find_compiler(), shutil.which("gcc")]
    except CompilerError:
        return []
    return [Twin(compiler) for compiler in {os.path.realpath(path): path for path in compilers if path}.values()]


def _twin_work(twin: Twin, case: Case) -> Work:
    point, _, records = case.records
    counts, kernel = twin.counts(point, records, SEED, 0, TWIN_CRISES), kernel_counts(case.n_states, TWIN_CRISES)
    if abs(counts - kernel).sum() > 2 * TWIN_TIES:
        raise DisagreementError(f"the C twin of {twin.compiler} counts other outcomes at {case.n_states} states")
    return twin_work(twin, case)


def _peer_work(name: str, peer: Peer, case: Case) -> Work:
    rates, count = peer.load(), peer.replicates(case.n_states)
    deviation = largest_deviation(rates, case.n_states, peer.checked)
    if deviation > TOLERANCE:
        raise DisagreementError(f"{name}: a rate is {deviation:.1f} standard errors away, at most {TOLERANCE} are due")
    rates(case.n_states, count, SEED)  # what is compiled for this number of crises is compiled now
    return Work(partial(rates, case.n_states, count, SEED), case.work(count))

"""Clocks of the compiled kernel and of the store. A worker of Ray starts its own, which others can read in a file."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.engine import Store
from csmc.kernel import run as entry

#: Names the folder in which the workers of a Ray that is started with `start_clock` keep their clocks.
FOLDER = "CSMC_BENCH_CLOCKS"


class Seconds(NamedTuple):
    """Of processor time, and on the clock."""

    processor: float
    clock: float


class Timed:
    """A function, and what its calls in all threads have taken."""

    def __init__(self, function: Callable[..., Any], total: NDArray[np.float64] | None = None) -> None:
        self._function, self._lock = function, threading.Lock()
        self._total = np.zeros(2) if total is None else total

    def __call__(self, *arguments: Any) -> Any:
        began = time.thread_time(), time.perf_counter()
        try:
            return self._function(*arguments)
        finally:
            taken = time.thread_time() - began[0], time.perf_counter() - began[1]
            with self._lock:
                self._total += taken

    @property
    def seconds(self) -> Seconds:
        return Seconds(*self._total.tolist())


@contextmanager
def timed_kernel() -> Iterator[Timed]:
    """Within, the kernel of this process is timed."""
    whole = entry.tally_block
    entry.tally_block = Timed(whole)
    try:
        yield entry.tally_block
    finally:
        entry.tally_block = whole


@contextmanager
def timed_store() -> Iterator[Timed]:
    """Within, what is committed to any store is timed."""
    whole = Store.commit
    timed = Timed(whole)
    Store.commit = lambda self, counted: timed(self, counted)
    try:
        yield timed
    finally:
        Store.commit = whole


def start_clock() -> None:
    """Time the kernel of this process for good: what Ray calls in every worker as it starts."""
    path = Path(os.environ[FOLDER]) / f"{os.getpid()}.clock"
    entry.tally_block = Timed(entry.tally_block, np.memmap(path, dtype=np.float64, mode="w+", shape=2))


def read_clocks(folder: Path) -> Seconds:
    """What the kernels of all workers have taken."""
    clocks = [np.fromfile(path, dtype=np.float64) for path in folder.glob("*.clock")]
    return Seconds(*np.sum(clocks, axis=0).tolist()) if clocks else Seconds(0.0, 0.0)

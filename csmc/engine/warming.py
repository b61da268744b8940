"""The kernel compiled, or loaded from its cache, before work begins: by one process of a machine at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from csmc import kernel
from csmc._jit import CACHE_DIRECTORY
from csmc.engine.spans import Span
from csmc.engine.tallies import Job, tally_span


def warm_up(job: Job) -> None:
    """Have the kernel ready in this process; of many that start together on a machine, one compiles it."""
    with _one_at_a_time(), suppress(Exception):  # if this work cannot be done, it is told when its turn comes
        tally_span(job.experiment, Span(0, 0, job.plan.group), job.plan)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold the lock of the cache unless the kernel is in it; numba itself writes it without one."""
    if kernel.is_cached():
        yield
        return
    with ExitStack() as held:
        with suppress(OSError):  # a full disk, or one without locks: compiled more often than needed, no worse
            fcntl.flock(held.enter_context((CACHE_DIRECTORY / ".lock").open("w")), fcntl.LOCK_EX)
        yield

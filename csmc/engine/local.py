"""The engine of one machine: threads of this process. The compiled kernel lets go of the interpreter lock."""

import math
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from csmc.engine.calls import function_named
from csmc.engine.schedule import WithdrawnError
from csmc.engine.tallies import Job, tally_spans
from csmc.machine import available_cores

Task = Future[Any]


class LocalEngine:
    """Threads in this process; `threads=None` takes every core that the process may use."""

    name = "local"
    #: Length of a task: interruptions wait this long, and a task costs some 50 microseconds of overhead.
    task_seconds = 0.2

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or available_cores()

    def workers(self, job: Job) -> AbstractContextManager["Threads"]:
        """A pool of threads for one run."""
        return self._threads(partial(tally_spans, job))

    def callers(self, job: Job, name: str) -> AbstractContextManager["Threads"]:
        """A pool of threads that call a function, see `csmc.engine.calls`."""
        function = function_named(name)
        return self._threads(lambda arguments: function(job, *arguments))

    @contextmanager
    def _threads(self, do: Callable[[Any], Any]) -> Iterator["Threads"]:
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="csmc")
        try:
            yield Threads(pool, self.threads, do)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class Threads:
    """A running pool of threads."""

    grace = math.inf  # a thread cannot be left behind

    def __init__(self, pool: ThreadPoolExecutor, threads: int, do: Callable[[Any], Any]) -> None:
        self._pool, self._threads, self._do = pool, threads, do

    def capacity(self) -> int:
        """Twice the threads, so that no thread waits for this loop."""
        return 2 * self._threads

    def submit(self, task: Any) -> Task:
        """Start a task on the next free thread."""
        return self._pool.submit(self._do, task)

    def wait(self, handles: Collection[Task], timeout: float) -> Collection[Task]:
        """The tasks that have finished."""
        return wait(handles, timeout, FIRST_COMPLETED).done

    def withdraw(self, handles: Collection[Task]) -> None:
        """Call back what no thread has begun."""
        for handle in handles:
            handle.cancel()

    def result(self, handle: Task) -> Any:
        """What a finished task answered."""
        try:
            return handle.result()
        except CancelledError as error:
            raise WithdrawnError("called back") from error

    def was_lost(self, error: Exception) -> bool:
        """Threads do not get lost."""
        del error
        return False

    def patience(self, usual: float) -> float:
        """No other thread is faster."""
        del usual
        return math.inf

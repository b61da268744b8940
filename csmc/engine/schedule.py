"""One loop for every engine: keep a bounded number of tasks in flight, hand back what finishes, stop when asked."""

import signal
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from types import FrameType
from typing import Protocol, TypeVar

from csmc.engine.spans import Span
from csmc.engine.tallies import Counted
from csmc.errors import CsmcError

Handle = TypeVar("Handle")

#: How long the loop waits for a task before it looks again at the number of workers and at the wish to stop (seconds).
HEARTBEAT = 1.0


class WorkError(CsmcError):
    """A task failed; what else had finished is in the store."""


class Workers(Protocol[Handle]):
    """Somewhere to run tasks: threads here, or the nodes of a cluster."""

    def capacity(self) -> int:
        """How many tasks to keep in flight now."""

    def submit(self, spans: tuple[Span, ...]) -> Handle:
        """Start a task."""

    def wait(self, handles: Collection[Handle], timeout: float) -> Collection[Handle]:
        """The tasks among `handles` that have finished, within `timeout` seconds."""

    def result(self, handle: Handle) -> Counted:
        """What a finished task counted; raises what the task raised."""


def drain(workers: Workers[Handle], tasks: Iterable[tuple[Span, ...]], stop: threading.Event) -> Iterator[Counted]:
    """Run tasks and yield their results as they finish, in any order.

    When `stop` is set, or after a task has failed, nothing new starts; what is in flight is still awaited and yielded.

    Raises
    ------
    WorkError
        After the last task in flight, if any task failed.
    """
    remaining = iter(tasks)
    in_flight: dict[Handle, tuple[Span, ...]] = {}
    failures: list[tuple[tuple[Span, ...], Exception]] = []
    while True:
        if not stop.is_set() and not failures:
            for spans in islice(remaining, max(workers.capacity() - len(in_flight), 0)):
                in_flight[workers.submit(spans)] = spans
        if not in_flight:
            break
        for handle in workers.wait(in_flight.keys(), HEARTBEAT):
            spans = in_flight.pop(handle)
            try:
                finished = workers.result(handle)
            except Exception as error:  # whatever a worker can raise: it is reported below, with what was being done
                failures.append((spans, error))
            else:
                yield finished
    if failures:
        raise WorkError(_failure(*failures[0])) from failures[0][1]


def _failure(spans: tuple[Span, ...], error: Exception) -> str:
    first, last = spans[0], spans[-1]
    where = f"point {first.point}, replicate {first.first} to point {last.point}, replicate {last.stop - 1}"
    return f"the work on {where} failed: {type(error).__name__}: {error}"


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C (or SIGTERM) into an event that asks to stop; a second one interrupts at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread may handle signals
        return

    def ask(number: int, frame: FrameType | None) -> None:
        del number, frame
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    previous = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

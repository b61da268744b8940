"""One loop for every engine: keep a bounded number of tasks in flight, try again what was lost, stop when asked."""

import hashlib
import signal
import statistics
import threading
import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from csmc.engine.spans import Span
from csmc.engine.tallies import Counted
from csmc.errors import CsmcError, PartialError

Handle = TypeVar("Handle")

#: How long the loop waits for a task before it looks again at the number of workers and at the wish to stop (seconds).
HEARTBEAT = 0.2
#: How often a task is started whose workers get lost.
ATTEMPTS = 3
#: After so many failures nothing new starts: what is wrong is then not the work of a few points.
MOST_FAILURES = 100


class UnfitWorkerError(CsmcError):
    """A worker that cannot do any of the work, so that going on would only fail again and again."""


class WithdrawnError(CsmcError):
    """A task that was called back before it had begun."""


class NondeterminismError(CsmcError):
    """The same work gave different numbers, on two workers or than what is stored: none of them can be trusted."""


class WorkError(PartialError):
    """Some work failed; what else had finished is in the store."""

    def __init__(self, message: str, failures: Sequence["Failure"] = ()) -> None:
        super().__init__(message)
        self.failures = tuple(failures)


class Failure(NamedTuple):
    """Work that cannot be done, and why."""

    span: Span
    error: Exception

    def __str__(self) -> str:
        span = self.span
        last = span.stop - 1
        return f"point {span.point}, replicates {span.first} to {last}: {type(self.error).__name__}: {self.error}"


class Callers(Protocol[Handle]):
    """Somewhere to run tasks: threads here, or the nodes of a cluster."""

    def capacity(self) -> int:
        """How many tasks to keep in flight now."""

    def submit(self, task: Any) -> Handle:
        """Start a task."""

    def wait(self, handles: Collection[Handle], timeout: float) -> Collection[Handle]:
        """The tasks among `handles` that have finished, within `timeout` seconds."""

    def withdraw(self, handles: Collection[Handle]) -> None:
        """Call back the tasks among `handles` that have not begun; they finish soon, with `WithdrawnError`."""

    def result(self, handle: Handle) -> Any:
        """What a finished task answered; raises what the task raised."""

    def was_lost(self, error: Exception) -> bool:
        """Whether an error says that a worker got lost, rather than that the work cannot be done."""


class Workers(Callers[Handle], Protocol[Handle]):
    """The same for tasks that count spans: their tuples go in, `Counted` comes out."""

    @property
    def grace(self) -> float:
        """Seconds for which a task that has begun is awaited at the end, once nothing new starts."""

    def patience(self, usual: float) -> float:
        """Seconds after which a task is given to another worker too, if tasks usually take `usual`; inf for never."""


@dataclass(eq=False)
class _Task(Generic[Handle]):
    """Spans on their way, perhaps on several workers."""

    spans: tuple[Span, ...]
    attempts: int = 0
    finished: bool = False
    digest: bytes = b""  #: of what the first worker counted, if another has the task too
    handles: dict[Handle, float] = field(default_factory=dict)  #: when each was started


class Schedule(Generic[Handle]):
    """The tasks of one run: iterate over it for their results, in any order; `failures` is what could not be done.

    When `stop` is set nothing new starts, and what has not begun is called back; what has begun is yielded if it ends
    within the workers' grace. A task whose worker was lost is started again; one that raises is taken apart until the
    span that cannot be done is known, and the rest goes on.
    """

    def __init__(self, workers: Workers[Handle], tasks: Iterable[tuple[Span, ...]], stop: threading.Event) -> None:
        self.failures: list[Failure] = []
        self._workers, self._stop = workers, stop
        self._coming = iter(tasks)
        self._again: deque[_Task[Handle]] = deque()
        self._in_flight: dict[Handle, _Task[Handle]] = {}
        self._seconds: deque[float] = deque(maxlen=100)
        self._end: float | None = None  #: until when what is in flight is awaited

    def go_on(self, tasks: Iterable[tuple[Span, ...]]) -> None:
        """Have more to do, after all that there was is over."""
        self._coming = iter(tasks)

    def __iter__(self) -> Iterator[Counted]:
        while True:
            if self._stop.is_set() or self.gave_up:
                self._call_back()
            else:
                self._start()
            if not self._awaits():
                return
            for handle in self._workers.wait(self._in_flight.keys(), HEARTBEAT):
                task = self._in_flight.pop(handle)
                began = task.handles.pop(handle)
                try:
                    counted = self._workers.result(handle)
                except WithdrawnError:
                    continue
                except Exception as error:  # whatever a worker can raise: it is reported, with what was being done
                    self._retry(task, error)
                else:
                    self._seconds.append(time.monotonic() - began)
                    if self._is_first(task, counted):
                        yield counted

    def _is_first(self, task: "_Task[Handle]", counted: Counted) -> bool:
        """Whether nobody has done the task before; who has must have counted the same."""
        digest = hashlib.blake2b(counted.rows.data).digest() if task.handles or task.digest else b""
        if task.digest and digest != task.digest:
            raise NondeterminismError(
                f"two workers counted differently at point {task.spans[0].point}, replicate {task.spans[0].first}: "
                "nothing of this run can be trusted. Delete its output, and look for a broken node or other versions"
            )
        first, task.finished, task.digest = not task.finished, True, digest
        return first

    @property
    def gave_up(self) -> bool:
        """Whether so much failed that nothing new is started."""
        unfit = any(isinstance(failure.error, UnfitWorkerError) for failure in self.failures)
        return unfit or len(self.failures) >= MOST_FAILURES

    def _call_back(self) -> None:
        if self._end is None:
            self._workers.withdraw(self._in_flight.keys())
            self._end = time.monotonic() + self._workers.grace

    def _awaits(self) -> bool:
        coming = any(not task.finished for task in self._in_flight.values())
        return coming and (self._end is None or time.monotonic() < self._end)

    def _start(self) -> None:
        late = self._overdue()
        busy = sum(not task.finished for task in self._in_flight.values())  # not who hangs on what others have done
        room = self._workers.capacity() - busy + len(late)
        while room > 0:
            task = self._next(late)
            if task is None:
                return
            handle = self._workers.submit(task.spans)
            task.attempts += 1
            task.handles[handle] = time.monotonic()
            self._in_flight[handle] = task
            room -= 1

    def _next(self, late: "deque[_Task[Handle]]") -> "_Task[Handle] | None":
        for waiting in (self._again, late):
            if waiting:
                return waiting.popleft()
        spans = next(self._coming, None)
        return None if spans is None else _Task(spans)

    def _overdue(self) -> "deque[_Task[Handle]]":
        """Tasks that only one worker has, for so long that it may never answer."""
        usual = statistics.median(self._seconds) if self._seconds else 0.0
        limit = time.monotonic() - self._workers.patience(usual)
        tasks = dict.fromkeys(self._in_flight.values())
        return deque(
            task
            for task in tasks
            if not task.finished and task.attempts < ATTEMPTS and max(task.handles.values()) < limit
        )

    def _retry(self, task: "_Task[Handle]", error: Exception) -> None:
        if task.finished or task.handles:  # another worker has done it, or is doing it
            return
        if self._workers.was_lost(error) and task.attempts < ATTEMPTS:
            self._again.append(task)
        elif len(task.spans) > 1 and not isinstance(error, UnfitWorkerError):
            self._again.extend(_Task((span,)) for span in task.spans)
            task.finished = True
        else:
            self.failures.append(Failure(task.spans[0], error))
            task.finished = True


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

"""The loop of every engine: what is lost is tried again, what cannot be done is told, the rest goes on."""

import itertools
import math
import threading
from collections.abc import Callable, Collection

import numpy as np
import pytest

from csmc.engine import schedule as schedule_module
from csmc.engine.schedule import ATTEMPTS, NondeterminismError, Schedule, UnfitWorkerError, WithdrawnError
from csmc.engine.spans import Span
from csmc.engine.tallies import Counted

Spans = tuple[Span, ...]


class LostError(Exception):
    """A worker is gone."""


class Scripted:
    """Workers that do what a function says: count, raise, or (None) never answer."""

    grace = 0.1

    def __init__(self, script: Callable[[Spans, int], Counted | Exception | None], patience: float = math.inf) -> None:
        self.started: list[Spans] = []
        self._script, self._patience = script, patience
        self._numbers = itertools.count()
        self._answers: dict[int, Counted | Exception | None] = {}

    def capacity(self) -> int:
        return 2

    def submit(self, spans: Spans) -> int:
        number = next(self._numbers)
        self._answers[number] = self._script(spans, self.started.count(spans))
        self.started.append(spans)
        return number

    def wait(self, handles: Collection[int], timeout: float) -> Collection[int]:
        del timeout
        return [handle for handle in handles if self._answers[handle] is not None]

    def withdraw(self, handles: Collection[int]) -> None:
        """Every task has begun."""

    def result(self, handle: int) -> Counted:
        answer = self._answers[handle]
        if isinstance(answer, Exception):
            raise answer
        assert answer is not None
        return answer

    def was_lost(self, error: Exception) -> bool:
        return isinstance(error, LostError)

    def patience(self, usual: float) -> float:
        del usual
        return self._patience


def counted(spans: Spans, value: int = 1) -> Counted:
    numbers = np.array([(span.point, span.first, span.stop) for span in spans])
    return Counted(numbers, np.zeros((len(spans), 16), np.uint8), np.full((len(spans), 3), value))


TASKS = [(Span(0, 0, 10), Span(0, 10, 10)), (Span(1, 0, 10), Span(2, 0, 10), Span(3, 0, 10)), (Span(4, 0, 10),)]


def points_of(schedule: "Schedule[int]") -> list[int]:
    return sorted(point for done in schedule for point in done.spans[:, 0].tolist())


def test_every_task_is_done_once() -> None:
    workers = Scripted(lambda spans, before: counted(spans))
    assert points_of(Schedule(workers, TASKS, threading.Event())) == [0, 0, 1, 2, 3, 4]
    assert workers.started == TASKS


def test_a_task_whose_worker_is_lost_is_tried_again_and_a_bounded_number_of_times() -> None:
    workers = Scripted(lambda spans, before: LostError() if before < ATTEMPTS - 1 else counted(spans))
    schedule = Schedule(workers, TASKS, threading.Event())
    assert points_of(schedule) == [0, 0, 1, 2, 3, 4]
    assert not schedule.failures
    deadly = Scripted(lambda spans, before: LostError("gone") if Span(4, 0, 10) in spans else counted(spans))
    schedule = Schedule(deadly, TASKS, threading.Event())
    assert points_of(schedule) == [0, 0, 1, 2, 3]
    assert [failure.span for failure in schedule.failures] == [Span(4, 0, 10)]
    assert deadly.started.count(TASKS[2]) == ATTEMPTS


def test_a_task_that_fails_is_taken_apart_until_the_span_at_fault_is_known() -> None:
    def script(spans: Spans, before: int) -> Counted | Exception:
        return ZeroDivisionError("broken") if Span(2, 0, 10) in spans else counted(spans)

    workers = Scripted(script)
    schedule = Schedule(workers, TASKS, threading.Event())
    assert points_of(schedule) == [0, 0, 1, 3, 4]
    assert [str(failure) for failure in schedule.failures] == ["point 2, replicates 0 to 9: ZeroDivisionError: broken"]
    assert not schedule.gave_up


def test_where_everything_fails_it_ends_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule_module, "MOST_FAILURES", 5)
    workers = Scripted(lambda spans, before: ZeroDivisionError())
    schedule = Schedule(workers, [(Span(point, 0, 1),) for point in range(1000)], threading.Event())
    assert points_of(schedule) == []
    assert schedule.gave_up
    assert len(workers.started) < 10


def test_a_worker_that_can_do_nothing_ends_it_at_once() -> None:
    workers = Scripted(lambda spans, before: UnfitWorkerError("another version on node 7"))
    schedule = Schedule(workers, TASKS, threading.Event())
    assert points_of(schedule) == []
    assert schedule.gave_up
    assert len(workers.started) == 2


def test_a_task_that_is_overdue_is_given_to_another_worker_and_counted_once() -> None:
    workers = Scripted(
        lambda spans, before: None if spans == TASKS[0] and before == 0 else counted(spans), patience=0.0
    )
    schedule = Schedule(workers, TASKS, threading.Event())
    assert points_of(schedule) == [0, 0, 1, 2, 3, 4]
    assert workers.started.count(TASKS[0]) >= 2


def test_workers_that_hang_on_tasks_that_others_have_done_do_not_end_it() -> None:
    def script(spans: Spans, before: int) -> Counted | None:
        return None if spans in TASKS[:2] and before == 0 else counted(spans)

    workers = Scripted(script, patience=0.0)
    assert points_of(Schedule(workers, TASKS, threading.Event())) == [0, 0, 1, 2, 3, 4]


def test_workers_that_count_differently_are_not_believed() -> None:
    late: list[int] = []

    class Slow(Scripted):
        """The first worker of the first task answers once the second has."""

        def wait(self, handles: Collection[int], timeout: float) -> Collection[int]:
            ready = [handle for handle in super().wait(handles, timeout) if handle != 0 or late]
            late.extend(handle for handle in ready if self.started[handle] == TASKS[0])
            return ready

    workers = Slow(lambda spans, before: counted(spans, value=1 + before), patience=0.0)
    with pytest.raises(NondeterminismError, match="point 0, replicate 0"):
        list(Schedule(workers, [TASKS[0], *[(Span(9, n, 1),) for n in range(20)]], threading.Event()))


def test_when_asked_to_stop_nothing_new_starts_and_what_is_in_flight_is_kept() -> None:
    stop = threading.Event()
    workers = Scripted(lambda spans, before: counted(spans))
    schedule = Schedule(workers, TASKS, stop)
    done = []
    for part in schedule:
        stop.set()
        done.append(part)
    assert len(done) == len(workers.started) == 2


def test_when_asked_to_stop_what_has_not_begun_is_called_back_once_and_is_no_failure() -> None:
    stop = threading.Event()
    withdrawn: list[int] = []

    class Queue(Scripted):
        """Has begun the first of two tasks, and finishes it after the second has been called back."""

        def wait(self, handles: Collection[int], timeout: float) -> Collection[int]:
            stop.set()
            return [handle for handle in super().wait(handles, timeout) if withdrawn]

        def withdraw(self, handles: Collection[int]) -> None:
            withdrawn.extend(handle for handle in handles if handle > 0)
            self._answers.update(dict.fromkeys(withdrawn, WithdrawnError()))

    workers = Queue(lambda spans, before: counted(spans))
    schedule = Schedule(workers, TASKS, stop)
    assert points_of(schedule) == [0, 0]
    assert withdrawn == [1]
    assert not schedule.failures


def test_when_asked_to_stop_a_worker_that_never_answers_is_not_awaited() -> None:
    stop = threading.Event()
    workers = Scripted(lambda spans, before: None if spans == TASKS[0] else counted(spans))
    done = []
    for part in Schedule(workers, TASKS, stop):
        stop.set()
        done.append(part)
    assert len(done) == 1
    assert workers.started == TASKS[:2]

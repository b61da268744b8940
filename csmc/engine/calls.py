"""Named functions of a job called on any engine: for work that is not counting, and whose answers nothing keeps."""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, Protocol

from csmc.engine.schedule import ATTEMPTS, HEARTBEAT, Callers, interruptible
from csmc.engine.tallies import Job
from csmc.engine.warming import warm_up

#: Arguments of a call after the job: numbers, texts and lists of them.
Arguments = tuple[Any, ...]


class CallingEngine(Protocol):
    """A place to call functions. It never changes an answer."""

    def callers(self, job: Job, name: str) -> AbstractContextManager[Callers[Any]]:
        """Start workers that call the function of this name, see `function_named`."""


def function_named(name: str) -> Callable[..., Any]:
    """The function `package.module:function`."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


def call_all(
    engine: CallingEngine,
    job: Job,
    name: str,
    calls: Sequence[Arguments],
    on_answer: Callable[[int], None] = lambda answered: None,
) -> list[Any]:
    """What a function answers to each of `calls`, in their order, wherever it was computed.

    Parameters
    ----------
    engine
        `LocalEngine` or `RayEngine`.
    job
        The first argument of every call; sent to each worker once.
    name
        The function, as `package.module:function`.
    calls
        The other arguments of each call.
    on_answer
        Called in this thread with the number of calls that have been answered.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C or SIGTERM; calls that have begun locally are awaited.
    Exception
        Whatever a call raises first, and `UnfitWorkerError` if a worker can do none; a call whose worker is lost is
        made again, three times in all.
    """
    answers: dict[int, Any] = {}
    warm_up(job)
    with engine.callers(job, name) as callers, interruptible() as stop:
        waiting, attempts = deque(range(len(calls))), dict.fromkeys(range(len(calls)), 0)
        in_flight: dict[Any, int] = {}
        try:
            while len(answers) < len(calls):
                while waiting and len(in_flight) < callers.capacity():
                    number = waiting.popleft()
                    attempts[number] += 1
                    in_flight[callers.submit(calls[number])] = number
                for handle in callers.wait(in_flight.keys(), HEARTBEAT):
                    number = in_flight.pop(handle)
                    try:
                        answers[number] = callers.result(handle)
                    except Exception as error:
                        if not callers.was_lost(error) or attempts[number] == ATTEMPTS:
                            raise
                        waiting.append(number)
                    else:
                        on_answer(len(answers))
                if stop.is_set():
                    raise KeyboardInterrupt
        finally:
            callers.withdraw(in_flight.keys())
    return [answers[number] for number in range(len(calls))]

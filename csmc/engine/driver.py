"""One run: claim the store, do what is missing on an engine, commit as it comes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Protocol

from csmc.config import Experiment
from csmc.engine.calls import CallingEngine
from csmc.engine.heartbeat import Heartbeat
from csmc.engine.pending import Pending
from csmc.engine.progress import Meter, OnProgress, Progress
from csmc.engine.rounds import Rounds
from csmc.engine.schedule import Schedule, UnfitWorkerError, WorkError, Workers, interruptible
from csmc.engine.sizing import Sizes
from csmc.engine.spans import WHOLE, Costs, Share, Span, batches
from csmc.engine.store import Store
from csmc.engine.tallies import Counted, Job
from csmc.engine.warming import warm_up
from csmc.engine.widening import Widening
from csmc.estimate import plan, targets
from csmc.kernel.result import Integers, row_width, tally_shapes
from csmc.provenance import times

#: Failures that are told one by one.
SHOWN = 5
#: Tallies of a task, at most (bytes): a worker has to hold them, and to send them.
TASK_BYTES = 8 << 20


class Engine(CallingEngine, Protocol):
    """A place to compute. It never changes a number."""

    name: str
    task_seconds: float  #: its own length of a task, see `csmc.engine.sizing`

    def workers(self, job: Job) -> AbstractContextManager[Workers[Any]]:
        """Start workers for one run."""


class InterruptedRun(KeyboardInterrupt):
    """A run that was asked to stop and has kept what is finished; the same call goes on from there."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(f"stopped at {progress.fraction:.1%}")
        self.progress = progress


def ignore(progress: Progress) -> None:
    """Show nothing."""
    del progress


def run(
    experiment: Experiment, store: Store, engine: Engine, on_progress: OnProgress = ignore, share: Share = WHOLE
) -> Progress:
    """Do all the work of an experiment, or of a share of it, that its store does not hold yet.

    Parameters
    ----------
    experiment
        What to simulate.
    store
        Where to keep it; a store that holds part of the same experiment is continued. If it holds work of fewer
        institutions, those that are new are simulated first, file by file.
    engine
        `LocalEngine` or `RayEngine`.
    on_progress
        Called after every finished task, in this thread.
    share
        Which blocks to do, of those that machines without a connection divide among themselves.

    Raises
    ------
    ConfigError
        A precision is asked for that cannot be reached, or of something that is not counted.
    StoreError
        The store cannot hold this experiment; nothing has run.
    WorkError
        Some work failed; all other work has been done and kept.
    UnfitWorkerError
        A worker is not made like this process, or there is no cluster (any more); what had finished has been kept.
    NondeterminismError
        The same work gave other numbers on another worker, or than in the store.
    InterruptedRun
        Ctrl-C or SIGTERM; what was in flight has been kept. A second Ctrl-C does not wait for it.
    """
    job = Job(experiment, plan(experiment))
    targets(experiment)  # what is wrong with them is told before anything is touched
    with store.claim(experiment, job.plan, widen=share == WHOLE):
        costs, widening = Costs(experiment), Widening(store, job)
        rounds = Rounds(experiment, store, share, costs)
        missing, total, left = rounds.first()
        meter = Meter(experiment, costs, total, left, widening.lacking())
        on_progress(meter.progress)
        rest = _Rest(missing, share, costs, widening)
        if rest:
            warm_up(job)
            with Heartbeat(store.path, engine.name) as heartbeat:
                _work(job, store, engine, rest, rounds, meter, on_progress, heartbeat)
    return meter.progress


@dataclass(frozen=True)
class _Rest:
    """What is to be done in a round: ranges (range, 3), see `as_array`, of a share, and files to widen before."""

    missing: Integers
    share: Share
    costs: Costs
    widening: Widening

    def __bool__(self) -> bool:
        return bool(self.widening.files) or next(self.spans(), None) is not None

    def spans(self) -> Iterator[Span]:
        """The blocks of the ranges."""
        return self.share.blocks(self.missing, self.costs)

    def tasks(self, job: Job, sizes: Sizes) -> Iterator[tuple[Span, ...]]:
        """All of it in tasks."""
        width = row_width(tally_shapes(len(job.experiment.institutions), job.plan))
        most = max(TASK_BYTES // (8 * width), 1)
        left = self.costs.planned(self.missing)
        widened = self.widening.tasks(self.costs, left, sizes.next, most)
        return chain(widened, batches(self.spans(), self.costs, left, sizes.next, most))

    def planned(self, done: Counted) -> float:
        """Seconds that a task was planned to take on one core."""
        return self.costs.planned(done.spans) * self.widening.share(done.institutions)


def _work(
    job: Job,
    store: Store,
    engine: Engine,
    rest: _Rest,
    rounds: Rounds,
    meter: Meter,
    on_progress: OnProgress,
    heartbeat: Heartbeat,
) -> None:
    pending = Pending(store)
    with engine.workers(job) as workers, interruptible() as stop:
        began = datetime.now(UTC)
        meter.start()
        sizes = Sizes(engine.task_seconds, workers.capacity)
        schedule = Schedule(workers, rest.tasks(job, sizes), stop)
        try:
            while rest:
                for done in schedule:
                    finished = rest.widening.add(done) if done.institutions else done.spans
                    if not done.institutions:
                        pending.add(done)
                    if stop.is_set():  # whoever asked may not wait for the end
                        pending.commit()
                    sizes.learn(rest.planned(done), done.seconds)
                    on_progress(meter.add(done, finished))
                    heartbeat.beat(meter.progress, done, schedule.failures)
                pending.commit()
                coming = rounds.after({failure.span.point for failure in schedule.failures})
                if coming is None:
                    break
                on_progress(meter.expect(coming.total))
                if stop.is_set() or schedule.gave_up:
                    break
                rest = replace(rest, missing=coming.missing, widening=Widening(store, job))
                schedule.go_on(rest.tasks(job, sizes))
        finally:
            pending.commit()
            heartbeat.beat(meter.progress, None, schedule.failures, final=True)
            done_here = meter.progress.done - meter.progress.kept
            store.log({**times(began, datetime.now(UTC)), "engine": engine.name, "episodes": done_here})
    unfit = next((failure.error for failure in schedule.failures if isinstance(failure.error, UnfitWorkerError)), None)
    if unfit:
        raise unfit
    if schedule.failures:
        raise WorkError(_failed(schedule), schedule.failures)
    if meter.progress.done < meter.progress.total:
        raise InterruptedRun(meter.progress)


def _failed(schedule: Schedule[Any]) -> str:
    """What could not be done, in words."""
    failures = schedule.failures
    lines = [f"  {failure}" for failure in failures[:SHOWN]]
    if len(failures) > SHOWN:
        lines.append(f"  and {len(failures) - SHOWN} more")
    rest = "nothing more was tried" if schedule.gave_up else "all other work is done"
    first = failures[0].span
    return "\n".join(
        [
            f"{len(failures)} pieces of work failed, {rest}; the same command tries again what is missing:",
            *lines,
            f"to see the first in Python: csmc.replay.replay(experiment, institution, point={first.point}, "
            f"replicate={first.first})",
        ]
    )

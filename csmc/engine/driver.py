"""One run: claim the store, do what is missing on an engine, commit as it comes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Protocol

import numpy as np

from csmc.config import Experiment
from csmc.engine.heartbeat import Heartbeat
from csmc.engine.index import Index
from csmc.engine.pending import Pending
from csmc.engine.progress import Meter, OnProgress, Progress
from csmc.engine.schedule import Schedule, WorkError, Workers, interruptible
from csmc.engine.spans import WHOLE, Costs, Share, Span, batches
from csmc.engine.store import Store
from csmc.engine.tallies import Job, tally_span
from csmc.estimate import plan
from csmc.kernel.result import Integers
from csmc.provenance import times

#: Failures that are told one by one.
SHOWN = 5


class Engine(Protocol):
    """A place to compute. It never changes a number."""

    name: str
    task_seconds: float

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
        Where to keep it; a store that holds part of the same experiment is continued.
    engine
        `LocalEngine` or `RayEngine`.
    on_progress
        Called after every finished task, in this thread.
    share
        Which blocks to do, of those that machines without a connection divide among themselves.

    Raises
    ------
    StoreError
        The store cannot hold this experiment; nothing has run.
    WorkError
        Some work failed; all other work has been done and kept.
    InterruptedRun
        Ctrl-C or SIGTERM; what was in flight has been kept. A second Ctrl-C does not wait for it.
    """
    job = Job(experiment, plan(experiment))
    with store.claim(experiment, job.plan):
        costs = Costs(experiment)
        everything, missing = (_ranges(experiment, index, share, costs) for index in (Index([]), store.index))
        meter = Meter(experiment, costs, costs.episodes(everything), costs.episodes(missing))
        on_progress(meter.progress)
        tasks = batches(share.blocks(missing, costs), costs, engine.task_seconds)
        first = next(tasks, None)
        if first is not None:
            _warm_up(job, first[0])
            with Heartbeat(store.path, engine.name) as heartbeat:
                _work(job, store, engine, chain([first], tasks), meter, on_progress, heartbeat)
    return meter.progress


def _ranges(experiment: Experiment, index: Index, share: Share, costs: Costs) -> Integers:
    """What of a share is not in an index, (range, 3), see `Costs.episodes`."""
    missing = index.missing(experiment.n_points, experiment.sampling.replicates)
    if share == WHOLE:
        return missing
    spans = [(span.point, span.first, span.stop) for span in share.blocks(missing, costs)]
    return np.array(spans, dtype=np.int64).reshape(-1, 3)


def _warm_up(job: Job, span: Span) -> None:
    """Have the kernel compiled, or loaded, once, and not by every worker at the same time."""
    with suppress(Exception):  # if this work cannot be done, it is told when its turn comes
        tally_span(job.experiment, replace(span, count=1), job.plan)


def _work(
    job: Job,
    store: Store,
    engine: Engine,
    tasks: Iterator[tuple[Span, ...]],
    meter: Meter,
    on_progress: OnProgress,
    heartbeat: Heartbeat,
) -> None:
    pending = Pending(store)
    with engine.workers(job) as workers, interruptible() as stop:
        began = datetime.now(UTC)
        meter.start()
        schedule = Schedule(workers, tasks, stop)
        try:
            for done in schedule:
                pending.add(done)
                if stop.is_set():  # whoever asked may not wait for the end
                    pending.commit()
                on_progress(meter.add(done.spans))
                heartbeat.beat(meter.progress, done, schedule.failures)
        finally:
            pending.commit()
            heartbeat.beat(meter.progress, None, schedule.failures, final=True)
            done_here = meter.progress.done - meter.progress.kept
            store.log({**times(began, datetime.now(UTC)), "engine": engine.name, "episodes": done_here})
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

"""One run: claim the store, do what is missing on an engine, commit as it comes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Protocol

from csmc.config import Experiment
from csmc.engine.pending import Pending
from csmc.engine.progress import Meter, OnProgress, Progress
from csmc.engine.schedule import Workers, drain, interruptible
from csmc.engine.spans import Costs, Span, batches, blocks
from csmc.engine.store import Store
from csmc.engine.tallies import Job, tally_span
from csmc.estimate import plan
from csmc.provenance import times


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


def run(experiment: Experiment, store: Store, engine: Engine, on_progress: OnProgress = ignore) -> Progress:
    """Do all the work of an experiment that its store does not hold yet.

    Parameters
    ----------
    experiment
        What to simulate.
    store
        Where to keep it; a store that holds part of the same experiment is continued.
    engine
        `LocalEngine` or `RayEngine`.
    on_progress
        Called after every finished span, in this thread.

    Raises
    ------
    StoreError
        The store cannot hold this experiment; nothing has run.
    WorkError
        Some work failed; all other work in flight has been kept.
    InterruptedRun
        Ctrl-C or SIGTERM; what was in flight has been kept. A second Ctrl-C does not wait for it.
    """
    job = Job(experiment, plan(experiment))
    with store.claim(experiment, job.plan):
        missing = store.index.missing(experiment.n_points, experiment.sampling.replicates)
        costs = Costs(experiment)
        meter = Meter(experiment, costs, costs.episodes(missing))
        on_progress(meter.progress)
        tasks = batches(blocks(missing, costs), costs, engine.task_seconds)
        first = next(tasks, None)
        if first is not None:
            # One replicate, so that the kernel is compiled (or loaded) once and not by every worker at the same time.
            tally_span(experiment, replace(first[0], count=1), job.plan)
            _work(job, store, engine, chain([first], tasks), meter, on_progress)
    return meter.progress


def _work(
    job: Job,
    store: Store,
    engine: Engine,
    tasks: Iterator[tuple[Span, ...]],
    meter: Meter,
    on_progress: OnProgress,
) -> None:
    pending = Pending(store)
    with engine.workers(job) as workers, interruptible() as stop:
        began = datetime.now(UTC)
        meter.start()
        try:
            for done in drain(workers, tasks, stop):
                pending.add(done)
                on_progress(meter.add(done.spans))
        finally:
            pending.commit()
            done_here = meter.progress.done - meter.progress.kept
            store.log({**times(began, datetime.now(UTC)), "engine": engine.name, "episodes": done_here})
    if stop.is_set() and meter.progress.done < meter.progress.total:
        raise InterruptedRun(meter.progress)

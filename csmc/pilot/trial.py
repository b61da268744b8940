"""The pilot as a whole: what is left of a run, some of it simulated, and the rest forecast. Edit to measure more."""

import time
from collections.abc import Sequence
from itertools import islice

import numpy as np

from csmc.config import Experiment
from csmc.engine.index import Index
from csmc.engine.local import LocalEngine
from csmc.engine.spans import WHOLE, Costs, Span, batches
from csmc.engine.stopping import Ends, Stopping
from csmc.engine.store import Store
from csmc.engine.tallies import Job, tally_span
from csmc.estimate import plan
from csmc.kernel.result import Integers
from csmc.pilot.beside import measure_beside
from csmc.pilot.forecast import Amount, ByPrecision, Forecast, Load, Measured, Pilot, expected
from csmc.pilot.precision import expected_ends, half_widths
from csmc.pilot.sample import Pieces
from csmc.pilot.simulate import Simulated, simulate

#: Blocks that are cut and grouped to find what that takes.
GROUPED = 4096


def try_out(experiment: Experiment, store: Store, *, cores: Sequence[int], seconds: float, here: int) -> Forecast:
    """Forecast what is left of a run by simulating some of it; nothing in its store is changed.

    Parameters
    ----------
    experiment
        What the run is asked for.
    store
        Where it would write.
    cores
        Numbers of cores to forecast times on the clock for.
    seconds
        How long to simulate. A pilot ends sooner if it has met all of the work, and does one piece at least.
    here
        Cores of this machine to use.

    Raises
    ------
    StoreError
        The store cannot hold this experiment.
    """
    job = Job(experiment, plan(experiment))
    began = time.process_time()
    costs, n_points, files = Costs(experiment), experiment.n_points, store.held(experiment, job.plan)
    held = Index(files)
    starting = time.process_time() - began

    tally_span(experiment, Span(0, 0, job.plan.group), job.plan)  # compiles the kernel, or loads it
    clock = time.monotonic()
    if costs.by_precision:
        stopping = Stopping(experiment, costs)
        stopping.look(files, held)
        replicates = _by_looks(job, costs, stopping.ends, seconds / 3, here)
    else:
        replicates = np.full(n_points, experiment.sampling.most, dtype=np.int64)
    missing = held.missing(n_points, replicates)
    left = np.bincount(missing[:, 0], missing[:, 2] - missing[:, 1], n_points).astype(np.int64)
    fixed = job._replace(experiment=experiment.sampled(int(replicates.max())))
    sample, stored = _simulated(fixed, costs, left if left.any() else replicates, seconds, here)
    taken = time.monotonic() - clock

    unfinished = int(np.count_nonzero(left))
    segments = costs.cuts.segments(missing[:, 2] - 1) - costs.cuts.segments(missing[:, 1]) + 1
    load = Load(
        points=n_points,
        unfinished=int(segments.sum()),
        blocks=int(np.maximum(-(-(missing[:, 2] - missing[:, 1]) // costs.block_sizes[missing[:, 0]]), segments).sum()),
        planned=float((costs.seconds * left).sum()),
        row_bytes=sample.rows[0].nbytes,
        here=here,
    )
    beside = measure_beside(fixed.experiment, stored, costs.cuts)
    measured = Measured(sample.ratios, sample.pieces, sample.preparing, _grouping(missing, costs), starting, *beside)
    crises = _amount(int((costs.lengths * replicates).sum()), int((costs.lengths * left).sum()))
    return Forecast(
        name=experiment.name,
        output=str(store.path),
        points=_amount(n_points, unfinished),
        replicates=round(float(replicates.mean())),
        institutions=tuple(institution.name for institution in experiment.institutions),
        reference=experiment.reference,
        crises=crises,
        institution_episodes=Amount(*(len(experiment.institutions) * count for count in crises)),
        **expected(load, measured, cores)._asdict(),
        half_widths=half_widths(experiment, job.plan, costs, sample, replicates),
        pilot=Pilot(
            points=len(sample.points),
            crises=int((costs.lengths[sample.points] * sample.replicates).sum()),
            pieces=sample.pieces,
            stored=len(stored.points),
            seconds=taken,
            cores=here,
        ),
        by_precision=_by_precision(replicates, experiment.sampling.most) if costs.by_precision else None,
    )


def _by_looks(job: Job, costs: Costs, ends: Ends, seconds: float, threads: int) -> Integers:
    """With how many replicates each point is expected to end: by its last look, else by a pilot of its own."""
    seen = ends.replicates > 0
    if seen.all():
        return ends.expected
    most = job.experiment.sampling.most
    pilot = simulate(job, costs, Pieces(costs, np.where(seen, 0, most), most).draws(), seconds, threads)
    return np.where(seen, ends.expected, expected_ends(job.experiment, job.plan, costs, pilot))


def _by_precision(replicates: Integers, limit: int) -> ByPrecision:
    return ByPrecision(int(replicates.min()), int(replicates.max()), limit, int((replicates == limit).sum()))


def _simulated(job: Job, costs: Costs, left: Integers, seconds: float, threads: int) -> tuple[Simulated, Simulated]:
    """A sample of the work, to time; and what to store: the same, or a stretch of points if they are cheap."""
    pieces = Pieces(costs, left, job.experiment.sampling.most)
    if not pieces.are_shared:
        sample = simulate(job, costs, pieces.draws(), seconds, threads)
        return sample, sample
    sample = simulate(job, costs, pieces.draws(), seconds / 2, threads)
    return sample, simulate(job, costs, pieces.stretch(), seconds / 2, threads)


def _amount(total: int, left: int) -> Amount:
    return Amount(total, total - left, left)


def _grouping(missing: Integers, costs: Costs) -> float:
    """Seconds of the driver's loop for a block."""
    blocks = islice(WHOLE.blocks(missing[:GROUPED], costs), GROUPED)
    began = time.process_time()
    grouped = sum(map(len, batches(blocks, costs, 0.0, lambda _: LocalEngine.task_seconds, GROUPED)))
    return (time.process_time() - began) / max(grouped, 1)

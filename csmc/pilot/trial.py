"""The pilot as a whole: what is left of a run, some of it simulated, and the rest forecast. Edit to measure more."""

import time
from collections.abc import Sequence
from itertools import islice

import numpy as np

from csmc.config import Experiment
from csmc.engine.local import LocalEngine
from csmc.engine.spans import WHOLE, Costs, Span, batches
from csmc.engine.store import Store
from csmc.engine.tallies import Job, tally_span
from csmc.estimate import plan
from csmc.kernel.result import Integers
from csmc.pilot.beside import measure_beside
from csmc.pilot.forecast import Amount, Forecast, Load, Measured, Pilot, expected
from csmc.pilot.precision import half_widths
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
    costs, replicates, n_points = Costs(experiment), experiment.sampling.replicates, experiment.n_points
    missing = store.held(experiment, job.plan).missing(n_points, replicates)
    starting = time.process_time() - began
    left = np.bincount(missing[:, 0], missing[:, 2] - missing[:, 1], n_points).astype(np.int64)

    tally_span(experiment, Span(0, 0, job.plan.group), job.plan)  # compiles the kernel, or loads it
    clock = time.monotonic()
    sample, stored = _simulated(job, costs, left if left.any() else np.full_like(left, replicates), seconds, here)
    taken = time.monotonic() - clock

    load = Load(
        points=n_points,
        unfinished=int(np.count_nonzero(left)),
        blocks=int((-(-left // costs.block_sizes)).sum()),
        planned=float((costs.seconds * left).sum()),
        row_bytes=sample.rows[0].nbytes,
        here=here,
    )
    beside = measure_beside(experiment, stored)
    measured = Measured(sample.ratios, sample.pieces, sample.preparing, _grouping(missing, costs), starting, *beside)
    crises = _amount(int(costs.lengths.sum()) * replicates, int((costs.lengths * left).sum()))
    return Forecast(
        name=experiment.name,
        output=str(store.path),
        points=_amount(n_points, load.unfinished),
        replicates=replicates,
        institutions=tuple(institution.name for institution in experiment.institutions),
        reference=experiment.reference,
        crises=crises,
        institution_episodes=Amount(*(len(experiment.institutions) * count for count in crises)),
        **expected(load, measured, cores)._asdict(),
        half_widths=half_widths(experiment, job.plan, costs, sample),
        pilot=Pilot(
            points=len(sample.points),
            crises=int((costs.lengths[sample.points] * sample.replicates).sum()),
            pieces=sample.pieces,
            stored=len(stored.points),
            seconds=taken,
            cores=here,
        ),
    )


def _simulated(job: Job, costs: Costs, left: Integers, seconds: float, threads: int) -> tuple[Simulated, Simulated]:
    """A sample of the work, to time; and what to store: the same, or a stretch of points if they are cheap."""
    pieces = Pieces(costs, left, job.experiment.sampling.replicates)
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

"""What the engine costs beyond the kernel's own time: per design point, and per block of work."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import csmc
from csmc import engine
from csmc.engine import LocalEngine, Span, Store, tally_span
from csmc.engine.index import Index
from csmc.engine.spans import Costs, blocks
from csmc.estimate import plan
from csmc.kernel import tally
from csmc.results.assemble import assemble

INSTITUTIONS = ["anarchy", "balance_of_power", "un_security_council"]
REPLICATES = 64


def sweep(points: int) -> csmc.Experiment:
    """So many points of one block each."""
    return csmc.Experiment(
        name="sweep",
        institutions=INSTITUTIONS,
        design={"grid": {"interests.divergence": {"linspace": [0, 3, points]}}},
        sampling={"replicates": REPLICATES},
    )


def one_point(blocks: int) -> csmc.Experiment:
    """One point of so many blocks."""
    return csmc.Experiment(
        name="one-point",
        institutions=INSTITUTIONS,
        sampling={"replicates": blocks * REPLICATES},
        execution={"block": REPLICATES},
    )


def seconds_of(call: Callable[[], object]) -> float:
    """Processor time of a call, in this process."""
    began = time.process_time()
    call()
    return time.process_time() - began


class Overhead(NamedTuple):
    """Microseconds per block, of the kernel alone and of the engine beyond it; seconds of writing the whole result."""

    kernel: float
    engine: float
    result: float


def time_overhead(experiment: csmc.Experiment) -> Overhead:
    """Run an experiment on one thread, into a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "out")
        spans = all_blocks(experiment)
        tally_span(experiment, Span(0, 0, 1), plan(experiment))
        alone = seconds_of(kernel_alone(experiment, spans))
        run = seconds_of(lambda: engine.run(experiment, store, LocalEngine(1)))
        result = seconds_of(lambda: assemble(experiment, store))
    return Overhead(alone / len(spans) * 1e6, (run - alone) / len(spans) * 1e6, result)


def all_blocks(experiment: csmc.Experiment) -> list[Span]:
    """All the work of an experiment, as the engine cuts it."""
    whole = Index([]).missing(experiment.n_points, experiment.sampling.replicates)
    return list(blocks(whole, Costs(experiment)))


def kernel_alone(experiment: csmc.Experiment, spans: list[Span]) -> Callable[[], None]:
    """The same blocks with everything prepared: calls of the kernel and nothing else."""
    chosen = plan(experiment)
    points = {span.point: experiment.point(span.point) for span in spans}
    calls = [(*points[s.point].packed(), points[s.point].seed, s.first, s.count, chosen) for s in spans]

    def call() -> None:
        for arguments in calls:
            tally(*arguments)

    return call

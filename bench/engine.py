"""What the engine costs beside the kernel: whole runs on threads and on a Ray of this machine, the store, the start.

python -m bench.engine {threads,ray,store,start} [--workers N]
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import sub
from pathlib import Path
from typing import Any, NamedTuple

import csmc
from bench.clocks import FOLDER, read_clocks, start_clock, timed_kernel, timed_store
from bench.scaling import FEW, sweep
from csmc import engine
from csmc.engine import LocalEngine, Span, Store, tally_span
from csmc.engine.driver import Engine
from csmc.engine.index import Index
from csmc.engine.pending import Pending
from csmc.engine.spans import Costs, batches, blocks
from csmc.engine.tallies import Job, tally_spans
from csmc.estimate import plan

ROOT = Path(__file__).parents[1]
#: Length of the long tasks, and planned time of the run that is made of them, for each worker (seconds).
LONG_TASK, LONG_RUN = 1.0, 30.0
#: Points of the run of tiny points, each of FEW replicates; and of those that the store records.
TINY_POINTS, STORED_POINTS = 100_000, 20_000
#: Work for a first moment, so that every worker has loaded the kernel: planned seconds for each.
FIRST_MOMENT = 4.0
#: Until the first block of a run is on disk, at most (seconds).
PATIENCE = 120.0


class Overhead(NamedTuple):
    """What a whole run took, in seconds."""

    points: int
    replicates: int
    cores: int
    tasks: int
    wall: float
    kernel: float  #: in the compiled kernel, of all workers, on the clock
    driver: float  #: processor time of what hands out tasks and stores what they counted
    store: float  #: of that, what the store took

    @property
    def share(self) -> float:
        """Share of the cores' time that is neither the kernel's nor the store's.

        The driver has no core of its own: what it used is counted as taken from the kernel. What other programs took
        while a kernel ran is not, so that a machine that is busy shows less than it would.
        """
        return 1.0 - (self.kernel - self.driver + self.store) / (self.cores * self.wall)


class Recorded(NamedTuple):
    """Points a second that a store records, and that it takes up again."""

    points: int
    recorded: float
    taken_up: float


class FirstBlock(NamedTuple):
    """Seconds from the start of `csmc run` to its first block on disk."""

    threads: float
    ray: float


def long_sweep(workers: int, seconds: float) -> csmc.Experiment:
    """A point of so many replicates that workers are planned to need about so many seconds each."""
    each = float(Costs(sweep(1, 1)).seconds[0])
    return sweep(1, round(workers * seconds / each))


class Clocks(NamedTuple):
    """Seconds so far: on the clock, in all kernels on the clock, processor time of the driver."""

    wall: Callable[[], float]
    kernel: Callable[[], float]
    driver: Callable[[], float]

    def read(self) -> list[float]:
        return [clock() for clock in self]


def overheads(place: Engine, workers: int, clocks: Clocks) -> dict[str, Overhead]:
    """A run of long tasks, and one of tiny points in tasks as the engine makes them."""
    own = place.task_seconds
    run_once(place, long_sweep(workers, FIRST_MOMENT), workers, clocks)
    place.task_seconds = LONG_TASK
    long = run_once(place, long_sweep(workers, LONG_RUN), workers, clocks)
    place.task_seconds = own
    return {"long": long, "tiny": run_once(place, sweep(TINY_POINTS, FEW), workers, clocks)}


def run_once(place: Engine, experiment: csmc.Experiment, workers: int, clocks: Clocks) -> Overhead:
    """Run an experiment into a folder that is gone afterwards."""
    told: list[engine.Progress] = []
    with tempfile.TemporaryDirectory() as folder, timed_store() as store:
        before = clocks.read()
        engine.run(experiment, Store(Path(folder) / "out"), place, told.append)
        wall, kernel, driver = map(sub, clocks.read(), before)
    tasks = len(told) - 1  # it is told of each, and once before
    size = experiment.n_points, experiment.sampling.replicates
    return Overhead(*size, workers, tasks, wall, kernel, driver, store.seconds.processor)


def overhead_of_threads(workers: int) -> dict[str, Overhead]:
    """On threads of this process."""
    with timed_kernel() as kernel:
        clocks = Clocks(time.perf_counter, lambda: kernel.seconds.clock, time.thread_time)
        return overheads(LocalEngine(workers), workers, clocks)


def overhead_of_ray(workers: int) -> dict[str, Overhead]:
    """On workers of a Ray that is started for it."""
    from csmc.engine.ray import RayEngine

    with tempfile.TemporaryDirectory() as folder, local_ray(workers, folder):
        clocks = Clocks(time.perf_counter, lambda: read_clocks(Path(folder)).clock, time.process_time)
        return overheads(RayEngine(), workers, clocks)


@contextmanager
def local_ray(workers: int, folder: str) -> Iterator[None]:
    """A Ray whose workers keep the clocks of their kernels in a folder."""
    import ray

    os.environ[FOLDER] = folder
    ray.init(
        address="local",
        num_cpus=workers,
        include_dashboard=False,
        logging_level="ERROR",
        log_to_driver=False,
        object_store_memory=200_000_000,
        runtime_env={"worker_process_setup_hook": start_clock},
    )
    try:
        yield
    finally:
        ray.shutdown()


def recorded(points: int) -> Recorded:
    """Record what the kernel counts at so many points, as a run does, and take it up again, as the next run does."""
    experiment = sweep(points, FEW)
    job, costs = Job(experiment, plan(experiment)), Costs(experiment)
    missing = Index([]).missing(experiment.n_points, FEW)
    counted = [tally_spans(job, task) for task in batches(blocks(missing, costs), costs, 0.0, lambda left: 0.2, points)]
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        store = Store(folder)
        with store.claim(experiment, job.plan):
            pending = Pending(store)
            for part in counted:
                pending.add(part)
            pending.commit()
        written = time.perf_counter()
        again = Store(folder)
        with again.claim(experiment, job.plan):
            left = again.index.missing(experiment.n_points, FEW)
        opened = time.perf_counter()
    assert len(left) == 0, f"{len(left)} of {experiment.n_points} points have got lost"
    return Recorded(
        experiment.n_points, experiment.n_points / (written - began), experiment.n_points / (opened - written)
    )


def first_blocks(workers: int) -> FirstBlock:
    """Start `csmc run` in a process of its own on either engine, and stop it when its first block is there."""
    tally_span(sweep(1, 1), Span(0, 0, 1), plan(sweep(1, 1)))  # the kernel's machine code is on disk
    return FirstBlock(*(_first_block(name, workers) for name in ("local", "ray")))


def _first_block(name: str, workers: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        config, out = Path(folder) / "long.yaml", Path(folder) / "out"
        config.write_text(
            "name: long\ninstitutions: [anarchy, balance_of_power]\nsampling: {replicates: 1_000_000_000}\n"
        )
        command = [sys.executable, "-m", "csmc.cli", "run", str(config), "-o", str(out), "--quiet"]
        began = time.perf_counter()
        with subprocess.Popen([*command, "--engine", name, "--threads", str(workers)], cwd=ROOT) as process:
            try:
                while not any(out.glob("blocks/*.blk")):
                    taken = time.perf_counter() - began
                    if process.poll() is not None or taken > PATIENCE:
                        raise RuntimeError(f"a run on the engine {name} has written nothing after {taken:.0f} s")
                    time.sleep(0.005)
                return time.perf_counter() - began
            finally:
                process.send_signal(signal.SIGTERM)


PARTS: dict[str, Callable[[int], Any]] = {
    "threads": lambda workers: {name: found._asdict() for name, found in overhead_of_threads(workers).items()},
    "ray": lambda workers: {name: found._asdict() for name, found in overhead_of_ray(workers).items()},
    "store": lambda workers: recorded(STORED_POINTS)._asdict(),
    "start": lambda workers: first_blocks(workers)._asdict(),
}


def measured(part: str) -> dict[str, Any]:
    """Measure a part in a fresh process."""
    command = [sys.executable, "-m", "bench.engine", part]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what the engine costs, and print it as JSON.")
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    print(json.dumps(PARTS[arguments.part](arguments.workers)))


if __name__ == "__main__":
    main()

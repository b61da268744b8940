"""How cost grows with the size of a sweep: whole runs, each in a process of its own, and what they took.

python -m bench.scaling POINTS REPLICATES [--threads N] [--everything]
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import csmc
from bench.clocks import timed_kernel
from csmc import engine
from csmc.engine import LocalEngine, Span, Store, tally_span
from csmc.estimate import plan
from csmc.institutions.catalogue import names
from csmc.results import assemble

#: Replicates of a point in designs of many points: two batches of lanes.
FEW = 256
#: Points of designs with FEW replicates each, and replicates of one point.
POINTS = (100, 1_000, 10_000, 100_000, 1_000_000)
REPLICATES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
METRICS = ("war", "peace", "challenge")


class Scale(NamedTuple):
    """What a whole run took: processor time of all threads, and time on the clock, in seconds; sizes in bytes."""

    points: int
    replicates: int
    institutions: int
    kernel: float  #: processor time of the compiled kernel
    run: float  #: of simulating and storing, with the kernel's
    result: float  #: of writing the labelled result
    wall: float  #: on the clock, of both
    resume: float  #: on the clock, until a run that is finished finds that it is
    peak: int  #: the most memory the process had
    store: int
    dataset: int

    @property
    def episodes(self) -> int:
        """Institution-episodes."""
        return self.points * self.replicates * self.institutions

    @property
    def overhead(self) -> float:
        """Share of the processor time that is not the kernel's."""
        return 1.0 - self.kernel / (self.run + self.result)


def sweep(points: int, replicates: int, everything: bool = False) -> csmc.Experiment:
    """All presets on one-shot crises of 8 states, at so many points of a grid.

    Three metrics and no joint tables, or `everything` that is kept by default.
    """
    side = max(round(points**0.5), 1)
    axes = {"interests.divergence": side, "crisis.war_cost": points // side}
    grid = {path: {"linspace": [0.1, 3.0, count]} for path, count in axes.items() if count > 1}
    return csmc.Experiment(
        name="scale",
        institutions=list(names()),
        **({"design": {"grid": grid}} if grid else {}),
        sampling={"replicates": replicates},
        outputs={} if everything else {"metrics": list(METRICS), "joint": "none"},
    )


def simulate(experiment: csmc.Experiment, threads: int) -> Scale:
    """Run a sweep in this process, into a folder that is gone afterwards."""
    tally_span(experiment, Span(0, 0, 1), plan(experiment))
    with tempfile.TemporaryDirectory() as folder, timed_kernel() as kernel:
        store = Store(Path(folder) / "out")
        clock = [time.monotonic()]
        processor = [time.process_time()]
        for step in (lambda: engine.run(experiment, store, LocalEngine(threads)), lambda: assemble(experiment, store)):
            step()
            clock.append(time.monotonic())
            processor.append(time.process_time())
        engine.run(experiment, Store(store.path), LocalEngine(threads))
        resume = time.monotonic() - clock[-1]
        dataset = _size(store.path / "result.zarr")
        return Scale(
            points=experiment.n_points,
            replicates=experiment.sampling.replicates,
            institutions=len(experiment.institutions),
            kernel=kernel.seconds.processor,
            run=processor[1] - processor[0],
            result=processor[2] - processor[1],
            wall=clock[2] - clock[0],
            resume=resume,
            peak=_peak(),
            store=_size(store.path) - dataset,
            dataset=dataset,
        )


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def _peak() -> int:
    """Not ru_maxrss: a new process inherits that of the process that started it."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


def measured(points: int, replicates: int, *options: str) -> Scale:
    """Run the sweep in a fresh process, with options as on the command line."""
    command = [sys.executable, "-m", "bench.scaling", str(points), str(replicates), *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    return Scale(**json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description="Run a sweep and print what it took, as JSON.")
    parser.add_argument("points", type=int)
    parser.add_argument("replicates", type=int, help="of each point")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--everything", action="store_true", help="keep all metrics and joint tables")
    arguments = parser.parse_args()
    experiment = sweep(arguments.points, arguments.replicates, arguments.everything)
    print(json.dumps(simulate(experiment, arguments.threads)._asdict()))


if __name__ == "__main__":
    main()

"""All figures of this machine, measured in about a minute: what `csmc bench` prints."""

import platform
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

import csmc
from csmc.benchmark.atoms import atoms
from csmc.benchmark.counting import count_operations
from csmc.benchmark.kernel import SEED, Case, Scaling, kernel_work, replicates_for, time_threads
from csmc.benchmark.operations import COSTLY, Operation
from csmc.benchmark.roofline import roof
from csmc.benchmark.timing import Timing, Work, interleaved
from csmc.benchmark.twin import CompilerError, Twin
from csmc.machine import available_cores
from csmc.provenance import cpu_name

Size = tuple[int, int]  #: states, episodes

#: What is measured by default.
SIZES: tuple[Size, ...] = ((8, 1), (8, 20), (32, 1), (32, 20))
#: For the default case of `csmc bench`: counting, compiling loops and starting take as long again.
SECONDS = 30.0


@dataclass(frozen=True)
class KernelFigure:
    """One case under all presets. Nanoseconds are per institution-episode. No twin: it does not simulate the case."""

    n_states: int
    episodes: int
    timing: Timing
    operations: dict[Operation, float]
    roof: float
    twin: Timing | None

    @property
    def ratio(self) -> float:
        """How many times the roof the kernel takes."""
        return self.timing.cpu / self.roof

    @property
    def twin_ratio(self) -> float | None:
        """How many times its twin in C the kernel takes."""
        return None if self.twin is None else self.timing.cpu / self.twin.cpu

    @property
    def millions_per_second(self) -> float:
        """Institution-episodes of one thread, at the median."""
        return 1e3 / self.timing.median

    def as_json(self) -> dict[str, Any]:
        """The figure for scripts."""
        return {
            "n_states": self.n_states,
            "episodes": self.episodes,
            **self.timing._asdict(),
            "roof": self.roof,
            "ratio": self.ratio,
            "twin_ratio": self.twin_ratio,
            "millions_per_second": self.millions_per_second,
            "operations": {str(operation): count for operation, count in self.operations.items()},
        }


@dataclass(frozen=True)
class Figures:
    """What was measured. No scaling: there is one core. No compiler: there is no twin in C to compare with."""

    machine: dict[str, str | int]
    atoms: dict[Operation, Timing]
    kernel: tuple[KernelFigure, ...]
    scaling: Scaling | None
    compiler: str | None

    def as_json(self) -> dict[str, Any]:
        """The figures for scripts: times in nanoseconds."""
        return {
            "machine": self.machine,
            "atoms": {str(operation): timing._asdict() for operation, timing in self.atoms.items()},
            "kernel": [figure.as_json() for figure in self.kernel],
            "threads": None if self.scaling is None else self.scaling._asdict(),
            "compiler": self.compiler,
        }


def machine() -> dict[str, str | int]:
    """The processor, the cores that this process may use, and the versions that matter to speed."""
    packages = {name: version(name) for name in ("numba", "llvmlite", "numpy")}
    return {
        "cpu": cpu_name(),
        "cores": available_cores(),
        "csmc": csmc.__version__,
        "python": platform.python_version(),
        **packages,
    }


def measure(seconds: float = SECONDS, sizes: tuple[Size, ...] = SIZES) -> Figures:
    """Measure everything, with `seconds` for what is timed. The kernel, its parts and its twin are timed in turn.

    Raises
    ------
    CountError
        The kernel's operations could not be counted.
    """
    cases = {size: Case(*size) for size in sizes}
    counts = {size: count_operations(case).operations for size, case in cases.items()}
    twin = find_twin()
    works: dict[Any, Work] = {**atoms()}
    for size, case in cases.items():
        works["kernel", size] = kernel_work(case)
        if twin is not None and case.episodes == 1:
            works["twin", size] = twin_work(twin, case)
    times = interleaved(works, 0.8 * seconds)
    parts = {operation: times[operation] for operation in COSTLY}
    costs = {operation: timing.cpu for operation, timing in parts.items()}
    cores = available_cores()
    return Figures(
        machine(),
        parts,
        tuple(
            KernelFigure(
                *size, times["kernel", size], counts[size], roof(counts[size], costs), times.get(("twin", size))
            )
            for size in sizes
        ),
        time_threads(cases[sizes[0]], cores, 0.2 * seconds) if cores > 1 else None,
        None if twin is None else twin.compiler,
    )


def find_twin() -> Twin | None:
    """The kernel's twin in C, compiled; None where there is no compiler for it."""
    try:
        return Twin()
    except CompilerError:
        return None


def twin_work(twin: Twin, case: Case) -> Work:
    """The twin's call for the work that `kernel_work` has: it counts outcomes, the kernel more."""
    point, _, institutions = case.records
    count = replicates_for(case)
    return Work(partial(twin.counts, point, institutions, SEED, 0, count), case.work(count))

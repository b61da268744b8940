"""All figures of this machine, measured in about a minute: what `csmc bench` prints."""

import platform
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Any, NamedTuple

import csmc
from csmc.benchmark.atoms import atoms
from csmc.benchmark.counting import count_operations
from csmc.benchmark.kernel import SEED, Case, Scaling, kernel_work, replicates_for, time_threads
from csmc.benchmark.operations import COSTLY, Operation
from csmc.benchmark.roofline import Roofline, roof
from csmc.benchmark.timing import Timing, Work, interleaved
from csmc.engine.local import available_cores
from csmc.provenance import cpu_name

#: States and episodes of the cases.
SIZES = ((8, 1), (8, 20), (32, 1), (32, 20))
#: For the default case of `csmc bench`: counting, compiling loops and starting take as long again.
SECONDS = 30.0

_KERNEL, _TWIN = "kernel", "twin"


@dataclass(frozen=True)
class KernelFigure:
    """One case under all presets. Nanoseconds are per institution-episode."""

    n_states: int
    episodes: int
    timing: Timing
    operations: dict[Operation, float]
    roof: float

    @property
    def ratio(self) -> float:
        """How many times the roof the kernel takes."""
        return Roofline(self.timing.cpu, self.roof).ratio

    @property
    def millions_per_second(self) -> float:
        """Institution-episodes of one thread, at the median."""
        return 1e3 / self.timing.median


@dataclass(frozen=True)
class TwinFigure:
    """The kernel's time over that of its twin in C, for the first case."""

    compiler: str
    ratio: float


@dataclass(frozen=True)
class Figures:
    """What was measured. `scaling` and `twin` are absent where there is one core, or no C compiler."""

    machine: dict[str, str | int]
    atoms: dict[Operation, Timing]
    kernel: tuple[KernelFigure, ...]
    scaling: Scaling | None
    twin: TwinFigure | None

    def as_json(self) -> dict[str, Any]:
        """The figures for scripts: times in nanoseconds."""
        return {
            "machine": self.machine,
            "atoms": {str(operation): timing._asdict() for operation, timing in self.atoms.items()},
            "kernel": [
                {
                    "n_states": figure.n_states,
                    "episodes": figure.episodes,
                    **figure.timing._asdict(),
                    "roof": figure.roof,
                    "ratio": figure.ratio,
                    "millions_per_second": figure.millions_per_second,
                    "operations": {str(operation): count for operation, count in figure.operations.items()},
                }
                for figure in self.kernel
            ],
            "threads": None if self.scaling is None else self.scaling._asdict(),
            "twin": None if self.twin is None else {"compiler": self.twin.compiler, "ratio": self.twin.ratio},
        }


class TwinWork(NamedTuple):
    """The twin's compiler, and its call for the work that `kernel_work` has."""

    compiler: str
    work: Work


def twin_work(case: Case) -> TwinWork | None:
    """The kernel's twin in C; None where this installation has none, or no compiler was found."""
    try:
        twin = import_module("csmc.benchmark.twin")
    except ModuleNotFoundError:
        return None
    compiled = twin.find_twin()
    if compiled is None:
        return None
    point, _, institutions = case.records
    count = replicates_for(case)
    return TwinWork(
        compiled.compiler, Work(lambda: compiled.counts(point, institutions, SEED, 0, count), case.work(count))
    )


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


def measure(seconds: float = SECONDS, sizes: tuple[tuple[int, int], ...] = SIZES) -> Figures:
    """Measure everything, with `seconds` for what is timed. The kernel, its parts and its twin are timed in turn.

    Raises
    ------
    CountError
        The kernel's operations could not be counted.
    """
    cases = {size: Case(*size) for size in sizes}
    counts = {size: count_operations(case).operations for size, case in cases.items()}
    works: dict[Any, Work] = {**atoms(), **{(_KERNEL, size): kernel_work(case) for size, case in cases.items()}}
    twin = twin_work(cases[sizes[0]])
    if twin is not None:
        works[_TWIN] = twin.work
    times = interleaved(works, 0.8 * seconds)
    parts = {operation: times[operation] for operation in COSTLY}
    costs = {operation: timing.cpu for operation, timing in parts.items()}
    cores = available_cores()
    return Figures(
        machine(),
        parts,
        tuple(KernelFigure(*size, times[_KERNEL, size], counts[size], roof(counts[size], costs)) for size in sizes),
        time_threads(cases[sizes[0]], cores, 0.2 * seconds) if cores > 1 else None,
        None if twin is None else TwinFigure(twin.compiler, times[_KERNEL, sizes[0]].cpu / times[_TWIN].cpu),
    )

"""From what is left of a run, and what a pilot measured, to what the run will cost: arithmetic without a clock.

Edit here to change what is forecast; docs/configuration.md says what the numbers mean.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np

from csmc.engine.local import LocalEngine
from csmc.engine.pending import COMMIT_BYTES, COMMIT_SECONDS, COMMIT_SHARE
from csmc.estimate.intervals import t_quantile


class Amount(NamedTuple):
    """How much there is of something, and of that on disk already and to do."""

    total: int
    done: int
    left: int


class Range(NamedTuple):
    """An expected number and its 95 % interval by the spread between the pieces of a pilot; NaN if there was one."""

    expected: float
    low: float
    high: float


class Line(NamedTuple):
    """A cost that grows evenly: of the first, and of each one more."""

    first: float
    more: float

    def of(self, count: float, firsts: float = 1) -> float:
        """The cost of so many, among them so many first ones."""
        return firsts * self.first + max(count - firsts, 0) * self.more


class Wall(NamedTuple):
    """Seconds on the clock with so many cores.

    seconds: all. running: until everything has been simulated and committed; driver: how long the driver is busy
    meanwhile, on one core. alone: before and after that, on one core: starting, and assembling the result.
    """

    cores: int
    seconds: Range
    running: float
    driver: float
    alone: float


class HalfWidth(NamedTuple):
    """Expected half-widths of the 95 % intervals of a metric, the median and the worst of the piloted points.

    Of the metric itself, and of its paired difference from the reference; NaN where the pilot cannot tell.
    """

    median: float
    worst: float
    difference_median: float
    difference_worst: float


class ByPrecision(NamedTuple):
    """With how many replicates points are expected to end where a precision decides.

    least, most: of any point. limit: `max_replicates`, and at_limit: how many points are expected to end there.
    """

    least: int
    most: int
    limit: int
    at_limit: int


class Pilot(NamedTuple):
    """What was simulated for a forecast.

    points, crises: of the sample that times and half-widths are of, in so many pieces. stored: points that the sizes
    are of. seconds: on the clock, on so many cores.
    """

    points: int
    crises: int
    pieces: int
    stored: int
    seconds: float
    cores: int


@dataclass(frozen=True)
class Load:
    """What a run has to do.

    points: of the result. unfinished: rows of the store with work left. blocks: to simulate. planned:
    seconds on one core. row_bytes: of the tallies of a block in memory. here: cores of this machine, which are threads
    of one process.
    """

    points: int
    unfinished: int
    blocks: int
    planned: float
    row_bytes: int
    here: int


@dataclass(frozen=True)
class Measured:
    """What a pilot measured, in seconds of processor time and in bytes.

    ratios: seconds over planned seconds at each draw of one of so many different pieces. preparing: Python's part of
    them, for a block. driving: the driver's work for a block, starting: and before the first. commit: of files, by
    their rows. result: by its points. spec_bytes: what a store has beside its files.
    """

    ratios: Sequence[float]
    pieces: int
    preparing: float
    driving: float
    starting: float
    commit: Line
    commit_bytes: Line
    result: Line
    result_bytes: Line
    spec_bytes: int


class Expected(NamedTuple):
    """What a run will cost: seconds of simulating on one core, on the clock, and bytes that it adds to its store."""

    core_seconds: Range
    walls: tuple[Wall, ...]
    store_bytes: int
    result_bytes: int


@dataclass(frozen=True)
class Forecast:
    """What a run will cost and tell, as `csmc run` would go on with its output.

    Counts are exact, all else is expected; where a precision decides, counts are expected too, and replicates are the
    mean over the points. crises are counted once, institution_episodes under every institution.
    core_seconds: of simulating what is left. store_bytes: what the store grows by. result_bytes: of the whole result.
    half_widths: by metric and institution, of all replicates together.
    """

    name: str
    output: str
    points: Amount
    replicates: int
    institutions: tuple[str, ...]
    reference: str
    crises: Amount
    institution_episodes: Amount
    core_seconds: Range
    walls: tuple[Wall, ...]
    store_bytes: int
    result_bytes: int
    half_widths: Mapping[str, Mapping[str, HalfWidth]]
    pilot: Pilot
    by_precision: ByPrecision | None = None

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON values; what is not known is None."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def expected(load: Load, measured: Measured, cores: Sequence[int]) -> Expected:
    """What is left of a run, costed by what a pilot measured; `cores` are those to give times on the clock for."""
    core_seconds = Range(*(load.planned * ratio for ratio in mean_range(measured.ratios, measured.pieces)))
    files = commits(load, core_seconds.expected / _workers(load, load.here))
    return Expected(
        core_seconds,
        tuple(_wall(load, measured, core_seconds, count) for count in cores),
        round(measured.commit_bytes.of(rows(load, files), files) + measured.spec_bytes) if load.blocks else 0,
        round(measured.result_bytes.of(load.points)),
    )


def mean_range(draws: Sequence[float], pieces: int) -> Range:
    """The mean of some draws, and Student's 95 % interval of it by the number of different pieces that were drawn."""
    mean = float(np.mean(draws))
    if pieces < 2:
        return Range(mean, math.nan, math.nan)
    half = float(t_quantile(np.array(pieces))) * float(np.std(draws, ddof=1)) / pieces**0.5
    return Range(mean, max(mean - half, 0.0), mean + half)


def commits(load: Load, seconds: float) -> int:
    """How many files `csmc.engine.pending` writes in so many seconds: one in two seconds, rarer in the long run."""
    even = COMMIT_SECONDS / COMMIT_SHARE
    by_time = min(seconds, even) / COMMIT_SECONDS + math.log(max(seconds / even, 1.0)) / math.log1p(COMMIT_SHARE)
    by_size = load.blocks * load.row_bytes / COMMIT_BYTES
    return min(math.ceil(max(by_time, by_size, 1.0)), load.blocks)


def rows(load: Load, files: int) -> int:
    """Rows in so many files: blocks between two cuts are one row, unless a commit comes between them."""
    return min(load.unfinished + files, load.blocks)


def _workers(load: Load, cores: int) -> int:
    """Cores that have something to do: no more than there are tasks."""
    return max(min(cores, math.ceil(load.planned / LocalEngine.task_seconds)), 1)


def _wall(load: Load, measured: Measured, core_seconds: Range, cores: int) -> Wall:
    alone = measured.starting + measured.result.of(load.points)
    workers = _workers(load, cores)
    files = commits(load, core_seconds.expected / workers)
    driver = measured.driving * load.blocks + measured.commit.of(rows(load, files), files)
    # Threads of one process share its interpreter with the driver; what is more than this machine's are processes.
    serial = driver + (measured.preparing * load.blocks if cores <= load.here else 0.0)
    running = Range(*(max((seconds + driver) / workers, serial) for seconds in core_seconds))
    return Wall(cores, Range(*(seconds + alone for seconds in running)), running.expected, driver, alone)

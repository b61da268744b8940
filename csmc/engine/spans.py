"""What is left to do, cut into spans of replicates. Edit here to change how work is cut; no cut changes a result.

A span is a run of replicates of one design point. Tallies are exact integers, so any cutting merges to the same bits;
the sizes here serve only speed, progress and how much an interruption costs.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from csmc.config import Experiment
from csmc.engine.cuts import QUANTUM, cuts
from csmc.kernel.result import Integers

#: A block is meant to take this long (seconds): short enough to stop soon, long enough to hide the cost of a call.
BLOCK_SECONDS = 0.2
#: No block is longer than this, however cheap its replicates.
LARGEST_BLOCK = 1 << 20
#: More replicates than any point has.
NEVER = 1 << 62
#: Planning value for 8 states (seconds per institution-episode); bench/ has the measured ones.
EPISODE_SECONDS = 200e-9


@dataclass(frozen=True, slots=True)
class Span:
    """`count` replicates of design point `point`, from replicate `first` on."""

    point: int
    first: int
    count: int
    institutions: tuple[int, ...] = ()  #: the numbers of those to simulate, in this order; all if there are none

    @property
    def stop(self) -> int:
        """The first replicate after the span."""
        return self.first + self.count


def as_array(spans: Sequence[Span]) -> Integers:
    """Spans as (span, 3): point, first replicate, replicate after the last."""
    return np.array([(span.point, span.first, span.stop) for span in spans], dtype=np.int64).reshape(-1, 3)


def from_rows(spans: Iterable[Sequence[int]], institutions: Sequence[int] = ()) -> tuple[Span, ...]:
    """The spans of the rows of such an array, of some institutions."""
    return tuple(Span(point, first, stop - first, tuple(institutions)) for point, first, stop in spans)


class Costs:
    """What a replicate of every design point costs; one number per point in each array.

    lengths: episodes of a history. states: in its system. seconds: planned, under all institutions on one core.
    block_sizes: replicates that are simulated together. cuts: where blocks end whatever their size.
    by_precision: whether points end where a precision is reached.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.lengths = _column(experiment, "dynamics.episodes")
        self.states = _column(experiment, "system.n_states")
        self.seconds = EPISODE_SECONDS * len(experiment.institutions) * self.lengths * self.states / 8
        self.cuts = cuts(experiment)
        self.by_precision = experiment.sampling.precision is not None
        self._block = experiment.execution.block

    @cached_property
    def block_sizes(self) -> Integers:
        """Replicates in a block of every point: `execution.block`, or a multiple of 256 that takes about 0.2 s."""
        if self._block is not None:
            return np.full(len(self.seconds), self._block, dtype=np.int64)
        planned = (BLOCK_SECONDS / self.seconds).astype(np.int64)
        return np.clip(planned // QUANTUM * QUANTUM, QUANTUM, LARGEST_BLOCK)

    def episodes(self, spans: Integers) -> int:
        """Crisis episodes in `spans` (span, 3), see `as_array`."""
        return int((self.lengths[spans[:, 0]] * (spans[:, 2] - spans[:, 1])).sum())

    def planned(self, spans: Integers) -> float:
        """Seconds that `spans`, as above, are planned to take on one core."""
        return float((self.seconds[spans[:, 0]] * (spans[:, 2] - spans[:, 1])).sum())


def _column(experiment: Experiment, path: str) -> Integers:
    return np.array(experiment.values_of(path), dtype=np.int64)


def blocks(missing: Integers, costs: Costs) -> Iterator[Span]:
    """Cut what is missing (range, 3), see `as_array`, at multiples of the points' block sizes, and at `costs.cuts`."""
    sizes = costs.block_sizes[missing[:, 0]].tolist()
    edges = [*costs.cuts.edges.tolist(), NEVER]
    for (point, first, stop), size in zip(missing.tolist(), sizes, strict=True):
        while first < stop:
            end = min((first // size + 1) * size, stop, edges[bisect_right(edges, first)])
            yield Span(point, first, end - first)
            first = end


@dataclass(frozen=True, slots=True)
class Share:
    """Every `of`-th block of an experiment, so that machines that do not know of each other can divide the work.

    Which share a block belongs to depends on its point and place alone, so more replicates change none. Where points
    end at a precision, shares are of whole points: a look needs all of what is before it.
    """

    number: int  #: from 1
    of: int

    def blocks(self, missing: Integers, costs: Costs) -> Iterator[Span]:
        """Those blocks of what is missing that belong to this share, see `blocks`."""
        for span in blocks(missing, costs):
            place = 0 if costs.by_precision else span.first // int(costs.block_sizes[span.point])
            if (span.point + place) % self.of == self.number - 1:
                yield span

    def points(self, points: int) -> NDArray[np.bool_]:
        """Which of so many points belong to this share, if whole points do."""
        return np.asarray(np.arange(points) % self.of == self.number - 1)

    def __str__(self) -> str:
        return f"{self.number}-of-{self.of}"


#: All of the work.
WHOLE = Share(1, 1)


def batches(
    spans: Iterable[Span], costs: Costs, left: float, length: Callable[[float], float], most: int
) -> Iterator[tuple[Span, ...]]:
    """Group consecutive spans into tasks, so that tiny spans share one call.

    Parameters
    ----------
    spans
        What is to be done.
    costs
        What it is planned to take.
    left
        Planned seconds of all spans together.
    length
        Asked when a task begins: how many planned seconds it should take, given those that are left.
    most
        Spans in a task, at most.
    """
    batch: list[Span] = []
    planned, wanted = 0.0, 0.0
    for span in spans:
        if not batch:
            wanted = length(left)
        batch.append(span)
        planned += span.count * float(costs.seconds[span.point])
        if planned >= wanted or len(batch) >= most:
            yield tuple(batch)
            left -= planned
            batch, planned = [], 0.0
    if batch:
        yield tuple(batch)

"""What is left to do, cut into spans of replicates. Edit here to change how work is cut; no cut changes a result.

A span is a run of replicates of one design point. Tallies are exact integers, so any cutting merges to the same bits;
the sizes here serve only speed, progress and how much an interruption costs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from csmc.config import Experiment
from csmc.kernel.result import Integers

#: Blocks are multiples of this many replicates, so that the kernel's lanes are full.
QUANTUM = 256
#: A block is meant to take this long (seconds): short enough to stop soon, long enough to hide the cost of a call.
BLOCK_SECONDS = 0.2
#: No block is longer than this, however cheap its replicates.
LARGEST_BLOCK = 1 << 20
#: Planning value for 8 states (seconds per institution-episode); bench/ has the measured ones.
EPISODE_SECONDS = 200e-9


@dataclass(frozen=True, slots=True)
class Span:
    """`count` replicates of design point `point`, from replicate `first` on."""

    point: int
    first: int
    count: int

    @property
    def stop(self) -> int:
        """The first replicate after the span."""
        return self.first + self.count


class Costs:
    """What a replicate of every design point costs; one number per point in each array.

    lengths: episodes of a history. states: in its system. seconds: planned, under all institutions on one core.
    block_sizes: replicates that are simulated together.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.lengths = _column(experiment, "dynamics.episodes")
        self.states = _column(experiment, "system.n_states")
        self.seconds = EPISODE_SECONDS * len(experiment.institutions) * self.lengths * self.states / 8
        self.block_sizes = self._block_sizes(experiment.execution.block)

    def _block_sizes(self, fixed: int | None) -> Integers:
        """Replicates in a block: `execution.block`, or a multiple of 256 that takes about 0.2 s."""
        if fixed is not None:
            return np.full_like(self.lengths, fixed)
        planned = (BLOCK_SECONDS / self.seconds).astype(np.int64)
        return np.clip(planned // QUANTUM * QUANTUM, QUANTUM, LARGEST_BLOCK)

    def block_size(self, point: int) -> int:
        """Replicates in a block of one design point."""
        return int(self.block_sizes[point])

    def episodes(self, spans: Integers) -> int:
        """Crisis episodes in `spans` (span, 3): point, first replicate, replicate after the last."""
        return int((self.lengths[spans[:, 0]] * (spans[:, 2] - spans[:, 1])).sum())


def _column(experiment: Experiment, path: str) -> Integers:
    return np.array(experiment.values_of(path), dtype=np.int64)


def blocks(missing: Integers, costs: Costs) -> Iterator[Span]:
    """Cut what is missing (range, 3), as `Costs.episodes` has it, at multiples of the points' block sizes."""
    for point, first, stop in missing.tolist():
        size = costs.block_size(point)
        while first < stop:
            end = min((first // size + 1) * size, stop)
            yield Span(point, first, end - first)
            first = end


@dataclass(frozen=True, slots=True)
class Share:
    """Every `of`-th block of an experiment, so that machines that do not know of each other can divide the work.

    Which share a block belongs to depends on its point and place alone, so more replicates change none.
    """

    number: int  #: from 1
    of: int

    def blocks(self, missing: Integers, costs: Costs) -> Iterator[Span]:
        """Those blocks of what is missing that belong to this share, see `blocks`."""
        for span in blocks(missing, costs):
            if (span.point + span.first // costs.block_size(span.point)) % self.of == self.number - 1:
                yield span

    def __str__(self) -> str:
        return f"{self.number}-of-{self.of}"


#: All of the work.
WHOLE = Share(1, 1)


def batches(spans: Iterable[Span], costs: Costs, seconds: float) -> Iterator[tuple[Span, ...]]:
    """Group consecutive spans into tasks of about `seconds` of planned work, so that tiny spans share one call."""
    batch: list[Span] = []
    planned = 0.0
    for span in spans:
        batch.append(span)
        planned += span.count * float(costs.seconds[span.point])
        if planned >= seconds:
            yield tuple(batch)
            batch, planned = [], 0.0
    if batch:
        yield tuple(batch)

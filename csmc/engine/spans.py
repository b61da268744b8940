"""What is left to do, cut into spans of replicates. Edit here to change how work is cut; no cut changes a result.

A span is a run of replicates of one design point. Tallies are exact integers, so any cutting merges to the same bits;
the sizes here serve only speed, progress and how much an interruption costs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from csmc.config import Experiment

#: Blocks are multiples of this many replicates, so that the kernel's lanes are full.
QUANTUM = 256
#: A block is meant to take this long (seconds): short enough to stop soon, long enough to hide the cost of a call.
BLOCK_SECONDS = 0.2
#: No block is longer than this, however cheap its replicates.
LARGEST_BLOCK = 1 << 20
#: Planning value for 8 states (seconds per institution-episode); bench/ has the measured ones.
EPISODE_SECONDS = 200e-9

Range = tuple[int, int]  #: replicates first, stop (exclusive)


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


def value(experiment: Experiment, path: str, point: int) -> Any:
    """The value of one parameter at one design point, without building the point."""
    if path in experiment.varied:
        return experiment.coordinate(path, point)
    return experiment.parameters[path]


def episodes(experiment: Experiment, point: int) -> int:
    """Crisis episodes in one replicate of a design point."""
    return int(value(experiment, "dynamics.episodes", point))


def replicate_seconds(experiment: Experiment, point: int) -> float:
    """Planned time of one replicate under all institutions, on one core."""
    states = cast(int, value(experiment, "system.n_states", point))
    return EPISODE_SECONDS * len(experiment.institutions) * episodes(experiment, point) * states / 8


def block_size(experiment: Experiment, point: int) -> int:
    """Replicates in a block of a design point: `execution.block`, or a multiple of 256 that takes about 0.2 s."""
    if experiment.execution.block is not None:
        return int(experiment.execution.block)
    planned = int(BLOCK_SECONDS / replicate_seconds(experiment, point))
    return min(max(planned // QUANTUM, 1) * QUANTUM, LARGEST_BLOCK)


def gaps(finished: Iterable[Range], replicates: int) -> Iterator[Range]:
    """The ranges of 0..replicates that the sorted, disjoint ranges `finished` leave open."""
    start = 0
    for first, stop in finished:
        if first >= replicates:
            break
        if first > start:
            yield start, first
        start = stop
    if start < replicates:
        yield start, replicates


def blocks(point: int, missing: Iterable[Range], size: int) -> Iterator[Span]:
    """Cut ranges of replicates at multiples of `size`."""
    for first, stop in missing:
        while first < stop:
            end = min((first // size + 1) * size, stop)
            yield Span(point, first, end - first)
            first = end


def batches(experiment: Experiment, spans: Iterable[Span], seconds: float) -> Iterator[tuple[Span, ...]]:
    """Group consecutive spans into tasks of about `seconds` of planned work, so that tiny spans share one call."""
    batch: list[Span] = []
    planned = 0.0
    for span in spans:
        batch.append(span)
        planned += span.count * replicate_seconds(experiment, span.point)
        if planned >= seconds:
            yield tuple(batch)
            batch, planned = [], 0.0
    if batch:
        yield tuple(batch)


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Sort disjoint ranges and join those that touch."""
    joined: list[Range] = []
    for first, stop in sorted(ranges):
        if joined and joined[-1][1] == first:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((first, stop))
    return joined

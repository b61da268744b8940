"""How often intervals hold the truth, in simulated experiments that go through the code that results use."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.estimate import METRICS, Estimate, estimate
from tests.intervals.histories import OTHER, Process

#: Simulated experiments per case.
EXPERIMENTS = 10_000
#: The share of 10,000 intervals of level 0.95 that hold the truth is in this band but for one time in a million.
LEAST, MOST = 0.9390, 0.9603
#: Histories drawn at a time.
_CHUNK = 1_000_000


class Coverage(NamedTuple):
    """Shares of experiments whose intervals hold the true value, and the true difference from the reference."""

    value: float
    difference: float


def holds(low: NDArray[np.float64], high: NDArray[np.float64], truth: float) -> NDArray[np.bool_]:
    """Whether each interval holds the truth; a missing one does not."""
    return (low <= truth + 1e-12) & (truth - 1e-12 <= high)


def simulated_coverage(process: Process, histories: int, episodes: int, seed: int) -> dict[str, Coverage]:
    """Coverage of each metric of a process in experiments of so many histories of so many episodes.

    Experiments in which nothing was observed to divide by have no estimate, and do not count.
    """
    generator = np.random.default_rng(seed)
    held: dict[str, list[NDArray[np.bool_]]] = {name: [] for name in process.metrics}
    for size in _chunks(max(_CHUNK // histories, 1)):
        moments = process.draw(generator, size, histories, episodes)
        for name in process.metrics:
            held[name].append(_held(estimate(METRICS[name], moments), *process.truth(name)))
    return {name: _shares(np.concatenate(parts, axis=1)) for name, parts in held.items()}


def _chunks(largest: int) -> list[int]:
    full, rest = divmod(EXPERIMENTS, largest)
    return [largest] * full + ([rest] if rest else [])


def _held(result: Estimate, value: float, difference: float) -> NDArray[np.bool_]:
    """(of the value, it is there, of the difference, it is there) by experiment."""
    ends = (part[:, OTHER] for part in (result.low, result.high, result.difference_low, result.difference_high))
    low, high, difference_low, difference_high = ends
    there = [np.isfinite(part[:, OTHER]) for part in (result.se, result.difference_se)]
    return np.stack([holds(low, high, value), there[0], holds(difference_low, difference_high, difference), there[1]])


def _shares(held: NDArray[np.bool_]) -> Coverage:
    value, there, difference, both_there = held
    return Coverage(float(value[there].mean()), float(difference[both_there].mean()))

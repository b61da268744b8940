"""Real experiments, many of them: disjoint batches of the kernel's replicates, each a point of its own."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from csmc import estimate, load_experiment
from csmc.config import Experiment
from csmc.engine.spans import Costs, Span
from csmc.engine.tallies import tally_span
from csmc.estimate import Moments, plan
from csmc.kernel.result import Tallies, carry
from tests.stacked import stack

INSTITUTIONS = ("balance_of_power", "anarchy", "un_security_council", "collective_security")


def quickstart(configs: Path, *changes: str) -> Experiment:
    """The shipped comparison at one point of its design, under four of its institutions."""
    return load_experiment(
        configs / "quickstart.yaml",
        [f"institutions=[{', '.join(INSTITUTIONS)}]", "design={grid: {interests.divergence: [0.75]}}", *changes],
    )


def batches(experiment: Experiment, count: int, size: int) -> list[Tallies]:
    """Tallies of `count` batches of `size` consecutive replicates of the first point."""
    the_plan = plan(experiment)
    return [tally_span(experiment, Span(0, number * size, size), the_plan) for number in range(count)]


def as_points(experiment: Experiment, tallies: Sequence[Tallies], size: int) -> Moments:
    """Every batch as a point of its own."""
    return moments_of(experiment, stack(tallies), size)


def pooled(experiment: Experiment, tallies: Sequence[Tallies], size: int) -> Moments:
    """All batches as one point."""
    total = carry(Tallies(*(np.sum(fields, axis=0) for fields in zip(*tallies, strict=True))))
    return moments_of(experiment, stack([total]), size * len(tallies))


def moments_of(experiment: Experiment, tallies: Tallies, replicates: int) -> Moments:
    points = len(tallies.sums)
    costs = Costs(experiment)
    known = (replicates, costs.lengths[0], costs.states[0])
    return estimate.moments_of(tallies, plan(experiment), *(np.full(points, number) for number in known))

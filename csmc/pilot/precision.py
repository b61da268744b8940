"""How wide the intervals of a run will be, or when they are short enough, from those of a pilot.

Edit to say it of something else.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from csmc.config import Experiment
from csmc.engine.cuts import looks
from csmc.engine.spans import Costs
from csmc.estimate import Moments, chosen_metrics, estimate, excess, level_of, moments_of, targets
from csmc.kernel.result import Integers, Plan, from_rows, tally_shapes
from csmc.pilot.forecast import HalfWidth
from csmc.pilot.simulate import Simulated


def half_widths(
    experiment: Experiment, plan: Plan, costs: Costs, pilot: Simulated, replicates: Integers
) -> Mapping[str, Mapping[str, HalfWidth]]:
    """By metric and institution, those of the pilot's points times the root of its share of their replicates.

    replicates (point,): with which each point is expected to end.
    """
    names = [institution.name for institution in experiment.institutions]
    moments = _moments(experiment, plan, costs, pilot)
    shrunk = np.sqrt(pilot.replicates / replicates[pilot.points])[:, None] / 2
    found = {}
    for metric in chosen_metrics(experiment):
        result = estimate(metric, moments, level_of(experiment))
        halves = (result.high - result.low) * shrunk
        apart = (result.difference_high - result.difference_low) * shrunk
        columns = zip(names, halves.T, apart.T, strict=True)
        found[metric.name] = {name: HalfWidth(*_median_and_worst(h), *_median_and_worst(d)) for name, h, d in columns}
    return found


def expected_ends(experiment: Experiment, plan: Plan, costs: Costs, pilot: Simulated) -> Integers:
    """With how many replicates each point is expected to reach the precision that is asked for, (point,).

    Of points that the pilot has not met, the mean of those that it has. Half-widths of few replicates say little, and
    nothing of metrics that have not been seen: then a point is expected to go to the limit.
    """
    possible = looks(experiment.sampling.most)
    times = excess(targets(experiment), _moments(experiment, plan, costs, pilot))
    needed = np.minimum(pilot.replicates * times**2, possible[-1])
    ends = possible[np.searchsorted(possible, needed)]
    every = np.full(experiment.n_points, round(float(ends.mean())), dtype=np.int64)
    every[pilot.points] = ends
    return every


def _moments(experiment: Experiment, plan: Plan, costs: Costs, pilot: Simulated) -> Moments:
    points = pilot.points
    tallies = from_rows(pilot.rows, tally_shapes(len(experiment.institutions), plan))
    return moments_of(tallies, plan, pilot.replicates, costs.lengths[points], costs.states[points])


def _median_and_worst(values: NDArray[np.float64]) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    return (float(np.median(known)), float(known.max())) if len(known) else (np.nan, np.nan)

"""How wide the intervals of a run will be, from those of a pilot. Edit to say it of something else."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from csmc.config import Experiment
from csmc.engine.spans import Costs
from csmc.estimate import Moments, chosen_metrics, estimate
from csmc.kernel.result import Plan, from_rows, tally_shapes
from csmc.pilot.forecast import HalfWidth
from csmc.pilot.simulate import Simulated


def half_widths(
    experiment: Experiment, plan: Plan, costs: Costs, pilot: Simulated
) -> Mapping[str, Mapping[str, HalfWidth]]:
    """By metric and institution, those of the pilot's points times the root of its share of all replicates."""
    names = [institution.name for institution in experiment.institutions]
    points, tallies = pilot.points, from_rows(pilot.rows, tally_shapes(len(names), plan))
    moments = Moments(tallies, plan, pilot.replicates, costs.lengths[points], costs.states[points])
    shrunk = np.sqrt(pilot.replicates / experiment.sampling.most)[:, None] / 2
    found = {}
    for metric in chosen_metrics(experiment):
        result = estimate(metric, moments)
        halves = (result.high - result.low) * shrunk
        apart = (result.difference_high - result.difference_low) * shrunk
        columns = zip(names, halves.T, apart.T, strict=True)
        found[metric.name] = {name: HalfWidth(*_median_and_worst(h), *_median_and_worst(d)) for name, h, d in columns}
    return found


def _median_and_worst(values: NDArray[np.float64]) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    return (float(np.median(known)), float(known.max())) if len(known) else (np.nan, np.nan)

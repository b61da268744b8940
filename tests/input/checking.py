"""What must hold of the tallies and the estimates of any legal configuration."""

from collections.abc import Iterator

import numpy as np

from csmc.config import Experiment, Point
from csmc.estimate import Metric, Moments, chosen_metrics, estimate, plan
from csmc.estimate.metrics import Constant
from csmc.kernel import tally
from csmc.kernel.codes import EPISODE_FRACTIONS, HISTORY_FRACTIONS, N_OUTCOMES, Tally, row_scale
from csmc.kernel.result import Plan, Tallies
from tests.stacked import stack

_OF_STATES = (Tally.SURVIVORS, Tally.BELLIGERENTS)
_OF_VOTES = (Tally.VOTES, Tally.PASSED, Tally.VETOED)
_OF_HISTORIES = (Tally.NO_WAR, Tally.NO_GENERAL_WAR, Tally.SURVIVORS)
_MOST_RUNGS = 4


def count(point: Point, the_plan: Plan, replicates: int) -> Tallies:
    """Tallies of the first replicates of a design point."""
    record, system, institutions = point.packed()
    return tally(record, system, institutions, point.seed, 0, replicates, the_plan)


def violations(experiment: Experiment) -> Iterator[str]:
    """Everything that is impossible in the tallies and estimates of every point of an experiment."""
    the_plan, replicates = plan(experiment), experiment.sampling.replicates
    for index in range(experiment.n_points):
        point = experiment.point(index)
        tallies = count(point, the_plan, replicates)
        episodes, n_states = point.values["dynamics.episodes"], point.values["system.n_states"]
        wrong = [*impossible_tallies(tallies, replicates, episodes, n_states)]
        if not wrong:
            numbers = (np.array([number]) for number in (replicates, episodes, n_states))
            moments = Moments(stack([tallies]), the_plan, *numbers)
            wrong = [*impossible_estimates(experiment, moments)]
        yield from (f"point {index}: {what}" for what in wrong)


def impossible_tallies(tallies: Tallies, replicates: int, episodes: int, n_states: int) -> Iterator[str]:
    """Counts that do not add up, and values outside what they can be. NaN would be the smallest integer."""
    total, sums = replicates * episodes, tallies.sums
    if (sums[:, :N_OUTCOMES].sum(axis=1) != total).any():
        yield "outcomes do not sum to episodes"
    if (sums[:, Tally.WARS] + sums[:, Tally.PEACE] != total).any():
        yield "peace and war do not sum to episodes"
    if (sums[:, Tally.CHALLENGES] + sums[:, Tally.NO_CHALLENGE] != total).any():
        yield "challenges and their absence do not sum to episodes"
    if (tallies.joint.sum(axis=(2, 3)) != total).any() or tallies.patterns.sum() != total * (tallies.joint.size > 0):
        yield "joint outcomes do not sum to episodes"
    for row in Tally:
        low, high = bounds(row, replicates, episodes, n_states)
        if (sums[:, row] < low).any() or (sums[:, row] > high).any():
            yield f"{row.name} = {sums[:, row].tolist()} is outside [{low}, {high}]"


def bounds(row: Tally, replicates: int, episodes: int, n_states: int) -> tuple[int, int]:
    """The smallest and the largest possible sum of a tally, in its fixed-point units (one of rounding per episode)."""
    per_history = row in _OF_HISTORIES or row in HISTORY_FRACTIONS
    events = replicates * (1 if per_history else episodes)
    most = n_states if row in _OF_STATES else _MOST_RUNGS if row in _OF_VOTES else 1
    rounding = events if row in EPISODE_FRACTIONS or row in HISTORY_FRACTIONS else 0
    high = events * most * row_scale(row, episodes) + rounding
    return (-high if row == Tally.CONCESSION else 0), high


def largest(metric: Metric, moments: Moments) -> float:
    """The largest possible value of a metric at the one point of `moments`."""
    known = {Constant.EPISODES: moments.episodes, Constant.STATES: moments.states}
    return float(known[metric.high][0]) if isinstance(metric.high, Constant) else metric.high


def impossible_estimates(experiment: Experiment, moments: Moments) -> Iterator[str]:
    """Estimates that are infinite, outside their range, or outside their own interval."""
    for metric in chosen_metrics(experiment):
        found = estimate(metric, moments)
        if any(np.isinf(part).any() for part in found):
            yield f"{metric.name} is infinite"
        low, high = metric.low, largest(metric, moments)
        slack = 1e-6 * max(1.0, abs(high))
        if ((found.value < low - slack) | (found.value > high + slack)).any():
            yield f"{metric.name} = {found.value.tolist()} is outside [{low}, {high}]"
        if (found.se < 0).any() or (found.low > found.value + slack).any() or (found.high < found.value - slack).any():
            yield f"{metric.name}: its interval does not hold it"

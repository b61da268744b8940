"""The figure of every check at every estimate of some points, and whether it passes: tallies in, arrays out.

Edit here to change when a check can be told; what a check means is in `csmc.analysis.checks`.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from csmc.analysis.checks import CHECKS, FAMILY, State
from csmc.config import Experiment
from csmc.engine.batches import Batches
from csmc.engine.spans import Costs
from csmc.estimate import Metric, Moments, chosen_metrics, plan
from csmc.estimate.batches import Batched, batched
from csmc.estimate.convergence import (
    CHECKED_BATCHES,
    CHECKED_EVENTS,
    dependence,
    drift,
    homogeneity,
    log_coincidence,
    repeats,
    slope,
    spread,
)
from csmc.estimate.intervals import Floats
from csmc.estimate.support import Support, support
from csmc.kernel.codes import N_OUTCOMES
from csmc.kernel.result import Integers, Tallies, carry, from_rows

#: The two estimates that there are of each metric.
ESTIMATES = ("value", "difference")
#: Shared draws hurt if separate ones would make the variance of a difference less than this part of what it is.
LEAST_GAIN = 0.9

Truths = NDArray[np.bool_]
#: Name of a check, its figures, NaN where there is not enough to tell, and whether they pass; (point, institution).
Judged = tuple[str, Floats, Truths]


class Limits(NamedTuple):
    """Levels of single tests: all for faults in a result have the level FAMILY together, and so have all others."""

    batches: float  #: of each of four checks of an estimate over batches
    repeats: float  #: of the check for equal batches at a point
    others: float  #: of `spread` and of `pairing`


def limits(experiment: Experiment) -> Limits:
    """The levels for as many estimates as an experiment has."""
    estimates = experiment.n_points * (2 * len(experiment.institutions) - 1) * len(chosen_metrics(experiment))
    return Limits(FAMILY / (5 * estimates), FAMILY / (5 * experiment.n_points), FAMILY / (2 * estimates))


class Figures(NamedTuple):
    """What the checks find at some points.

    points, replicates (point,). states, figures (check, point, institution, metric, estimate). unseen: how many values
    have seen no event.
    """

    points: Integers
    replicates: Integers
    states: NDArray[np.int8]
    figures: Floats
    unseen: int


def figures(experiment: Experiment, batches: Batches) -> Figures:
    """Check every estimate of an experiment at some of its points."""
    metrics, allowed = chosen_metrics(experiment), limits(experiment)
    whole, every = _moments(experiment, batches)
    shape = (len(CHECKS), len(batches.points), len(experiment.institutions), len(metrics), len(ESTIMATES))
    found, passed, unseen = np.full(shape, np.nan), np.ones(shape, dtype=bool), 0
    places = {name: place for place, name in enumerate(CHECKS)}
    for number, metric in enumerate(metrics):
        known = support(metric, whole)
        unseen += int((known.events == 0).sum())
        for name, figure, good in _of_value(metric, known):
            found[places[name], :, :, number, 0], passed[places[name], :, :, number, 0] = figure, good
        for name, figure, good in _of_difference(known, allowed):
            found[places[name], :, :, number, 1], passed[places[name], :, :, number, 1] = figure, good
        if batches.widths.shape[1] < CHECKED_BATCHES:
            continue
        parts = batched(every, known.own, (known.variance, known.difference_variance), batches.widths)
        for estimate, (part, events) in enumerate(zip(parts, (known.events, known.difference_events), strict=True)):
            for name, figure, good in _over_batches(metric, part, events, allowed):
                found[places[name], :, :, number, estimate], passed[places[name], :, :, number, estimate] = figure, good
    level = allowed.repeats if whole.plan.group == 1 else 0.0  # groups that balance may well give equal batches
    chances = [_repeated(*one, level) for one in zip(batches.widths, batches.rows, _kinds(whole.tallies), strict=True)]
    found[places["repeats"]] = np.reshape(chances, (-1, 1, 1, 1))
    passed[places["repeats"]] = found[places["repeats"]] >= allowed.repeats
    states = np.where(np.isnan(found), State.UNTOLD, np.where(passed, State.OK, State.OFF)).astype(np.int8)
    return Figures(batches.points, batches.widths.sum(axis=1), states, found, unseen)


def _moments(experiment: Experiment, batches: Batches) -> tuple[Moments, Moments]:
    """Moments of the points, and of their batches one after the other."""
    costs, the_plan, widths = Costs(experiment), plan(experiment), batches.widths
    total = carry(from_rows(batches.rows.sum(axis=1), batches.shapes))
    each = from_rows(batches.rows.reshape(-1, batches.rows.shape[-1]), batches.shapes)
    places = np.repeat(batches.points, widths.shape[1])
    whole = (total, the_plan, widths.sum(axis=1), costs.lengths[batches.points], costs.states[batches.points])
    return Moments(*whole), Moments(each, the_plan, widths.reshape(-1), costs.lengths[places], costs.states[places])


def _of_value(metric: Metric, known: Support) -> Iterator[Judged]:
    """Yield the checks of a metric that need no batches."""
    seen = _seen(known.events)
    yield _plainly("events", known.events, seen)
    yield _plainly("histories", known.histories, known.histories > 0)
    yield _plainly("clustering", known.share, seen)
    if metric.low >= 0:  # values of either sign may well be about 0
        with np.errstate(divide="ignore", invalid="ignore"):
            yield _plainly("relative_error", np.abs(known.own.value) / np.sqrt(known.variance), seen)


def _of_difference(known: Support, allowed: Limits) -> Iterator[Judged]:
    """Yield the checks of a difference that need no batches."""
    differing, histories = known.difference_events, known.difference_histories
    yield _plainly("events", differing, _seen(differing))
    yield _plainly("histories", histories, (histories > 0) & ~np.isnan(differing))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.arctanh(np.clip(known.correlation, -1.0, 1.0)) * np.sqrt(np.maximum(histories - 3, 0.0))
    yield "pairing", known.gain, (known.gain >= LEAST_GAIN) | (ndtr(z) >= allowed.others)


def _over_batches(metric: Metric, part: Batched, events: Floats, allowed: Limits) -> Iterator[Judged]:
    """Yield the checks of a metric or a difference that look at its batches."""
    count = (part.widths > 0).sum(axis=1, keepdims=True)
    behind_error, chance = spread(part)
    told = _seen(events) & (count >= CHECKED_BATCHES) & (part.variance > 0)
    if metric.kind == "mean":  # how well the error of a proportion is known follows from its events
        enough = told & (events >= CHECKS["events"].limit)
        yield "spread", np.where(enough, behind_error, np.nan), chance >= allowed.others
    told &= np.fmin(events, behind_error) >= CHECKED_EVENTS * count
    if told.any():
        chances = {"homogeneity": homogeneity(part), "drift": drift(part), "dependence": dependence(part)}
        for name, figure in (chances | {"slope": slope(part)[1]}).items():
            yield name, np.where(told, figure, np.nan), figure >= allowed.batches


def _seen(events: Floats) -> Truths:
    return (events > 0) & np.isfinite(events)


def _plainly(name: str, figure: Floats, told: Truths) -> Judged:
    """A check that compares its figure with its own limit."""
    return name, np.where(told, figure, np.nan), figure >= CHECKS[name].limit


def _kinds(tallies: Tallies) -> Integers:
    """Counts of pairs of outcomes under each institution and a partner, or of outcomes (point, institution, kind)."""
    joint = tallies.joint[:, :, :1]
    counted = joint if joint.size else tallies.sums[:, :, :N_OUTCOMES]
    return counted.reshape(*counted.shape[:2], -1)


def _repeated(widths: Integers, rows: Integers, kinds: Integers, level: float) -> float:
    """Chance of any two equal batches at a point, whichever institution tells it best; 1 if there are none.

    NaN without batches, and where there are equal ones that chance may well have made.
    """
    batches = np.count_nonzero(widths)
    if batches < 2 or not repeats(widths, rows):
        return np.nan if batches < 2 else 1.0
    least = min(log_coincidence(counts, float(widths.max())) for counts in kinds)
    chance = float(np.exp(least)) * batches * (batches - 1) / 2
    return chance if chance < level else np.nan

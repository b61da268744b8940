"""The precision that a configuration asks for, and how far tallies are from it. Edit to change when it is reached.

A point ends at the first of some given numbers of replicates, its looks, at which all targets are reached. So the
widths of intervals decide where they are looked at, and at the usual level they would hold the truth too seldom:
`SEQUENTIAL_LEVEL` makes up for it (docs/analysis.md, tests/intervals/test_precision_coverage.py).
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from csmc.config import Experiment
from csmc.config.precision import named
from csmc.errors import ConfigError, Problem, shown, suggestion
from csmc.estimate.intervals import LEVEL, Floats
from csmc.estimate.metrics import METRICS, Constant, Metric, chosen_metrics
from csmc.estimate.paired import differing_pairs, estimate
from csmc.estimate.ratios import Moments

#: Level of the intervals of a point that ends where they are short enough: there they hold the truth with `LEVEL`.
SEQUENTIAL_LEVEL = 0.97
#: Few events tell little of the variance, and the fewer they happen to be the sooner a point would end. Their intervals
#: are lopsided: an end may be farther from the estimate than the half-width that is asked for by this factor at most.
LOPSIDED = 1.2
#: The interval of a paired difference of proportions is not: it has to be short enough for this many differing pairs.
LEAST_PAIRS = 20

_OWN, _PAIRED = ("value", "low", "high"), ("difference", "difference_low", "difference_high")


class Target(NamedTuple):
    """What is to be known how precisely: one of `half_width` and `relative` is given."""

    metric: Metric
    institutions: tuple[int, ...]  #: by number; the widest of their intervals counts
    paired: bool  #: of the difference from the reference, not of the metric itself
    half_width: float | None
    relative: float | None


def level_of(experiment: Experiment, level: float = LEVEL) -> float:
    """The level at which the intervals of an experiment are computed to hold a level: stricter where points end early.

    That this is enough is proven for `LEVEL`; other levels are made stricter in proportion.
    """
    if experiment.sampling.precision is None:
        return level
    return 1 - (1 - level) * (1 - SEQUENTIAL_LEVEL) / (1 - LEVEL)


def targets(experiment: Experiment) -> tuple[Target, ...]:
    """The targets of `sampling.precision`; none if it asks for a number of replicates.

    Raises
    ------
    ConfigError
        A metric is unknown or not among those of the experiment, or a half-width no less than all that it can be.
    """
    found, problems = [], []
    numbers = {institution.name: number for number, institution in enumerate(experiment.institutions)}
    chosen = {metric.name: metric for metric in chosen_metrics(experiment)}
    for key, goal in (experiment.sampling.precision or {}).items():
        metric_name, *names = named(key) or (key,)
        metric = chosen.get(metric_name)
        if metric is None:
            problems.append(Problem(("sampling", "precision", key), _no_metric(metric_name, chosen)))
            continue
        span = _range(metric, experiment)
        if goal.half_width is not None and goal.half_width >= span:
            message = f"must be below {span:g}, all that {metric.name} can vary by"
            problems.append(Problem(("sampling", "precision", key, "half_width"), message, shown(goal.half_width)))
        whose = tuple(numbers[name] for name in names if name is not None)
        paired = len(whose) == 2
        if paired:
            whose = tuple(number for number in whose if number != numbers[experiment.reference])
        found.append(Target(metric, whose or tuple(numbers.values()), paired, goal.half_width, goal.relative))
    if problems:
        raise ConfigError(map(experiment.describe, problems))
    return tuple(found)


def excess(targets: tuple[Target, ...], moments: Moments) -> Floats:
    """How many times too wide the intervals at each point are, (point,), by the worst of all targets.

    They are reached where it is at most 1, and it is infinite where there is no interval yet. Half-widths fall with the
    square root of the number of replicates.
    """
    metrics = {target.metric.name: target.metric for target in targets}
    results = {name: estimate(metric, moments, SEQUENTIAL_LEVEL) for name, metric in metrics.items()}
    of_pairs = {target.metric.name for target in targets if target.paired and target.metric.kind == "proportion"}
    differing = {name: differing_pairs(metrics[name], moments, SEQUENTIAL_LEVEL) for name in of_pairs}
    found = np.zeros(len(moments.replicates))
    for target in targets:
        result, whose = results[target.metric.name], list(target.institutions)
        value, low, high = (getattr(result, part)[:, whose] for part in (_PAIRED if target.paired else _OWN))
        with np.errstate(divide="ignore", invalid="ignore"):
            width = np.maximum((high - low) / 2, np.maximum(high - value, value - low) / LOPSIDED)
            if target.paired and target.metric.name in differing:
                pairs = differing[target.metric.name][:, whose]
                width *= np.sqrt((np.maximum(pairs, LEAST_PAIRS) + 2) / (pairs + 2))
            goal = target.half_width if target.relative is None else np.abs(value) * target.relative
            times = np.where(width > 0, width / goal, 0.0)
        found = np.maximum(found, np.where(np.isnan(width), np.inf, times).max(axis=1))
    return found


def described(experiment: Experiment) -> Iterator[str]:
    """Yield the targets in words."""
    for key, goal in (experiment.sampling.precision or {}).items():
        if goal.half_width is not None:
            yield f"{key} ± {goal.half_width:g}"
        else:
            yield f"{key} ± {goal.relative:.3g} of it"


def _no_metric(name: str, chosen: dict[str, Metric]) -> str:
    if name in METRICS:
        return f"{name} is not among outputs.metrics; add it there"
    near = suggestion(name, METRICS) or f" (known: {', '.join(chosen)})"
    return f"{name} is not a known metric{near}"


def _range(metric: Metric, experiment: Experiment) -> float:
    """The largest value that the metric can have at any point, less the smallest."""
    if not isinstance(metric.high, Constant):
        return metric.high - metric.low
    path = {Constant.STATES: "system.n_states", Constant.EPISODES: "dynamics.episodes"}[metric.high]
    return float(max(experiment.values_of(path))) - metric.low

"""Effects with their standard errors: within a point from csmc.estimate, between points by a jackknife over blocks."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from math import hypot
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.estimate import METRICS, Estimate, estimate
from csmc.estimate.metrics import Constant, Ratio, cross_pairs, own_pairs
from csmc.kernel import Plan
from csmc.kernel.codes import row_scale
from tests.metamorphic.support import moments, play

Floats = NDArray[np.float64]

#: Blocks of replicates that a jackknife leaves out in turn.
BLOCKS = 100
#: Standard errors that an effect must be away from 0 to count as seen, and that a value may be from the expected one.
K = 4.0


class Effect(NamedTuple):
    """A number and its standard error."""

    value: float
    se: float

    @property
    def z(self) -> float:
        """Standard errors from 0; infinite for a number that is not 0 and certain."""
        if self.se > 0:
            return self.value / self.se
        return float(np.copysign(np.inf, self.value)) if self.value else 0.0

    def __str__(self) -> str:
        digits = max(0, 1 - int(np.floor(np.log10(self.se)))) if self.se > 0 else 4
        return f"{self.value:.{digits}f} ± {self.se:.{digits}f}"


def listed(effects: Iterable[Effect]) -> str:
    """Effects side by side."""
    return ", ".join(map(str, effects))


def weakest(effects: Iterable[Effect]) -> str:
    """The effect nearest to 0, in standard errors."""
    return f"{min(abs(effect.z) for effect in effects):.1f}"


def rises(effects: Iterable[Effect]) -> bool:
    """Whether every effect is above 0 by K standard errors."""
    return all(effect.z > K for effect in effects)


def falls(effects: Iterable[Effect]) -> bool:
    """Whether every effect is below 0 by K standard errors."""
    return all(effect.z < -K for effect in effects)


def apart(high: Effect, low: Effect) -> Effect:
    """The difference of two independent numbers."""
    return Effect(high.value - low.value, hypot(high.se, low.se))


def estimates(
    metrics: Sequence[str],
    institutions: Sequence[Any],
    changes: dict[str, Any] | None = None,
    *,
    count: int,
    reference: int = 0,
    **options: Any,
) -> dict[str, Estimate]:
    """csmc's own estimates of `metrics` at one point, with differences from institution number `reference`."""
    chosen = [METRICS[name] for name in metrics]
    plan = Plan(own_pairs(chosen), cross_pairs(chosen), reference, "none")
    tallies = play(changes, institutions, count=count, plan=plan, **options)
    found = moments(tallies, plan, count, changes or {})
    return {metric.name: estimate(metric, found) for metric in chosen}


def levels(found: Estimate) -> list[Effect]:
    """Each institution's value of a metric."""
    return [Effect(float(value), float(se)) for value, se in zip(found.value[0], found.se[0], strict=True)]


def differences(found: Estimate) -> list[Effect]:
    """Each institution's paired difference from the reference."""
    pairs = zip(found.difference[0], found.difference_se[0], strict=True)
    return [Effect(float(value), float(se)) for value, se in pairs]


def difference(metric: str, institutions: Sequence[Any], changes: Any = None, **options: Any) -> Effect:
    """The paired difference in a metric between the second institution and the first."""
    return differences(estimates([metric], institutions, changes, **options)[metric])[1]


class Blocks(NamedTuple):
    """Tallies of consecutive blocks of replicates, (block, institution, tally), of histories of some episodes."""

    sums: NDArray[np.int64]
    replicates: int
    episodes: int


def blocks(institutions: Sequence[Any], changes: dict[str, Any] | None = None, *, count: int, **options: Any) -> Blocks:
    """Play `count` replicates in blocks, which other points' blocks match draw by draw."""
    each, none = count // BLOCKS, Plan(joint="none")
    runs = [
        play(changes, institutions, count=each, first=each * block, plan=none, **options).sums
        for block in range(BLOCKS)
    ]
    return Blocks(np.array(runs), each, _episodes(changes))


def effect(statistic: Callable[..., Any], *terms: tuple[str, Blocks]) -> Effect:
    """`statistic` of metrics (arrays over institutions), with the error of leaving the same blocks out of all."""
    parts = [_with_and_without(METRICS[metric].terms, run) for metric, run in terms]
    whole = float(statistic(*(part[0] for part in parts)))
    without = np.array([statistic(*(part[1][block] for part in parts)) for block in range(BLOCKS)], dtype=float)
    spread = ((without - without.mean()) ** 2).sum() * (BLOCKS - 1) / BLOCKS
    return Effect(whole, float(np.sqrt(spread)))


def change(metric: str, before: Blocks, after: Blocks, which: int = 0) -> Effect:
    """How much an institution's metric differs between two points."""
    return effect(lambda first, second: second[which] - first[which], (metric, before), (metric, after))


def changes_along(metric: str, runs: Sequence[Blocks], which: int = 0) -> list[Effect]:
    """The changes from each point to the next."""
    return [change(metric, before, after, which) for before, after in itertools.pairwise(runs)]


def level(metric: str, run: Blocks, which: int = 0) -> Effect:
    """An institution's metric at one point."""
    return effect(lambda value: value[which], (metric, run))


def _episodes(changes: dict[str, Any] | None) -> int:
    return int((changes or {}).get("dynamics.episodes", 1))


def _with_and_without(terms: Sequence[tuple[int, Ratio]], run: Blocks) -> tuple[Floats, Floats]:
    total, n = run.sums.sum(axis=0), len(run.sums)
    whole, without = np.zeros(total.shape[0]), np.zeros(run.sums.shape[:2])
    for sign, ratio in terms:
        whole += sign * _ratio(ratio, total, run.replicates * n, run.episodes)
        without += sign * _ratio(ratio, total - run.sums, run.replicates * (n - 1), run.episodes)
    return whole, without


def _ratio(ratio: Ratio, sums: NDArray[np.int64], replicates: int, episodes: int) -> Floats:
    numerator = sums[..., ratio.numerator] / row_scale(ratio.numerator, episodes)
    if isinstance(ratio.denominator, Constant):
        return np.asarray(numerator / (replicates * (episodes if ratio.denominator is Constant.EPISODES else 1)))
    with np.errstate(invalid="ignore"):  # an institution without a council has no votes to divide by
        return np.asarray(numerator / (sums[..., ratio.denominator] / row_scale(ratio.denominator, episodes)))

"""Which institution is best at every point: what is sure, and how likely the rest is; edit to change what is said."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from csmc.analysis.events import event_of, exception, together_in
from csmc.analysis.refusals import require_level
from csmc.analysis.stored import Stored, opened
from csmc.errors import CsmcError, ParameterError, suggestion
from csmc.estimate import Metric, Moments, Pairs, differences, level_of
from csmc.estimate.chances import Chances, chances_by_events, chances_by_normal, chances_by_patterns
from csmc.estimate.discordance import discordance, exact_interval
from csmc.estimate.intervals import LEVEL, Floats
from csmc.estimate.paired import Single
from csmc.estimate.ratios import ALL_PAIRS
from csmc.estimate.selection import Selection, select, simultaneous_level

DIMS = ("point", "institution")
#: Which direction is good for peace. Metrics that are not here must be told.
BETTER: Mapping[str, str] = {
    **dict.fromkeys(("war", "wider_war", "bilateral_war", "limited_war", "general_war"), "lower"),
    **dict.fromkeys(("war_given_challenge", "war_given_refusal", "challenge", "aggressor_success"), "lower"),
    **dict.fromkeys(("peace", "no_challenge", "general_deterrence", "immediate_deterrence"), "higher"),
    **dict.fromkeys(("history_without_war", "history_without_general_war", "time_to_war", "survivors"), "higher"),
}
#: What the chances are computed from.
DIRICHLET = "Dirichlet(counts of patterns + 1/2^K) where differences rest on few crises, else normal with its moments"
POSTERIOR = "normal with the moments of Dirichlet(counts of patterns + 1/2^K)"
NORMAL = "multivariate normal with the paired covariance matrix of the estimates, the replicate or group as the unit"
SURE = (
    "multiple comparisons with the best (Hsu 1984), Bonferroni over the other institutions: at each point "
    "all that is sure holds together at the confidence level; from "
)
EXACT = "MOVER of Clopper-Pearson intervals of the discordant shares"
PAIRED = "the metric's paired intervals"
#: Draws that are held in memory.
MOST_DRAWS = 100_000
SCOPE = "Monte Carlo uncertainty given the parameters, and nothing else"


class _Judged(NamedTuple):
    """What is said of some points, and from what."""

    value: Floats
    selection: Selection
    chances: Chances
    intervals: str
    source: str


class _Question(NamedTuple):
    metric: Metric
    lower: bool
    delta: float
    level: float
    draws: int
    seed: int


def best(
    output: str | os.PathLike[str],
    metric: str = "war",
    *,
    better: str | None = None,
    delta: float = 0.0,
    points: Sequence[int] | None = None,
    level: float = LEVEL,
    draws: int = 2048,
    seed: int = 1,
) -> xr.Dataset:
    """Say at every point which institution is best by a metric, how sure that is, and how likely each is the best.

    War and peace in plain one-shot crises need the joint tables that a run counts by default, and no more than 10
    institutions; anything else, and replicates in groups, need `outputs.joint: all`.

    Parameters
    ----------
    output
        The output directory of a run, which need not have finished.
    metric
        Name of a metric.
    better
        "lower" or "higher"; by default what is good for peace, if that is beyond doubt.
    delta
        How much worse than the best is as good as the best, in units of the metric.
    points
        Numbers of design points; all by default.
    level
        Confidence level at which everything that is sure at a point holds together.
    draws
        How many draws chances come from: a probability p has a standard error of at most sqrt(p (1 - p) / draws).
    seed
        Seed of these draws.

    Returns
    -------
    For each point and institution:

    - estimate: the metric. best: it has the best estimate, with others where they tie.
    - contender: no other is surely better. certain_best: the only contender. surely_close: surely no more than delta
      worse than the best.
    - probability_best, probability_close, expected_regret: how likely it is the best, or no more than delta worse, and
      how much worse than the best it is expected to be. What ties has its share.

    and replicates (point). Where nothing has run, or an institution has no estimate, chances are missing; an
    institution without an interval stays a contender. All of it is Monte Carlo uncertainty given the parameters.

    Raises
    ------
    ParameterError
        An unknown metric or point, a metric without a direction, delta below 0, no draws, or one institution only.
    StoreError
        There is no run, it is damaged, another version of csmc made it, or nothing has run at these points.
    CsmcError
        What this metric needs of pairs has not been counted.
    """
    run = opened(output)
    question = _question(run, metric, better, delta, level, draws, seed)
    where = run.points(points)
    shape = len(where), len(run.names)
    variables: dict[str, Any] = {
        name: (DIMS, np.full(shape, empty), {"long_name": long_name})
        for name, empty, long_name in (
            ("estimate", np.nan, question.metric.long_name),
            ("best", False, "best estimate"),
            ("contender", False, "no institution is surely better"),
            ("certain_best", False, "surely the best"),
            ("surely_close", False, "surely no more than delta worse than the best"),
            ("probability_best", np.nan, "probability of being the best"),
            ("probability_close", np.nan, "probability of being no more than delta worse than the best"),
            ("expected_regret", np.nan, "expected distance from the best"),
        )
    }
    replicates, sources = np.zeros(len(where), np.int64), dict[tuple[str, str], None]()
    for places, moments in run.chunks(where):
        judged = _judge(question, moments)
        replicates[places] = moments.replicates
        leading = judged.value == _leading(question, judged.value)
        parts = (judged.value, leading, *judged.selection, *judged.chances)
        for (_, values, _), part in zip(variables.values(), parts, strict=True):
            values[places] = part
        sources[judged.intervals, judged.source] = None
    intervals, chances = (" or ".join(dict.fromkeys(words)) for words in zip(*sources, strict=True))
    methods = {"sure": SURE + intervals, "chances": chances, "uncertainty": SCOPE}
    asked = {"metric": metric, "better": "lower" if question.lower else "higher", "delta": float(delta)}
    numbers = {"confidence_level": level, "draws": draws, "draws_seed": seed}
    return run.answer(variables, where, replicates, asked | numbers | methods)


def _question(
    run: Stored, name: str, better: str | None, delta: float, level: float, draws: int, seed: int
) -> _Question:
    (metric,) = run.metrics([name])
    if len(run.names) < 2:
        raise ParameterError(f"{run.names[0]!r} is the only institution of this run; which is best takes two or more")
    if not 0 <= delta < np.inf:
        raise ParameterError(f"delta={delta} is not a number from 0 on, in units of {name}")
    require_level(level, least=0.5)
    if not 1 <= draws <= MOST_DRAWS:
        raise ParameterError(
            f"draws={draws} is not from 1 to {MOST_DRAWS}; a thousand tell a probability to two digits"
        )
    return _Question(metric, lower_is_better(name, better), delta, level_of(run.experiment, level), draws, seed)


def lower_is_better(name: str, better: str | None) -> bool:
    """Whether less of a metric is better; ParameterError for an unknown word, or none where one is needed."""
    if better is None and name not in BETTER:
        raise ParameterError(f"whether more or less of {name!r} is better must be said: better='lower' or 'higher'")
    direction = BETTER[name] if better is None else better
    if direction not in ("lower", "higher"):
        raise ParameterError(
            f"better={direction!r} is not 'lower' or 'higher'{suggestion(direction, ('lower', 'higher'))}"
        )
    return direction == "lower"


def _leading(question: _Question, value: Floats) -> Floats:
    """The best estimate of each point; NaN where there is an institution without one."""
    return np.asarray((np.min if question.lower else np.max)(value, axis=1, keepdims=True))


def _judge(question: _Question, moments: Moments) -> _Judged:
    """Judge some points from exact counts where there are any, else from second moments."""
    event = event_of(question.metric)
    worse = event if question.lower or event is None else 1 - event
    counted = None if worse is None else together_in(worse, moments)
    level = simultaneous_level(moments.tallies.sums.shape[1], question.level)
    drawn = question.delta, question.draws, question.seed
    value = Single(question.metric, moments).influence.value
    if counted is not None:
        ends = exact_interval(discordance(counted.both, moments.replicates), level)
        chosen = select(*ends, question.delta)
        if counted.patterns is None:
            return _Judged(value, chosen, chances_by_events(counted.both, moments.replicates, *drawn), EXACT, POSTERIOR)
        return _Judged(value, chosen, chances_by_patterns(counted.patterns, *drawn), EXACT, DIRICHLET)
    low, high, shared = _second_moments(question, moments, level)
    chances = chances_by_normal(value if question.lower else -value, shared, *drawn)
    return _Judged(value, select(low, high, question.delta), chances, PAIRED, NORMAL)


def _second_moments(question: _Question, moments: Moments, level: float) -> tuple[Floats, Floats, Floats]:
    """How much worse each institution is than each other, low and high, and the covariances, all (point, K, K)."""
    if moments.plan.joint != "all":
        raise CsmcError(
            f"which institution is best by {question.metric.name} takes differences of all pairs, and this run counted "
            f"those with the reference; {ALL_PAIRS}; {exception(moments)}"
        )
    points, n_institutions = moments.tallies.sums.shape[:2]
    one, other = np.triu_indices(n_institutions, 1)
    pairs = Pairs(one, other)
    found = differences(question.metric, moments, pairs, level)
    ends = (found.low, found.high) if question.lower else (-found.high, -found.low)
    low, high, shared = np.zeros((3, points, n_institutions, n_institutions))
    single = Single(question.metric, moments)
    low[:, one, other], high[:, one, other] = ends
    low[:, other, one], high[:, other, one] = -ends[1], -ends[0]
    shared[:, one, other] = shared[:, other, one] = single.shared(pairs)
    everyone = np.arange(n_institutions)
    shared[:, everyone, everyone] = single.variance
    return low, high, shared

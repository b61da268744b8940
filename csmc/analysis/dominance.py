"""Whether crises end less severely under one institution than under another, whatever weights severity has."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from csmc.analysis.refusals import require_level
from csmc.analysis.stored import Stored, opened
from csmc.errors import ParameterError, suggestion
from csmc.estimate import METRICS, Moments, Pairs, differences, level_of
from csmc.estimate.discordance import Discordance, plain_interval
from csmc.estimate.dominance import levels, order
from csmc.estimate.intervals import LEVEL, Floats, Interval
from csmc.kernel.codes import N_OUTCOMES, Outcome

#: Metrics that are the shares of episodes at least as severe as each threshold of the default scale.
THRESHOLDS = ("war", "wider_war", "general_war")
#: The default scale: outcomes by how severe they are, the least first.
SEVERITY: tuple[tuple[str, ...], ...] = (
    tuple(outcome.name.lower() for outcome in Outcome if outcome < Outcome.BILATERAL_WAR),
    ("bilateral_war",),
    ("limited_war",),
    ("general_war",),
)
METHOD = "one-sided tests at every threshold of paired differences of cumulative shares (Davidson and Duclos 2013)"


def dominance(
    output: str | os.PathLike[str],
    scale: Sequence[Sequence[str]] | None = None,
    points: Sequence[int] | None = None,
    *,
    level: float = LEVEL,
) -> xr.Dataset:
    """Say for every pair of institutions and every point whether one surely dominates the other in severity.

    One dominates another where fewer of its crises are at least so severe, at every threshold between "no war" and
    "general war": it is then the less severe by any weights. Compared are all pairs with `outputs.joint: all`, else
    those with the reference.

    Parameters
    ----------
    output
        The output directory of a run, which need not have finished.
    scale
        Outcomes by severity, the least first, as groups of names that hold every outcome once. By default no war <
        bilateral < limited < general war. Another one needs one-shot crises with joint tables.
    points
        Numbers of design points; all by default.
    level
        Confidence of each statement, which holds for itself.

    Returns
    -------
    For each point and pair: compared, dominates (`institution` over `other_institution`) and crossing (each is the less
    severe at some threshold); where none of it holds either way the pair is undecided. And everywhere (institution,
    other_institution): it dominates at every point asked for, which needs no correction for their number.

    Raises
    ------
    ParameterError
        A scale that does not hold every outcome once, an unknown point, one institution only, or a run whose histories
        or metrics do not allow the scale.
    StoreError
        There is no run, it is damaged, another version of csmc made it, or nothing has run at these points.
    """
    run, groups = opened(output), SEVERITY if scale is None else tuple(map(tuple, scale))
    severe = _at_least(groups)
    if len(run.names) < 2:
        raise ParameterError(f"{run.names[0]!r} is the only institution of this run; dominance takes two or more")
    require_level(level, least=0.5)
    one_shot = max(run.experiment.values_of("dynamics.episodes")) == 1
    exact = one_shot and run.plan.joint != "none" and run.plan.group == 1  # crises of groups are not independent
    if not exact:
        _refuse_without_moments(run, groups)
    where, pairs = run.points(points), run.counted_pairs()
    shape = len(where), len(run.names), len(run.names)
    compared, dominates, crossing = np.zeros((3, *shape), dtype=np.bool_)
    replicates = np.zeros(len(where), dtype=np.int64)
    for places, moments in run.chunks(where):
        replicates[places] = moments.replicates
        chosen = levels(len(severe), level_of(run.experiment, level))
        found = order(*(_interval(moments, pairs, severe if exact else None, each) for each in chosen))
        for target, there, back in (
            (compared, True, True),
            (dominates, found.dominates, found.dominated),
            (crossing, found.crossing, found.crossing),
        ):
            target[places[:, None], pairs.one, pairs.other] = there
            target[places[:, None], pairs.other, pairs.one] = back
    dims = ("point", "institution", "other_institution")
    variables: dict[str, Any] = {
        "compared": (dims, compared, {"long_name": "the pair has been compared"}),
        "dominates": (dims, dominates, {"long_name": "surely less severe at every threshold"}),
        "crossing": (dims, crossing, {"long_name": "each surely less severe at some threshold"}),
        "everywhere": (dims[1:], dominates.all(axis=0), {"long_name": "dominates at every one of the points"}),
    }
    told = {"method": METHOD, "confidence_level": level, "scale": " < ".join(" or ".join(group) for group in groups)}
    return run.answer(variables, where, replicates, told)


def _at_least(groups: Sequence[Sequence[str]]) -> Floats:
    """Which outcomes are at least as severe as each group but the first, (threshold, outcome), 0 or 1."""
    names = [outcome.name.lower() for outcome in Outcome]
    listed = [name for group in groups for name in group]
    for name in listed:
        if name not in names:
            near = suggestion(name, names) or f" (known: {', '.join(names)})"
            raise ParameterError(f"{name!r} is no outcome{near}")
    if sorted(listed) != sorted(names) or len(groups) < 2:
        wrong = sorted(name for name in names if listed.count(name) != 1)
        raise ParameterError(
            f"a scale is two or more groups of outcomes that hold each of the {N_OUTCOMES} once; "
            + (f"this one does not of {', '.join(wrong)}" if wrong else "this one has one group")
        )
    rank = {name: place for place, group in enumerate(groups) for name in group}
    ranks = np.array([rank[name] for name in names])
    return (ranks >= np.arange(1, len(groups))[:, None]).astype(np.float64)


def _refuse_without_moments(run: Stored, groups: Sequence[Sequence[str]]) -> None:
    if tuple(groups) != SEVERITY:
        raise ParameterError(
            "another scale takes one-shot crises with joint tables and sampling.replication: plain; this run can have "
            "the default one"
        )
    run.metrics(THRESHOLDS)


def _interval(moments: Moments, pairs: Pairs, severe: Floats | None, level: float) -> Interval:
    """Intervals of the differences of the shares at least so severe, (point, pair, threshold)."""
    if severe is None:
        found = [differences(METRICS[name], moments, pairs, level) for name in THRESHOLDS]
        return Interval(*(np.stack([getattr(part, end) for part in found], axis=-1) for end in ("low", "high")))
    joint = moments.tallies.joint[:, pairs.one, moments.places(pairs.other)]
    more = np.einsum("pqab,ta,tb->pqt", joint, severe, 1 - severe, optimize=True)
    less = np.einsum("pqab,ta,tb->pqt", joint, 1 - severe, severe, optimize=True)
    crises = moments.replicates[:, None, None].astype(np.float64)
    return plain_interval(Discordance(more, less, np.broadcast_to(crises, more.shape)), level)

"""Differences of every pair of institutions at every point; edit to change what is said of a pair."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from csmc.analysis.refusals import require_level
from csmc.analysis.stored import Stored, opened
from csmc.errors import ParameterError
from csmc.estimate import Difference, Metric, Pairs, differences, level_of
from csmc.estimate.intervals import LEVEL, METHODS

#: Dimensions of every difference.
DIMS = ("point", "institution", "other_institution")
#: Parts of a difference: field of `csmc.estimate.Difference`, suffix of the variable, how its long name begins, and the
#: field that takes its place, and by which sign, where the two institutions are exchanged.
PARTS = (
    ("value", "_difference", "paired difference: ", "value", -1),
    ("se", "_difference_se", "standard error of the paired difference: ", "se", 1),
    ("low", "_difference_low", "lower end of the interval of the paired difference: ", "high", -1),
    ("high", "_difference_high", "upper end of the interval of the paired difference: ", "low", -1),
    (
        "pairing_gain",
        "_pairing_gain",
        "variance of the difference with separate draws over that with shared draws: ",
        "pairing_gain",
        1,
    ),
)


def contrasts(
    output: str | os.PathLike[str],
    metrics: Sequence[str] | None = None,
    pairs: Sequence[tuple[str, str]] | None = None,
    points: Sequence[int] | None = None,
    *,
    level: float = LEVEL,
) -> xr.Dataset:
    """Estimate how metrics differ between institutions that met the same crises, for every pair of them.

    Parameters
    ----------
    output
        The output directory of a run, which need not have finished.
    metrics
        Names of metrics; all that the run counts by default.
    pairs
        Pairs of institutions by name, in any order. By default every pair that has been counted: all with
        `outputs.joint: all`, else those with the reference.
    points
        Numbers of design points; all by default.
    level
        Confidence level of the intervals, each of which holds for itself.

    Returns
    -------
    For each metric M the difference of `institution` minus `other_institution` as M_difference, its M_difference_se,
    _low and _high, and M_pairing_gain, each (point, institution, other_institution), with exact signs both ways; and
    replicates (point). Missing are the pairs that were not asked for, each institution with itself, points that have
    not run, and what has nothing to divide by. The attribute `complete` is 0 if work is left to do at these points.

    Raises
    ------
    ParameterError
        An institution, metric or point that the run does not have, a pair of one institution, or no such level.
    StoreError
        There is no run, it is damaged, another version of csmc made it, or nothing has run at these points.
    CsmcError
        A pair has not been counted.
    """
    require_level(level)
    run = opened(output)
    chosen, compared, where = run.metrics(metrics), _pairs(run, pairs), run.points(points)
    shape = len(where), len(run.names), len(run.names)
    found = {f"{m.name}{suffix}": np.full(shape, np.nan) for m in chosen for _, suffix, *_ in PARTS}
    replicates = np.zeros(len(where), dtype=np.int64)
    for places, moments in run.chunks(where):
        replicates[places] = moments.replicates
        for metric in chosen:
            _fill(
                found, metric, places, compared, differences(metric, moments, compared, level_of(run.experiment, level))
            )
    variables: dict[str, Any] = {
        f"{metric.name}{suffix}": (DIMS, found[f"{metric.name}{suffix}"], _attributes(metric, suffix, prefix, level))
        for metric in chosen
        for _, suffix, prefix, *_ in PARTS
    }
    answer = run.answer(variables, where, replicates, {"confidence_level": level})
    answer["other_institution"].attrs["long_name"] = "institution that is subtracted"
    return answer


def _pairs(run: Stored, named: Sequence[tuple[str, str]] | None) -> Pairs:
    """Each pair once, by numbers, all that have been counted for None; those with the reference as in a result."""
    if named is None:
        return run.counted_pairs()
    chosen = {_different(run, *pair) for pair in named}
    ordered = sorted(pair[::-1] if pair[0] == run.plan.reference else pair for pair in chosen)
    return Pairs(*np.array(ordered, dtype=np.int64).reshape(-1, 2).T)


def _different(run: Stored, one: str, other: str) -> tuple[int, int]:
    first, second = sorted((run.institution(one), run.institution(other)))
    if first == second:
        raise ParameterError(f"a pair must be of two different institutions, not of {one!r} and itself")
    return first, second


def _fill(
    found: dict[str, NDArray[np.float64]],
    metric: Metric,
    places: NDArray[np.int64],
    pairs: Pairs,
    difference: Difference,
) -> None:
    """Write the differences of all pairs, and with the opposite sign those of the pairs exchanged."""
    rows = places[:, None]
    for part, suffix, _, opposite, sign in PARTS:
        target = found[metric.name + suffix]
        target[rows, pairs.one, pairs.other] = getattr(difference, part)
        target[rows, pairs.other, pairs.one] = sign * getattr(difference, opposite) + 0.0  # no -0


def _attributes(metric: Metric, suffix: str, prefix: str, level: float) -> dict[str, Any]:
    attributes: dict[str, Any] = {"units": "1", "long_name": prefix + metric.long_name, "comment": metric.definition}
    if suffix.endswith(("_low", "_high")):
        attributes |= {"interval_method": METHODS[f"{metric.kind} difference"], "confidence_level": level}
    return attributes

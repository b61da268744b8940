"""What becomes of the wars under one institution when another takes its place; edit to change what is said of them."""

import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from csmc.analysis.refusals import require_level
from csmc.analysis.stored import opened
from csmc.errors import ParameterError
from csmc.estimate import fates, level_of
from csmc.estimate.differences import Known
from csmc.estimate.intervals import LEVEL, METHODS
from csmc.kernel.result import PREVENTED

PROPORTION = METHODS["proportion"]
MEAN = METHODS["mean"]
NET = "MOVER of the intervals of prevented and added (Zou and Donner 2008)"


class _Part(NamedTuple):
    """One estimate: its name, dimensions, value with error and interval, what it says, and the interval's method."""

    name: str
    dims: tuple[str, ...]
    known: Known
    long_name: str
    method: str


def prevention(
    output: str | os.PathLike[str],
    institution: str,
    other: str,
    points: Sequence[int] | None = None,
    *,
    level: float = LEVEL,
) -> xr.Dataset:
    """Say which of the wars under one institution are prevented under another, by what, and which new ones there are.

    The two met the same crises, so this is of episodes, not of totals: where institutions change how histories go on,
    the same episode may be another crisis.

    Parameters
    ----------
    output
        The output directory of a run with joint tables, which need not have finished.
    institution, other
        Names of two institutions. Unless all pairs have been counted (`outputs.joint: all`), one is the reference.
    points
        Numbers of design points; all by default.
    level
        Confidence level of the intervals, each of which holds for itself.

    Returns
    -------
    For each point, all with _se, _low and _high:

    - prevented, still_war: shares of the wars under `institution` that are none, and are wars, under the other; they
      sum to 1. becomes (outcome): the same by outcome under the other.
    - new: share of the wars under the other that are none under `institution`. was (outcome): by outcome there.
    - added: new wars per war under `institution`. added_from (outcome): by outcome there.
    - net: prevented less added, wars fewer per war.

    and, exact, wars, other_wars, war_count (outcome) and other_war_count (outcome), the wars under each by outcome
    under the other of the two, and replicates. Missing where there are no wars to divide by, or the point has not run.
    The attribute `complete` is 0 if work is left to do at these points.

    Raises
    ------
    ParameterError
        An institution or point that the run does not have, twice the same institution, or no such level.
    StoreError
        There is no run, it is damaged, another version of csmc made it, or nothing has run at these points.
    CsmcError
        There are no joint tables, or none of this pair.
    """
    require_level(level)
    run = opened(output)
    one, two, where = run.institution(institution), run.institution(other), run.points(points)
    if one == two:
        raise ParameterError(f"prevention is between two different institutions, not {institution!r} and itself")
    values: dict[str, NDArray[Any]] = {}
    variables: dict[str, Any] = {}
    replicates = np.zeros(len(where), dtype=np.int64)
    sizes = {"point": len(where), "outcome": PREVENTED}
    for places, moments in run.chunks(where):
        replicates[places] = moments.replicates
        for name, dims, part, attributes in _variables(
            fates.prevention(moments, one, two, level_of(run.experiment, level)), level
        ):
            if name not in values:
                empty = np.nan if part.dtype == np.float64 else 0
                values[name] = np.full([sizes[dim] for dim in dims], empty, part.dtype)
                variables[name] = dims, values[name], attributes
            values[name][places] = part
    attributes = {"institution": institution, "other_institution": other, "confidence_level": level}
    return run.answer(variables, where, replicates, attributes)


def _variables(
    found: fates.Prevention, level: float
) -> Iterator[tuple[str, tuple[str, ...], NDArray[Any], dict[str, Any]]]:
    """Yield every variable: name, dimensions, values and attributes."""
    for name, dims, known, long_name, method in _parts(found):
        for suffix, prefix, values in (
            ("", "", known.value),
            ("_se", "standard error: ", known.se),
            ("_low", "lower end of the interval: ", known.low),
            ("_high", "upper end of the interval: ", known.high),
        ):
            attributes: dict[str, Any] = {"units": "1", "long_name": prefix + long_name}
            if suffix in ("_low", "_high"):
                attributes |= {"interval_method": method, "confidence_level": level}
            yield name + suffix, dims, values, attributes
    whole, each = ("point",), ("point", "outcome")
    ours, theirs = found.there, found.back
    for name, dims, counts, long_name in (
        ("wars", whole, ours.wars[:, 0], "wars under the institution"),
        ("other_wars", whole, theirs.wars[:, 0], "wars under the other institution"),
        ("war_count", each, ours.counts[:, :PREVENTED], "the wars, by outcome under the other"),
        ("other_war_count", each, theirs.counts[:, :PREVENTED], "the other's wars, by outcome here"),
    ):
        yield name, dims, counts.astype(np.int64), {"units": "1", "long_name": long_name}


def _parts(found: fates.Prevention) -> Iterator[_Part]:
    prevented = _whole(found.fates)
    still = Known(1 - prevented.value, prevented.se, 1 - prevented.high, 1 - prevented.low)
    whole, each = ("point",), ("point", "outcome")
    yield _Part("prevented", whole, prevented, "share of the wars that are none under the other", PROPORTION)
    yield _Part("still_war", whole, still, "share of the wars that are wars under the other", PROPORTION)
    yield _Part("becomes", each, _by_outcome(found.fates), "share of the wars, by outcome under the other", PROPORTION)
    yield _Part("new", whole, _whole(found.origins), "share of the other's wars that are none here", PROPORTION)
    yield _Part("was", each, _by_outcome(found.origins), "share of the other's wars, by outcome here", PROPORTION)
    yield _Part("added", whole, _whole(found.added), "the other's new wars, per war here", MEAN)
    yield _Part("added_from", each, _by_outcome(found.added), "the other's wars, by outcome here, per war here", MEAN)
    yield _Part("net", whole, Known(*(part[:, 0] for part in found.net)), "wars fewer, per war", NET)


def _whole(known: Known) -> Known:
    """All that are no war on the other side."""
    return Known(*(part[:, PREVENTED] for part in known))


def _by_outcome(known: Known) -> Known:
    return Known(*(part[:, :PREVENTED] for part in known))

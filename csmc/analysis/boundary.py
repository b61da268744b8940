"""Where along a varied parameter one institution stops being better than another; edit to change what is said of it."""

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from csmc.analysis.best import lower_is_better
from csmc.analysis.events import event_of, exception, together_in
from csmc.analysis.refusals import require_level
from csmc.analysis.stored import Stored, opened
from csmc.errors import CsmcError, ParameterError, suggestion
from csmc.estimate import Metric, Moments, Pairs, differences, level_of
from csmc.estimate.boundary import Piece, Root, confidence_set, roots
from csmc.estimate.discordance import Discordance, discordance, plain_interval
from csmc.estimate.intervals import LEVEL, Floats, Interval
from csmc.estimate.ratios import ALL_PAIRS
from csmc.results.coordinates import TEXT

#: What is said of a line of points.
FLIPS, NEVER, UNDECIDED, MISSING = "flips", "never flips", "undecided", "missing"
METHOD = (
    "linear interpolation of the paired difference between neighbouring points; set: all places whose interpolated "
    "interval holds 0"
)
ERRORS = (
    "the set is of Monte Carlo error given the parameters; what the difference does between two points of the design "
    "(root_left, root_right) is not known, and no part of it"
)


class _Lines(NamedTuple):
    """The points of a design as lines along a parameter: where, and which point is where, (setting, place)."""

    along: xr.Variable
    name: str
    points: NDArray[np.int64]
    others: dict[str, xr.Variable]


class _Told(NamedTuple):
    """What is said of one line."""

    verdict: str
    everywhere: str
    points: int
    roots: list[Root]
    pieces: list[Piece]


def boundary(
    output: str | os.PathLike[str],
    metric: str,
    institution: str,
    other: str,
    along: str,
    *,
    better: str | None = None,
    level: float = LEVEL,
) -> xr.Dataset:
    """Find where along a parameter the better of two institutions changes, for each setting of all else that varies.

    Parameters
    ----------
    output
        The output directory of a run whose design is a grid along the parameter. Points that have not run are left out.
    metric
        Name of a metric.
    institution, other
        Names of two institutions. Unless all pairs have been counted (`outputs.joint: all`), one is the reference, or
        the metric is war or peace in plain one-shot crises.
    along
        Path of a varied parameter with numbers, as the configuration names it.
    better
        "lower" or "higher"; by default what is good for peace, if that is beyond doubt.
    level
        Confidence level of each point's interval, and so of the set for each root.

    Returns
    -------
    Dimensions: setting, the combinations of the other varied parameters; the parameter; root and piece, as many as any
    setting has. Lines of fewer are filled with missing values.

    - difference, difference_low, difference_high (setting, parameter): `institution` minus `other`.
    - root_at, root_left, root_right, better_below, better_above (setting, root): where the estimated difference changes
      sign, the points it lies between, and who is better on either side.
    - set_low, set_high, set_open_low, set_open_high (setting, piece): where it may truly change sign. An open end is
      that of the swept range, and the set may go on beyond it.
    - verdict (setting): "flips" if each is surely better at some point, "never flips" if one is surely better at all
      points (the set is empty), else "undecided"; "missing" with fewer than two points.
    - better_everywhere (setting): who, if it never flips. points (setting): points with an interval.

    Raises
    ------
    ParameterError
        Unknown or equal institutions, an unknown metric, a metric without a direction, or a parameter along which the
        design is no grid of numbers.
    StoreError
        There is no run, it is damaged, another version of csmc made it, or nothing has run.
    CsmcError
        The pair has not been counted.
    """
    run = opened(output)
    (chosen,), pair = run.metrics([metric]), (run.institution(institution), run.institution(other))
    lower = lower_is_better(metric, better)
    if pair[0] == pair[1]:
        raise ParameterError(f"a boundary is between two different institutions, not {institution!r} and itself")
    require_level(level)
    lines = _lines(run, along)
    difference, low, high, replicates = _differences(run, chosen, pair, level_of(run.experiment, level))
    values = [part[lines.points] for part in (difference, low, high)]
    names = (institution, other) if lower else (other, institution)
    places = lines.along.values.astype(np.float64)
    told = [_tell(places, *line, names) for line in zip(values[0], values[1], values[2], strict=True)]
    dims = ("setting", lines.name)
    ends = {"confidence_level": level}
    variables: dict[str, Any] = {
        "difference": (dims, values[0], {"long_name": f"{chosen.long_name}: {institution} minus {other}"}),
        "difference_low": (dims, values[1], {"long_name": "lower end of its interval"} | ends),
        "difference_high": (dims, values[2], {"long_name": "upper end of its interval"} | ends),
        **_root_variables(told, names),
        **_piece_variables(told),
        "verdict": ("setting", np.array([line.verdict for line in told], TEXT)),
        "better_everywhere": ("setting", np.array([line.everywhere for line in told], TEXT)),
        "points": ("setting", np.array([line.points for line in told])),
    }
    asked = {"metric": metric, "institution": institution, "other_institution": other, "along": along}
    words = {"better": "lower" if lower else "higher", "method": METHOD, "errors": ERRORS, "confidence_level": level}
    coordinates = {lines.name: lines.along, **lines.others}
    return xr.Dataset(variables, coordinates, run.attributes(run.points(None), replicates) | asked | words)


def _lines(run: Stored, along: str) -> _Lines:
    """Sort the design's points into lines along a parameter that differ in nothing else."""
    labels = run.labels(run.points(None))
    varied = {label.attrs["path"]: (name, label) for name, label in labels.items() if "path" in label.attrs}
    names = {name: path for path, (name, _) in varied.items()}
    path = names.get(along, along)
    if path not in varied:
        near = suggestion(along, varied) or f"; what varies: {', '.join(varied) or 'nothing'}"
        raise ParameterError(f"{along!r} does not vary in this design{near}")
    name, label = varied.pop(path)
    if not np.issubdtype(label.dtype, np.number):
        raise ParameterError(f"{along!r} has values that are no numbers; a boundary lies between two numbers")
    columns = [other.values.tolist() for _, other in varied.values()]
    settings: dict[tuple[Any, ...], list[int]] = {}
    for point in np.argsort(label.values, kind="stable").tolist():
        settings.setdefault(tuple(column[point] for column in columns), []).append(point)
    ordered = sorted(settings.values(), key=min)
    levels = np.unique(label.values)
    if len(levels) < 2 or any(not np.array_equal(label.values[line], levels) for line in ordered):
        raise ParameterError(
            f"the design is no grid along {along!r}: its {len(levels)} values do not all occur, once, at every setting "
            f"of what else varies ({', '.join(varied) or 'nothing'}); put it under design.grid, crossed with the rest "
            "by product if need be"
        )
    points = np.array(ordered)
    others = {
        other: xr.Variable("setting", column.values[points[:, 0]], column.attrs) for other, column in varied.values()
    }
    return _Lines(xr.Variable(name, levels, label.attrs), name, points, others)


def _differences(
    run: Stored, metric: Metric, pair: tuple[int, int], level: float
) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """The difference of the pair at every point, its interval, and the replicates behind it."""
    where = run.points(None)
    found = np.full((3, len(where)), np.nan)
    replicates = np.zeros(len(where), dtype=np.int64)
    for places, moments in run.chunks(where):
        value, ends = _compared(metric, moments, pair, level)
        found[:, places] = value, *ends
        replicates[places] = moments.replicates
    return found[0], found[1], found[2], replicates


def _compared(metric: Metric, moments: Moments, pair: tuple[int, int], level: float) -> tuple[Floats, Interval]:
    """The first minus the second, (point,), from whatever has been counted of the two."""
    one, other = pair
    reference = moments.plan.reference
    if moments.plan.joint == "all" or reference in pair:
        turned = moments.plan.joint != "all" and one == reference
        numbers = Pairs(*(np.array([number]) for number in ((other, one) if turned else (one, other))))
        found = differences(metric, moments, numbers, level)
        value, low, high = (part[:, 0] for part in (found.value, found.low, found.high))
        return (-value, Interval(-high, -low)) if turned else (value, Interval(low, high))
    event = event_of(metric)
    counted = None if event is None else together_in(event, moments)
    if counted is None:
        raise CsmcError(
            f"this pair of institutions has not been counted: neither is the reference; {ALL_PAIRS}; "
            f"{exception(moments)}"
        )
    every = discordance(counted.both, moments.replicates)
    chosen = Discordance(every.more[:, one, other], every.less[:, one, other], every.crises[:, 0, 0])
    return chosen.difference, plain_interval(chosen, level)


def _tell(places: Floats, difference: Floats, low: Floats, high: Floats, names: tuple[str, str]) -> _Told:
    """Judge one line; `names` are who is better where the difference is below 0, and above."""
    known = np.isfinite(low) & np.isfinite(high)
    places, difference, low, high = (part[known] for part in (places, difference, low, high))
    if len(places) < 2:
        return _Told(MISSING, "", len(places), [], [])
    pieces = confidence_set(places, low, high)
    everywhere = "" if pieces else names[int(difference[0] > 0)]
    surely_both = bool((high < 0).any() and (low > 0).any())
    verdict = FLIPS if surely_both else UNDECIDED if pieces else NEVER
    return _Told(verdict, everywhere, len(places), roots(places, difference), pieces)


def _root_variables(told: Sequence[_Told], names: tuple[str, str]) -> dict[str, Any]:
    shape = len(told), max((len(line.roots) for line in told), default=0)
    at, left, right = np.full((3, *shape), np.nan)
    below, above = np.full(shape, "", TEXT), np.full(shape, "", TEXT)
    for setting, line in enumerate(told):
        for number, root in enumerate(line.roots):
            place = setting, number
            at[place], left[place], right[place] = root.at, root.left, root.right
            below[place], above[place] = names if root.rising else names[::-1]
    dims = ("setting", "root")
    return {
        "root_at": (dims, at, {"long_name": "where the estimated difference changes sign"}),
        "root_left": (dims, left, {"long_name": "point below it"}),
        "root_right": (dims, right, {"long_name": "point above it"}),
        "better_below": (dims, below, {"long_name": "who is better below it"}),
        "better_above": (dims, above, {"long_name": "who is better above it"}),
    }


def _piece_variables(told: Sequence[_Told]) -> dict[str, Any]:
    shape = len(told), max((len(line.pieces) for line in told), default=0)
    low, high = np.full((2, *shape), np.nan)
    open_low, open_high = np.zeros((2, *shape), dtype=np.bool_)
    for setting, line in enumerate(told):
        for number, piece in enumerate(line.pieces):
            place = setting, number
            low[place], high[place], open_low[place], open_high[place] = piece
    dims = ("setting", "piece")
    return {
        "set_low": (dims, low, {"long_name": "lower end of a piece of the confidence set"}),
        "set_high": (dims, high, {"long_name": "upper end of a piece of the confidence set"}),
        "set_open_low": (dims, open_low, {"long_name": "the piece reaches the lower end of the swept range"}),
        "set_open_high": (dims, open_high, {"long_name": "the piece reaches the upper end of the swept range"}),
    }

"""`csmc pairs`: how every two institutions differ, and what becomes of the wars of one under another."""

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from csmc.cli import completion
from csmc.cli.console import MISSING, leave_if_unfinished, note, or_null, say
from csmc.cli.options import Metrics, Result
from csmc.cli.tables import print_rows
from csmc.errors import ParameterError

if TYPE_CHECKING:
    import xarray as xr


def pairs(
    result: Result,
    metric: Metrics = None,
    point: Annotated[
        int | None, typer.Option(help="Number of the design point.", show_default="all, or the only one")
    ] = None,
    institution: Annotated[
        str | None, typer.Option(help="Whose wars to follow, with --other.", autocompletion=completion.institutions)
    ] = None,
    other: Annotated[
        str | None, typer.Option(help="Under which institution to follow them.", autocompletion=completion.institutions)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Compare all pairs of institutions, or say what becomes of the wars of one under another."""
    from csmc import analysis
    from csmc.analysis.stored import opened
    from csmc.estimate.ratios import ALL_PAIRS

    points = None if point is None else [point]
    if (institution is None) != (other is None):
        raise ParameterError("--institution and --other go together: whose wars, and under which other institution")
    if institution is None or other is None:
        found = analysis.contrasts(result, metric or ["war"], points=points)
        names = [str(name).removesuffix("_difference") for name in found if str(name).endswith("_difference")]
        data = {name: list(_compared(found, name)) for name in names}
        if not as_json:
            for name in names:
                (_print_matrix if found.sizes["point"] == 1 else _print_design)(found, name)
        if opened(result).plan.joint != "all" and found.sizes["institution"] > 2:
            note(f"pairs without the reference have not been counted; {ALL_PAIRS}")
    elif metric:
        raise ParameterError("--metric is of differences; with --institution and --other it is wars that are followed")
    else:
        found = analysis.prevention(result, institution, other, points)
        if found.sizes["point"] > 1:
            raise ParameterError(f"the design has {found.sizes['point']:,} points; say of which one, with --point")
        data = _followed(found.isel(point=0))
        if not as_json:
            _print_wars(found.isel(point=0))
    if as_json:
        print(json.dumps(data | {"complete": bool(found.attrs["complete"])}, indent=2))
    leave_if_unfinished(found)


def _compared(found: "xr.Dataset", name: str) -> Iterator[dict[str, Any]]:
    """Yield what is known of each pair: its difference, or where it goes in a design."""
    names = [str(name) for name in found["institution"].values]
    for one in names:
        for other in names:
            difference = found[f"{name}_difference"].sel(institution=one, other_institution=other)
            if one != other and difference.notnull().any():
                pair = {"institution": one, "other_institution": other}
                yield pair | (_one(found, name, pair) if found.sizes["point"] == 1 else _over_points(found, name, pair))


def _one(found: "xr.Dataset", name: str, pair: dict[str, str]) -> dict[str, Any]:
    here = found.isel(point=0).sel(pair)
    parts = ("difference", "difference_se", "difference_low", "difference_high", "pairing_gain")
    return {part: or_null(float(here[f"{name}_{part}"])) for part in parts}


def _over_points(found: "xr.Dataset", name: str, pair: dict[str, str]) -> dict[str, Any]:
    """At how many points the one has decidedly less, or more, and between which differences the points lie."""
    here = found.sel(pair)
    difference, low, high = (here[f"{name}_difference{end}"] for end in ("", "_low", "_high"))
    lower, higher, known = int((high < 0).sum()), int((low > 0).sum()), int(low.notnull().sum())
    counts = {"lower": lower, "undecided": known - lower - higher, "higher": higher}
    return counts | {
        "missing": found.sizes["point"] - known,
        "least": or_null(float(difference.min())),
        "most": or_null(float(difference.max())),
    }


def _print_matrix(found: "xr.Dataset", name: str) -> None:
    """One point: the row minus the column."""
    here = found.isel(point=0)
    low, high = here[f"{name}_difference_low"], here[f"{name}_difference_high"]
    names = [str(name) for name in found["institution"].values]
    rows = []
    for one in names:
        pairs = [{"institution": one, "other_institution": other} for other in names]
        cells = [_cell(name, *(here[f"{name}_difference"].sel(p), low.sel(p), high.sel(p))) for p in pairs]
        rows.append((one, *cells))
    say(f"{name}: row minus column{_unit(name)}, point {int(here['point'])}, {int(here['replicates']):,} replicates;")
    say("paired, each with an interval of 95 % that holds for itself")
    print_rows("", (name, *names), rows)


def _print_design(found: "xr.Dataset", name: str) -> None:
    """Many points: how many are decided, each by its own interval; nothing is averaged over them."""
    rows = [
        (
            f"{pair['institution']} - {pair['other_institution']}",
            *(f"{pair[count]:,}" for count in ("lower", "undecided", "higher", "missing")),
            f"{_number(name, pair['least'])} to {_number(name, pair['most'])}",
        )
        for pair in _once(_compared(found, name))
    ]
    say(f"{name}: first minus second, at how many of {found.sizes['point']:,} points (95 % at each, for itself)")
    print_rows("", ("pair", "lower", "undecided", "higher", "missing", f"differences{_unit(name)}"), rows)


def _once(pairs: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Of each pair and its reverse, the one that comes first."""
    seen: set[frozenset[str]] = set()
    for pair in pairs:
        both = frozenset((pair["institution"], pair["other_institution"]))
        if both not in seen:
            seen.add(both)
            yield pair


def _cell(name: str, value: "xr.DataArray", low: "xr.DataArray", high: "xr.DataArray") -> str:
    if math.isnan(float(value)):
        return MISSING
    ends = "" if math.isnan(float(low)) else f" [{_number(name, float(low))}, {_number(name, float(high))}]"
    return _number(name, float(value)) + ends


def _unit(name: str) -> str:
    from csmc.report.words import is_share

    return ", percentage points" if is_share(name) else ""


def _number(name: str, value: float | None) -> str:
    from csmc.report.words import difference

    return MISSING if value is None else difference(name, value)


def _followed(found: "xr.Dataset") -> dict[str, Any]:
    """All numbers of one point, with outcomes by name."""
    data: dict[str, Any] = {name: found.attrs[name] for name in ("institution", "other_institution")}
    outcomes = [str(outcome) for outcome in found["outcome"].values]
    for name, values in found.data_vars.items():
        by_outcome = {outcome: or_null(float(values.sel(outcome=outcome))) for outcome in outcomes if values.dims}
        data[str(name)] = by_outcome or or_null(float(values))
    return data


def _print_wars(found: "xr.Dataset") -> None:
    """The wars of one institution under the other, and the reverse, in words and numbers."""
    here, there = found.attrs["institution"], found.attrs["other_institution"]
    say(f"point {int(found['point'])}, {int(found['replicates']):,} replicates; per cent, with intervals of 95 %")
    say(f"of {int(found['wars']):,} wars under {here}, {_share(found, 'prevented')} are none under {there},")
    say(f"and {_share(found, 'still_war')} are wars there too; by what they are under {there}:")
    _print_outcomes(found, "becomes", "war_count")
    say(f"of {int(found['other_wars']):,} wars under {there}, {_share(found, 'new')} are none under {here};")
    say(f"by what they are under {here}:")
    _print_outcomes(found, "was", "other_war_count")
    say(f"per 100 wars under {here}:")
    say(f"{_share(found, 'prevented')} prevented, {_share(found, 'added')} new, net {_share(found, 'net')} fewer")


def _print_outcomes(found: "xr.Dataset", name: str, counts: str) -> None:
    rows = [
        (str(outcome), f"{int(found[counts].sel(outcome=outcome)):,}", _share(found.sel(outcome=outcome), name))
        for outcome in found["outcome"].values
    ]
    print_rows("", ("outcome", "wars", "per cent"), rows)


def _share(found: "xr.Dataset", name: str) -> str:
    from csmc.report.words import percent

    value, low, high = (float(found[name + end]) for end in ("", "_low", "_high"))
    if math.isnan(value):
        return MISSING
    return percent(value) + ("" if math.isnan(low) else f" [{percent(low)}, {percent(high)}]").replace("-", "−")

"""`csmc boundary`: where along a parameter the better of two institutions changes."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from csmc.cli import completion
from csmc.cli.console import MISSING, leave_if_unfinished, say, tell_figures
from csmc.cli.options import Better, Metric, Result
from csmc.cli.tables import print_rows

if TYPE_CHECKING:
    import xarray as xr


def boundary(
    result: Result,
    pair: Annotated[
        tuple[str, str],
        typer.Option(help="The two institutions.", show_default=False, autocompletion=completion.institutions),
    ],
    along: Annotated[
        str, typer.Option(metavar="PATH", help="The parameter.", show_default=False, autocompletion=completion.varied)
    ],
    metric: Metric = "war",
    better: Better = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
    figure: Annotated[
        Path | None, typer.Option("--figure", metavar="FILE", help="Draw the difference and its boundary there.")
    ] = None,
) -> None:
    """Find where along a parameter the better of two institutions changes, and how sure that is."""
    from csmc import analysis

    found = analysis.boundary(result, metric, *pair, along, better=better)
    if as_json:
        print(json.dumps(_data(found), indent=2, ensure_ascii=False))
    else:
        _print(found)
    if figure:
        from csmc.report.boundary import boundary_figure

        boundary_figure(found, figure)
        tell_figures([figure], as_json)
    leave_if_unfinished(found)


def _data(found: "xr.Dataset") -> dict[str, Any]:
    names = ("metric", "better", "institution", "other_institution", "along", "confidence_level", "method", "errors")
    settings = [_setting(found.isel(setting=number)) for number in range(found.sizes["setting"])]
    return {name: found.attrs[name] for name in names} | {
        "settings": settings,
        "complete": bool(found.attrs["complete"]),
    }


def _setting(line: "xr.Dataset") -> dict[str, Any]:
    """What is said of one line, as plain data."""
    others = {str(label.attrs["path"]): label.values.item() for label in line.coords.values() if not label.dims}
    roots = [
        {
            "at": float(root["root_at"]),
            "between": [float(root["root_left"]), float(root["root_right"])],
            "better_below": str(root["better_below"].values),
            "better_above": str(root["better_above"].values),
        }
        for root in (line.isel(root=number) for number in range(line.sizes["root"]))
        if not math.isnan(float(root["root_at"]))
    ]
    pieces = [
        {
            "low": float(piece["set_low"]),
            "high": float(piece["set_high"]),
            "open_low": bool(piece["set_open_low"]),
            "open_high": bool(piece["set_open_high"]),
        }
        for piece in (line.isel(piece=number) for number in range(line.sizes["piece"]))
        if not math.isnan(float(piece["set_low"]))
    ]
    return {
        "where": others,
        "verdict": str(line["verdict"].values),
        "better_everywhere": str(line["better_everywhere"].values),
        "points": int(line["points"]),
        "roots": roots,
        "set": pieces,
    }


def _print(found: "xr.Dataset") -> None:
    from csmc.report.boundary import setting_label

    one, other, along = (found.attrs[name] for name in ("institution", "other_institution", "along"))
    rows = []
    for number in range(found.sizes["setting"]):
        line = found.isel(setting=number)
        told = _setting(line)
        where = setting_label(line) or "all points"
        rows.append((where, told["verdict"], _who(told), _roots(told), _set(told), f"{told['points']:,}"))
    level = 100 * found.attrs["confidence_level"]
    say(f"{one} against {other} by {found.attrs['metric']}, along {along}")
    print_rows(
        "", ("setting", "verdict", "better", "sign changes at (between points)", f"{level:g} % set", "points"), rows
    )
    say("A set is of Monte Carlo error given the parameters; ... where it reaches the end of the swept range.")
    say("What happens between two points of the design is interpolated, and no part of it.")


def _who(told: dict[str, Any]) -> str:
    """Who is better, in the order of the parameter, where that is decided."""
    if told["better_everywhere"]:
        return f"{told['better_everywhere']} everywhere"
    if told["verdict"] != "flips":
        return MISSING
    order = (
        [told["roots"][0]["better_below"], *(root["better_above"] for root in told["roots"])] if told["roots"] else []
    )
    return ", then ".join(order) or MISSING


def _roots(told: dict[str, Any]) -> str:
    words = [f"{root['at']:.4g} ({root['between'][0]:g} to {root['between'][1]:g})" for root in told["roots"]]
    return ", ".join(words) or MISSING


def _set(told: dict[str, Any]) -> str:
    words = [
        f"{'... ' if piece['open_low'] else ''}{piece['low']:.4g} to {piece['high']:.4g}"
        f"{' ...' if piece['open_high'] else ''}"
        for piece in told["set"]
    ]
    return ", ".join(words) or (MISSING if told["points"] < 2 else "empty")

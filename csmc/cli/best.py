"""`csmc best`: which institution is best, how sure that is, and which dominates which."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from csmc.cli.console import MISSING, leave_if_unfinished, or_null, say
from csmc.cli.options import Better, Metric, Result
from csmc.cli.tables import print_rows
from csmc.errors import CsmcError

if TYPE_CHECKING:
    import xarray as xr

#: Flags that are counted over points, and means over them, by the name of the variable.
FLAGS = ("best", "contender", "certain_best", "surely_close")
MEANS = ("estimate", "probability_best", "probability_close", "expected_regret")


def best(
    result: Result,
    metric: Metric = "war",
    better: Better = None,
    delta: Annotated[float, typer.Option(help="How much worse than the best is as good, in units of the metric.")] = 0,
    point: Annotated[int | None, typer.Option(help="Number of the design point.", show_default="all")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Say which institution is best: what is sure, how likely the rest is, and which dominates which in severity."""
    from csmc import analysis

    points = None if point is None else [point]
    found = analysis.best(result, metric, better=better, delta=delta, points=points)
    try:
        ordered, why = analysis.dominance(result, points=points), ""
    except CsmcError as error:  # the run did not count what severity takes: the rest can still be said
        ordered, why = None, str(error)
    if as_json:
        print(json.dumps(_data(found, ordered, why), indent=2, ensure_ascii=False))
    else:
        _print_best(found)
        _print_dominance(ordered, why)
    leave_if_unfinished(found)


def _data(found: "xr.Dataset", ordered: "xr.Dataset | None", why: str) -> dict[str, Any]:
    told = {name: found.attrs[name] for name in ("metric", "better", "delta", "confidence_level", "sure", "chances")}
    by_institution = {str(name): _institution(found, str(name)) for name in found["institution"].values}
    severity = list(_pairs(ordered)) if ordered is not None else None
    return {
        **told,
        "uncertainty": found.attrs["uncertainty"],
        "points": _computed(found),
        "institutions": by_institution,
        "dominance": severity,
        **({"no_dominance": why} if why else {}),
        "complete": bool(found.attrs["complete"]),
    }


def _institution(found: "xr.Dataset", name: str) -> dict[str, Any]:
    """At how many points what holds, and means over the points with a value."""
    here = found.sel(institution=name)
    counts = {flag: int(here[flag].sum()) for flag in FLAGS}
    return counts | {mean: or_null(float(here[mean].mean())) for mean in MEANS}


def _computed(found: "xr.Dataset") -> int:
    return int((found["replicates"] > 0).sum())


def _print_best(found: "xr.Dataset") -> None:
    delta, metric, one = found.attrs["delta"], found.attrs["metric"], found.sizes["point"] == 1
    shown = {"best": "best", "contender": "contender", "certain_best": "surely the best"}
    shown |= {"surely_close": f"surely within {delta:g}"} if delta else {}
    chances = {"probability_best": "P(best)"} | ({"probability_close": f"P(within {delta:g})"} if delta else {})
    rows = []
    for name, title in found.csmc.titles.items():
        told = _institution(found, name)
        flags = [("yes" if told[flag] else "") if one else f"{told[flag]:,}" for flag in shown]
        rows.append(
            (
                title,
                _number(told["estimate"], ".4g"),
                *flags,
                *(_number(told[chance], ".4f") for chance in chances),
                _number(told["expected_regret"], ".3g"),
            )
        )
    where = (
        f"point {int(found['point'][0])}" if one else f"at how many of {_computed(found):,} points; the rest are means"
    )
    say(f"best by {metric} ({found.attrs['better']} is better), {where}")
    print_rows("", ("institution", metric, *shown.values(), *chances.values(), "regret"), rows)
    say(
        "Contender: nobody is surely better. What is sure of a point holds together at "
        f"{100 * found.attrs['confidence_level']:g} %."
    )
    say(f"P and regret (how much worse than the best is expected) are from {found.attrs['draws']:,} draws.")
    say(f"All this is {found.attrs['uncertainty']}.")
    say()


def _number(value: float | None, digits: str) -> str:
    return MISSING if value is None else f"{value:{digits}}"


def _pairs(ordered: "xr.Dataset") -> Iterator[dict[str, Any]]:
    """Yield each pair once, the one that dominates more often first."""
    names = [str(name) for name in ordered["institution"].values]
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            pair = {"institution": one, "other_institution": other}
            there = ordered.sel(pair)
            back = ordered.sel(institution=other, other_institution=one)
            compared = int(there["compared"].sum())
            if compared == 0:
                continue
            counts = int(there["dominates"].sum()), int(back["dominates"].sum()), int(there["crossing"].sum())
            if counts[1] > counts[0]:
                pair, there, counts = (
                    dict(zip(pair, (other, one), strict=True)),
                    back,
                    (counts[1], counts[0], counts[2]),
                )
            dominates, dominated, crossing = counts
            undecided = compared - sum(counts)
            yield pair | {
                "dominates": dominates,
                "dominated": dominated,
                "crossing": crossing,
                "undecided": undecided,
                "compared": compared,
                "everywhere": bool(there["everywhere"]),
            }


def _print_dominance(ordered: "xr.Dataset | None", why: str) -> None:
    if ordered is None:
        say(f"dominance in severity: {why}")
        return
    titles, pairs = ordered.csmc.titles, list(_pairs(ordered))
    counted = ("dominates", "dominated", "crossing", "undecided")
    rows = []
    for pair in pairs:
        one, other = (titles[pair[which]] for which in ("institution", "other_institution"))
        if pair["undecided"] < pair["compared"]:
            counts = [f"{pair[count]:,}" for count in counted]
            rows.append((f"{one} over {other}", *counts, "yes" if pair["everywhere"] else ""))
    say("dominance in severity: fewer wars, fewer wider wars and fewer general wars; at how many points")
    if rows:
        print_rows("", ("pair", "dominates", "is dominated", "crossing", "undecided", "everywhere"), rows)
    say(f"{len(pairs) - len(rows)} of {len(pairs)} pairs are undecided at all points.")

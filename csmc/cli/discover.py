"""`csmc discover`: where in the space of parameters something happens."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from csmc.cli.console import MISSING, figure_formats, say, tell_figures, warn_if_partial
from csmc.cli.options import Figures, Formats, Result
from csmc.cli.tables import print_paragraphs, print_rows

if TYPE_CHECKING:
    import xarray as xr

LIMITS = ("parameter", "from", "to", "quasi-p: from", "to", "found again: from", "to")
STEPS = ("step", "points", "mass", "density", "coverage", "limits")


def discover(
    result: Result,
    where: Annotated[str, typer.Option("--where", metavar="CONDITION", help="As in 'war[collective_security] < 0.1'.")],
    mass: Annotated[float, typer.Option(help="Least share of the points in a box.")] = 0.05,
    peel: Annotated[float, typer.Option(help="Share of its points that a step takes off.")] = 0.05,
    step: Annotated[int | None, typer.Option(help="Take this step of the peeling.", show_default="the best")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Fixes permutations and halves.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the analysis as JSON.")] = False,
    figures: Figures = None,
    formats: Formats = None,
) -> None:
    """Find a box of parameters in which a condition holds, and say how dense and how complete it is (PRIM)."""
    from csmc import analysis
    from csmc.analysis.plain import as_data
    from csmc.results import reading

    chosen = figure_formats(formats, figures)
    with reading(result) as dataset:
        found = analysis.discover(dataset, where, mass=mass, peel=peel, step=step, seed=seed)
        if as_json:
            print(json.dumps(as_data(found), indent=2, allow_nan=False))
        else:
            show(found, dataset)
        if figures:
            from csmc.report.tradeoff import trade_off_figure

            tell_figures(trade_off_figure(found, dataset, figures, chosen), as_json)
        warn_if_partial(dataset)


def show(found: "xr.Dataset", result: "xr.Dataset") -> None:
    """Print the box, then what other steps would have given."""
    attrs = found.attrs
    say(f"{attrs['where']}: {attrs['hits']:,} of {attrs['n']:,} points ({100 * attrs['base_density']:.1f} %)")
    if attrs["box_points"] == attrs["n"]:
        say(
            f"no box: hits dealt out at random do as well (probability {attrs['by_chance']:.2g}); steps are shown below"
        )
    else:
        say(
            f"the box holds {attrs['box_points']:,} points; {100 * attrs['box_density']:.1f} % of them are hits "
            f"(density), {100 * attrs['box_coverage']:.1f} % of all hits (coverage); "
            f"probability that hits dealt out at random do as well: {attrs['by_chance']:.2g}"
        )
    say()
    if rows := _limits(found, result):
        print_rows("limits of the box", LIMITS, rows)
    print_rows("steps of the peeling (--step takes another)", STEPS, _steps(found))
    print_paragraphs(_notes(found))


def _limits(found: "xr.Dataset", result: "xr.Dataset") -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for name in found["parameter"].values.tolist():
        here = found.sel(parameter=name)
        path, kept = str(result[name].attrs.get("path", name)), str(here["kept_values"].item())
        ends = [kept, ""] if kept else [_number(end) for end in here["limit"].values]
        if any(end not in ("", MISSING) for end in ends):
            tests = [*map(_number, here["quasi_p"].values), *map(_number, here["reproduced"].values)]
            rows.append((path, *ends, *tests))
    return rows


def _number(value: float) -> str:
    return MISSING if value != value else f"{value:.3g}"


def _steps(found: "xr.Dataset") -> list[tuple[str, ...]]:
    """Every fifth step, the best one and the last."""
    last, attrs = found.sizes["step"] - 1, found.attrs
    rows: list[tuple[str, ...]] = []
    for step in sorted({*range(0, last + 1, 5), attrs["step"], attrs["best_step"], last}):
        here = found.isel(step=step)
        shares = (f"{float(here[name]):.3f}" for name in ("mass", "density", "coverage"))
        mark = "*" if step == attrs["step"] else ""
        rows.append((f"{step}{mark}", f"{int(here['points']):,}", *shares, str(int(here["limited"]))))
    return rows


def _notes(found: "xr.Dataset") -> list[str]:
    attrs = found.attrs
    said = [
        "* is the step that became the box, widened where that costs no density, and without limits of no use. Limits "
        "are those of the points in it. A quasi-p value is the probability of as many hits if a limit were of no use, "
        "and too small, because the box was chosen for its hits; found again is the share of "
        f"{attrs['resamples']} random halves of the points that limit the same end.",
        f"The box is found on estimates. The intervals of {attrs['undecided']:,} points leave the condition undecided, "
        f"{attrs['undecided_in_box']:,} of them in the box.",
    ]
    if attrs["missing"]:
        said.append(f"WARNING: {attrs['missing']:,} points are missing and left out.")
    return said

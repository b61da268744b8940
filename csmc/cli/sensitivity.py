"""`csmc sensitivity`: which parameters a result depends on."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from csmc.cli.console import MISSING, figure_formats, tell_figures, warn_if_partial
from csmc.cli.options import Figures, Formats, Institutions, Metrics, Result
from csmc.cli.tables import print_paragraphs, print_rows

if TYPE_CHECKING:
    import xarray as xr

#: What a table shows of an analysis: variable, heading, digits.
SHOWN = (
    ("total", "share of variance, alone or with other parameters (total order)"),
    ("first", "share of variance, alone (first order)"),
    ("mu_star", "mean size of the effect over the range (mu*)"),
    ("sigma", "spread of the effect (sigma)"),
)


def sensitivity(
    result: Result,
    metric: Metrics = None,
    institution: Institutions = None,
    differences: Annotated[bool, typer.Option(help="Also the paired differences from the reference.")] = True,
    resamples: Annotated[int, typer.Option(help="Bootstrap resamples.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Fixes the resamples.")] = 1,
    level: Annotated[float, typer.Option(help="Level of the intervals.")] = 0.95,
    as_json: Annotated[bool, typer.Option("--json", help="Print the analysis as JSON.")] = False,
    figures: Figures = None,
    formats: Formats = None,
) -> None:
    """Say which parameters a result depends on: Sobol' indices, or Morris' effects of a design `morris`."""
    from csmc import analysis
    from csmc.analysis.plain import as_data
    from csmc.results import reading

    chosen = figure_formats(formats, figures)
    with reading(result) as dataset:
        ask = analysis.screen if "step" in dataset.coords else analysis.sensitivity
        found = ask(
            dataset,
            metric or ("war",),
            institutions=institution,
            differences=differences,
            resamples=resamples,
            seed=seed,
            level=level,
        )
        if as_json:
            print(json.dumps(as_data(found), indent=2, allow_nan=False))
        else:
            show(found, dataset)
        if figures:
            from csmc.report.indices import index_figures

            tell_figures(index_figures(found, dataset, figures, chosen), as_json)
        warn_if_partial(dataset)


def show(found: "xr.Dataset", result: "xr.Dataset") -> None:
    """Print an analysis for a reader: a table per estimand and kind of index, institutions side by side."""
    titles = result.csmc.titles
    names = [str(name) for name in found["institution"].values]
    for estimand in found["estimand"].values.tolist():
        own = [n for n in names if not (estimand.endswith("_difference") and n == result.csmc.reference)]
        against = f", against {result.csmc.reference_title}" if estimand.endswith("_difference") else ""
        heading = estimand.removesuffix("_difference") + against
        for variable, words in SHOWN:
            if variable in found and own:
                rows = _rows(found.sel(estimand=estimand), result, variable, own)
                print_rows(f"{heading}: {words}", ("parameter", *(titles[name] for name in own)), rows)
    print_paragraphs(_notes(found))


def _rows(found: "xr.Dataset", result: "xr.Dataset", variable: str, institutions: list[str]) -> list[tuple[str, ...]]:
    """Parameters, the one that matters most on average first."""
    order = found[variable].sel(institution=institutions).mean("institution").fillna(0).values.argsort()[::-1]
    rows = []
    for name in found["parameter"].values[order].tolist():
        here = found.sel(parameter=name)
        cells = [
            _cell(*(float(here[variable + end].sel(institution=k)) for end in ("", "_low", "_high")))
            for k in institutions
        ]
        rows.append((str(result[name].attrs.get("path", name)), *cells))
    if "noise_share" in found and variable in ("total", "first", "mu_star"):
        shares = [float(found["noise_share"].sel(institution=k)) for k in institutions]
        rows.append(("(noise between points)", *(MISSING if s != s else f"{s:.3f}" for s in shares)))
    return rows


def _cell(value: float, low: float, high: float) -> str:
    if value != value:
        return MISSING
    ends = MISSING if low != low else f"[{low:.3f}, {high:.3f}]"
    return f"{value:.3f} {ends}".replace("-", "−")


def _notes(found: "xr.Dataset") -> list[str]:
    attrs = found.attrs
    said = [
        f"Method: {attrs['method']}; brackets: {100 * attrs['level']:g} % {attrs['interval_method']} "
        f"({attrs['n']:,} {attrs['unit']}, {attrs['resamples']:,} resamples).",
        f"Noise is {attrs['noise']}. Its line is the mean squared standard error over the variance of the estimates.",
    ]
    return said + [f"WARNING: {text}." for text in attrs["warnings"].splitlines()]

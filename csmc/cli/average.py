"""`csmc average`: the mean over the region that a design samples, with its two errors."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from csmc.cli.console import MISSING, warn_if_partial
from csmc.cli.options import Metrics, Result
from csmc.cli.tables import print_paragraphs, print_rows

if TYPE_CHECKING:
    import xarray as xr


def average(
    result: Result,
    metric: Metrics = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the means as JSON.")] = False,
) -> None:
    """Average over the region that a design samples in independent randomizations, with both errors apart."""
    from csmc import analysis
    from csmc.analysis.plain import as_data
    from csmc.results import reading

    with reading(result) as dataset:
        found = analysis.average(dataset, metric or ["war"])
        if as_json:
            print(json.dumps(as_data(found), indent=2, allow_nan=False))
        else:
            show(found, dataset)
        warn_if_partial(dataset)


def show(found: "xr.Dataset", result: "xr.Dataset") -> None:
    """Print means for a reader: a table per metric, and one of its differences."""
    level = f"{100 * found.attrs['level']:g} %"
    columns = ("institution", "mean", "integration se", f"integration {level}", "Monte Carlo se")
    for estimand in found["estimand"].values.tolist():
        print_rows(_title(estimand, result), columns, _rows(found.sel(estimand=estimand), result))
    print_paragraphs([*_notes(found)])


def _title(estimand: str, result: "xr.Dataset") -> str:
    metric = estimand.removesuffix("_difference")
    return metric if metric == estimand else f"{metric}, against {result.csmc.reference_title}"


def _rows(found: "xr.Dataset", result: "xr.Dataset") -> Iterator[tuple[str, ...]]:
    is_difference = str(found["estimand"].values).endswith("_difference")
    for name, title in result.csmc.titles.items():
        if is_difference and name == result.csmc.reference:
            yield title, "reference", "", "", ""
            continue
        here = found.sel(institution=name)
        low, high = (_number(float(here[f"integration_{end}"])) for end in ("low", "high"))
        interval = MISSING if MISSING in (low, high) else f"[{low}, {high}]"
        mean, integration, draws = (_number(float(here[p])) for p in ("mean", "integration_se", "monte_carlo_se"))
        yield title, mean, integration, interval, draws


def _number(value: float) -> str:
    return MISSING if value != value else f"{value:.4g}".replace("-", "−")


def _notes(found: "xr.Dataset") -> Iterator[str]:
    attrs = found.attrs
    yield (
        f"Means over the distribution that the design samples: {attrs['points']:,} points, {attrs['method']}. That "
        f"interval is for the error of integration. The Monte Carlo error, from {attrs['replicates']:,} replicates or "
        f"more at each point, is another: {attrs['monte_carlo']}."
    )
    if bool(found["mean"].isnull().any()):
        yield f"{MISSING} is where a metric is missing at some point, so that it has no mean over the region."
    yield "Neither covers what the model leaves out."

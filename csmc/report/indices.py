"""Sensitivity as bars: Sobol' indices or Morris' effects of the parameters, by institution, with intervals."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from csmc.report.style import COLOURS, USUAL, legend_below, new_figure, save, styled, titled
from csmc.report.words import parameter_label

#: What is drawn beside each other, if the analysis has it.
DRAWN = {
    "first": "first order: alone",
    "total": "total order: alone or with others",
    "mu_star": "μ*: mean size of the effect",
    "sigma": "σ: its spread, by interactions and curvature",
}


def index_bars(found: xr.Dataset, result: xr.Dataset, estimand: str) -> Figure:
    """Draw one panel per institution for an estimand of `csmc.analysis.sensitivity` or `screen` of a result."""
    here = found.sel(estimand=estimand)
    here = here.isel(institution=np.flatnonzero(_varies(here)))
    titles = [result.csmc.titles[str(name)] for name in here["institution"].values]
    labels = [parameter_label(result[name], result.csmc.titles) for name in found["parameter"].values.tolist()]
    order = np.argsort(np.nan_to_num(here[_main(found)].values).mean(axis=0))
    figure = new_figure(3.2 + 2.6 * len(titles), 2.2 + 0.45 * len(labels))
    panels = figure.subplots(1, len(titles), sharey=True, sharex=True, squeeze=False)[0]
    for axes, (place, title) in zip(panels, enumerate(titles), strict=False):
        _bars(axes, here.isel(institution=place, parameter=order))
        axes.set_title(title, loc="left")
        axes.tick_params(left=False)
    panels[0].set_yticks(range(len(labels)), [labels[place] for place in order])
    against = f" against {result.csmc.reference_title}" if estimand.endswith("_difference") else ""
    metric = estimand.removesuffix("_difference").replace("_", " ")
    level = f"{100 * found.attrs['level']:g}\N{NO-BREAK SPACE}%"
    what = "share of the variance explained" if "first" in found else "effect of a change over the range"
    titled(
        figure,
        str(result.attrs.get("question", "")),
        f"What {metric}{against} depends on: {what}; bars of {level} intervals",
    )
    legend_below(figure, *panels[0].get_legend_handles_labels())
    return figure


def index_figures(found: xr.Dataset, result: xr.Dataset, directory: Path, formats: Sequence[str] = USUAL) -> list[Path]:
    """Write a figure per estimand that varies under any institution, and return the paths of the files."""
    directory.mkdir(parents=True, exist_ok=True)
    kind = "screening" if "mu_star" in found else "sensitivity"
    written: list[Path] = []
    with styled():
        for estimand in found["estimand"].values.tolist():
            if _varies(found.sel(estimand=estimand)).any():
                written += save(index_bars(found, result, estimand), directory, f"{kind}_{estimand}", formats)
    return written


def _varies(here: xr.Dataset) -> NDArray[np.bool_]:
    """Under which institutions there is something to draw."""
    return np.asarray(np.isfinite(here[_main(here)].transpose("institution", "parameter").values).all(axis=1))


def _main(found: xr.Dataset) -> str:
    return next(name for name in ("total", "first", "mu_star") if name in found)


def _bars(axes: Axes, here: xr.Dataset) -> None:
    drawn = [name for name in DRAWN if name in here]
    rows, thick = np.arange(here.sizes["parameter"]), 0.8 / len(drawn)
    for place, name in enumerate(drawn):
        value, low, high = (here[name + end].values for end in ("", "_low", "_high"))
        at = rows + thick * ((len(drawn) - 1) / 2 - place)
        error = np.maximum([value - low, high - value], 0.0)
        line = {"elinewidth": 1.2, "ecolor": "#333333"}
        axes.barh(at, value, thick, xerr=error, error_kw=line, color=COLOURS[place], label=DRAWN[name])
    axes.axvline(0, color="#555555", linewidth=0.8)
    axes.grid(visible=False, axis="y")

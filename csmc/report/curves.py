"""One varied parameter: metrics along it, one line per institution, with their intervals as bands."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from csmc.report.style import legend_below, look, metric_axis, new_figure, titled
from csmc.report.words import number, parameter_label, readable

#: Panels in order of preference: variable, heading. The first four that the result has are drawn.
PANELS = (
    ("war", "war, share of crisis episodes"),
    ("war_difference", "war: difference from {reference}"),
    ("general_war", "general war, share of crisis episodes"),
    ("participation", "participation in the response, share of third-party capability"),
    ("peace", "peace, share of crisis episodes"),
    ("challenge", "challenges, share of crisis episodes"),
)

#: How far apart institutions stand beside each other where the parameter is text.
_BESIDE = 0.07


def curves(dataset: xr.Dataset) -> Figure:
    """Draw the main metrics against the parameter that varies."""
    return _curves(dataset, [panel for panel in PANELS if panel[0] in dataset][:4])


def metric_curves(dataset: xr.Dataset, metric: str) -> Figure:
    """Draw a metric, and its paired difference, against the parameter that varies."""
    panels = [(metric, str(dataset[metric].attrs["long_name"]))]
    if dataset.sizes["institution"] > 1:
        panels.append((f"{metric}_difference", f"{readable(metric)}: difference from {{reference}}"))
    return _curves(dataset, panels)


def _curves(dataset: xr.Dataset, panels: Sequence[tuple[str, str]]) -> Figure:
    (parameter,) = dataset.csmc.design
    numeric = np.issubdtype(dataset[parameter].dtype, np.number)
    dataset = dataset.isel(point=np.argsort(dataset[parameter].values, kind="stable")) if numeric else dataset
    figure = new_figure(11, 7.4 if len(panels) > 2 else 4.6)
    rows = 2 if len(panels) > 2 else 1
    grid = figure.subplots(rows, -(-len(panels) // rows) or 1, squeeze=False, sharex=True).ravel()
    for axes, (variable, heading) in zip(grid, panels, strict=False):
        _panel(axes, dataset, variable, parameter)
        axes.set_title(heading.format(reference=dataset.csmc.reference_title), loc="left")
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    for axes in grid[-(len(grid) // rows) :]:
        axes.set_xlabel(parameter_label(dataset[parameter], dataset.csmc.titles))
    titled(
        figure,
        str(dataset.attrs.get("question", "")),
        "Bands and bars are 95\N{NO-BREAK SPACE}% intervals; differences are paired.",
    )
    handles, labels = grid[0].get_legend_handles_labels()
    legend_below(figure, handles, labels)
    return figure


def _panel(axes: Axes, dataset: xr.Dataset, variable: str, parameter: str) -> None:
    positions, ticks, numeric = _positions(dataset[parameter].values)
    for place, (name, title) in enumerate(dataset.csmc.titles.items()):
        here = dataset.sel(institution=name)
        style = look(place)
        if variable.endswith("_difference") and name == dataset.csmc.reference:
            axes.axhline(0, color=style["color"], linewidth=1.2, linestyle=style["linestyle"])
            continue
        value, low, high = (here[variable + end].values for end in ("", "_low", "_high"))
        if numeric:
            axes.plot(positions, value, label=title, **style)
            axes.fill_between(positions, low, high, color=style["color"], alpha=0.18, linewidth=0)
        else:
            beside = positions + _BESIDE * (place - (dataset.sizes["institution"] - 1) / 2)
            error = np.maximum([value - low, high - value], 0.0)
            axes.errorbar(beside, value, error, label=title, **(style | {"linestyle": ""}))
    if ticks:
        axes.set_xticks(positions, ticks)
    metric_axis(axes, variable.removesuffix("_difference"))


def _positions(values: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], list[str], bool]:
    """Numbers stand where they are, with a tick each if they are few; text stands in order, and no line joins it."""
    if not np.issubdtype(values.dtype, np.number):
        return np.arange(len(values)), [str(value) for value in values], False
    return values, [number(value) for value in values.tolist()] if len(values) <= 7 else [], True

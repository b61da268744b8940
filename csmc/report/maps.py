"""Two varied parameters: a map of the difference in a metric for each institution."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from csmc.report.style import MAPS, new_figure, titled
from csmc.report.words import is_share, number, parameter_label, readable

#: What is drawn of a metric.
ENDS = ("_difference", "_difference_low", "_difference_high")
#: At most this many labels stand on an axis.
_MOST_TICKS = 8


def difference_maps(dataset: xr.Dataset, metric: str = "war") -> Figure:
    """Draw one map per institution but the reference: blue is less, red more, a line is the border."""
    cube = dataset[[metric + end for end in ENDS]].csmc.grid().rename({metric + end: end for end in ENDS})
    first, second = dataset.csmc.design
    across, up = (first, second) if cube.sizes[first] >= cube.sizes[second] else (second, first)
    cube = cube.transpose("institution", up, across).load()
    titles = dataset.csmc.titles
    names = [name for name in titles if name != dataset.csmc.reference]
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    figure = new_figure(1.2 + 3.5 * columns, 1.6 + 2.35 * rows)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    limit = float(np.nanmax(np.abs(cube["_difference"].values))) or 1e-9
    for axes, name in zip(panels, names, strict=False):
        mesh = _map(axes, cube.sel(institution=name), limit)
        axes.set_title(titles[name], loc="left")
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    _label_axes(panels[0], cube[across], cube[up])
    figure.supxlabel(parameter_label(dataset[across], titles), fontsize=10)
    figure.supylabel(parameter_label(dataset[up], titles), fontsize=10)
    bar = figure.colorbar(mesh, ax=list(panels), shrink=0.8, aspect=30, format=_points if is_share(metric) else None)
    unit = ", percentage points" if is_share(metric) else ""
    bar.set_label(f"difference in {readable(metric)}{unit}", labelpad=10)
    explained = (
        f"{readable(metric).capitalize()} against {dataset.csmc.reference_title}: blue less, red more; line: no "
        "difference; dots: undecided at 95\N{NO-BREAK SPACE}%"
    )
    titled(figure, str(dataset.attrs.get("question", "")), explained)
    return figure


def _points(difference: float, _position: float) -> str:
    """A difference of shares in percentage points, as the colour bar's formatter."""
    return f"{100 * difference:+.0f}".replace("-", "−") if difference else "0"


def _map(axes: Axes, here: xr.Dataset, limit: float) -> QuadMesh:
    difference = here["_difference"].values
    mesh = axes.pcolormesh(difference, cmap=MAPS["difference"], vmin=-limit, vmax=limit)
    rows, columns = difference.shape
    x, y = np.arange(columns) + 0.5, np.arange(rows) + 0.5
    if min(rows, columns) > 1 and np.nanmin(difference) < 0 < np.nanmax(difference):
        axes.contour(x, y, difference, levels=[0.0], colors="#222222", linewidths=1.3)
    undecided = (here["_difference_low"].values <= 0) & (here["_difference_high"].values >= 0)
    row, column = np.nonzero(undecided)
    axes.plot(column + 0.5, row + 0.5, ".", color="#444444", markersize=3.5)
    axes.grid(visible=False)
    return mesh


def _label_axes(axes: Axes, across: xr.DataArray, up: xr.DataArray) -> None:
    """Label cells by their values: they are drawn equally wide, however the values are spaced."""
    axes.set_xticks(*_ticks(across.values))
    axes.set_yticks(*_ticks(up.values))


def _ticks(values: np.ndarray[Any, Any]) -> tuple[list[float], list[str]]:
    step = -(-len(values) // _MOST_TICKS)
    chosen = range(0, len(values), step)
    labels = values.tolist()
    return [place + 0.5 for place in chosen], [number(labels[place]) for place in chosen]

"""One design point: how crises end under each institution, and the difference in war."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from csmc.kernel.codes import Outcome
from csmc.report.style import (
    LESS,
    MORE,
    OUTCOMES,
    UNDECIDED,
    is_dark,
    legend_below,
    metric_axis,
    new_figure,
    percent_axis,
    titled,
)
from csmc.report.words import percent, readable

#: Shares from this on are written into their bar.
_WRITTEN = 0.045


def outcome_bars(dataset: xr.Dataset) -> Figure:
    """Draw stacked bars of the outcomes and, beside them, the paired differences in war."""
    point = dataset.isel(point=0).load()
    names = list(point.csmc.titles.values())
    compare = "war_difference" in point and len(names) > 1
    figure = new_figure(11, 1.9 + 0.48 * len(names))
    panels = figure.subplots(1, 2 if compare else 1, sharey=True, squeeze=False, width_ratios=[3, 2][: 1 + compare])[0]
    _stack_bars(panels[0], point)
    if compare:
        _difference_dots(panels[1], point, "war")
    panels[0].set_yticks(range(len(names)), names)
    panels[0].invert_yaxis()
    titled(figure, str(dataset.attrs.get("question", "")), "How crises end under each institution")
    handles, labels = panels[0].get_legend_handles_labels()
    legend_below(figure, handles, labels, 5)
    return figure


def difference_dots(dataset: xr.Dataset, metric: str) -> Figure:
    """Draw the paired differences of a metric from the reference, with their intervals."""
    point = dataset.isel(point=0).load()
    names = list(point.csmc.titles.values())
    figure = new_figure(8, 1.7 + 0.42 * len(names))
    axes = figure.subplots()
    _difference_dots(axes, point, metric)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    titled(figure, str(dataset.attrs.get("question", "")), "Paired differences with their intervals")
    return figure


def _stack_bars(axes: Axes, point: xr.Dataset) -> None:
    counts = point["outcome_count"].transpose("institution", "outcome").values
    shares = counts / counts.sum(axis=1, keepdims=True)
    rows = np.arange(len(shares))
    start = np.zeros(len(shares))
    for outcome in Outcome:
        share = shares[:, outcome]
        if share.any():
            label = outcome.name.lower().replace("_", " ")
            axes.barh(rows, share, left=start, color=OUTCOMES[outcome], label=label, edgecolor="white", linewidth=0.6)
            _write_shares(axes, rows, start, share, dark=is_dark(OUTCOMES[outcome]))
        start = start + share
    axes.set_xlim(0, 1)
    percent_axis(axes, axis="x")
    axes.set_title("share of crisis episodes", loc="left")
    axes.grid(visible=False)


def _write_shares(axes: Axes, rows: np.ndarray, start: np.ndarray, share: np.ndarray, *, dark: bool) -> None:
    for row, left, width in zip(rows, start, share, strict=True):
        if width >= _WRITTEN:
            colour = "white" if dark else "#222222"
            axes.text(left + width / 2, row, percent(width), ha="center", va="center", fontsize=8.5, color=colour)


def _difference_dots(axes: Axes, point: xr.Dataset, metric: str) -> None:
    names = [str(name) for name in point["institution"].values]
    axes.axvline(0, color="#555555", linewidth=1)
    for row, name in enumerate(names):
        if name == point.csmc.reference:
            axes.plot(0, row, "|", color="#555555", markersize=12)
            continue
        here = point.sel(institution=name)
        value, low, high = (float(here[f"{metric}_difference{end}"]) for end in ("", "_low", "_high"))
        colour = LESS if high < 0 else MORE if low > 0 else UNDECIDED
        axes.plot([low, high], [row, row], color=colour, linewidth=2.2, solid_capstyle="butt")
        axes.plot(value, row, "o", color=colour, markersize=6)
    metric_axis(axes, metric, axis="x")
    axes.grid(visible=False, axis="y")
    axes.tick_params(left=False)
    axes.set_title(f"{readable(metric)}: difference from {point.csmc.reference_title} (95 %)", loc="left")

"""Scenario discovery as a curve: what a smaller box gains in density and loses in coverage, step by step."""

from collections.abc import Sequence
from pathlib import Path

import xarray as xr
from matplotlib.figure import Figure

from csmc.report.style import COLOURS, USUAL, legend_below, new_figure, percent_axis, save, styled, titled


def trade_off(found: xr.Dataset, result: xr.Dataset) -> Figure:
    """Draw density over coverage of the peeling trajectory, and the box of `csmc.analysis.discover`."""
    figure = new_figure(7.5, 5)
    axes = figure.subplots()
    axes.plot(found["coverage"], found["density"], "-", color="#AAAAAA", linewidth=1, zorder=1)
    drawn = axes.scatter(found["coverage"], found["density"], c=found["mass"], cmap="viridis", vmin=0, vmax=1, s=26)
    figure.colorbar(drawn, ax=axes, label="share of the points in the box", format="{x:.0%}")
    attrs = found.attrs
    label = "the box, after pasting"
    axes.plot(attrs["box_coverage"], attrs["box_density"], "D", color=COLOURS[1], markersize=9, label=label)
    axes.axhline(attrs["base_density"], color="#555555", linestyle=":", linewidth=1, label="density of all points")
    axes.set_xlabel("coverage: share of all hits in the box")
    axes.set_ylabel("density: hits among the points in the box")
    axes.set_xlim(0, 1.03)
    axes.set_ylim(0, 1.03)
    percent_axis(axes)
    percent_axis(axes, axis="x")
    titled(figure, str(result.attrs.get("question", "")), f"Boxes of parameters with {attrs['where']}")
    legend_below(figure, *axes.get_legend_handles_labels())
    return figure


def trade_off_figure(
    found: xr.Dataset, result: xr.Dataset, directory: Path, formats: Sequence[str] = USUAL
) -> list[Path]:
    """Write the curve and return the paths of the files."""
    directory.mkdir(parents=True, exist_ok=True)
    with styled():
        return save(trade_off(found, result), directory, "discovery", formats)

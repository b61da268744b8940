"""A boundary drawn: the difference of two institutions along a parameter, its intervals, and where it changes sign."""

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from csmc.report.style import look, new_figure, percent_axis, styled, titled, write
from csmc.report.words import parameter_label, setting

#: Settings that are drawn, each in a panel of its own; more are counted in the title.
MOST = 12


def boundary_figure(found: xr.Dataset, path: str | Path) -> None:
    """Draw the answer of `csmc.analysis.boundary` to a file.

    Raises
    ------
    ParameterError
        The file's name ends in no format that figures have.
    """
    with styled():
        write(boundary_panels(found), Path(path))


def boundary_panels(found: xr.Dataset) -> Figure:
    """Draw the answer of `csmc.analysis.boundary`, a panel for each setting."""
    (name,) = (dim for dim in found["difference"].dims if dim != "setting")
    drawn = min(found.sizes["setting"], MOST)
    columns = min(3, drawn)
    rows = -(-drawn // columns)
    figure = new_figure(1.6 + 3.6 * columns, 1.5 + 2.4 * rows)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for number, axes in enumerate(panels):
        if number < drawn:
            _panel(axes, found.isel(setting=number), str(name))
            axes.tick_params(labelbottom=number + columns >= drawn)
        else:
            axes.set_visible(False)
    one, other, metric = (found.attrs[key] for key in ("institution", "other_institution", "metric"))
    figure.supxlabel(parameter_label(found[name], {}), fontsize=10)
    figure.supylabel(f"difference in {metric}", fontsize=10)
    more = f"; {found.sizes['setting'] - drawn} more settings are not drawn" if drawn < found.sizes["setting"] else ""
    level = f"{100 * found.attrs['confidence_level']:g}\N{NO-BREAK SPACE}%"
    told = f"Bands are {level} intervals, lines where the difference changes sign, grey where it may{more}."
    titled(figure, f"{metric}: {one} minus {other}", told)
    return figure


def setting_label(line: xr.Dataset) -> str:
    """One setting by the values of all that varies besides the parameter."""
    return ", ".join(setting(label) for label in line.coords.values() if not label.dims)


def _panel(axes: Axes, line: xr.Dataset, name: str) -> None:
    places, style = line[name].values, look(0)
    low, high = line["difference_low"].values, line["difference_high"].values
    axes.axhline(0, color="#222222", linewidth=0.9)
    for piece in range(line.sizes["piece"]):
        ends = float(line["set_low"][piece]), float(line["set_high"][piece])
        if np.isfinite(ends).all():
            axes.axvspan(*ends, color="#BBBBBB", alpha=0.45, linewidth=0)
    axes.fill_between(places, low, high, color=style["color"], alpha=0.2, linewidth=0)
    axes.plot(places, line["difference"].values, **style)
    for root in line["root_at"].values[np.isfinite(line["root_at"].values)]:
        axes.axvline(root, color="#D55E00", linestyle="--", linewidth=1.3)
    axes.set_title(setting_label(line), loc="left")
    if np.nanmax(np.abs(line["difference"].values), initial=0.0) <= 1:
        percent_axis(axes)

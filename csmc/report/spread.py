"""Any other design: the difference in a metric at every point, sorted, for each institution."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from csmc.report.style import legend_below, look, metric_axis, new_figure, percent_axis, titled
from csmc.report.words import is_share, readable

#: A larger design is drawn by so many of its points, evenly spaced in the order: files stay small, curves the same.
MOST_POINTS = 2_000


def difference_spread(dataset: xr.Dataset, metric: str = "war") -> Figure:
    """Draw the paired differences in order of size with their intervals: where they cross 0, the comparison turns."""
    small = dataset[[f"{metric}_difference{end}" for end in ("", "_low", "_high")]].load()
    figure = new_figure(9, 5.2)
    axes = figure.subplots()
    axes.axhline(0, color="#555555", linewidth=1)
    points = small.sizes["point"]
    shown = np.linspace(0, points - 1, min(points, MOST_POINTS)).round().astype(int)
    share = (shown + 0.5) / points
    for place, (name, title) in enumerate(small.csmc.titles.items()):
        if name == small.csmc.reference:
            continue
        here = small.sel(institution=name)
        order = np.argsort(here[f"{metric}_difference"].values)[shown]
        style = look(place) | {"marker": ""}
        axes.plot(share, here[f"{metric}_difference"].values[order], label=title, **style)
        low, high = (here[f"{metric}_difference{end}"].values[order] for end in ("_low", "_high"))
        axes.fill_between(share, low, high, color=style["color"], alpha=0.15, linewidth=0)
    metric_axis(axes, metric)
    percent_axis(axes, axis="x")
    axes.set_xlim(0, 1)
    axes.set_xlabel("design points, in order of the difference")
    unit = ", percentage points" if is_share(metric) else ""
    axes.set_ylabel(f"difference in {readable(metric)}{unit}")
    told = f"{readable(metric).capitalize()} against {small.csmc.reference_title} over {points:,} design points"
    titled(figure, str(dataset.attrs.get("question", "")), f"{told}; bands are 95 %")
    legend_below(figure, *axes.get_legend_handles_labels())
    return figure

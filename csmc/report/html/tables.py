"""The tables of a page that stand without its script: how crises end, how states answer, how sure the numbers are."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from csmc.estimate import METRICS
from csmc.report.html.numbers import Estimates, Floats, Numbers
from csmc.report.html.outcomes import TITLES
from csmc.report.summary import Table, point_title
from csmc.report.words import MISSING, percent

#: Metrics of how selective the response is, and of what institutions leave behind.
CHARACTER = (
    *("participation", "participation_great", "participation_other", "selectivity", "free_riding"),
    *("authorisation", "veto", "final_trust", "final_legitimacy"),
)


def outcome_table(titles: list[str], shares: Floats) -> Table:
    """Shares of crises by outcome; outcomes that nobody has are left out. `shares` are (institution, outcome)."""
    shown = [place for place in range(len(TITLES)) if np.nan_to_num(shares[:, place]).any()]
    rows = tuple(
        (title, *(percent(float(row[place])) for place in shown)) for title, row in zip(titles, shares, strict=True)
    )
    return Table("per cent of crises", ("institution", *(TITLES[place] for place in shown)), rows)


def character_table(dataset: xr.Dataset) -> Table | None:
    """Selectivity, trust, legitimacy and the like, as far as the result has them."""
    shown = [name for name in CHARACTER if name in dataset]
    if not shown:
        return None
    one = dataset.sizes["point"] == 1
    values = {name: dataset[name].transpose("institution", "point").values for name in shown}
    ends = {name: [dataset[name + end].values.ravel() for end in ("_low", "_high")] for name in shown if one}
    rows = []
    for place, title in enumerate(dataset.csmc.titles.values()):
        if one:
            cells = [_with_interval(values[name][place, 0], *(end[place] for end in ends[name])) for name in shown]
        else:
            cells = [_with_range(values[name][place]) for name in shown]
        rows.append((title, *cells))
    title = "per cent, with intervals of 95 %" if one else "per cent, mean over the points (least to most)"
    return Table(title, ("institution", *(METRICS[name].long_name for name in shown)), tuple(rows))


def _with_interval(value: float, low: float, high: float) -> str:
    return _signed(value) + ("" if np.isnan(low) else f" [{_signed(low)}, {_signed(high)}]")


def _with_range(values: Floats) -> str:
    known = values[np.isfinite(values)]
    if not len(known):
        return MISSING
    least, mean, most = (_signed(float(part)) for part in (known.min(), known.mean(), known.max()))
    return mean if least == most else f"{mean} ({least} to {most})"


def _signed(value: float) -> str:
    return percent(float(value)).replace("-", "−")


def precision_table(dataset: xr.Dataset, carried: Numbers) -> Table:
    """How wide the intervals of each metric are: half-widths, the median and the widest with its place."""
    titles = list(dataset.csmc.titles.values())
    rows = []
    for metric in carried.metrics:
        for of, low, high in (("", "_low", "_high"), ("difference of ", "_difference_low", "_difference_high")):
            if high in metric.parts:
                half = (metric.parts[high] - metric.parts[low]) / 2
                rows.append((of + metric.title, *_widths(half, metric, dataset, carried, titles)))
    return Table("half-widths of 95 % intervals", ("estimate", "unit", "median", "widest", "widest at"), tuple(rows))


def _widths(half: Floats, metric: Estimates, dataset: xr.Dataset, carried: Numbers, titles: list[str]) -> Iterator[str]:
    scale = 100 if metric.is_share else 1
    yield "percentage points" if metric.is_share else METRICS[metric.name].unit.replace("1", "number")
    if not np.isfinite(half).any():
        yield from (MISSING, MISSING, MISSING)
        return
    point, institution = np.unravel_index(int(np.nanargmax(half)), half.shape)
    yield f"{scale * float(np.nanmedian(half)):.3g}"
    yield f"{scale * float(half[point, institution]):.3g}"
    setting = point_title(dataset.isel(point=int(carried.points[point])))
    yield titles[institution] + (f"; {setting}" if setting else "")


def coverage(dataset: xr.Dataset) -> Iterator[tuple[str, str]]:
    """Yield how many points and replicates there are of those that were asked for."""
    replicates = dataset["replicates"].values
    asked = int(dataset.attrs.get("replicates_planned", replicates.max()))
    yield "design points with work done", f"{int((replicates > 0).sum()):,} of {len(replicates):,}"
    least, median, most = int(replicates.min()), float(np.median(replicates)), int(replicates.max())
    spread = f"{most:,}" if least == most else f"{least:,} to {most:,}, median {median:,.0f}"
    yield "replicates of a point", spread
    if "precision_reached" in dataset:
        reached = dataset["precision_reached"].values == 1
        yield "points at the precision asked for", f"{int(reached.sum()):,} of {len(reached):,}"
        yield "precision asked for", str(dataset.attrs.get("precision", ""))
        yield "replicates of a point, at most", f"{asked:,}"
    else:
        yield "points with all their replicates", f"{int((replicates >= asked).sum()):,} of {len(replicates):,}"

"""All that a page says, gathered from a result; edit to add a part. How it looks is in assets/page.html."""

import json
import shlex
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.colors import to_hex

from csmc.errors import printable
from csmc.report.html.axes import axes_data, shape_of
from csmc.report.html.crisis import Crisis, example
from csmc.report.html.numbers import MOST_POINTS, Numbers, as_data, numbers
from csmc.report.html.origin import Reproduction, cost, origin, reproduction
from csmc.report.html.outcomes import Floats, flow_data, mean_shares, outcome_data, outcome_shares
from csmc.report.html.tables import character_table, coverage, outcome_table, precision_table
from csmc.report.style import LINES, MAPS
from csmc.report.summary import Summary, Table, summary
from csmc.results import is_partial

_DASHES = {"-": "", "--": "6 4", ":": "2 3"}


@dataclass(frozen=True)
class Content:
    """The parts of a page in their order; tables, sentences and pairs of words are ready to be shown."""

    said: Summary
    partial: bool
    facts: tuple[str, ...]
    institutions: list[str]
    shares: Floats
    outcomes: Table
    character: Table | None
    crisis: Crisis | str
    coverage: tuple[tuple[str, str], ...]
    precision: Table
    left_out: tuple[str, ...]
    cost: tuple[tuple[str, str], ...]
    origin: tuple[tuple[str, str], ...]
    reproduction: Reproduction
    configuration: str
    payload: dict[str, Any]


def content(dataset: xr.Dataset, metric: str | None = None, said: Summary | None = None) -> Content:
    """Gather a page; `metric` is shown first. Parameters and errors are those of `csmc.report.html.page`."""
    said = said or summary(dataset)
    carried = numbers(dataset, metric)
    shares = outcome_shares(dataset, carried.points)
    mean = mean_shares(shares)
    titles = list(dataset.csmc.titles.values())
    output = shlex.quote(str(dataset.encoding.get("output", "RESULT")))
    return Content(
        said=said,
        partial="source" in dataset.encoding and is_partial(dataset),
        facts=tuple(_facts(dataset)),
        institutions=titles,
        shares=mean,
        outcomes=outcome_table(titles, mean),
        character=character_table(dataset),
        crisis=example(dataset, shares, dataset["point"].values[carried.points], output),
        coverage=tuple(coverage(dataset)),
        precision=precision_table(dataset, carried),
        left_out=tuple(_left_out(dataset, carried)),
        cost=tuple(cost(dataset)),
        origin=tuple(origin(dataset)),
        reproduction=reproduction(dataset, output),
        configuration=str(dataset.attrs.get("configuration", "")),
        payload=_payload(dataset, carried, shares),
    )


def _facts(dataset: xr.Dataset) -> list[str]:
    points, institutions = dataset.sizes["point"], dataset.sizes["institution"]
    episodes = dataset["outcome_count"].isel(institution=0).sum().item()
    crises = f"{int(episodes):,} crises, each under {institutions} institutions"
    return [
        f"{points:,} design points" if points > 1 else "1 design point",
        crises if institutions > 1 else crises[:-1],
    ]


def _left_out(dataset: xr.Dataset, carried: Numbers) -> list[str]:
    """What the page does not carry, in sentences."""
    told = []
    run = int((dataset["replicates"].values > 0).sum())
    if len(carried.points) < run:
        told.append(
            f"Figures show {len(carried.points):,} of the {run:,} points that have run, evenly spaced in the design's "
            "order; the tables and the answer are of all."
        )
    if carried.left_out:
        told.append(
            f"To keep the page small, {len(carried.left_out)} metrics of the result are not in the figures: "
            f"{', '.join(name.replace('_', ' ') for name in carried.left_out)}. --metric NAME puts one first."
        )
    return told


def _payload(dataset: xr.Dataset, carried: Numbers, shares: Floats) -> dict[str, Any]:
    titles = list(dataset.csmc.titles.values())
    names = [str(name) for name in dataset["institution"].values]
    whole = len(carried.points) == dataset.sizes["point"]
    shape = shape_of(dataset.isel(point=carried.points)) if len(carried.points) <= MOST_POINTS else "sample"
    return {
        "institutions": [
            {"name": name, "title": printable(title), "dash": _DASHES[LINES[k // 8 % len(LINES)]]}
            for k, (name, title) in enumerate(zip(names, titles, strict=True))
        ],
        "reference": names.index(dataset.csmc.reference) if dataset.csmc.reference in names else -1,
        "points": dataset["point"].values[carried.points].tolist(),
        "whole": whole,
        "shape": shape,
        "axes": axes_data(dataset, carried.points),
        "outcomes": outcome_data(shares),
        "flow": flow_data(dataset, carried.points),
        "colours": {name: [to_hex(c) for c in mpl.colormaps[of](np.linspace(0, 1, 13))] for name, of in MAPS.items()},
        **as_data(carried),
    }


def as_json(data: Any) -> str:
    """JSON that can stand in a script element: no tag and no comment can begin or end in it."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text

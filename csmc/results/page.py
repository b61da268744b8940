"""What notebooks show of a result; edit to change what is in it."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from csmc.config.page import counted, table, values_words


def result_table(dataset: xr.Dataset) -> str:
    """HTML of what a result is of, whether it is complete, and its wars by institution."""
    return table(str(dataset.attrs.get("title", "")), str(dataset.attrs.get("question", "")), list(_rows(dataset)))


def _rows(dataset: xr.Dataset) -> Iterator[tuple[str, str]]:
    columns = (dataset[name] for name in dataset.csmc.design)
    varied = "; ".join(f"{column.attrs.get('path', column.name)} = {_distinct(column)}" for column in columns)
    yield "design", counted(dataset.sizes["point"], "point") + (f": {varied}" if varied else "")
    yield "institutions", ", ".join(dataset.csmc.titles.values())
    yield "reference", dataset.csmc.reference_title
    replicates = dataset["replicates"].values
    least, most = int(replicates.min()), int(replicates.max())
    yield "replicates", f"{most:,} of each point" if least == most else f"{least:,} to {most:,} of a point"
    yield "complete", "yes" if dataset.attrs["complete"] else "no: some work has not run"
    if "war" in dataset:
        war = dataset[["war", "war_low", "war_high"]].load()
        for name, title in dataset.csmc.titles.items():
            yield f"war, {title}", _war(war.sel(institution=name))


def _war(here: xr.Dataset) -> str:
    """The rate at the only point with its interval, or between which rates the points are."""
    known = here["war"].values[np.isfinite(here["war"].values)]
    if not len(known):
        return "–"
    if here.sizes["point"] == 1:
        return f"{known[0]:.2%} ({here['war_low'].item():.2%} to {here['war_high'].item():.2%})"
    return f"{known.min():.2%} to {known.max():.2%} over the points"


def _distinct(column: xr.DataArray) -> str:
    return values_words(np.unique(column.values).tolist())

"""A result as one long table: a row per point, institution and metric. Edit to change its columns."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from csmc.estimate import METRICS
from csmc.estimate.intervals import METHODS, SHORT
from csmc.results.variables import PARTS

Columns = dict[str, NDArray[Any]]

#: Points whose rows are made together, where a result does not say how many it keeps together.
_POINTS = 256


def tidy(dataset: xr.Dataset) -> Iterator[Columns]:
    """Yield the table in pieces: columns of equal length by name, in the order point, institution, metric.

    Columns are `point`, every varied parameter, `institution`, `metric`; `value`, `se`, `low`, `high`; the same of the
    paired difference, and `pairing_gain`; `replicates`, the n of the estimate; `level` of both intervals, and their
    `method` and `difference_method`. What is missing is NaN.
    """
    size = (dataset["replicates"].encoding.get("chunks") or (_POINTS,))[0]
    for first in range(0, dataset.sizes["point"], size):
        yield _columns(dataset.isel(point=slice(first, first + size)))


def metric_names(dataset: xr.Dataset) -> list[str]:
    """Names of the metrics in a result, in the order of the registry."""
    return [name for name in METRICS if name in dataset]


def _columns(part: xr.Dataset) -> Columns:
    names = metric_names(part)
    shape = part.sizes["point"], part.sizes["institution"], len(names)

    def along(axis: int, values: Any) -> NDArray[Any]:
        """Labels of one axis, on every row."""
        labels = np.asarray(values)
        return np.broadcast_to(np.expand_dims(labels, [k for k in range(3) if k != axis]), shape).ravel()

    columns = {name: along(0, part[name].values) for name in ("point", *part.csmc.design)}
    columns |= {"institution": along(1, part["institution"].values), "metric": along(2, names)}
    for name, suffix, _ in PARTS:
        columns[name] = np.stack([part[metric + suffix].values for metric in names], axis=2).ravel()
    columns["replicates"] = along(0, part["replicates"].values)
    columns["level"] = along(2, [part[f"{metric}_low"].attrs["confidence_level"] for metric in names])
    columns["method"] = along(2, [_method(part[f"{metric}_low"]) for metric in names])
    columns["difference_method"] = along(2, [_method(part[f"{metric}_difference_low"]) for metric in names])
    return columns


def _method(end: xr.DataArray) -> str:
    """The short name of the method of an interval; its whole text if this version of csmc has no such method."""
    text = str(end.attrs["interval_method"])
    return next((SHORT[kind] for kind, method in METHODS.items() if text.startswith(method)), text)

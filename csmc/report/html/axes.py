"""What varies in a design, as a page shows it; edit to name or order axes otherwise."""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from csmc.errors import CsmcError
from csmc.report.html.encoding import places
from csmc.report.words import number, parameter_label


def axes_data(dataset: xr.Dataset, points: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Each varied parameter with its values in order, and where among them each point stands, as JSON values."""
    found = []
    for name in dataset.csmc.design:
        values = dataset[name].values[points]
        numeric = bool(np.issubdtype(values.dtype, np.number))
        levels, first, where = np.unique(values, return_index=True, return_inverse=True)
        if not numeric:  # text keeps the order of the design
            order = np.argsort(first)
            levels, where = levels[order], np.argsort(order)[where]
        found.append(
            {
                "label": parameter_label(dataset[name], dataset.csmc.titles),
                "sign": "×" if dataset[name].attrs.get("multiplies") else "=",
                "numeric": numeric,
                "levels": [float(f"{value:.6g}") for value in levels] if numeric else [str(text) for text in levels],
                "texts": [number(value) for value in levels.tolist()],
                "where": places(where),
            }
        )
    return found


def shape_of(dataset: xr.Dataset) -> str:
    """Kind of the design: `point`, `line`, `grid`, or `sample` where points are no full grid."""
    if dataset.sizes["point"] == 1 or not dataset.csmc.design:
        return "point"
    if len(dataset.csmc.design) == 1:
        return "line"
    try:
        dataset[["replicates"]].csmc.grid()
    except CsmcError:
        return "sample"
    return "grid"

"""A Dataset of an analysis as plain data, for JSON; edit to change how commands write it."""

from typing import Any

import numpy as np
import xarray as xr


def as_data(found: xr.Dataset) -> dict[str, Any]:
    """Attributes, labels by dimension, and variables as nested lists; what is missing is None."""
    return {
        "attributes": dict(found.attrs),
        "labels": {str(name): found[name].values.tolist() for name in found.coords},
        "variables": {
            str(name): {"dims": list(map(str, variable.dims)), "values": _plain(variable.values.tolist())}
            for name, variable in found.data_vars.items()
        },
    }


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value

"""Opening a result."""

from pathlib import Path

import xarray as xr

from csmc.errors import StoreError

#: Name of the result inside an experiment's output directory.
RESULT_NAME = "result.zarr"


def result_path(path: str | Path) -> Path:
    """Where the result is: `path` itself if it names a Zarr directory, else inside the output directory `path`."""
    path = Path(path)
    return path if path.suffix == ".zarr" else path / RESULT_NAME


def open_results(path: str | Path) -> xr.Dataset:
    """Open a result, lazily: values are read when they are used.

    Parameters
    ----------
    path
        The experiment's output directory, or the `result.zarr` in it.

    Raises
    ------
    StoreError
        There is no result, or it is not one of csmc's.
    """
    where = result_path(path)
    if not (where / "zarr.json").is_file():
        raise StoreError(f"{path}: no result here (expected {where}); `csmc run` writes one")
    dataset: xr.Dataset = xr.open_zarr(where)
    if "configuration_resolved" not in dataset.attrs:
        raise StoreError(f"{where}: a Zarr directory, but not a result of csmc")
    return dataset

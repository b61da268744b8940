"""Opening a result."""

from pathlib import Path

import xarray as xr

from csmc.engine.store import Store
from csmc.errors import StoreError

#: Name of the result inside an experiment's output directory.
RESULT_NAME = "result.zarr"


def result_path(path: str | Path) -> Path:
    """Where the result is: `path` itself if it names a Zarr directory, else inside the output directory `path`."""
    path = Path(path)
    return path if path.suffix == ".zarr" else path / RESULT_NAME


def replicates_asked(result: Path) -> int:
    """Replicates that the last run beside `result` was asked for; 0 if there is no run."""
    try:
        return int(Store(result.parent).document["replicates"])
    except StoreError:
        return 0


def is_partial(dataset: xr.Dataset) -> bool:
    """Whether an opened result lacks work that was asked for, perhaps by a longer run that has been stopped since."""
    planned = int(dataset.attrs["replicates_planned"])
    return not dataset.attrs["complete"] or replicates_asked(Path(dataset.encoding["source"])) > planned


def open_results(path: str | Path) -> xr.Dataset:
    """Open a result, lazily: values are read when they are used.

    Parameters
    ----------
    path
        The experiment's output directory, or the `result.zarr` in it.

    Raises
    ------
    StoreError
        There is no result, or it is not one of csmc's, or its run has been stopped before there was one.
    """
    where = result_path(path)
    if not (where / "zarr.json").is_file():
        if replicates_asked(where):
            raise StoreError(
                f"{path}: the run has not finished, so there is no result yet; what has finished is kept, "
                "and `csmc run` with the same configuration and output goes on from there"
            )
        raise StoreError(f"{path}: no result here (expected {where}); `csmc run` writes one")
    dataset: xr.Dataset = xr.open_zarr(where)
    if "configuration_resolved" not in dataset.attrs:
        raise StoreError(f"{where}: a Zarr directory, but not a result of csmc")
    return dataset

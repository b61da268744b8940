"""Opening a result."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

import xarray as xr

from csmc.config.precision import as_text
from csmc.engine.store import SHARDS, Store
from csmc.errors import StoreError

#: Name of the result inside an experiment's output directory.
RESULT_NAME = "result.zarr"


def result_path(path: str | os.PathLike[str]) -> Path:
    """Where the result is: `path` itself if it names a Zarr directory, else inside the output directory `path`."""
    path = Path(path)
    return path if path.suffix == ".zarr" else path / RESULT_NAME


def asked_for(result: Path) -> tuple[int, int, int]:
    """Points, replicates of each, and institutions that the last run beside `result` was asked for; 0 without a run."""
    try:
        document = Store(result.parent).document
    except StoreError:
        return 0, 0, 0
    institutions = document["specification"]["experiment"]["institutions"]
    return int(document["points"]), int(document["replicates"]), len(institutions)


def is_partial(dataset: xr.Dataset) -> bool:
    """Whether an opened result lacks work that was asked for, perhaps by a larger run that has been stopped since."""
    result = Path(dataset.encoding["source"])
    if _other_precision(result, dataset):
        return True
    asked = asked_for(result)
    held = dataset.sizes["point"], int(dataset.attrs["replicates_planned"]), dataset.sizes["institution"]
    return not dataset.attrs["complete"] or any(more > there for more, there in zip(asked, held, strict=True))


def _other_precision(result: Path, dataset: xr.Dataset) -> bool:
    """Whether the last run beside a result was asked for another precision than the result has."""
    try:
        asked = Store(result.parent).document["configuration"]["sampling"].get("precision")
    except StoreError:
        return False
    return bool(asked) and as_text(asked) != dataset.attrs.get("precision")


def open_results(path: str | os.PathLike[str]) -> xr.Dataset:
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
        if any(asked_for(where)):
            raise StoreError(
                f"{path}: the run has not finished, so there is no result yet; what has finished is kept, "
                "and `csmc run` with the same configuration and output goes on from there"
            )
        raise StoreError(f"{path}: no result here (expected {where}); {_how_to_get_one(Path(path))}")
    try:
        # Zarr 3 has no objects, so nothing in the file can be code.
        dataset: xr.Dataset = xr.open_zarr(where, zarr_format=3)
    except Exception as error:  # what zarr and xarray raise for a file that is no Zarr, or damaged, is theirs to change
        raise StoreError(f"{where}: cannot be read as a result: {error}") from error
    if not _is_result(dataset):
        dataset.close()
        raise StoreError(f"{where}: a Zarr directory, but not a result of csmc")
    dataset.encoding["output"] = str(where.parent)  # as it was given; xarray's own "source" is absolute
    return dataset


@contextmanager
def read_as_result(dataset: xr.Dataset) -> Iterator[None]:
    """Read values of an opened result inside; StoreError if they are not what was written."""
    try:
        yield
    except RuntimeError as error:  # what the codecs of zarr raise for bytes that they have not written
        if "decompression" not in str(error):
            raise
        raise StoreError(
            f"{dataset.encoding['output']}: the result is damaged ({error}); `csmc run` with the same configuration "
            "writes it anew from what has been counted"
        ) from error


def _how_to_get_one(path: Path) -> str:
    """What to do where there is no result."""
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return f"this is a configuration: `csmc run {quote(str(path))}` runs it and names its output"
    if (path / SHARDS).is_dir():
        return f"`csmc collect {quote(str(path))}` makes one of the shards that are here"
    return "`csmc run` writes one"


def _is_result(dataset: xr.Dataset) -> bool:
    attributes = dataset.attrs
    numbers = (attributes.get("complete"), attributes.get("replicates_planned"))
    return all(isinstance(number, int) for number in numbers) and {"institution", "outcome", "replicates"} <= set(
        dataset.variables
    )

"""Opening a result."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from traceback import walk_tb

import xarray as xr
import zarr

from csmc.config.precision import as_text
from csmc.engine.store import SHARDS, Store
from csmc.errors import StoreError
from csmc.kernel.codes import STREAM_VERSION
from csmc.results.seal import broken, check_seal

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
        There is no result, or it is not one of csmc's, or not whole, or its run has been stopped before there was one.
    """
    where = result_path(path)
    if not (where / "zarr.json").is_file():
        if any(asked_for(where)):
            raise StoreError(
                f"{path}: the run has not finished, so there is no result yet; what has finished is kept, "
                "and `csmc run` with the same configuration and output goes on from there"
            )
        raise StoreError(f"{path}: no result here (expected {where}); {_how_to_get_one(Path(path))}")
    sealed = check_seal(where)
    try:
        # Zarr 3 has no objects, so nothing in the file can be code.
        dataset: xr.Dataset = xr.open_zarr(where, zarr_format=3)
    except Exception as error:  # what zarr and xarray raise for a file that is no Zarr, or damaged, is theirs to change
        raise (
            broken(where, error) if sealed else StoreError(f"{where}: cannot be read as a result: {error}")
        ) from error
    if not _is_result(dataset):
        dataset.close()
        raise StoreError(f"{where}: a Zarr directory, but not a result of csmc")
    dataset.encoding["output"] = str(where.parent)  # as it was given; xarray's own "source" is absolute
    return dataset


@contextmanager
def reading(path: str | os.PathLike[str]) -> Iterator[xr.Dataset]:
    """Open a result for what is done inside, and close it.

    Raises
    ------
    StoreError
        As `open_results`, or something that is read inside is not what was written.
    """
    with open_results(path) as dataset:
        try:
            yield dataset
        except Exception as error:  # what the codecs of zarr raise is theirs to change
            where = result_path(path)
            if not _passed_through_zarr(error) or (why := _unreadable(where)) is None:
                raise
            raise broken(where, why) from error


def _passed_through_zarr(error: Exception) -> bool:
    modules = (str(frame.f_globals.get("__name__")) for frame, _ in walk_tb(error.__traceback__))
    return any(module.startswith("zarr.") for module in modules)


def _unreadable(where: Path) -> str | None:
    """The first variable of a result that cannot be read, and why not."""
    for name, array in zarr.open_group(where, mode="r").arrays():
        try:
            array[...]
        except Exception as error:
            return f"{name}: {error}"
    return None


def refuse_other_stream(dataset: xr.Dataset) -> None:
    """Raise StoreError for a result of another stream version: what its numbers mean is not known here."""
    version, made_by = (dataset.attrs.get(name) for name in ("stream_version", "csmc_version"))
    if version != STREAM_VERSION:
        raise StoreError(
            f"this result has stream version {version} (csmc {made_by}); this csmc counts by {STREAM_VERSION}: use the "
            "one that made it, or run its configuration into another output; `csmc export` and `csmc compare` take both"
        )


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

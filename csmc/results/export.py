"""Results in other formats: NetCDF for R and Stata, one long table as CSV or Parquet, a copy as Zarr."""

import csv
import json
import os
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import xarray as xr
from numpy.typing import NDArray

from csmc.errors import StoreError
from csmc.results.read import reading
from csmc.results.tidy import tidy


def export(path: str | Path, target: str | Path) -> Path:
    """Write a result in the format that the target's suffix names: .nc, .csv, .parquet or .zarr.

    Parameters
    ----------
    path
        The experiment's output directory, or the `result.zarr` in it.
    target
        The file to write (an existing file is replaced), or the directory for .zarr (which must not exist).
    """
    target = Path(target)
    writer = WRITERS.get(target.suffix)
    if writer is None:
        raise StoreError(f"{target}: cannot tell the format; use a name that ends in {', '.join(WRITERS)}")
    if target.is_dir():
        raise StoreError(f"{target}: a directory is in the way")
    scratch = target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with reading(path) as dataset:
            writer(dataset, scratch)
        os.replace(scratch, target)
    except OSError as error:
        raise StoreError(f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        _remove(scratch)
    return target


def _number(value: Any) -> Any:
    return "" if value != value else value


def _safe(value: Any) -> Any:
    """Text that a spreadsheet will not take for a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _write_netcdf(dataset: xr.Dataset, path: Path) -> None:
    dataset.to_netcdf(path, engine="h5netcdf")


def _write_csv(dataset: xr.Dataset, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for number, columns in enumerate(tidy(dataset)):
            if number == 0:
                writer.writerow(columns)
            shown = [map(_safe if is_text(values) else _number, values.tolist()) for values in columns.values()]
            writer.writerows(zip(*shown, strict=True))


def _write_parquet(dataset: xr.Dataset, path: Path) -> None:
    """Text as dictionaries, what is missing as null, the attributes of the result under `csmc` in the metadata."""
    arrow, parquet = _arrow(path)
    about = {"csmc": json.dumps(dataset.attrs, default=str)}
    writer = None
    try:
        for columns in tidy(dataset):
            table = arrow.table({name: _arrow_column(arrow, values) for name, values in columns.items()})
            if writer is None:
                writer = parquet.ParquetWriter(path, table.schema.with_metadata(about))
            writer.write_table(table.cast(writer.schema))
    finally:
        if writer is not None:
            writer.close()


def _arrow_column(arrow: Any, values: NDArray[Any]) -> Any:
    if is_text(values):
        return arrow.array(values.tolist(), arrow.string()).dictionary_encode()
    return arrow.array(values, from_pandas=True)


def _arrow(path: Path) -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise StoreError(
            f"{path.suffix} takes pyarrow, which is not installed: pip install 'csmc[parquet]', or pip install "
            "pyarrow; or write .csv, which has the same columns"
        ) from error


def is_text(values: NDArray[Any]) -> bool:
    """Whether a column holds text, and not numbers."""
    return values.dtype.kind not in "iuf"


def _write_zarr(dataset: xr.Dataset, path: Path) -> None:
    shutil.copytree(Path(dataset.encoding["source"]), path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


WRITERS: dict[str, Callable[[xr.Dataset, Path], None]] = {
    ".nc": _write_netcdf,
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".zarr": _write_zarr,
}

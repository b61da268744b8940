"""Results in other formats: NetCDF for R and Stata, CSV (tidy, long) for everything, a copy as Zarr."""

import csv
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import xarray as xr

from csmc.errors import StoreError
from csmc.estimate import METRICS
from csmc.results.read import open_results
from csmc.results.variables import PARTS

#: Points whose rows are made together.
_POINTS = 256


def export(path: str | Path, target: str | Path) -> Path:
    """Write a result in the format that the target's suffix names: .nc, .csv or .zarr.

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
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")
    try:
        with open_results(path) as dataset:
            writer(dataset, scratch)
        os.replace(scratch, target)
    finally:
        _remove(scratch)
    return target


def tidy_rows(dataset: xr.Dataset) -> Iterator[list[Any]]:
    """Yield a header, then one row per point, institution and metric."""
    design = dataset.csmc.design
    yield ["point", *design, "institution", "metric", *(part for part, _, _ in PARTS), "replicates"]
    for first in range(0, dataset.sizes["point"], _POINTS):
        yield from _rows(dataset.isel(point=slice(first, first + _POINTS)).load(), design)


def _rows(part: xr.Dataset, design: tuple[str, ...]) -> Iterator[list[Any]]:
    labels = [part[name].values.tolist() for name in ("point", *design)]
    institutions, replicates = part["institution"].values.tolist(), part["replicates"].values.tolist()
    columns = {name: [part[name + suffix].values.tolist() for _, suffix, _ in PARTS] for name in metric_names(part)}
    for point, count in enumerate(replicates):
        for k, institution in enumerate(institutions):
            for metric, values in columns.items():
                numbers = [_number(value[point][k]) for value in values]
                yield [*(_safe(label[point]) for label in labels), _safe(institution), metric, *numbers, count]


def metric_names(dataset: xr.Dataset) -> list[str]:
    """Names of the metrics in a result, in the order of the registry."""
    return [name for name in METRICS if name in dataset]


def _number(value: float) -> float | str:
    return "" if value != value else value


def _safe(value: Any) -> Any:
    """Text that a spreadsheet will not take for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _write_netcdf(dataset: xr.Dataset, path: Path) -> None:
    dataset.to_netcdf(path, engine="h5netcdf")


def _write_csv(dataset: xr.Dataset, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(tidy_rows(dataset))


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
    ".zarr": _write_zarr,
}

"""From the store's exact tallies to the labelled result on disk, a few points at a time."""

import os
import shutil
import warnings
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.errors import ZarrUserWarning

from csmc.config import Experiment
from csmc.engine.spans import episodes, value
from csmc.engine.store import Record, Store
from csmc.estimate import Moments, chosen_metrics, estimate, plan
from csmc.estimate.ratios import stack
from csmc.kernel.codes import N_OUTCOMES
from csmc.kernel.result import Plan, empty_tallies
from csmc.results.attributes import global_attributes
from csmc.results.coordinates import Coordinate, coordinates
from csmc.results.read import result_path
from csmc.results.variables import PARTS, Variable, count_variables, estimate_variables

#: A chunk is a file in its array's directory: the default, nested directories, costs a large design several more each.
CHUNK_NAMES: Any = {"name": "default", "separator": "."}
#: Tallies of about this many bytes are in memory at a time.
CHUNK_BYTES = 64 << 20


def assemble(experiment: Experiment, store: Store) -> None:
    """Write the store's result as Zarr, replacing an older one only when the new one is whole.

    Points (or replicates) that have not run yet are missing, and the attribute `complete` is then 0.
    """
    target = result_path(store.path)
    scratch = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        write(experiment, store, scratch)
        replace(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def write(experiment: Experiment, store: Store, path: Path) -> None:
    """Write the result as a new Zarr group at `path`."""
    the_plan = plan(experiment)
    size = chunk_size(experiment, the_plan)
    group = zarr.open_group(path, mode="w-", zarr_format=3)
    arrays = _create(group, experiment, size)
    finished = 0
    for chunk, records in groupby(store.records(), key=lambda record: record.point // size):
        first, stop = chunk * size, min((chunk + 1) * size, experiment.n_points)
        present = [record for record in records if record.replicates > 0]
        finished += sum(record.replicates >= experiment.sampling.replicates for record in present)
        for name, values in _values(experiment, the_plan, present):
            block = np.full((stop - first, *values.shape[1:]), arrays[name].fill_value, arrays[name].dtype)
            block[[record.point - first for record in present]] = values
            arrays[name][first:stop] = block
    complete = finished == experiment.n_points
    group.update_attributes(global_attributes(experiment, digest=store.digest(), complete=complete))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Consolidated metadata", ZarrUserWarning)
        zarr.consolidate_metadata(group.store)


def chunk_size(experiment: Experiment, the_plan: Plan) -> int:
    """Points whose tallies are read, and whose estimates are stored, together."""
    one = empty_tallies(len(experiment.institutions), the_plan)
    return int(min(max(CHUNK_BYTES // sum(field.nbytes for field in one), 1), experiment.n_points))


def replace(new: Path, old: Path) -> None:
    """Put the directory `new` in the place of `old`."""
    if old.exists():
        aside = new.with_name(new.name + ".old")
        os.replace(old, aside)
        os.replace(new, old)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        os.replace(new, old)


def _values(experiment: Experiment, the_plan: Plan, records: Sequence[Record]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield every variable's values at the points of `records`."""
    if not records:
        return
    tallies = stack([record.tallies for record in records])
    replicates = np.array([record.replicates for record in records])
    lengths = np.array([episodes(experiment, record.point) for record in records])
    states = np.array([value(experiment, "system.n_states", record.point) for record in records])
    moments = Moments(tallies, the_plan, replicates, lengths, states)
    for metric in chosen_metrics(experiment):
        result = estimate(metric, moments)
        for part, suffix, _ in PARTS:
            yield metric.name + suffix, getattr(result, part)
    yield "outcome_count", tallies.sums[:, :, :N_OUTCOMES]
    if the_plan.joint != "none":
        yield "joint_outcomes", tallies.joint if the_plan.joint == "all" else tallies.joint[:, :, 0]
    yield "war_pattern", tallies.patterns
    yield "replicates", replicates


def _create(group: zarr.Group, experiment: Experiment, size: int) -> dict[str, zarr.Array[Any]]:
    """Create the arrays, full of missing values, and write the coordinates."""
    axes = list(coordinates(experiment))
    lengths = {axis.name: len(axis.values) for axis in axes if axis.dims == (axis.name,)}
    for axis in axes:
        _create_coordinate(group, axis)
    group.attrs["coordinates"] = " ".join(axis.name for axis in axes if axis.dims != (axis.name,))
    return {variable.name: _create_variable(group, variable, lengths, size) for variable in _variables(experiment)}


def _variables(experiment: Experiment) -> Iterator[Variable]:
    for metric in chosen_metrics(experiment):
        yield from estimate_variables(metric)
    yield from count_variables(experiment.outputs.joint)


def _create_coordinate(group: zarr.Group, axis: Coordinate) -> None:
    group.create_array(axis.name, data=axis.values, dimension_names=axis.dims, attributes=axis.attributes)


def _create_variable(group: zarr.Group, variable: Variable, lengths: dict[str, int], size: int) -> zarr.Array[Any]:
    shape = tuple(lengths[name] for name in variable.dims)
    return group.create_array(
        variable.name,
        shape=shape,
        chunks=(size, *shape[1:]),
        dtype=variable.dtype,
        fill_value=variable.fill,
        chunk_key_encoding=CHUNK_NAMES,
        dimension_names=variable.dims,
        attributes=dict(variable.attributes),
    )

"""From the store's exact tallies to the labelled result on disk, a few points at a time."""

import hashlib
import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import ZstdCodec
from zarr.errors import ZarrUserWarning

from csmc.config import Experiment
from csmc.engine.records import Records, chunk_points
from csmc.engine.spans import Costs
from csmc.engine.stopping import Ends
from csmc.engine.store import Store
from csmc.estimate import chosen_metrics, estimate, gains_of, level_of, moments_of, plan
from csmc.kernel.codes import N_OUTCOMES
from csmc.kernel.result import Plan, tally_shapes
from csmc.results.attributes import global_attributes
from csmc.results.coordinates import Coordinate, coordinates
from csmc.results.read import result_path
from csmc.results.seal import seal
from csmc.results.variables import (
    GAIN_PARTS,
    PARTS,
    Variable,
    count_variables,
    estimate_variables,
    gain_variables,
)

#: A chunk is a file in its array's directory: the default, nested directories, costs a large design several more each.
#: Each has a checksum, without which most damage would read as other numbers.
CHUNKS: Any = {
    "chunk_key_encoding": {"name": "default", "separator": "."},
    "compressors": ZstdCodec(level=0, checksum=True),
}


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
    the_plan, costs = plan(experiment), Costs(experiment)
    size = chunk_points(tally_shapes(len(experiment.institutions), the_plan), experiment.n_points)
    group = zarr.open_group(path, mode="w-", zarr_format=3)
    arrays = _create(group, experiment, size)
    digest, finished, ends = hashlib.sha256(), 0, store.ends
    for records in store.records():
        digest.update(records.contents)
        ended = ends.known[records.points] if ends else records.replicates >= experiment.sampling.most
        finished += int(ended.sum())
        first = int(records.points[0]) // size * size
        stop = min(first + size, experiment.n_points)
        for name, values in _values(experiment, the_plan, costs, records, ends):
            block = np.full((stop - first, *values.shape[1:]), arrays[name].fill_value, arrays[name].dtype)
            block[records.points - first] = values
            arrays[name][first:stop] = block
    complete = finished == experiment.n_points
    group.update_attributes(global_attributes(experiment, digest=digest.hexdigest(), complete=complete))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Consolidated metadata", ZarrUserWarning)
        zarr.consolidate_metadata(group.store)
    seal(path)


def replace(new: Path, old: Path) -> None:
    """Put the directory `new` in the place of `old`."""
    if old.exists():
        aside = new.with_name(new.name + ".old")
        os.replace(old, aside)
        os.replace(new, old)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        os.replace(new, old)


def _values(
    experiment: Experiment, the_plan: Plan, costs: Costs, records: Records, ends: Ends | None
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield every variable's values at the points of `records`."""
    tallies, points = records.tallies, records.points
    moments = moments_of(tallies, the_plan, records.replicates, costs.lengths[points], costs.states[points])
    for metric in chosen_metrics(experiment):
        result = estimate(metric, moments, level_of(experiment))
        for part, suffix, _ in PARTS:
            yield metric.name + suffix, getattr(result, part)
        for name, gain in gains_of(metric, moments):
            for part, suffix, _ in GAIN_PARTS:
                yield f"{metric.name}{suffix}_{name}_gain", getattr(gain, part)
    yield "outcome_count", tallies.sums[:, :, :N_OUTCOMES]
    if the_plan.joint != "none":
        yield "joint_outcomes", tallies.joint if the_plan.joint == "all" else tallies.joint[:, :, 0]
        yield "war_pattern", tallies.patterns
    yield "replicates", records.replicates
    if ends is not None:
        yield "precision_reached", ends.reached[points].astype(np.int64)


def _create(group: zarr.Group, experiment: Experiment, size: int) -> dict[str, zarr.Array[Any]]:
    """Create the arrays, full of missing values, and write the coordinates."""
    axes = list(coordinates(experiment))
    lengths = {axis.name: len(axis.values) for axis in axes if axis.dims == (axis.name,)}
    for axis in axes:
        _create_coordinate(group, axis)
    group.attrs["coordinates"] = " ".join(axis.name for axis in axes if axis.dims != (axis.name,))
    return {variable.name: _create_variable(group, variable, lengths, size) for variable in _variables(experiment)}


def _variables(experiment: Experiment) -> Iterator[Variable]:
    by_precision = experiment.sampling.precision is not None
    for metric in chosen_metrics(experiment):
        yield from estimate_variables(metric, by_precision)
        yield from gain_variables(metric, experiment.sampling)
    yield from count_variables(experiment.outputs.joint, by_precision)


def _create_coordinate(group: zarr.Group, axis: Coordinate) -> None:
    group.create_array(axis.name, data=axis.values, dimension_names=axis.dims, attributes=axis.attributes, **CHUNKS)


def _create_variable(group: zarr.Group, variable: Variable, lengths: dict[str, int], size: int) -> zarr.Array[Any]:
    shape = tuple(lengths[name] for name in variable.dims)
    return group.create_array(
        variable.name,
        shape=shape,
        chunks=(size, *shape[1:]),
        dtype=variable.dtype,
        fill_value=variable.fill,
        dimension_names=variable.dims,
        attributes=dict(variable.attributes),
        **CHUNKS,
    )

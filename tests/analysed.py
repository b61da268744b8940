"""Results of a real design with made-up numbers in it, for tests of what is asked of results."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from csmc.config import Experiment
from csmc.results.attributes import global_attributes
from csmc.results.coordinates import coordinates

#: Paths whose values may be anything in [0, 1].
PATHS = (
    "system.members",
    "system.great_power_members",
    "dynamics.trust_learning",
    "dynamics.trust",
    "dynamics.double_standard",
    "institutions.*.obligation.strength",
)


def over(
    dimensions: int,
    design: str,
    count: int,
    *,
    seeding: str = "common",
    seed: int = 1,
    institutions: Sequence[str] = ("balance_of_power", "collective_security"),
) -> Experiment:
    """An experiment over so many parameters, each uniform in [0, 1]."""
    key = "trajectories" if design == "morris" else "points"
    ranges = {path: [0.0, 1.0] for path in PATHS[:dimensions]}
    return Experiment(
        institutions=list(institutions), design={design: {key: count, "seed": seed, "ranges": ranges}}, seeding=seeding
    )


def shares(experiment: Experiment) -> np.ndarray[Any, Any]:
    """The parameters as (point, parameter)."""
    return np.array(list(experiment.coordinates().values()), dtype=np.float64).T


def result_of(
    experiment: Experiment,
    values: Mapping[str, Any],
    error: float = 0.0,
    institutions: Callable[[Any], list[Any]] = lambda value: [np.zeros_like(value), value],
) -> xr.Dataset:
    """A result whose metrics have these values (point) under collective security and 0 under the reference.

    Institutions and their differences get what `institutions` makes of a value; standard errors are `error`, intervals
    twice as wide to each side.
    """
    axes = {axis.name: (axis.dims, axis.values, axis.attributes) for axis in coordinates(experiment)}
    variables: dict[str, Any] = {"replicates": ("point", np.full(experiment.n_points, 100))}
    for name, value in values.items():
        for stem, columns in ((name, institutions(value)), (f"{name}_difference", institutions(value))):
            both = np.stack(columns, axis=1)
            for end, part in (
                ("", both),
                ("_se", 0 * both + error),
                ("_low", both - 2 * error),
                ("_high", both + 2 * error),
            ):
                variables[stem + end] = (("point", "institution"), part)
    return xr.Dataset(variables, axes, global_attributes(experiment, digest="", complete=True))

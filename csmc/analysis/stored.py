"""A run's store, opened for questions that its result does not answer: what was asked for, and moments by chunks.

Nothing is written. Edit here to change how questions name institutions, metrics and points.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from csmc.analysis.refusals import require
from csmc.config import Experiment
from csmc.engine import Store
from csmc.engine.spans import Costs
from csmc.errors import ParameterError, StoreError, suggestion
from csmc.estimate import METRICS, Metric, Moments, Pairs, chosen_metrics, moments_of, plan
from csmc.kernel.result import Integers, Plan, from_rows
from csmc.results import result_path
from csmc.results.coordinates import coordinates


class Chunk(NamedTuple):
    """Moments of some of the points that a question is about; places (point,): which of them, in its order."""

    places: Integers
    moments: Moments


@dataclass(frozen=True)
class Stored:
    """An output directory of a run, to read."""

    store: Store
    experiment: Experiment
    plan: Plan

    @property
    def names(self) -> list[str]:
        """The institutions, in the order of all arrays."""
        return [institution.name for institution in self.experiment.institutions]

    def institution(self, name: str) -> int:
        """The number of an institution; ParameterError for a name that the run does not have."""
        require("institution", name, self.names, of="run")
        return self.names.index(name)

    def metrics(self, names: Sequence[str] | None) -> tuple[Metric, ...]:
        """Metrics by name, all that the run counts for None; ParameterError for what it does not."""
        counted = {metric.name: metric for metric in chosen_metrics(self.experiment)}
        for name in counted if names is None else names:
            if name in METRICS and name not in counted:
                raise ParameterError(
                    f"{name!r} has not been counted; outputs.metrics names {', '.join(counted)}; run with more, "
                    "into another output (csmc run CONFIG -s outputs.metrics=all -o OTHER)"
                )
            if name not in METRICS:
                near = suggestion(name, counted) or f" (known: {', '.join(counted)})"
                raise ParameterError(f"{name!r} is not a known metric{near}")
        return tuple(counted.values()) if names is None else tuple(counted[name] for name in names)

    def points(self, numbers: Sequence[int] | None) -> Integers:
        """Design points by number, all for None; ParameterError for one that the design does not have."""
        return design_points(self.experiment, numbers)

    def chunks(self, points: Integers) -> Iterator[Chunk]:
        """What has been counted at some points, in ascending order; those without finished work are left out.

        Raises
        ------
        StoreError
            No work has finished at any of them, or a block file is damaged.
        """
        costs, found = Costs(self.experiment), False
        for records in self.store.records():
            wanted = np.isin(records.points, points)
            if wanted.any():
                found = True
                here = records.points[wanted]
                tallies = from_rows(records.rows if wanted.all() else records.rows[wanted], records.shapes)
                replicates = records.replicates[wanted]
                moments = moments_of(tallies, self.plan, replicates, costs.lengths[here], costs.states[here])
                yield Chunk(np.searchsorted(points, here), moments)
            if records.points[-1] >= points[-1]:
                break
        if not found:
            raise StoreError(f"{self.store.path}: no work has finished at these points yet; `csmc run` goes on")

    def labels(self, points: Integers) -> dict[str, xr.Variable]:
        """The coordinates of these points, and of institutions and outcomes."""
        kept = {}
        for axis in coordinates(self.experiment):
            if {*axis.dims} <= {"point", "institution", "outcome"}:
                values = axis.values[points] if axis.dims == ("point",) else axis.values
                kept[axis.name] = xr.Variable(axis.dims, values, axis.attributes)
        return kept

    def attributes(self, points: Integers, replicates: Integers) -> dict[str, Any]:
        """What an answer about some points says of the run: whose it is, and whether all their replicates have run."""
        asked, ends = self.experiment.sampling.most, self.store.ends
        return {
            "title": self.experiment.name,
            "reference": self.experiment.reference,
            "replicates_planned": asked,
            "complete": int((replicates >= asked if ends is None else ends.known[points]).all()),
        }

    def counted_pairs(self) -> Pairs:
        """Every pair of which all has been counted, once; the reference is the second of its pairs, as in a result."""
        n, reference = len(self.names), self.plan.reference
        if self.plan.joint != "all":
            others = np.flatnonzero(np.arange(n) != reference)
            return Pairs(others, np.full_like(others, reference))
        one, other = np.triu_indices(n, 1)
        turned = one == reference
        return Pairs(np.where(turned, other, one), np.where(turned, one, other))

    def answer(
        self, variables: Mapping[str, Any], points: Integers, replicates: Integers, told: Mapping[str, Any]
    ) -> xr.Dataset:
        """Variables about some points with the labels of their dimensions, replicates, and what is said of the run."""
        used = {"point"}.union(*(dims for dims, *_ in variables.values()))
        labels = {name: label for name, label in self.labels(points).items() if used.issuperset(label.dims)}
        if "other_institution" in used:
            names = labels["institution"].values
            labels["other_institution"] = xr.Variable("other_institution", names, {"long_name": "the other of the two"})
        counted = ("point",), replicates, {"units": "1", "long_name": "histories"}
        attributes = self.attributes(points, replicates) | dict(told)
        return xr.Dataset({**variables, "replicates": counted}, labels, attributes)


def design_points(experiment: Experiment, numbers: Sequence[int] | None) -> Integers:
    """Design points by number, in their order, all for None; ParameterError for one that there is not."""
    n = experiment.n_points
    if numbers is not None and not len(numbers):
        raise ParameterError("no design point is named; name one, or leave the points out for all of them")
    chosen = np.arange(n) if numbers is None else np.unique(np.array(numbers, dtype=np.int64))
    for number in chosen[(chosen < 0) | (chosen >= n)]:
        raise ParameterError(f"point {number} is not in the design, which has points 0 to {n - 1}")
    return chosen


def opened(output: str | os.PathLike[str]) -> Stored:
    """Open an output directory (or the result.zarr in one) to ask something of its store.

    Raises
    ------
    StoreError
        There is no run, it is damaged, or another version of csmc made it.
    """
    store = Store(result_path(output).parent)
    experiment = store.experiment()
    the_plan = plan(experiment)
    store.refuse_other_kernel(experiment, the_plan)
    return Stored(store, experiment, the_plan)

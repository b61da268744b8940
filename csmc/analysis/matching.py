"""Two results side by side: which points are the same, and what their estimates have to do with each other.

Edit here to change what counts as the same point, or as the same crises.
"""

import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from csmc.config import Experiment, Point
from csmc.config.experiment import seed_of
from csmc.engine import Store
from csmc.errors import CsmcError, StoreError
from csmc.kernel.codes import Replication, group_size
from csmc.kernel.result import Integers
from csmc.results import open_results

#: A result: its Dataset, the output directory of its run, or the result.zarr in one.
Result = xr.Dataset | str | os.PathLike[str]


class Kind(StrEnum):
    """What two estimates of a metric have to do with each other."""

    IDENTICAL = "identical"
    NESTED = "nested"
    INDEPENDENT = "independent"
    SHARED = "shared"
    PAIRED = "paired"


#: What each kind means for a difference and its interval.
MEANING = {
    Kind.IDENTICAL: "the same crises under the same rules: equal, with certainty",
    Kind.NESTED: "the same rules, and all replicates of the one are among those of the other: the covariance is known; "
    "what differs is chance",
    Kind.INDEPENDENT: "other seeds, so other crises",
    Kind.SHARED: "the same crises, or perhaps some, under other rules or parameters: results do not keep the "
    "covariance, so the interval is as wide as any correlation may ask for",
    Kind.PAIRED: "both simulated again on the same crises",
}


@dataclass(frozen=True)
class Side:
    """One of the two results. experiment: what it is of, if its store is there and this csmc understands it."""

    result: xr.Dataset
    experiment: Experiment | None

    @property
    def title(self) -> str:
        """What the experiment is called."""
        return str(self.result.attrs.get("title", ""))

    @cached_property
    def resolved(self) -> dict[str, Any]:
        """The whole configuration."""
        found: dict[str, Any] = json.loads(self.result.attrs["configuration_resolved"])
        return found

    @cached_property
    def names(self) -> list[str]:
        """The institutions."""
        return [str(name) for name in self.result["institution"].values]

    @cached_property
    def varied(self) -> dict[str, str]:
        """The coordinates of the parameters that the design sets, by path."""
        return {str(self.result[name].attrs.get("path", name)): name for name in self.result.csmc.design}

    @property
    def group(self) -> int:
        """How many replicates are drawn together."""
        return group_size(Replication[str(self.result.attrs.get("replication", "plain")).upper()])

    def is_factor(self, path: str) -> bool:
        """Whether the design multiplies what institutions have by its values."""
        return path in self.varied and bool(self.result[self.varied[path]].attrs.get("multiplies"))

    def labels(self, path: str, factor: bool) -> list[Any]:
        """The value of a path at every point, whether the design sets it or not; nan where none is known."""
        if path in self.varied:
            known = self.is_factor(path) == factor
            values = self.result[self.varied[path]].values.tolist()
            return values if known else [math.nan] * len(values)
        return [self._unvaried(path, factor)] * self.result.sizes["point"]

    def _unvaried(self, path: str, factor: bool) -> Any:
        if factor:
            return 1.0
        if self.experiment is not None:
            return self.experiment.unvaried(path)
        return self.resolved["parameters"].get(path, math.nan)

    def seed(self, point: int) -> int:
        """The seed of the draws of a point."""
        return seed_of(int(self.result.attrs["seed"]), str(self.result.attrs["seeding"]), point)

    @cached_property
    def whole(self) -> NDArray[np.bool_]:
        """Where the replicates are the first ones without a gap, (point,)."""
        if "precision_reached" in self.result:
            return np.ones(self.result.sizes["point"], dtype=np.bool_)
        return np.asarray(self.result["replicates"].values == self.result.attrs["replicates_planned"])


class Match(NamedTuple):
    """Points that are the same in both, (match,) each: their numbers in A, and in B."""

    a: Integers
    b: Integers


def side(result: Result) -> Side:
    """Open a result.

    Raises
    ------
    StoreError
        There is none, or it is not one of csmc's.
    """
    dataset = result if isinstance(result, xr.Dataset) else open_results(result)
    if not {"configuration_resolved", "seed", "seeding"} <= dataset.attrs.keys():
        raise StoreError("this is no result of csmc: it lacks the attributes that say what was simulated")
    return Side(dataset, _experiment(dataset))


def _experiment(dataset: xr.Dataset) -> Experiment | None:
    """What a result is of, from the store beside it; None without one, or if that is of another design by now."""
    source = dataset.encoding.get("source")
    if source is None:
        return None
    try:
        experiment = Store(Path(source).parent).experiment()
    except StoreError:
        return None
    here = [str(name) for name in dataset["institution"].values]
    names = [institution.name for institution in experiment.institutions]
    same_points = experiment.n_points == dataset.sizes["point"] and all(
        coordinate.values.tolist() == experiment.coordinates().get(str(coordinate.attrs["path"]))
        for coordinate in (dataset[name] for name in dataset.csmc.design)
        if coordinate.dtype.kind in "if"
    )
    return experiment if names == here and same_points and str(experiment.seed) == dataset.attrs["seed"] else None


def matched(a: Side, b: Side) -> Match:
    """Points with the same values of all that the design of either varies; of points that are alike, first to first.

    Raises
    ------
    CsmcError
        There are none.
    """
    paths = list(dict.fromkeys([*a.varied, *b.varied]))
    places: list[dict[tuple[Any, ...], int]] = []
    for one in (a, b):
        columns = [one.labels(path, a.is_factor(path) or b.is_factor(path)) for path in paths]
        seen: dict[tuple[Any, ...], int] = {}
        found: dict[tuple[Any, ...], int] = {}
        for number in range(one.result.sizes["point"]):
            label = tuple(_comparable(column[number]) for column in columns)
            seen[label] = seen.get(label, 0) + 1
            found[(*label, seen[label])] = number
        places.append(found)
    here, there = places
    both = [(number, there[label]) for label, number in here.items() if label in there]
    if not both:
        raise CsmcError(f"no point of the one has the values of a point of the other{_why(a, b, paths)}")
    return Match(*np.array(both, dtype=np.int64).T)


def _comparable(value: Any) -> Any:
    """A value that equals itself in another result: text if it is none of the numbers, nan of nothing."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _why(a: Side, b: Side, paths: Sequence[str]) -> str:
    """Which parameter sets the two apart, if one does."""
    for path in paths:
        factor = a.is_factor(path) or b.is_factor(path)
        here, there = (list(map(_comparable, one.labels(path, factor))) for one in (a, b))
        if not set(here) & set(there):
            return f": {path} is {_few(here)} in the one, {_few(there)} in the other"
    return "; design points are matched by their parameters"


def _few(values: Sequence[Any]) -> str:
    distinct = list(dict.fromkeys(values))
    shown = ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in distinct[:5])
    return shown + (f" and {len(distinct) - 5} more" if len(distinct) > 5 else "")


def kinds(a: Side, b: Side, match: Match, institutions: Sequence[str]) -> NDArray[np.object_]:
    """What the estimates of each matched point and institution have to do with each other, (match, institution).

    Raises
    ------
    StoreError
        The same crises under the same rules were counted differently: one of the two is damaged.
    """
    found = np.full((len(match.a), len(institutions)), Kind.SHARED, dtype=object)
    known = a.result.attrs.get("stream_version") == b.result.attrs.get("stream_version")
    known &= a.result.attrs.get("controls", 0) == b.result.attrs.get("controls", 0)
    whole = a.whole[match.a] & b.whole[match.b]
    n, m = (one.result["replicates"].values[which] for one, which in ((a, match.a), (b, match.b)))
    for row, (here, there) in enumerate(zip(match.a.tolist(), match.b.tolist(), strict=True)):
        if a.seed(here) != b.seed(there):
            found[row] = Kind.INDEPENDENT
        elif known and whole[row] and a.experiment is not None and b.experiment is not None:
            same = _same_rules(a, b, a.experiment.point(here), b.experiment.point(there), institutions)
            found[row, same] = Kind.IDENTICAL if n[row] == m[row] else Kind.NESTED
    _check_counts(a, b, match, institutions, found)
    return found


def _same_rules(a: Side, b: Side, here: Point, there: Point, institutions: Sequence[str]) -> NDArray[np.bool_]:
    """Under which institutions a replicate of the one point is that of the other."""
    return np.array(
        [here.key_among([a.names.index(name)]) == there.key_among([b.names.index(name)]) for name in institutions]
    )


def _check_counts(a: Side, b: Side, match: Match, institutions: Sequence[str], found: NDArray[np.object_]) -> None:
    """Refuse results that count other outcomes of the same crises, or fewer in more of them."""
    counts = [
        one.result["outcome_count"].transpose("point", "institution", "outcome").sel(institution=list(institutions))
        for one in (a, b)
        if "outcome_count" in one.result
    ]
    if len(counts) < 2 or not np.isin(found, [Kind.IDENTICAL, Kind.NESTED]).any():
        return
    here, there = counts[0].values[match.a], counts[1].values[match.b]
    rising = (here <= there).all(axis=2) | (here >= there).all(axis=2)
    wrong = ((found == Kind.IDENTICAL) & (here != there).any(axis=2)) | ((found == Kind.NESTED) & ~rising)
    if wrong.any():
        row, place = np.argwhere(wrong)[0]
        raise StoreError(
            f"points {match.a[row]} and {match.b[row]} are the same crises under {institutions[place]}, but their "
            "outcomes have been counted differently: one of the two is damaged; csmc verify --all says which"
        )

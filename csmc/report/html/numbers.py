"""The numbers that a page carries: metrics in order of interest within a budget, pairs, and what is left out.

Edit to carry other metrics first, or more of everything.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from csmc.analysis import contrasts
from csmc.analysis.best import BETTER
from csmc.engine.store import Store
from csmc.errors import CsmcError, ParameterError, suggestion
from csmc.estimate import METRICS
from csmc.report.html.encoding import packed
from csmc.results.read import result_path

Floats = NDArray[np.float64]

#: A page carries about so many numbers, of 5.3 characters each.
MOST_NUMBERS = 2_400_000
#: Of larger designs so many points are carried, evenly spaced.
MOST_POINTS = 20_000
#: Numbers of pairs without the reference that are carried besides, at most.
MOST_PAIRED = 400_000

#: Metrics that are carried first; the others follow in the order of the registry.
FIRST = (
    *("war", "general_war", "challenge", "participation", "peace", "war_given_challenge", "concession", "veto"),
    *("selectivity", "final_trust", "final_legitimacy", "aggressor_success", "survivors"),
)

PARTS = ("", "_low", "_high", "_difference", "_difference_low", "_difference_high")


@dataclass(frozen=True)
class Estimates:
    """One metric: `parts` has its value, interval, difference and interval of that, each (point, institution)."""

    name: str
    parts: dict[str, Floats]

    @property
    def title(self) -> str:
        """The metric in words."""
        return METRICS[self.name].long_name

    @property
    def is_share(self) -> bool:
        """Whether it is read in per cent."""
        return METRICS[self.name].high == 1.0

    @property
    def better(self) -> str | None:
        """`lower` or `higher`, if that is beyond doubt."""
        return BETTER.get(self.name)


@dataclass(frozen=True)
class Paired:
    """The difference of two institutions, by their numbers, where neither is the reference; (point,) each."""

    metric: str
    one: int
    other: int
    difference: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Numbers:
    """What is carried. points: which points of the result. left_out: metrics of the result that are not."""

    points: NDArray[np.int64]
    metrics: tuple[Estimates, ...]
    left_out: tuple[str, ...]
    pairs: tuple[Paired, ...]


def numbers(dataset: xr.Dataset, metric: str | None = None) -> Numbers:
    """Choose and load what a page carries.

    Parameters
    ----------
    dataset
        A result.
    metric
        One to carry first.

    Raises
    ------
    ParameterError
        The metric is none, or the result does not have it.
    """
    names = _ordered(dataset, metric)
    all_points = np.flatnonzero(dataset["replicates"].values > 0)
    chosen = all_points
    if len(chosen) > MOST_POINTS:
        chosen = chosen[np.linspace(0, len(chosen) - 1, MOST_POINTS).round().astype(np.int64)]
    size = max(len(chosen) * dataset.sizes["institution"] * len(PARTS), 1)
    carried = names[: max(MOST_NUMBERS // size, 1)]
    metrics = tuple(Estimates(name, _parts(dataset, name, chosen)) for name in carried)
    pairs = tuple(_pairs(dataset, carried, chosen)) if len(carried) else ()
    return Numbers(chosen, metrics, tuple(names[len(carried) :]), pairs)


def _ordered(dataset: xr.Dataset, first: str | None) -> list[str]:
    known = [name for name in METRICS if name in dataset]
    if first is not None and first not in known:
        if first in METRICS:
            raise ParameterError(f"{first!r} is not in this result, which has {', '.join(known)}")
        raise ParameterError(f"{first!r} is not a known metric{suggestion(first, known) or _listed(known)}")
    ahead = [name for name in ((first, *FIRST) if first else FIRST) if name in known]
    return list(dict.fromkeys([*ahead, *known]))


def _listed(known: list[str]) -> str:
    return f" (known: {', '.join(known)})"


def _parts(dataset: xr.Dataset, name: str, points: NDArray[np.int64]) -> dict[str, Floats]:
    """Read the parts of a metric, at some points."""
    whole = len(points) == dataset.sizes["point"]
    read = {}
    for part in PARTS:
        if name + part in dataset:
            values = dataset[name + part].transpose("point", "institution").values
            read[part] = values if whole else values[points]
    return read


def _pairs(dataset: xr.Dataset, metrics: list[str], points: NDArray[np.int64]) -> Iterator[Paired]:
    """Yield the pairs without the reference that have been counted, while there is room for them."""
    institutions = dataset.sizes["institution"]
    one, other = np.triu_indices(institutions, 1)
    size = 3 * len(one) * len(points)
    if institutions < 3 or "other_institution" not in dataset.dims or not 0 < size <= MOST_PAIRED:
        return
    names = metrics[: MOST_PAIRED // size]
    try:
        if Store(result_path(dataset.encoding["source"]).parent).digest() != dataset.attrs["digest"]:
            return  # the run has gone on since the result was written
        found = contrasts(dataset.encoding["source"], names, points=dataset["point"].values[points].tolist())
    except (KeyError, CsmcError):  # the result is not of a file, or its run is not beside it
        return
    reference = [str(name) for name in dataset["institution"].values].index(dataset.csmc.reference)
    for name in names:
        for i, j in zip(one.tolist(), other.tolist(), strict=True):
            if reference not in (i, j):
                here = found.isel(institution=i, other_institution=j)
                yield Paired(name, i, j, *(here[f"{name}_difference{end}"].values for end in ("", "_low", "_high")))


def as_data(carried: Numbers) -> dict[str, Any]:
    """The numbers as JSON values, arrays as text."""
    return {
        "metrics": [
            {
                "name": one.name,
                "title": one.title,
                "definition": METRICS[one.name].definition,
                "share": one.is_share,
                "better": one.better,
                "parts": {part.removeprefix("_") or "value": packed(values) for part, values in one.parts.items()},
            }
            for one in carried.metrics
        ],
        "pairs": [
            {
                "metric": pair.metric,
                "one": pair.one,
                "other": pair.other,
                "parts": {"difference": packed(pair.difference), "low": packed(pair.low), "high": packed(pair.high)},
            }
            for pair in carried.pairs
        ],
    }

"""Where an institution has less war than the reference, where more, and where the replicates cannot tell."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

#: A single divide of the design is worth telling if it sorts at least this share of the decided points...
_WORTH_TELLING = 0.75
#: ...and beats "the same everywhere" by at least this share.
_BETTER_THAN_NONE = 0.1


@dataclass(frozen=True)
class Divide:
    """One parameter whose two sides have different verdicts: `less_below` says on which side there is less war."""

    parameter: str
    last_below: float
    first_above: float
    less_below: bool
    below: tuple[int, int]  #: points with the side's verdict, points
    above: tuple[int, int]


@dataclass(frozen=True)
class Verdict:
    """An institution against the reference over all computed points, each judged by its own interval."""

    institution: str
    less: NDArray[np.bool_]
    more: NDArray[np.bool_]
    difference: NDArray[np.float64]
    divide: Divide | None

    @property
    def points(self) -> int:
        """Points with a comparison."""
        return int(np.isfinite(self.difference).sum())

    @property
    def undecided(self) -> int:
        """Points at which the interval holds 0."""
        return self.points - int(self.less.sum()) - int(self.more.sum())


def verdicts(dataset: xr.Dataset) -> list[Verdict]:
    """Judge the war of every institution but the reference."""
    names = [str(name) for name in dataset["institution"].values]
    return [_verdict(dataset, name) for name in names if name != dataset.csmc.reference]


def _verdict(dataset: xr.Dataset, institution: str) -> Verdict:
    chosen = dataset.sel(institution=institution)
    low, high = chosen["war_difference_low"].values, chosen["war_difference_high"].values
    less, more, difference = high < 0, low > 0, chosen["war_difference"].values
    computed = np.isfinite(difference)
    divide = _divide(dataset.isel(point=computed), less[computed], more[computed])
    return Verdict(institution, less, more, difference, divide)


def _divide(dataset: xr.Dataset, less: NDArray[np.bool_], more: NDArray[np.bool_]) -> Divide | None:
    """Find the threshold of one numeric parameter that best separates less war from more."""
    decided = int(less.sum() + more.sum())
    best, best_sorted = None, max(int(less.sum()), int(more.sum())) + _BETTER_THAN_NONE * decided
    best_sorted = max(best_sorted, _WORTH_TELLING * decided)
    for name in dataset.csmc.design:
        values = dataset[name].values
        if not np.issubdtype(values.dtype, np.number):
            continue
        levels = np.unique(values)
        for last_below, first_above in pairwise(levels):
            below = values <= last_below
            for less_below in (True, False):
                here, there = (less, more) if less_below else (more, less)
                hits = int((here & below).sum()), int((there & ~below).sum())
                if sum(hits) > best_sorted:
                    sides = (hits[0], int(below.sum())), (hits[1], int((~below).sum()))
                    best = Divide(name, float(last_below), float(first_above), less_below, *sides)
                    best_sorted = sum(hits)
    return best


def least_war(dataset: xr.Dataset) -> dict[str, int]:
    """Count the points at which each institution has the lowest estimate of war; ties count for all."""
    war = dataset["war"].transpose("point", "institution").values
    computed = np.isfinite(war).all(axis=1)
    lowest = war[computed] == war[computed].min(axis=1, keepdims=True)
    return {
        str(name): int(count) for name, count in zip(dataset["institution"].values, lowest.sum(axis=0), strict=True)
    }


def as_data(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as plain data."""
    finite = verdict.difference[np.isfinite(verdict.difference)]
    return {
        "less_war": int(verdict.less.sum()),
        "more_war": int(verdict.more.sum()),
        "undecided": verdict.undecided,
        "points": verdict.points,
        "war_difference_mean": float(finite.mean()) if len(finite) else None,
        "war_difference_low": float(finite.min()) if len(finite) else None,
        "war_difference_high": float(finite.max()) if len(finite) else None,
    }

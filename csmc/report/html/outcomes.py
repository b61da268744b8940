"""How crises end under each institution, and into what the same crises turn under another; edit to count otherwise."""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from csmc.kernel.codes import Outcome
from csmc.report.html.encoding import packed

Floats = NDArray[np.float64]

#: Shares by point are carried if there are so many of them at most; else the mean over the points.
MOST_SHARES = 200_000
#: Joint tables of so many points are read at a time.
_CHUNK = 500
TITLES = tuple(outcome.name.lower().replace("_", " ") for outcome in Outcome)


def outcome_shares(dataset: xr.Dataset, points: NDArray[np.int64] | None = None) -> Floats:
    """Shares of episodes by outcome, (point, institution, outcome); missing where there are none."""
    counts = dataset["outcome_count"].transpose("point", "institution", "outcome").values
    return _shares(counts if points is None else counts[points], 1)


def _shares(counts: NDArray[Any], axes: int) -> Floats:
    """Counts over their sum along the last axes."""
    total = counts.sum(axis=tuple(range(-axes, 0)), keepdims=True).astype(np.float64)
    return np.asarray(counts / np.where(total > 0, total, np.nan))


def mean_shares(shares: Floats) -> Floats:
    """The mean over the points that have any, each of the same weight: (institution, outcome)."""
    known = shares[np.isfinite(shares[:, 0, 0])]
    return known.mean(axis=0) if len(known) else np.full(shares.shape[1:], np.nan)


def outcome_data(shares: Floats) -> dict[str, Any]:
    """The shares as JSON values: their mean, and by point if they are few."""
    by_point = packed(shares) if shares.size <= MOST_SHARES and len(shares) > 1 else None
    return {"titles": list(TITLES), "mean": packed(mean_shares(shares)), "points": by_point}


def flow_data(dataset: xr.Dataset, points: NDArray[np.int64]) -> dict[str, Any] | None:
    """Shares of episodes by their outcomes under two institutions, as JSON values; None without joint tables.

    `mean` is (institution, other, outcome, other outcome), with one other, the reference, unless all pairs have been
    counted; so is `points`, at every point, if they are few.
    """
    if "joint_outcomes" not in dataset:
        return None
    joint = dataset["joint_outcomes"]
    if "other_institution" not in joint.dims:
        joint = joint.expand_dims("other_institution")
    joint = joint.transpose("point", "institution", "other_institution", "outcome", "other_outcome")
    few = 1 < len(points) <= MOST_SHARES // int(np.prod(joint.shape[1:]))
    total, kept = np.zeros(joint.shape[1:]), []
    for begin in range(0, len(points), _CHUNK):
        shares = _shares(joint[points[begin : begin + _CHUNK]].values, 2)
        total += shares.sum(axis=0)
        kept += [shares] if few else []
    return {
        "pairs": joint.sizes["other_institution"] > 1,
        "mean": packed(total / len(points) if len(points) else total * np.nan),
        "points": packed(np.concatenate(kept)) if few else None,
    }

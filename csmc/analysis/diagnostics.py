"""Convergence diagnostics: which estimates rest on little, and whether replicates look as independent ones should."""

import os
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from csmc.analysis.checks import CHECKS, FAMILY, State
from csmc.analysis.figures import ESTIMATES, Figures, figures, limits
from csmc.analysis.stored import opened
from csmc.config import Experiment
from csmc.engine.batches import Batches, batches
from csmc.engine.cuts import BATCHED_POINTS
from csmc.errors import StoreError
from csmc.estimate import METRICS, chosen_metrics
from csmc.estimate.intervals import Floats
from csmc.kernel.result import Integers

_LABELS = ("institution", "metric", "estimate")
_ATTRIBUTES = {
    "estimates": {"units": "1", "long_name": "number of estimates in each state of each check"},
    "worst": {
        "units": "1",
        "long_name": "least figure over the points, of those that are off if any are; small is bad",
    },
    "worst_point": {"units": "1", "long_name": "point with that figure, -1 if there is none"},
    "state_of": {
        "units": "1",
        "long_name": "what a check says of an estimate",
        "flag_values": [state.value for state in State],
        "flag_meanings": " ".join(state.name.lower() for state in State),
    },
    "figure": {"units": "1", "long_name": "figure of a check; small is bad, missing where it is untold"},
}


def diagnose(output: str | os.PathLike[str]) -> xr.Dataset:
    """Check every estimate of an output, and the batches of replicates behind it.

    Parameters
    ----------
    output
        A run's output directory, or the `result.zarr` in it. What has not run yet is not checked.

    Returns
    -------
    A Dataset with the number of estimates in each `state` of each check, the worst figure and its point, by metric,
    institution and estimate; in designs of up to 1,000 points also every state and figure. `csmc.analysis.checks` says
    what each check means; the attributes, at which levels chance was told from fault.

    Raises
    ------
    StoreError
        There is no run, nothing of it has finished, another version of csmc made it, or a block file is damaged.
    """
    run = opened(output)
    if not len(run.store.index.finished()):
        raise StoreError(f"{run.store.path}: nothing has finished yet, so there is nothing to diagnose")
    return examine(run.experiment, batches(run.store))


def examine(experiment: Experiment, parts: Iterable[Batches]) -> xr.Dataset:
    """Check the tallies of an experiment, see `diagnose`; `parts` are those of its points, in their order."""
    keep = experiment.n_points <= BATCHED_POINTS
    return _dataset(experiment, [_reduced(figures(experiment, part), keep=keep) for part in parts])


class Failure(NamedTuple):
    """An estimate that a check finds wanting; `figure` is that of the check."""

    metric: str
    estimate: str
    institution: str
    point: int
    figure: float


def failures(found: xr.Dataset, check: str, most: int, metrics: Collection[str] = METRICS) -> list[Failure]:
    """The worst failures of a check in what `diagnose` returns, one of each metric, institution and estimate."""
    here = found.sel(check=check)
    worst, points, off = (here[name].values for name in ("worst", "worst_point", "estimates"))
    institutions, names, estimates = (here[label].values for label in _LABELS)
    all_ = [
        Failure(str(names[m]), str(estimates[e]), str(institutions[k]), int(points[k, m, e]), float(worst[k, m, e]))
        for k, m, e in np.argwhere(off[State.OFF] > 0).tolist()
        if names[m] in metrics
    ]
    return sorted(all_, key=lambda failure: failure.figure)[:most]


class _Reduced(NamedTuple):
    """What is kept of `Figures`: all if it is asked for.

    counts (check, state, institution, metric, estimate). worst, where (check, institution, metric, estimate): the least
    figure of those that are off, or of all if none is, infinite if there is none; and the point that has it.
    """

    kept: Figures | None
    counts: Integers
    worst: Floats
    where: Integers
    unseen: int
    replicates: int


def _reduced(found: Figures, *, keep: bool) -> _Reduced:
    off = found.states == State.OFF
    told = np.where(off.any(axis=1, keepdims=True), off, ~np.isnan(found.figures))
    ranked = np.where(told, found.figures, np.inf)
    place = ranked.argmin(axis=1)
    return _Reduced(
        found if keep else None,
        np.stack([(found.states == state).sum(axis=1) for state in State], axis=1),
        ranked.min(axis=1),
        found.points[place],
        found.unseen,
        int(found.replicates.max()),
    )


def _dataset(experiment: Experiment, found: Sequence[_Reduced]) -> xr.Dataset:
    counts = np.stack([part.counts for part in found])
    worst, where = np.stack([part.worst for part in found]), np.stack([part.where for part in found])
    off = counts[:, :, State.OFF] > 0
    first = np.where(off.any(axis=0) & ~off, np.inf, worst).argmin(axis=0)[None]
    least = np.take_along_axis(worst, first, axis=0)[0]
    here = np.where(np.isfinite(least), np.take_along_axis(where, first, axis=0)[0], -1)
    arrays: dict[str, tuple[tuple[str, ...], Any]] = {
        "estimates": (("check", "state", *_LABELS), counts.sum(axis=0)),
        "worst": (("check", *_LABELS), np.where(np.isfinite(least), least, np.nan)),
        "worst_point": (("check", *_LABELS), here),
    }
    coordinates: dict[str, Any] = {
        "check": list(CHECKS),
        "state": [state.name.lower() for state in State],
        "institution": [institution.name for institution in experiment.institutions],
        "metric": [metric.name for metric in chosen_metrics(experiment)],
        "estimate": list(ESTIMATES),
    }
    kept = [part.kept for part in found if part.kept is not None]
    if kept:
        dims = ("check", "point", *_LABELS)
        arrays["state_of"] = (dims, np.concatenate([part.states for part in kept], axis=1))
        arrays["figure"] = (dims, np.concatenate([part.figures for part in kept], axis=1))
        coordinates["point"] = np.concatenate([part.points for part in kept])
    allowed = limits(experiment)
    attributes = {
        "method": "checks of Monte Carlo tallies, after those of MCNP, over batches of consecutive replicates",
        "level": FAMILY,
        "level_over_batches": allowed.batches,
        "level_spread_pairing": allowed.others,
        "level_repeats": allowed.repeats,
        "n": max(part.replicates for part in found),
        "reference": experiment.reference,
        "without_events": sum(part.unseen for part in found),
    }
    variables = {name: (*array, _ATTRIBUTES[name]) for name, array in arrays.items()}
    return xr.Dataset(variables, coordinates, attributes)

"""What replication in groups and controls have gained, in sentences; edit to change what counts as gain or harm."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from csmc.estimate.controls import LEAST_UNITS
from csmc.estimate.gains import no_gain_error
from csmc.kernel.codes import Replication, group_size

#: A gain is named as one from here on: it saves a twentieth of the replicates.
WORTHWHILE = 1.05
#: Groups do harm where the gain is so many standard errors below 1: of 1,000 points, none by chance.
BEYOND = 4.0

_GROUPS = {"antithetic": "antithetic pairs", "stratified": "stratified fours"}
#: The variables that are read, and what they are the gains of.
REPLICATION = {"war_replication_gain": "war", "war_difference_replication_gain": "differences"}
CONTROLS = {"war_control_gain": "war", "war_difference_control_gain": "differences"}


def gain_notes(dataset: xr.Dataset) -> Iterator[str]:
    """Say what the scheme and the controls of a result gain for war and its differences, and warn of harm."""
    if CONTROLS.keys() <= set(dataset):
        yield (
            f"controls: {_told(dataset, CONTROLS)}; variance without them over the actual one, median over points and "
            "institutions."
        )
        short = dataset["replicates"].values < LEAST_UNITS * _group(dataset)
        if short.any():
            yield f"Below {LEAST_UNITS * _group(dataset):,} replicates nothing is adjusted: {_at(short)}."
    if REPLICATION.keys() <= set(dataset):
        yield from _replication(dataset)


def _replication(dataset: xr.Dataset) -> Iterator[str]:
    groups = _GROUPS[str(dataset.attrs["replication"])]
    yield (
        f"{groups}: {_told(dataset, REPLICATION)}; variance of as many plain replicates over the actual one, median "
        "over points and institutions."
    )
    group = _group(dataset)
    error = no_gain_error(group, dataset["replicates"].values[:, None] / group)
    for variable, name in REPLICATION.items():
        gains = dataset[variable].values
        harmful = 1 / gains - 1 > BEYOND * error
        if harmful.any():
            yield (
                f"WARNING: {groups} make {'war' if name == 'war' else 'the differences of war'} less precise than "
                f"plain replication would at {int(harmful.any(axis=1).sum())} of {len(gains)} points; the variance is "
                f"up to {float(1 / gains[harmful].min()):.2g} times as large."
            )


def _group(dataset: xr.Dataset) -> int:
    return group_size(Replication[str(dataset.attrs.get("replication", "plain")).upper()])


def _at(where: np.ndarray[Any, Any]) -> str:
    return f"{int(where.sum())} of {len(where)} points" if len(where) > 1 else "more are needed"


def _told(dataset: xr.Dataset, gains: Mapping[str, str]) -> str:
    return ", ".join(_gain(name, dataset[variable].values) for variable, name in gains.items())


def _gain(name: str, gains: np.ndarray[Any, Any]) -> str:
    known = gains[np.isfinite(gains)]
    if not len(known):
        return f"{name} unknown"
    gain = float(np.median(known))
    harm = ": plain replication is as good" if gain < 1 else ""
    return f"{name} ×{gain:.2f}" + ("" if gain >= WORTHWHILE else f" (no gain{harm})")

"""What drawing replicates in groups has gained, in sentences; edit to change when it counts as a gain, or as harm."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from csmc.estimate.gains import no_gain_error
from csmc.kernel.codes import Replication, group_size

#: A gain is named as one from here on: it saves a twentieth of the replicates.
WORTHWHILE = 1.05
#: Groups do harm where the gain is so many standard errors below 1: of 1,000 points, none by chance.
BEYOND = 4.0

_GROUPS = {"antithetic": "antithetic pairs", "stratified": "stratified fours"}
#: The variables that are read, and what they are the gains of.
GAINS = {"war_replication_gain": "war", "war_difference_replication_gain": "differences"}


def replication_notes(dataset: xr.Dataset) -> Iterator[str]:
    """Say what the scheme of a result has gained for war and its differences, and warn where it does harm."""
    groups = _GROUPS.get(str(dataset.attrs.get("replication", "plain")))
    if groups is None or not GAINS.keys() <= set(dataset):
        return
    told = (_gain(name, dataset[variable].values) for variable, name in GAINS.items())
    yield (
        f"{groups}: {', '.join(told)}; variance of as many plain replicates over the actual one, median over points "
        "and institutions."
    )
    group = group_size(Replication[str(dataset.attrs["replication"]).upper()])
    error = no_gain_error(group, dataset["replicates"].values[:, None] / group)
    for variable, name in GAINS.items():
        gains = dataset[variable].values
        harmful = 1 / gains - 1 > BEYOND * error
        if harmful.any():
            yield (
                f"WARNING: {groups} make {'war' if name == 'war' else 'the differences of war'} less precise than "
                f"plain replication would at {int(harmful.any(axis=1).sum())} of {len(gains)} points; the variance is "
                f"up to {float(1 / gains[harmful].min()):.2g} times as large."
            )


def _gain(name: str, gains: np.ndarray[Any, Any]) -> str:
    known = gains[np.isfinite(gains)]
    if not len(known):
        return f"{name} unknown"
    gain = float(np.median(known))
    harm = ": plain replication is as good" if gain < 1 else ""
    return f"{name} ×{gain:.2f}" + ("" if gain >= WORTHWHILE else f" (no gain{harm})")

"""How far a run is, from what is on disk: its own store, those of its shards, and what running processes write down."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from csmc.engine.heartbeat import read_heartbeat
from csmc.engine.spans import Costs
from csmc.engine.store import SHARDS, Store
from csmc.errors import StoreError
from csmc.kernel.result import Integers


def state_of(output: Path) -> dict[str, Any]:
    """The state of the run in a folder: JSON values.

    name; episodes: total (where points end at a precision, as is expected now) and done; points: total and complete;
    runs: what the last process in the folder, and in that of each shard, wrote down, see `csmc.engine.heartbeat`. The
    counts are of what is safely on disk, under all institutions; shards of another configuration are not counted.

    Raises
    ------
    StoreError
        There is no run.
    """
    paths = [output, *sorted(path for path in (output / SHARDS).glob("*") if path.is_dir())]
    stores = [Store(path) for path in paths if (path / "spec.json").is_file()]
    if not stores:
        raise StoreError(f"{output} holds no csmc run (there is no spec.json)")
    document = stores[0].document
    alike = [store for store in stores if store.document["sha256"] == document["sha256"]]
    points = int(document["points"])
    costs = Costs(stores[0].experiment())
    done = _done(alike, points)
    total, complete = _asked(alike, done)
    return {
        "name": document["name"],
        "episodes": {
            "total": int((costs.lengths * total).sum()),
            "done": int((costs.lengths * np.minimum(done, total)).sum()),
        },
        "points": {"total": points, "complete": int(complete.sum())},
        "runs": {store.path.name: beat for store in stores if (beat := read_heartbeat(store.path))},
    }


def _asked(stores: list[Store], done: Integers) -> tuple[Integers, NDArray[np.bool_]]:
    """How many replicates each point is to have, and whether it has all that it is to have.

    Where points end at a precision: as many as are expected to be enough, or have been simulated.
    """
    every = [ends for store in stores if (ends := store.ends) is not None]
    if not every:
        total = np.full(len(done), int(stores[0].document["replicates"]))
        return total, done >= total
    known = np.any([ends.known for ends in every], axis=0)
    expected = np.max([ends.expected for ends in every], axis=0)
    return np.where(known, done, np.maximum(expected, done)), known


def _done(stores: list[Store], points: int) -> Integers:
    """Replicates of each point that are in any of the stores, each counted once."""
    finished = np.concatenate([store.index.finished() for store in stores])
    done = np.zeros(points, dtype=np.int64)
    if len(stores) == 1:
        np.add.at(done, finished[:, 0], finished[:, 2] - finished[:, 1])
        return done
    ends = np.zeros(points, dtype=np.int64)
    for point, first, stop in finished[np.lexsort((finished[:, 1], finished[:, 0]))].tolist():
        done[point] += max(stop - max(first, ends[point]), 0)
        ends[point] = max(stop, ends[point])
    return done

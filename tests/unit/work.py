"""Made-up work for the tests of the store."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from csmc.config import Experiment
from csmc.engine.store import Store
from csmc.engine.tallies import Counted
from csmc.estimate import plan
from csmc.kernel.result import Tallies, empty_tallies
from tests.stacked import row


def make(**changes: Any) -> Experiment:
    sections = {
        "name": "small",
        "institutions": ["anarchy", "balance_of_power"],
        "design": {"grid": {"interests.divergence": [0.5, 1.0, 2.0]}},
        "sampling": {"replicates": 100},
    }
    return Experiment.from_dict({**sections, **changes})


def filled(value: int) -> Tallies:
    """Tallies of the right shape whose every number grows with `value`; low limbs stay below 2**32."""
    tallies = empty_tallies(2, plan(make()))
    for name, field in tallies._asdict().items():
        field += value * 3 if name.endswith("_low") else value * (1 << 33) - value
    return tallies


class Done(NamedTuple):
    """Work at one point."""

    point: int
    ranges: list[tuple[int, int]]
    tallies: Tallies


def counted(work: list[Done], experiment: Experiment | None = None) -> Counted:
    """As a task hands it over, all tallies in the row of the first range of a point."""
    experiment = experiment or make()
    spans = [(done.point, *edges) for done in work for edges in done.ranges]
    firsts = [edges == done.ranges[0] for done in work for edges in done.ranges]
    rows = np.stack([row(done.tallies) for done in work for _ in done.ranges]) * np.array(firsts)[:, None]
    keys = [np.frombuffer(experiment.point(point).key, np.uint8) for point, *_ in spans]
    return Counted(np.array(spans, dtype=np.int64), np.stack(keys), rows)


def write(path: Path, work: list[list[Done]], experiment: Experiment | None = None) -> Store:
    store = Store(path)
    experiment = experiment or make()
    with store.claim(experiment, plan(experiment)):
        for part in work:
            store.commit(counted(part, experiment))
    return store


PARTS = [
    [Done(2, [(0, 100)], filled(5)), Done(0, [(0, 40)], filled(1))],
    [Done(0, [(40, 60), (80, 100)], filled(2))],
    [Done(0, [(60, 80)], filled(3))],
]


def finished(store: Store, point: int) -> list[tuple[int, int]]:
    return [(first, stop) for number, first, stop in store.index.finished().tolist() if number == point]

"""Clocks that jump, as they do when a machine is suspended, moved or set, change no number and end no run."""

import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from csmc import engine as engines
from csmc.engine import LocalEngine, Store, heartbeat, pending, progress, schedule
from csmc.engine.state import state_of
from tests.unit.work import make

DAY = 86_400.0


class Jumping(datetime):
    """A clock on the wall that is set a month back and forth between any two looks."""

    looks = itertools.count()

    @classmethod
    def now(cls, tz: object = None) -> datetime:
        del tz
        return datetime.now(UTC) + timedelta(days=30 * (next(cls.looks) % 3 - 1))


class Leaping:
    """A clock that only goes forward, but by a day at each look."""

    def __init__(self) -> None:
        self._days = itertools.count()

    def monotonic(self) -> float:
        return time.monotonic() + DAY * next(self._days)


def test_clocks_that_jump_change_no_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[..., None]
) -> None:
    experiment = make(sampling={"replicates": 700}, execution={"block": 64})
    engines.run(experiment, Store(tmp_path / "steady"), LocalEngine(1))
    monkeypatch.setattr(heartbeat, "datetime", Jumping)
    monkeypatch.setattr("csmc.engine.driver.datetime", Jumping)
    for module in (heartbeat, pending, progress, schedule):
        monkeypatch.setattr(module, "time", Leaping())
    monkeypatch.setattr(LocalEngine, "task_seconds", 1e-6)
    engines.run(experiment, Store(tmp_path / "jumping"), LocalEngine(2))
    assert Store(tmp_path / "jumping").digest() == Store(tmp_path / "steady").digest()
    assert state_of(tmp_path / "jumping")["runs"]["jumping"]["state"] == "finished"
    fault("the clocks jump, by days", "a wrong time left, nothing else", code=0)

"""Workers of a cluster die under a run: others do their work, with the same bits."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from csmc import engine as engines
from csmc.engine import LocalEngine, Store
from csmc.engine.ray import RayEngine
from tests.chaos.nodes import processes
from tests.chaos.runs import small

pytestmark = [pytest.mark.proof, pytest.mark.ray, pytest.mark.xdist_group("ray")]

SAMPLING = {"replicates": 6_000_000}


def test_workers_that_are_killed_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[..., None]
) -> None:
    monkeypatch.setattr(RayEngine, "task_seconds", 0.3)
    experiment = small(sampling=SAMPLING)
    engines.run(experiment, Store(tmp_path / "local"), LocalEngine(1))
    killed: list[int] = []
    done = threading.Event()

    def kill() -> None:
        while not done.is_set() and len(killed) < 3:
            for process in processes("ray::tally_on_worker", os.getpid())[:1]:
                os.kill(process, signal.SIGKILL)
                killed.append(process)
            time.sleep(0.3)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        engines.run(experiment, Store(tmp_path / "ray"), RayEngine(threads=2))
    finally:
        done.set()
        killer.join()
    assert killed
    assert Store(tmp_path / "ray").digest() == Store(tmp_path / "local").digest()
    fault(
        f"{len(killed)} workers of Ray are killed in the middle of a task (SIGKILL)",
        "nothing; others replace them",
        code=0,
    )

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
from tests.chaos.runs import small
from tests.evidence import Section

Evidence = Callable[[Section, str, str], None]
pytestmark = [pytest.mark.proof, pytest.mark.ray, pytest.mark.xdist_group("ray")]

SAMPLING = {"replicates": 6_000_000}


def ray_workers() -> list[int]:
    """Processes of this machine that are workers of this process's Ray and are doing work."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            name = path.read_bytes()
        except OSError:
            continue
        if name.startswith(b"ray::tally_on_worker"):
            found.append(int(path.parent.name))
    return found


def test_workers_that_are_killed_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evidence: Evidence
) -> None:
    monkeypatch.setattr(RayEngine, "task_seconds", 0.3)
    experiment = small(sampling=SAMPLING)
    engines.run(experiment, Store(tmp_path / "local"), LocalEngine(1))
    killed: list[int] = []
    done = threading.Event()

    def kill() -> None:
        while not done.is_set() and len(killed) < 3:
            for process in ray_workers()[:1]:
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
    evidence(
        Section.FAULTS,
        "Workers of a Ray cluster that are killed in the middle of a task (SIGKILL) are replaced; same digest.",
        f"{len(killed)} workers",
    )

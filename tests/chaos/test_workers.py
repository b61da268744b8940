"""Workers and nodes of a cluster die under a run: others do their work, with the same bits."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from csmc import engine as engines
from csmc.engine import LocalEngine, Store
from csmc.engine.ray import ENVIRONMENT, RayEngine
from tests.chaos.runs import small
from tests.evidence import Section

Evidence = Callable[[Section, str, str], None]
pytestmark = [pytest.mark.proof, pytest.mark.ray, pytest.mark.xdist_group("ray")]

SAMPLING = {"replicates": 400_000}


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
            time.sleep(0.7)

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


def test_a_node_that_dies_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evidence: Evidence) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    from ray.cluster_utils import Cluster

    monkeypatch.setattr(RayEngine, "task_seconds", 0.3)
    experiment = small(sampling=SAMPLING)
    engines.run(experiment, Store(tmp_path / "local"), LocalEngine(1))
    cluster = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 1, "object_store_memory": 100_000_000, "include_dashboard": False},
    )
    try:
        nodes = [cluster.add_node(num_cpus=1, object_store_memory=100_000_000) for _ in range(2)]
        killed = threading.Event()

        def kill(progress: engines.Progress) -> None:
            if progress.done > 0 and not killed.is_set():
                killed.set()
                cluster.remove_node(nodes[0], allow_graceful=False)

        engines.run(experiment, Store(tmp_path / "ray"), RayEngine(cluster.address), kill)
    finally:
        cluster.shutdown()
    assert killed.is_set()
    assert Store(tmp_path / "ray").digest() == Store(tmp_path / "local").digest()
    evidence(
        Section.FAULTS,
        "A node that dies in the middle of a run on three is done without; same digest.",
        "3 raylets, 1 killed",
    )

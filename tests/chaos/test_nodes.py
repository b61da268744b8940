"""Nodes of a cluster die, hang, slow down, are cut off or lose their head: same digest, or a clear word and no loss.

A run of csmc is one process on a node; `at_work` waits until it is in the middle of its work.
"""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csmc.engine import Store
from csmc.engine.ray import PATIENCE_SECONDS, PATIENCE_TASKS
from tests.chaos.nodes import Node, Nodes, cluster, wait_until
from tests.chaos.runs import finish, replicates_on_disk
from tests.evidence import told

Fault = Callable[..., None]
Start = Callable[..., "subprocess.Popen[str]"]
#: In which a run ends that is asked to.
STOP_SECONDS = 15.0
LATE = f"nothing; after {PATIENCE_SECONDS:.0f} s and {PATIENCE_TASKS:.0f} usual tasks others do its work too"
pytestmark = [pytest.mark.proof, pytest.mark.ray, pytest.mark.xdist_group("ray")]

CONFIG = """
name: nodes
institutions: [balance_of_power, un_security_council]
design: {grid: {interests.divergence: [0.5, 1.0, 2.0], crisis.war_cost: [0.2, 0.4]}}
sampling: {replicates: 10_000_000}
execution: {block: 65536}
"""


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    """Three nodes of one core; the driver is on the first."""
    with cluster(tmp_path) as made:
        for _ in range(3):
            made.add()
        yield made


@pytest.fixture
def start(nodes: Nodes, config: Path, tmp_path: Path) -> Start:
    """Start a run on the cluster, from the head if not from another node."""

    def run(on: Node | None = None) -> "subprocess.Popen[str]":
        words = ("run", str(config), "-o", str(tmp_path / "out"), "--quiet", "--address", nodes.address)
        return nodes.csmc(*words, on=on)

    return run


@pytest.fixture
def at_work(nodes: Nodes, start: Start, tmp_path: Path) -> Start:
    """Start a run, and wait until something of it is on disk and three nodes are busy."""

    def run(on: Node | None = None) -> "subprocess.Popen[str]":
        process = start(on)

        def busy() -> bool:
            working = [node for node in nodes.all if node.processes("ray::tally_on_worker")]
            return process.poll() is not None or (len(working) >= 3 and replicates_on_disk(tmp_path / "out") > 0)

        assert wait_until(busy, 180.0), "not all nodes take part"
        assert process.poll() is None, "the run is over before anything has gone wrong"
        return process

    return run


def result(process: "subprocess.Popen[str]", seconds: float = 200.0) -> tuple[int, str]:
    """Code and standard error of a run, once it has ended."""
    try:
        _, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        _, err = process.communicate()
        raise AssertionError(f"still running after {seconds} s: {err}") from None
    return process.returncode, err


def workers_of(output: Path) -> set[str]:
    """The hosts that have done work in the last run."""
    return {worker.split()[0] for worker in json.loads((output / "status.json").read_text())["workers"]}


def test_a_raylet_that_is_killed_is_done_without_and_a_node_that_joins_takes_part(
    nodes: Nodes, start: Start, undisturbed: str, tmp_path: Path, fault: Fault
) -> None:
    process = start()
    joined = nodes.add()
    assert wait_until(lambda: replicates_on_disk(tmp_path / "out"), 60.0)
    nodes.all[2].send(signal.SIGKILL, "raylet/raylet")
    code, err = result(process)
    assert code == 0, err
    assert joined.name in workers_of(tmp_path / "out")
    assert Store(tmp_path / "out").digest() == undisturbed
    fault("the raylet of a node is killed (SIGKILL)", "nothing; the others do its work", code=code)
    fault("a node joins a cluster during a run", "nothing; it takes part", code=code)


def test_a_node_that_is_switched_off_is_done_without(
    nodes: Nodes, at_work: Start, undisturbed: str, tmp_path: Path, fault: Fault
) -> None:
    process = at_work()
    nodes.all[1].end()
    code, err = result(process)
    assert code == 0, err
    assert Store(tmp_path / "out").digest() == undisturbed
    fault("a node is switched off", "nothing; the others do its work", code=code)


def test_a_node_that_is_cut_off_and_a_worker_that_hangs_are_not_waited_for(
    nodes: Nodes, at_work: Start, undisturbed: str, tmp_path: Path, fault: Fault
) -> None:
    process = at_work()
    nodes.all[1].send(signal.SIGSTOP, "ray::tally_on_worker")
    nodes.all[2].cut()
    code, err = result(process)
    assert code == 0, err
    assert Store(tmp_path / "out").digest() == undisturbed
    fault("the cable of a node is pulled", LATE, code=code)
    fault("a worker hangs (SIGSTOP)", LATE, code=code)


def test_a_slow_node_is_no_trouble(
    nodes: Nodes, at_work: Start, undisturbed: str, tmp_path: Path, fault: Fault
) -> None:
    process, done = at_work(), threading.Event()

    def slow_down() -> None:
        while not done.is_set():
            for number, seconds in ((signal.SIGSTOP, 0.18), (signal.SIGCONT, 0.02)):
                for pid in nodes.all[1].processes("ray::tally_on_worker"):
                    os.kill(pid, number)
                time.sleep(seconds)

    slower = threading.Thread(target=slow_down)
    slower.start()
    try:
        code, err = result(process)
    finally:
        done.set()
        slower.join()
    assert code == 0, err
    assert Store(tmp_path / "out").digest() == undisturbed
    fault("a node has a tenth of its speed", "nothing; the others do more", code=code)


def test_a_driver_on_a_cluster_that_is_killed_leaves_a_cluster_that_works_and_an_output_that_goes_on(
    nodes: Nodes, start: Start, at_work: Start, undisturbed: str, tmp_path: Path, fault: Fault
) -> None:
    at_work()
    nodes.head.send(signal.SIGKILL, "csmc.cli run")
    kept = replicates_on_disk(tmp_path / "out")
    assert kept > 0
    code, err = result(start())
    assert code == 0, err
    assert Store(tmp_path / "out").digest() == undisturbed
    fault("the driver on a Ray cluster is killed (SIGKILL)", "nothing; the same command goes on", code=code,
          lost="at most the last seconds, done again")  # fmt: skip


def test_a_driver_on_a_cluster_that_is_asked_to_stop_does_so_within_seconds(
    nodes: Nodes, at_work: Start, config: Path, undisturbed: str, tmp_path: Path, fault: Fault
) -> None:
    process, began = at_work(), time.monotonic()
    nodes.head.send(signal.SIGTERM, "csmc.cli run")
    code, err = result(process)
    assert code == 130
    assert time.monotonic() - began < STOP_SECONDS
    (tmp_path / "out" / ".lock").unlink(missing_ok=True)
    assert finish(config, tmp_path / "out") == undisturbed
    said = f"within {STOP_SECONDS:.0f} s: {told(err, tmp_path / 'out')}"
    fault("the driver on a Ray cluster gets SIGTERM", said, code=code)


def test_when_the_head_dies_the_driver_says_so_and_the_next_run_goes_on(
    nodes: Nodes,
    at_work: Start,
    config: Path,
    undisturbed: str,
    tmp_path: Path,
    fault: Fault,
) -> None:
    process = at_work(on=nodes.all[1])
    for node in (nodes.head, nodes.all[2]):
        node.end()
    nodes.all[1].send(signal.SIGSTOP, "ray::tally_on_worker")  # else it might finish the run without a head
    code, err = result(process)
    assert code == 1
    assert "has not answered for 20 s" in err
    assert replicates_on_disk(tmp_path / "out") > 0
    (tmp_path / "out" / ".lock").unlink(missing_ok=True)
    assert finish(config, tmp_path / "out") == undisturbed
    fault("the head of the cluster dies, the driver is on another node", told(err, tmp_path / "out"), code=code,
          lost="what was in flight, done again")  # fmt: skip

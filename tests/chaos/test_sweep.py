"""configs/cluster_sweep.yaml: on threads, on a cluster that loses a node on the way, and in four shards."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.nodes import cluster, wait_until
from tests.chaos.runs import replicates_on_disk

pytestmark = [pytest.mark.proof, pytest.mark.ray, pytest.mark.xdist_group("ray")]


def csmc(*words: str) -> str:
    """Run a command of csmc to its end."""
    command = [sys.executable, "-W", "ignore", "-m", "csmc.cli", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_sweep_of_100_000_points_has_one_digest_wherever_it_runs(
    tmp_path: Path, configs: Path, fault: Callable[..., None]
) -> None:
    config = str(configs / "cluster_sweep.yaml")
    with cluster(tmp_path) as nodes:
        for _ in range(3):
            nodes.add()
        output = tmp_path / "ray"
        run = nodes.csmc("run", config, "-o", str(output), "--address", nodes.address, "--json")
        total = json.loads(csmc("run", config, "-o", str(tmp_path / "threads"), "--json", "--threads", "2"))
        assert wait_until(lambda: replicates_on_disk(output) > 0.1 * total["episodes"], 200.0)
        assert run.poll() is None, "the run is over before anything has gone wrong"
        nodes.all[2].send(signal.SIGKILL, "raylet/raylet")
        said, err = run.communicate(timeout=300)
        assert run.returncode == 0, err
    assert json.loads(said)["digest"] == total["digest"]
    for number in range(1, 5):
        csmc("run", config, "-o", str(tmp_path / "shards"), "--shard", f"{number}/4")
    csmc("collect", str(tmp_path / "shards"))
    assert json.loads(csmc("run", config, "-o", str(tmp_path / "shards"), "--json"))["digest"] == total["digest"]
    fault(
        f"a sweep of {total['points']:,} points on threads; on three nodes of Ray, one of them killed on the way; and "
        "as four shards that are collected",
        f"one digest, {total['digest'][:16]}...",
        code=0,
    )

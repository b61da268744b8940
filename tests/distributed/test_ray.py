"""The Ray engine gives the bits of the local one, says what is wrong, and shuts down only what it started."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import xarray as xr

from csmc import analysis
from csmc import engine as engines
from csmc.config import Experiment
from csmc.engine import LocalEngine, Span, Store
from csmc.engine.ray import ClusterError, RayEngine, probe
from csmc.engine.schedule import WithdrawnError
from csmc.engine.tallies import Job
from csmc.estimate import plan
from csmc.provenance import build

pytestmark = [pytest.mark.ray, pytest.mark.xdist_group("ray")]


@pytest.fixture(scope="module")
def ray() -> Iterator[ModuleType]:
    """A Ray of two cores for this file, as a user would have who started it in the same process."""
    module = pytest.importorskip("ray")
    module.init(
        address="local", num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False,
        object_store_memory=100_000_000,
    )  # fmt: skip
    yield module
    module.shutdown()


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return Experiment.from_dict(
        {
            "name": "distributed",
            "institutions": ["balance_of_power", "un_security_council"],
            "design": {"grid": {"interests.divergence": [0.5, 2.0]}},
            "sampling": {"replicates": 2000},
            "execution": {"block": 256},
        }
    )


@pytest.mark.parametrize("before", ["", "import ray"])
def test_a_cluster_of_its_own_asks_for_a_token_whatever_the_process_did_with_ray_before(
    before: str, tmp_path: Path
) -> None:
    program = f"""
{before}
import os
from csmc import engine as engines
from csmc.config import Experiment
from csmc.engine import Store
from csmc.engine.ray import RayEngine
from pathlib import Path

experiment = Experiment.from_dict({{
    "name": "own", "institutions": ["balance_of_power"], "sampling": {{"replicates": 2000}},
}})
store = Store(Path({str(tmp_path / "run")!r}))
engines.run(experiment, store, RayEngine(threads=1))
assert store.complete
print(os.environ["RAY_AUTH_MODE"])
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "token"


def test_ray_and_threads_give_the_same_digest(
    ray: ModuleType, experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RayEngine, "task_seconds", 0.001)  # several tasks, in whatever order they finish
    local, distributed = Store(tmp_path / "local"), Store(tmp_path / "ray")
    engines.run(experiment, local, LocalEngine(1))
    engines.run(experiment, distributed, RayEngine())
    assert distributed.complete
    assert distributed.digest() == local.digest()
    assert ray.is_initialized(), "a Ray that was there before the run is still there after it"


def test_points_end_at_a_precision_on_ray_where_they_do_on_threads(
    ray: ModuleType, experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ray.is_initialized()
    monkeypatch.setattr(RayEngine, "task_seconds", 0.001)
    sampling = {"precision": {"war": {"half_width": 0.013}}, "max_replicates": 2500}
    sections = {key: value for key, value in experiment.resolved().items() if key != "sampling"}
    precise = Experiment.from_dict({**sections, "sampling": sampling})
    local, distributed = Store(tmp_path / "local"), Store(tmp_path / "ray")
    engines.run(precise, local, LocalEngine(1))
    engines.run(precise, distributed, RayEngine())
    assert distributed.complete
    assert distributed.ends.replicates.tolist() == local.ends.replicates.tolist() != [1024, 1024]
    assert distributed.digest() == local.digest()


def test_institutions_are_added_on_ray_with_the_bits_of_one_run(
    ray: ModuleType, experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del ray
    monkeypatch.setattr(RayEngine, "task_seconds", 0.001)
    sections = experiment.resolved() | {"outputs": {"joint": "none"}}
    wider = sections | {"institutions": ["anarchy", *sections["institutions"]]}
    engines.run(Experiment.from_dict(sections), Store(tmp_path / "grown"), LocalEngine(1))
    for name, engine in (("grown", RayEngine()), ("once", LocalEngine(1))):
        engines.run(Experiment.from_dict(wider), Store(tmp_path / name), engine)
    assert Store(tmp_path / "grown").digest() == Store(tmp_path / "once").digest()


def test_a_worker_that_is_not_made_like_the_run_ends_it_and_is_named(
    ray: ModuleType, experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del ray
    other = build() | {"kernel": "0" * 12, "Python": "3.9"}
    monkeypatch.setattr("csmc.engine.ray.build", lambda: other)  # only here: the workers import their own
    found = f"{socket.gethostname()} has kernel {build()['kernel']} instead of {'0' * 12}, Python "
    with pytest.raises(ClusterError, match=f"^{found}.* instead of 3.9: install the same on every node"):
        engines.run(experiment, Store(tmp_path), RayEngine())


def test_workers_finish_what_they_have_begun_and_what_is_queued_is_withdrawn(ray: ModuleType) -> None:
    experiment = Experiment.from_dict({"institutions": ["balance_of_power"], "sampling": {"replicates": 10**9}})
    with RayEngine().workers(Job(experiment, plan(experiment))) as cluster:
        handles = [cluster.submit((Span(0, number * 3_000_000, 3_000_000),)) for number in range(8)]
        ray.wait(handles, num_returns=1, timeout=60)
        time.sleep(0.2)  # whoever has finished has begun another one
        cluster.withdraw(handles)
        finished, withdrawn = 0, 0
        for handle in handles:
            try:
                finished += len(cluster.result(handle).spans)
            except WithdrawnError:
                withdrawn += 1
    assert finished >= 3, "the first, what the other worker had, and what followed the first"
    assert withdrawn == len(handles) - finished > 0


def test_an_address_where_nothing_answers_is_told_at_once() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(ClusterError, match=f"no Ray cluster answers at 127.0.0.1:{port}"):
        probe(f"127.0.0.1:{port}")


@pytest.mark.parametrize("address", ["host", "host:port", "ray://", ":1"])
def test_what_is_no_address_is_told_as_such(address: str) -> None:
    with pytest.raises(ClusterError, match="is no address of a Ray cluster"):
        probe(address)


def test_rare_events_have_the_same_integers_on_ray(ray: ModuleType, experiment: Experiment) -> None:
    del ray
    effort: dict[str, Any] = {"particles": 60, "runs": 3, "moves": 2}
    local = analysis.rare(experiment, "war", threads=1, **effort)
    distributed = analysis.rare(experiment, "war", engine="ray", **effort)
    xr.testing.assert_identical(local, distributed)

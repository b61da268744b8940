"""The recipes for clusters: what of them can be tried on one machine works, and the rest is at least well-formed."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from csmc.cli.codes import ExitCode
from csmc.cli.run import run
from csmc.engine import Store
from csmc.engine.heartbeat import read_heartbeat
from tests.architecture.kuberay import RAY_JOB
from tests.chaos.runs import replicates_on_disk, until

RECIPES = Path(__file__).parents[2] / "configs" / "clusters"


def recipe(name: str) -> Any:
    return YAML(typ="safe").load((RECIPES / name).read_text())


def test_the_shell_recipes_are_well_formed() -> None:
    for name in ("slurm_array.sh", "slurm_ray.sh"):
        subprocess.run(["bash", "-n", str(RECIPES / name)], check=True)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text("institutions: [anarchy]\nsampling: {replicates: 600}\nexecution: {block: 100}\n")
    return path


def command(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/bash\n{script}\n")
    path.chmod(0o755)


def environment(folder: Path, **slurm: str) -> dict[str, str]:
    """What SLURM sets, and `csmc` as a command in `folder`: on threads in place of Ray, the kernel as compiled here."""
    cache = f"CSMC_CACHE_DIR={os.environ['CSMC_CACHE_DIR']}"
    command(folder / "csmc", f'exec env {cache} {sys.executable} -m csmc.cli "${{@/#ray/local}}"')
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "SLURM_CPUS_PER_TASK": "1", **slurm}


def test_the_array_recipe_does_a_whole_run_in_shards(config: Path, tmp_path: Path) -> None:
    for task in ("1", "2"):
        variables = environment(tmp_path, SLURM_ARRAY_TASK_COUNT="2", SLURM_ARRAY_TASK_ID=task)
        subprocess.run(
            ["bash", str(RECIPES / "slurm_array.sh"), str(config), str(tmp_path / "out")], env=variables, check=True
        )
    collected = subprocess.run([str(tmp_path / "csmc"), "collect", str(tmp_path / "out")], capture_output=True)
    assert collected.returncode == 0, collected.stderr
    assert Store(tmp_path / "out").complete


def ray_job(folder: Path, config: Path, srun: str) -> "subprocess.Popen[bytes]":
    """The recipe of Ray under SLURM, with a `srun` that starts no Ray; what would run on it is after `--`."""
    command(folder / "scontrol", "echo localhost")
    command(folder / "srun", srun)
    variables = environment(
        folder,
        SLURM_JOB_ID=str(os.getpid()),
        SLURM_JOB_NODELIST="localhost",
        SLURM_JOB_NUM_NODES="1",
        TMPDIR=str(folder),
    )
    return subprocess.Popen(["bash", str(RECIPES / "slurm_ray.sh"), str(config), str(folder / "out")], env=variables)


#: Leaves out the address too, which only Ray has.
WHAT_WOULD_RUN = 'while [ "$1" != -- ]; do shift; done; shift; exec "${@:1:$#-2}"'


def test_a_ray_job_ends_with_success_only_if_its_run_is_complete(config: Path, tmp_path: Path) -> None:
    assert ray_job(tmp_path, config, "exit 0").wait(300) == ExitCode.USAGE, "nothing ran, though symmetric-run said 0"
    assert ray_job(tmp_path, config, WHAT_WOULD_RUN).wait(300) == ExitCode.OK
    assert Store(tmp_path / "out").complete
    config.write_text("seed: 2\n" + config.read_text())
    assert ray_job(tmp_path, config, WHAT_WOULD_RUN).wait(300) == ExitCode.USAGE, "another run is what is complete"


def test_a_ray_job_whose_time_is_up_lets_csmc_alone_end_in_order(config: Path, tmp_path: Path) -> None:
    config.write_text(config.read_text().replace("600", "1_000_000_000"))
    job = ray_job(tmp_path, config, WHAT_WOULD_RUN)
    until(lambda: replicates_on_disk(tmp_path / "out"), job)
    job.send_signal(signal.SIGTERM)
    assert job.wait(300) == ExitCode.PARTIAL
    state = read_heartbeat(tmp_path / "out")
    assert state is not None
    assert state["state"] == "ended by InterruptedRun"


def test_the_recipe_for_kuberay_names_one_image_and_one_writer() -> None:
    cluster = recipe("kuberay_rayjob.yaml")["spec"]["rayClusterSpec"]
    head = cluster["headGroupSpec"]["template"]["spec"]
    (workers,) = cluster["workerGroupSpecs"]
    pods = [head, workers["template"]["spec"]]
    assert len({container["image"] for pod in pods for container in pod["containers"]}) == 1
    assert [volume["name"] for volume in head["volumes"] if "persistentVolumeClaim" in volume] == ["results"]
    assert "volumes" not in pods[1]
    assert cluster["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"


def test_the_recipe_for_kuberay_has_fields_that_kuberay_knows() -> None:
    jsonschema.validate(recipe("kuberay_rayjob.yaml"), RAY_JOB)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec/backOffLimit", 3),
        ("spec/submissionMode", "K8SJobMode"),
        ("spec/activeDeadlineSeconds", 0),
        ("spec/rayClusterSpec/authOptions/mode", "Token"),
        ("spec/rayClusterSpec/headGroupSpec/rayStartParams/num-cpus", 0),
        ("spec/rayClusterSpec/headGroupSpec/template/containers", []),
    ],
)
def test_a_manifest_with_a_field_that_kuberay_does_not_know_is_noticed(path: str, value: object) -> None:
    job = recipe("kuberay_rayjob.yaml")
    *parents, name = path.split("/")
    inner = job
    for parent in parents:
        inner = inner[parent]
    inner[name] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(job, RAY_JOB)


def test_the_recipe_for_ray_up_passes_the_checks_of_ray_up(monkeypatch: pytest.MonkeyPatch) -> None:
    util = pytest.importorskip("ray.autoscaler._private.util")
    monkeypatch.chdir(RECIPES.parents[1])  # where its paths begin
    cluster = util.prepare_config(recipe("ray_cluster.yaml"))
    util.validate_config(cluster)
    (machines,) = cluster["available_node_types"].values()
    assert machines["min_workers"] == len(cluster["provider"]["worker_ips"])
    assert all(Path(source).is_dir() for source in cluster["file_mounts"].values())
    start = cluster["head_start_ray_commands"][-1]
    assert "--autoscaling-config=~/ray_bootstrap_config.yaml" in start, "or the head starts no workers"
    assert "RAY_enable_autoscaler_v2=0" in start, "or the head starts no workers"


@pytest.mark.parametrize("name", ["slurm_array.sh", "slurm_ray.sh", "kuberay_rayjob.yaml", "ray_cluster.yaml"])
def test_recipes_use_options_that_there_are(name: str) -> None:
    text = (RECIPES / name).read_text()
    known = {"--" + parameter for parameter in run.__annotations__} | {"--address"}
    used = {word for line in text.splitlines() if "csmc run" in line for word in line.split("csmc run")[1].split()}
    assert {word for word in used if word.startswith("--")} <= known

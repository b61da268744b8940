"""The recipes for clusters: what of them can be tried on one machine works, and the rest is at least well-formed."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from csmc.cli.run import run
from csmc.engine import Store

RECIPES = Path(__file__).parents[2] / "configs" / "clusters"


def recipe(name: str) -> Any:
    return YAML(typ="safe").load((RECIPES / name).read_text())


def test_the_shell_recipes_are_well_formed() -> None:
    for name in ("slurm_array.sh", "slurm_ray.sh"):
        subprocess.run(["bash", "-n", str(RECIPES / name)], check=True)


def test_the_array_recipe_does_a_whole_run_in_shards(tmp_path: Path) -> None:
    config = tmp_path / "small.yaml"
    config.write_text("institutions: [anarchy]\nsampling: {replicates: 600}\nexecution: {block: 100}\n")
    command = tmp_path / "csmc"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m csmc.cli "$@"\n')
    command.chmod(0o755)
    variables = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "SLURM_ARRAY_TASK_COUNT": "2"}
    for task in ("1", "2"):
        subprocess.run(
            ["bash", str(RECIPES / "slurm_array.sh"), str(config), str(tmp_path / "out")],
            env=variables | {"SLURM_ARRAY_TASK_ID": task, "SLURM_CPUS_PER_TASK": "1"},
            check=True,
        )
    collected = subprocess.run([str(command), "collect", str(tmp_path / "out")], capture_output=True, check=False)
    assert collected.returncode == 0, collected.stderr
    assert Store(tmp_path / "out").complete


def test_the_recipe_for_kuberay_names_one_image_and_one_writer() -> None:
    job = recipe("kuberay_rayjob.yaml")
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    cluster = job["spec"]["rayClusterSpec"]
    head = cluster["headGroupSpec"]["template"]["spec"]
    (workers,) = cluster["workerGroupSpecs"]
    pods = [head, workers["template"]["spec"]]
    assert len({container["image"] for pod in pods for container in pod["containers"]}) == 1
    assert [volume["name"] for volume in head["volumes"]] == ["results"]
    assert "volumes" not in pods[1]
    assert cluster["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"


@pytest.mark.parametrize("name", ["slurm_array.sh", "slurm_ray.sh", "kuberay_rayjob.yaml", "ray_cluster.yaml"])
def test_recipes_use_options_that_there_are(name: str) -> None:
    text = (RECIPES / name).read_text()
    known = {"--" + parameter for parameter in run.__annotations__} | {"--address"}
    used = {word for line in text.splitlines() if "csmc run" in line for word in line.split("csmc run")[1].split()}
    assert {word for word in used if word.startswith("--")} <= known

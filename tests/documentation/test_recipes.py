"""The recipes, and the Python of the pages, with fewer replicates than they ask for."""

import re
import shutil
import sys
from pathlib import Path

import pytest

import csmc
from tests.documentation.transcript import shell, steps

#: What makes commands small that begin so. A precision takes as many replicates as it needs.
SMALL = {
    "csmc run veto.yaml -s 'sampling.precision": "",
    "csmc run veto.yaml": "-s sampling.replicates=2000",
    "csmc run sample.yaml": "-s sampling.replicates=20",
    "csmc run configs/veto_space.yaml": "-s sampling.replicates=60",
    "csmc run configs/quickstart.yaml": "-s sampling.replicates=60",
    "csmc run configs/great_powers_1938.yaml": "-s sampling.replicates=5000",
    "csmc rare": "--particles 100",
}
#: Pages with Python that needs a result, or an experiment.
PYTHON = ("recipes", "results", "analysis", "replay", "sharing")


def less(command: str) -> str:
    """A command of a page with little to do, and without its comment."""
    command = re.sub(r"\s+# .*", "", command)
    options = next((options for beginning, options in SMALL.items() if command.startswith(beginning)), "")
    return f"{command} {options}"


@pytest.fixture
def folder(root: Path, tmp_path: Path) -> Path:
    """A folder with the configurations that come with csmc, and fewer points in the one that samples a space."""
    shutil.copytree(root / "configs", tmp_path / "configs")
    space = tmp_path / "configs" / "veto_space.yaml"
    text = space.read_text(encoding="utf-8")
    assert "points: 512" in text
    space.write_text(text.replace("points: 512", "points: 32"), encoding="utf-8")
    return tmp_path


@pytest.mark.proof
def test_every_command_of_the_recipes_works_in_order(root: Path, folder: Path) -> None:
    page = (root / "docs" / "recipes.md").read_text(encoding="utf-8")
    for step in steps(page):
        if step.kind == "file":
            (folder / step.name).write_text(step.source, encoding="utf-8")
    plain = [block for block in page.split("```")[1::2] if block.startswith("\n")]
    given = [line for block in plain for line in block.strip().splitlines()]
    assert len(given) > 15
    for command in given:
        done = shell(folder, less(command))
        assert done.returncode == 0, f"{command}: {done.stdout[-400:]}{done.stderr}"


@pytest.mark.proof
def test_all_python_of_the_pages_runs(root: Path, folder: Path) -> None:
    for name in ("quickstart", "great_powers_1938"):
        assert shell(folder, less(f"csmc run configs/{name}.yaml")).returncode == 0
    few = "import csmc; experiment = csmc.load_experiment('configs/quickstart.yaml')\n"
    blocks = 0
    for name in PYTHON:
        for step in steps((root / "docs" / f"{name}.md").read_text(encoding="utf-8")):
            if step.kind == "program":
                (folder / "program.py").write_text(few + step.source, encoding="utf-8")
                done = shell(folder, f"{sys.executable} program.py")
                assert done.returncode == 0, f"{name}.md: {step.source}{done.stderr}"
                blocks += 1
    everywhere = "".join(path.read_text(encoding="utf-8") for path in (root / "docs").glob("*.md"))
    assert blocks + 1 == everywhere.count("```python"), "the tutorial has one more, which its own test runs"


def test_the_configuration_of_the_recipes_is_right(root: Path, tmp_path: Path) -> None:
    files = [step for step in steps((root / "docs" / "recipes.md").read_text(encoding="utf-8")) if step.kind == "file"]
    for step in files:
        (tmp_path / step.name).write_text(step.source, encoding="utf-8")
    experiment = csmc.load_experiment(tmp_path / "veto.yaml")
    assert (experiment.n_points, len(experiment.institutions)) == (4, 4)
    assert csmc.load_experiment(tmp_path / "sample.yaml").n_points == 256

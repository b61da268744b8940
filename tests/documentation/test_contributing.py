"""The walkthroughs of CONTRIBUTING.md, done word by word on a copy of the code."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.documentation.transcript import Step, agrees, shell, steps

#: What a contributor has before the first step.
PARTS = ("csmc", "tests", "docs", "configs", "pyproject.toml", "CONTRIBUTING.md", "README.md")


def walkthrough(root: Path, name: str) -> list[Step]:
    """What there is to do under a heading."""
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return list(steps(re.split(r"^## ", text.split(f"\n## {name}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]))


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """The code, to be changed."""
    for part in PARTS:
        if (root / part).is_dir():
            shutil.copytree(root / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(root / part, tmp_path / part)
    return tmp_path


def do(folder: Path, todo: list[Step]) -> None:
    """Save, change and give commands in order; everything must succeed, and print what is shown if anything is."""
    for step in todo:
        if step.kind == "file":
            (folder / step.name).write_text(step.source, encoding="utf-8")
        elif step.kind == "change":
            done = subprocess.run(
                ["git", "apply", "--unidiff-zero", "-"], cwd=folder, input=step.source, capture_output=True, text=True
            )
            assert done.returncode == 0, f"{step.source}{done.stderr}"
        else:
            done = shell(folder, step.source, code=folder)
            assert done.returncode == 0, f"{step.source}: {done.stdout[-2000:]}{done.stderr}"
            assert not step.output or agrees(step.output, done.stdout), f"{step.source}\nprints\n{done.stdout}"


@pytest.mark.proof
def test_an_institution_is_added_as_the_walkthrough_says(root: Path, copy: Path) -> None:
    do(copy, walkthrough(root, "Add an institution"))
    assert "## Council of Ten" in (copy / "docs" / "reference" / "institutions.md").read_text(encoding="utf-8")
    assert "council_of_ten" in (copy / "configs" / "schema.json").read_text(encoding="utf-8")


@pytest.mark.proof
def test_a_metric_is_added_as_the_walkthrough_says(root: Path, copy: Path) -> None:
    before, todo = walkthrough(root, "Add an institution")[0], walkthrough(root, "Add a metric")
    assert [step.kind for step in todo].count("change") == 3
    do(copy, [before, *todo])
    assert "`refusal`" in (copy / "docs" / "reference" / "variables.md").read_text(encoding="utf-8")


@pytest.mark.proof
def test_a_mechanism_is_added_as_the_walkthrough_says_and_the_kernel_equals_the_reference(
    root: Path, copy: Path
) -> None:
    todo = walkthrough(root, "Add a mechanism")
    assert [step.kind for step in todo].count("change") == 7
    do(copy, todo)
    check = next(step for step in todo if "test_kernel_equality" in step.source)
    reference = copy / "tests" / "reference" / "onset.py"
    reference.write_text(
        reference.read_text(encoding="utf-8").replace("+ point.attack_cost / stake", ""), encoding="utf-8"
    )
    assert shell(copy, check.source, code=copy).returncode != 0, "the check of the walkthrough notices what is left out"

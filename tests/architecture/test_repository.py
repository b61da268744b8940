"""The house rules on files: short, free of machine paths, and pinned without addresses."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from csmc.config import load_experiment

LONGEST_FILE = 400
TEXT = {"", ".cff", ".cfg", ".csv", ".ini", ".json", ".md", ".py", ".toml", ".txt", ".yaml", ".yml"}
#: A path below somebody's home or workspace.
MACHINE_PATH = re.compile(r"/(?:home|root|work|mnt|Users)/[A-Za-z0-9]")
PIN = re.compile(r"^[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+( ; .+)?$")


def repository_files(root: Path) -> Iterator[Path]:
    """Every text file that is, or would be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    for name in filter(None, listed.split("\0")):
        path = root / name
        if path.suffix in TEXT and path.is_file():
            yield path


def test_no_file_of_code_is_long(root: Path) -> None:
    lengths = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in repository_files(root) if p.suffix == ".py"}
    assert {str(path): length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_fault_that_a_test_states_is_on_the_page_of_faults(root: Path) -> None:
    page = (root / "docs" / "reliability.md").read_text(encoding="utf-8")
    for path in (root / "tests" / "chaos").glob("test_*.py"):
        for function in re.findall(r"^def (test_\w+)\([^)]*\bfault: ", path.read_text(encoding="utf-8"), re.MULTILINE):
            assert f"`{path.name}::{function}`" in page, "make chaos writes it anew"


def test_no_file_names_a_path_of_one_machine(root: Path) -> None:
    found = [str(p) for p in repository_files(root) if MACHINE_PATH.search(p.read_text(encoding="utf-8"))]
    assert found == []


def test_constraints_are_exact_versions_and_nothing_else(root: Path) -> None:
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if not PIN.match(line)] == []
    assert pins == sorted(pins, key=str.lower)


@pytest.mark.parametrize("config", sorted((Path(__file__).parents[2] / "configs").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_configuration_is_valid_and_cites_its_table(config: Path) -> None:
    experiment = load_experiment(config)
    assert experiment.question
    table = experiment.parameters.get("system.table")
    if table is not None:
        source = (config.parent / str(table)).read_text(encoding="utf-8")
        assert "Singer, Bremer & Stuckey (1972)" in source


def test_quickstart_plays_a_million_crises_under_each_institution(configs: Path) -> None:
    experiment = load_experiment(configs / "quickstart.yaml")
    assert experiment.n_points * experiment.sampling.replicates >= 1_000_000

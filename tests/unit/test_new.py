"""`csmc new`: the first experiment that a person has."""

import json
import re
from pathlib import Path

import pytest

import csmc
from tests.unit.configurations import Command


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_new_folder_holds_an_experiment_that_runs_and_names_the_command(csmc_command: Command) -> None:
    made = csmc_command("new", "my study")
    assert (made.code, made.err) == (0, "")
    assert made.out.splitlines()[-1] == "next     csmc run 'my study/csmc.yaml'"
    fewer = ["-s", "sampling.replicates=50", "-s", "execution.threads=1", "--json"]
    ran = csmc_command("run", "my study/csmc.yaml", *fewer)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["data"] == "results/my-study/result.zarr", "it is next to where the user is"
    assert csmc_command("pairs", "results/my-study").code == 0, "its page says so"


def test_the_new_experiment_is_short_explained_and_known_to_editors(csmc_command: Command) -> None:
    csmc_command("new", "study")
    text = Path("study/csmc.yaml").read_text()
    assert text.splitlines()[0] == "# yaml-language-server: $schema=schema.json"
    assert len(text.splitlines()) <= 35
    assert json.loads(Path("study/schema.json").read_text()) == csmc.schema()
    schema = csmc.schema()["properties"]
    keys = re.findall(r"^(\w+):", text, re.MULTILINE)
    assert set(keys) <= set(schema)
    assert "NAME" not in text + Path("study/README.md").read_text()


def test_the_page_of_a_new_experiment_names_commands_that_there_are(csmc_command: Command) -> None:
    csmc_command("new", "study")
    named = set(re.findall(r"^csmc (\w+)", Path("study/README.md").read_text(), re.MULTILINE))
    shown = csmc_command("--help").out
    assert "run" in named
    assert {verb for verb in named if not re.search(rf"\b{verb}\b", shown)} == set()


@pytest.mark.parametrize("name", ["full", "file", "file/below"])
def test_what_is_there_is_left_alone(name: str, csmc_command: Command, here: Path) -> None:
    (here / "full").mkdir()
    (here / "full" / "notes.txt").write_text("mine")
    (here / "file").write_text("mine")
    refused = csmc_command("new", name)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith(f"error: {name}: ")
    assert sorted(path.name for path in here.rglob("*")) == ["file", "full", "notes.txt"]


def test_an_empty_folder_is_filled_and_the_folder_that_one_is_in_gives_the_name(
    csmc_command: Command, here: Path
) -> None:
    made = csmc_command("new", ".", "--json")
    facts = json.loads(made.out)
    assert facts == {"files": ["csmc.yaml", "README.md", "schema.json"], "next": "csmc run csmc.yaml"}
    assert csmc.load_experiment("csmc.yaml").name.startswith("test_an_empty_folder")


@pytest.mark.parametrize(("folder", "name"), [("2024", "2024"), ("no", "no"), ("été: 1", "t---1"), ("--x", "x")])
def test_any_folder_gives_a_name_that_a_configuration_can_have(folder: str, name: str, csmc_command: Command) -> None:
    assert csmc_command("new", f"below/{folder}").code == 0
    (file,) = Path("below").rglob("csmc.yaml")
    assert csmc.load_experiment(file).name == name


def test_an_experiment_without_a_name_is_called_as_its_file_or_its_folder(here: Path) -> None:
    for file, name in (("veto/csmc.yaml", "veto"), ("veto/duties.yaml", "duties")):
        (here / file).parent.mkdir(exist_ok=True)
        (here / file).write_text("institutions: [anarchy]\n")
        experiment = csmc.load_experiment(file)
        assert (experiment.name, experiment.outputs.path) == (name, Path("results") / name)


def test_a_run_names_its_output_as_it_was_typed(csmc_command: Command, here: Path) -> None:
    (here / "rare.yaml").write_text("institutions: [anarchy, collective_security]\nsampling: {replicates: 60}\n")
    ran = csmc_command("run", "rare.yaml", "-o", "my results", "-s", "execution.threads=1")
    assert "csmc diagnose 'my results'" in " ".join(ran.out.split())
    assert "report   csmc report 'my results'\n" in ran.out
    assert str(here) not in ran.out + ran.err

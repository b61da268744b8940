"""Names and paths that lead elsewhere: a name never writes outside its folder, and no text steers a terminal."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import csmc
from csmc.cli import main
from csmc.config import Experiment
from csmc.errors import ConfigError, StoreError
from csmc.institutions import names
from csmc.results.seal import seal
from tests.evidence import Section

#: What a name must not be: of an experiment, of an institution, of a rung.
NAMES = {
    "the parent folder": "..",
    "a way out": "../../x",
    "a detour": "a/../../b",
    "absolute": "/elsewhere/x",
    "empty": "",
    "a space": " ",
    "NUL": "a\0b",
    "end of line": "a\nb",
    "end of line at the end": "abc\n",
    "tab": "a\tb",
    "escape": "\x1b[31m",
    "slash lookalike": "a\u2215b",
    "full-width slash": "a\uff0fb",
    "full-width dots": "\uff0e\uff0e",
    "backslash": "..\\x",
    "colon": "C:x",
    "300 characters": "a" * 300,
    "leading dash": "-rf",
    "leading dot": ".hidden",
    "home": "~",
    "change of direction": "a\u202eb",
    "formula": "=cmd()",
    "lookalike of a": "\u0430narchy",
}


def refusal(**sections: object) -> str:
    with pytest.raises(ConfigError) as caught:
        Experiment(**{"institutions": ["anarchy"]} | sections)
    return str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_could_lead_elsewhere_is_refused(name, tmp_path, monkeypatch, evidence):
    monkeypatch.chdir(tmp_path)
    text = NAMES[name]
    institution = {"name": text, "forum.norm": 1}
    rung = {"name": "own", "ladder": [{"name": text, "cost": 1}, {"name": "force", "cost": 1}]}
    messages = [
        refusal(name=text),
        refusal(institutions=[institution]),
        refusal(institutions=[rung]),
        refusal(institutions=[{"name": "own", "extends": text}]),
        refusal(reference=text),
        refusal(parameters={f"institutions.{text}.forum.norm": 1}),
        refusal(design={"grid": {f"institutions.{text}.forum.norm": [1]}}),
    ]
    assert all(messages)
    assert "\x1b" not in "".join(messages)
    assert "\u202e" not in "".join(messages)
    assert os.listdir(tmp_path) == []
    if name == list(NAMES)[-1]:
        evidence(
            Section.INPUT,
            "A name that could lead elsewhere (.., absolute, slashes and their lookalikes, NUL, "
            "control characters, 300 "
            "characters, a leading dash or dot) is refused for experiments, institutions, rungs, references and paths.",
            f"{len(NAMES)} names x 7 places",
        )


def files_under(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("name", ["CON", "a..b", "x" * 64])
def test_a_run_writes_into_its_own_folder_alone(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    csmc.run(Experiment(name=name, institutions=["anarchy"], sampling={"replicates": 2}), threads=1).close()
    assert {path.split("/")[0] for path in files_under(tmp_path)} == {"results"}
    assert os.listdir(tmp_path / "results") == [name]


def run_into(output: Path | str) -> None:
    experiment = Experiment(institutions=["anarchy"], sampling={"replicates": 2})
    csmc.run(experiment, output=output, threads=1).close()


def test_an_output_that_cannot_be_one_is_refused_and_nothing_is_written(tmp_path, evidence):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "link").symlink_to(tmp_path / "full")
    before = files_under(tmp_path)
    outputs = ["file", "file/x", "full", "full/", "loop", "loop/x", "link", "a" * 300, "a\0b", "\ud800", "full/../full"]
    for output in [*(f"{tmp_path}/{name}" for name in outputs), "/", "/proc/nothing", "/dev/null", "/dev/null/x"]:
        with pytest.raises(StoreError) as caught:
            run_into(output)
        assert "\x1b" not in str(caught.value)
    assert files_under(tmp_path) == before
    assert (tmp_path / "full" / "thesis.txt").read_text() == "mine"
    evidence(
        Section.INPUT,
        "An output that cannot be one (a file, a folder with other things in it, the root, a "
        "device, a loop of links, an "
        "impossible name) is refused by a StoreError, and nothing is written or changed.",
        f"{len(outputs) + 4} outputs",
    )


def test_an_output_that_may_not_be_written_is_refused(tmp_path):
    code = (
        "import os, csmc\n"
        "from csmc.config import Experiment\n"
        "from csmc.errors import StoreError\n"
        "from csmc.engine import Store\n"
        "from csmc.estimate import plan\n"
        "experiment = Experiment(institutions=['anarchy'])\n"
        f"os.chmod({str(tmp_path)!r}, 0o555)\n"
        "os.geteuid() == 0 and os.seteuid(65534)\n"
        "try:\n"
        f"    with Store({str(tmp_path / 'run')!r}).claim(experiment, plan(experiment)):\n"
        "        pass\n"
        "except StoreError as error:\n"
        "    print(error)\n"
    )
    root = str(Path(__file__).parents[2])
    environment = os.environ | {"PYTHONPATH": root}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True, env=environment
    )
    assert "choose another output" in ended.stdout
    assert os.listdir(tmp_path) == []


def test_an_empty_folder_behind_a_link_is_an_output_because_the_user_says_so(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    run_into(tmp_path / "link")
    assert (tmp_path / "elsewhere" / "result.zarr").is_dir()
    assert (tmp_path / "link").is_symlink()


STEERING = "\x1b[2J\x1b]0;owned\x07\u009b31m\u202e\r"


def test_what_a_hostile_result_says_does_not_steer_the_terminal(tmp_path, capsys, evidence):
    run_into(tmp_path / "run")
    path = tmp_path / "run" / "result.zarr" / "zarr.json"
    document = json.loads(path.read_text())
    document["attributes"] |= {"title": f"a{STEERING}", "question": f"b{STEERING}", "reference": "anarchy"}
    path.write_text(json.dumps(document))
    seal(path.parent)  # as who wrote it would
    for arguments in (["report", str(tmp_path / "run")], ["report", str(tmp_path / "run"), "--json"]):
        with pytest.raises(SystemExit):
            main(arguments)
        shown = capsys.readouterr()
        said = shown.out + shown.err
        assert "2J" in said
        assert not any(letter in said for letter in ("\x1b", "\x07", "\r"))
        assert "--json" in arguments or not any(letter in said for letter in "\u009b\u202e")
    evidence(
        Section.INPUT,
        "No text of a result (title, question) and no message brings a control character to the terminal.",
        "2 fields and 2 commands; erase, title, bell, colour (C1), change of direction, carriage return",
    )


def test_a_file_whose_name_steers_the_terminal_is_named_harmlessly(tmp_path, capsys):
    good = tmp_path / "a\x1b[31m.yaml"
    good.write_text("institutions: [anarchy]\n")
    bad = tmp_path / "b\x1b[31m.yaml"
    bad.write_text("institutions: [anarchi]\n")
    for path, code in ((good, 0), (bad, 2)):
        with pytest.raises(SystemExit) as ended:
            main(["validate", str(path)])
        said = "".join(capsys.readouterr())
        assert (ended.value.code or 0) == code
        assert "\x1b" not in said
        assert "\\x1b[31m.yaml" in said


@pytest.mark.parametrize("start", ["=", *(pytest.param(start, marks=pytest.mark.proof) for start in "+-@\t")])
def test_cells_of_text_in_an_export_are_no_formulas_and_numbers_stay_numbers(start, tmp_path, evidence):
    table = "name,capability\nA,1\nB,2\n"
    name = f"{start}cmd.csv"
    (tmp_path / name).write_text(table)
    experiment = Experiment(
        base=tmp_path,
        institutions=["anarchy", "alliance"],
        sampling={"replicates": 200},
        design={"cases": [{"system.table": name, "crisis.challenge_cost": -1.5}]},
    )
    csmc.run(experiment, output=tmp_path / "run", threads=1).close()
    with csmc.export(tmp_path / "run", tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    cells = {cell for row in rows for cell in row}
    assert f"'{name}" in cells
    assert "-1.5" in cells
    formulas = [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t")) and not is_number(cell)]
    assert formulas == []
    assert any(cell.startswith("-") for cell in cells if cell != "-1.5")
    if start == "\t":
        evidence(
            Section.INPUT,
            "In an exported CSV no cell of text begins with = + - @ or a tab; numbers stay numbers.",
            f"5 beginnings, {sum(map(len, rows))} cells each",
        )


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_presets_bear_names_that_their_own_rules_allow():
    assert len(Experiment(institutions=list(names())).institutions) == len(names())

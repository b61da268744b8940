"""What the README and the pages show is what the commands give."""

import re
import shlex
from pathlib import Path

import pytest
import typer

import csmc
from csmc.cli.app import app, main

#: Where the output of each experiment that comes with csmc is shown.
OUTPUTS = {"quickstart": "first_steps", "great_powers_1938": "systems", "great_powers_2012": "systems"}


def pages(root: Path) -> dict[str, str]:
    """The text of the README, of CONTRIBUTING and of every page, by its path."""
    paths = [root / "README.md", root / "CONTRIBUTING.md", *(root / "docs").rglob("*.md")]
    return {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in paths}


def commands_in(text: str) -> set[str]:
    """Every command of csmc that stands in the code of a page, comments apart."""
    parts = text.split("```")
    code = [*parts[1::2], *re.findall(r"`[^`\n]+`", " ".join(parts[::2]))]
    return set(re.findall(r"\bcsmc ([a-z]+)", re.sub(r"\s# .*", "", "\n".join(code))))


def test_every_command_has_its_reference_and_is_shown_at_work_and_no_page_shows_another(root: Path) -> None:
    known = set(typer.main.get_command(app).commands)
    shown = {page: commands_in(text) for page, text in pages(root).items()}
    assert shown.pop("docs/reference/commands.md") == known
    assert set().union(*shown.values()) == known
    assert {page: found - known for page, found in shown.items() if found - known} == {}


def test_every_figure_of_the_findings_stands_in_the_study_that_the_readme_names(root: Path) -> None:
    rows = re.findall(r"^\|(.*)\|(.*)\|$", pages(root)["README.md"], re.MULTILINE)
    study, found = "", 0
    for question, answer in rows:
        if link := re.search(r"\]\((experiments/.*?)\)", question):
            study = (root / link[1]).read_text(encoding="utf-8")
        for number in re.findall(r"\d+(?:\.\d+)?", answer):
            assert re.search(rf"(?<![\d.]){re.escape(number)}(?!\d|\.\d)", study), (number, answer)
            found += 1
    assert found >= 16


@pytest.mark.proof
@pytest.mark.parametrize("name", OUTPUTS)
def test_a_page_shows_the_digest_of_this_version(root: Path, tmp_path: Path, name: str) -> None:
    experiment = csmc.load_experiment(root / "configs" / f"{name}.yaml")
    with csmc.run(experiment, output=tmp_path / "out") as result:
        page = pages(root)[f"docs/{OUTPUTS[name]}.md"]
        shown = re.search(rf"results/{experiment.name}\n+digest   (\w{{64}})", page)
        assert shown is not None
        assert result.attrs["digest"] == shown[1]


@pytest.mark.proof
def test_the_page_of_replays_shows_what_the_commands_print(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    csmc.run(root / "configs" / "great_powers_1938.yaml").close()
    page = (root / "docs" / "replay.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```\n\$ csmc (replay .*)\n((?:.*\n)*?)```$", page, re.MULTILINE)
    assert len(shown) == 2
    for command, output in shown:
        capsys.readouterr()
        with pytest.raises(SystemExit):
            main(shlex.split(command))
        assert capsys.readouterr().out.rstrip() == output.rstrip()

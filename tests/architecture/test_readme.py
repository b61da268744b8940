"""What the README and the page of replays show is what the commands give."""

import re
import shlex
from pathlib import Path

import pytest
import typer

import csmc
from csmc.cli.app import app, main


def test_the_configuration_in_the_readme_is_right(root: Path, tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", (root / "README.md").read_text(), flags=re.DOTALL)
    (tmp_path / "veto.yaml").write_text(example)
    experiment = csmc.load_experiment(tmp_path / "veto.yaml")
    assert (experiment.n_points, len(experiment.institutions)) == (4, 4)


def test_every_command_is_shown_and_every_command_shown_is_there(root: Path) -> None:
    parts = (root / "README.md").read_text().split("```")
    code = [*parts[1::2], *re.findall(r"`[^`\n]+`", " ".join(parts[::2]))]
    shown = set(re.findall(r"\bcsmc ([a-z]+)", " ".join(code)))
    known = set(typer.main.get_command(app).commands)
    assert shown == known - {"schema"}, "the schema is for editors"


@pytest.mark.proof
@pytest.mark.parametrize("name", ["quickstart", "great_powers_1938", "great_powers_2012"])
def test_the_readme_shows_the_digest_of_this_version(root: Path, tmp_path: Path, name: str) -> None:
    experiment = csmc.load_experiment(root / "configs" / f"{name}.yaml")
    with csmc.run(experiment, output=tmp_path / "out") as result:
        shown = re.search(rf"results/{experiment.name}\n+digest   (\w{{64}})", (root / "README.md").read_text())
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

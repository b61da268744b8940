"""`csmc package`: a folder from which others get the same digest, and a check that notices when they do not."""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import xarray as xr

import csmc
from csmc.config.tables import distances_text, read_distances, read_states, states_text
from csmc.engine import Store
from csmc.errors import StoreError
from csmc.estimate import plan
from csmc.package import write_package
from csmc.system import DistanceTable, StateTable
from tests.unit.configurations import Command

CONFIGURATION = """\
# what it is about
name: powers
question: Does the veto matter among these four?
institutions: [balance_of_power, un_security_council]
parameters: {system.table: ../tables/powers.csv, system.geography.table: ../tables/miles.csv}
design:
  grid:
    interests.divergence: [0.5, 2.0]
sampling: {replicates: 1_500}
outputs: {metrics: [war, veto], joint: none}
execution: {threads: 1, address: "somebody.example:6379"}
"""
STATES = StateTable(
    names=("# North", 'Great, "quoted" South', "name", "West"),
    capability=(0.1 + 0.2, 3, 1e-7, 12.5),
    ideal_points=((0.0, -1 / 3, 2.5, 1),),
    great_power=(1, 1, 0, 0),
    member=(1, 0, 1, 1),
)
MILES = DistanceTable(STATES.names, tuple(tuple(float(abs(a - b)) / 3 for a in range(4)) for b in range(4)))
SAMPLED = """\
institutions: [anarchy, collective_security]
parameters: {dynamics.episodes: 2}
design: {lhs: {points: 12, seed: 3, ranges: {interests.divergence: [0, 3], crisis.war_cost: {log: [0.1, 1]}}}}
sampling: {replication: antithetic, precision: {war: {half_width: 0.05}}, max_replicates: 400}
outputs: {metrics: [war]}
execution: {threads: 1}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, one of real states and one that samples a space until it is precise, and the package of the first."""
    path = tmp_path_factory.mktemp("package")
    for name, text in (("tables/powers.csv", states_text(STATES)), ("tables/miles.csv", distances_text(MILES))):
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text(text, encoding="utf-8")
    (path / "study").mkdir()
    for name, text in (("powers", CONFIGURATION), ("sampled", SAMPLED)):
        (path / "study" / f"{name}.yaml").write_text(text)
        csmc.run(path / "study" / f"{name}.yaml", output=path / name, engine="local").close()
    write_package(path / "powers", path / "made")
    return path


@pytest.fixture
def made(folder: Path, tmp_path: Path) -> Path:
    """A copy of the package, far from where its tables were."""
    return Path(shutil.copytree(folder / "made", tmp_path / "a" / "copy"))


@pytest.fixture
def checked(made: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """The package's check.py, run in this process, so that the kernel need not be compiled anew at another place."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spec = importlib.util.spec_from_file_location("check", made / "check.py")
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def digest_of(configuration: Path, output: Path) -> str:
    with csmc.run(configuration, output=output, engine="local") as result:
        return str(result.attrs["digest"])


def write_sums(made: Path, *names: str) -> None:
    """Let SHA256SUMS agree with files that have been changed."""
    lines = (made / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    sums |= {name: hashlib.sha256((made / name).read_bytes()).hexdigest() for name in names}
    (made / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for name, digest in sums.items()))


def test_tables_that_are_written_are_read_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(states_text(STATES), encoding="utf-8")
    (tmp_path / "d.csv").write_text(distances_text(MILES), encoding="utf-8")
    assert read_states(tmp_path / "s.csv") == STATES
    assert read_distances(tmp_path / "d.csv") == MILES
    few = StateTable(("a", "b"))
    (tmp_path / "s.csv").write_text(states_text(few), encoding="utf-8")
    assert read_states(tmp_path / "s.csv") == few


def test_the_resolved_configuration_gives_the_digest_of_the_run_at_another_place(
    folder: Path, made: Path, tmp_path: Path
) -> None:
    with csmc.open_results(folder / "powers") as result:
        digest, given = result.attrs["digest"], result.attrs["configuration"]
    expected = json.loads((made / "expected.json").read_text())
    assert expected["complete"] is True
    assert digest_of(made / "configuration" / "resolved.yaml", tmp_path / "whole") == digest == expected["digest"]
    assert digest_of(made / "configuration" / "small.yaml", tmp_path / "small") == expected["small"]["digest"] != digest
    assert (made / "configuration" / "given.yaml").read_text() == given == CONFIGURATION
    assert "somebody.example" not in (made / "configuration" / "resolved.yaml").read_text()
    assert digest in (made / "README.md").read_text()
    assert digest in (made / "CITATION.cff").read_text()


def test_a_sample_with_a_precision_and_groups_can_be_made_again(folder: Path, tmp_path: Path) -> None:
    expected = write_package(folder / "sampled", tmp_path / "made")
    whole = digest_of(tmp_path / "made" / "configuration" / "resolved.yaml", tmp_path / "whole")
    assert whole == expected["digest"]
    small = csmc.load_experiment(tmp_path / "made" / "configuration" / "small.yaml").sampling
    assert (small.replicates, small.precision) == (expected["small"]["replicates"], None)
    assert small.replicates % small.group == 0


def test_a_package_has_data_figures_code_and_versions(folder: Path, made: Path) -> None:
    with xr.open_dataset(made / "data" / "result.nc") as data, csmc.open_results(folder / "powers") as result:
        assert data["war"].values.tolist() == result["war"].values.tolist()
    assert len((made / "data" / "result.csv").read_text().splitlines()) == 1 + 2 * 2 * 2
    assert {path.suffix for path in (made / "figures").iterdir()} == {".png", ".svg"}
    pins = (made / "requirements.txt").read_text().splitlines()
    assert all(re.fullmatch(r"[a-z0-9-]+==\S+", pin) for pin in pins)
    assert {"numpy", "numba", "llvmlite", "zarr"} <= {pin.partition("==")[0] for pin in pins}
    origin = json.loads((made / "provenance.json").read_text())
    assert origin["result"]["stream_version"] == origin["packaged"]["stream_version"]
    own = Path(csmc.__file__).parent
    sources = sorted(path.relative_to(own) for path in own.rglob("*.py"))
    assert sorted(path.relative_to(made / "code" / "csmc") for path in (made / "code").rglob("*.py")) == sources
    assert (made / "code" / "LICENSE").is_file()
    for page in ("README.md", "provenance.json", "expected.json", "requirements.txt", "configuration/resolved.yaml"):
        text = (made / page).read_text()
        assert str(folder) not in text
        assert "$" not in text


def test_sums_are_of_every_file(made: Path) -> None:
    files = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    listed = {line.partition("  ")[2] for line in (made / "SHA256SUMS").read_text().splitlines()}
    assert listed == files - {"SHA256SUMS"}
    done = subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=made)
    assert done.returncode == 0


def test_the_check_passes_on_what_was_packaged(checked: Callable[[], int], capsys) -> None:
    assert checked() == 0
    assert "the small run gives the same" in capsys.readouterr().out


def test_the_check_fails_on_a_wrong_digest(made: Path, checked: Callable[[], int], capsys) -> None:
    expected = json.loads((made / "expected.json").read_text())
    expected["small"]["digest"] = "0" * 64
    (made / "expected.json").write_text(json.dumps(expected))
    write_sums(made, "expected.json")
    assert checked() == 1
    assert "changed" not in capsys.readouterr().out


def test_the_check_fails_on_another_experiment(made: Path, checked: Callable[[], int], capsys) -> None:
    file = made / "configuration" / "resolved.yaml"
    file.write_text(re.sub(r'"seed": \d+', '"seed": 7', file.read_text()))
    write_sums(made, "configuration/resolved.yaml")
    assert checked() == 1
    assert "does not give what it gave" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["data/result.csv", "code/csmc/api.py", "figures/curves.png"])
def test_the_check_fails_on_a_file_that_has_changed_or_is_gone(
    made: Path, checked: Callable[[], int], name: str, capsys
) -> None:
    if name.endswith(".png"):
        (made / name).unlink()
    else:
        (made / name).write_text((made / name).read_text() + "\n")
    assert checked() == 1
    assert f"changed  {name}\n" in capsys.readouterr().out


@pytest.mark.proof
def test_the_check_runs_on_the_code_of_the_package_alone(made: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "check.py"], cwd=made, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        "all files are as they were, and the small run gives the same",
    )
    (made / "code" / "csmc" / "api.py").write_text("raise SystemExit('this code ran')")
    write_sums(made, "code/csmc/api.py")
    done = subprocess.run([sys.executable, "check.py"], cwd=made, env=environment, capture_output=True, text=True)
    assert (done.returncode, "this code ran" in done.stderr) == (1, True)


def test_a_partial_result_is_refused_unless_it_may_be_and_then_it_is_marked(
    folder: Path, tmp_path: Path, csmc_command: Command
) -> None:
    half = ["run", folder / "study" / "powers.yaml", "-o", tmp_path / "half", "--shard", "1/2", "--engine", "local"]
    assert csmc_command(*half, "-s", "execution.block=100", "-s", "execution.address=null").code == 0
    assert csmc_command("collect", tmp_path / "half").code == 3
    refused = csmc_command("package", tmp_path / "half", tmp_path / "made")
    assert (refused.code, refused.out) == (2, "")
    assert "the result is partial" in refused.err
    assert "--partial" in refused.err
    assert not (tmp_path / "made").exists()
    marked = csmc_command("package", tmp_path / "half", tmp_path / "made", "--partial", "--json", "--quiet")
    assert (marked.code, json.loads(marked.out)["complete"]) == (3, False)
    assert "**PARTIAL" in (tmp_path / "made" / "README.md").read_text()
    assert json.loads((tmp_path / "made" / "expected.json").read_text())["complete"] is False


def test_a_result_that_is_not_of_its_store_is_refused_even_as_partial(folder: Path, tmp_path: Path) -> None:
    output = Path(shutil.copytree(folder / "powers", tmp_path / "out"))
    more = csmc.load_experiment(folder / "study" / "powers.yaml", ["sampling.replicates=2000"])
    with Store(output).claim(more, plan(more)):  # as a longer run that was stopped at once
        pass
    with pytest.raises(StoreError, match="not of all that has been counted"):
        write_package(output, tmp_path / "made", partial=True)
    shutil.rmtree(output / "blocks")
    with pytest.raises(StoreError):
        write_package(output, tmp_path / "made", partial=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"], "and nothing is left of it"


def test_a_folder_in_use_is_left_alone_and_an_empty_one_is_filled(
    folder: Path, tmp_path: Path, csmc_command: Command
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("")
    assert csmc_command("package", folder / "powers", tmp_path / "full").code == 2
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine"]
    (tmp_path / "empty").mkdir()
    told = csmc_command("package", folder / "powers" / "result.zarr", tmp_path / "empty")
    assert (told.code, told.err) == (0, "")
    assert f"check    python {tmp_path / 'empty' / 'check.py'}" in told.out
    assert (tmp_path / "empty" / "SHA256SUMS").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "full"]


@pytest.mark.parametrize(("command", "target"), [("package", "made"), ("export", "made.csv"), ("export", "made.nc")])
def test_where_nothing_can_be_written_is_one_line(
    folder: Path, command: str, target: str, csmc_command: Command
) -> None:
    refused = csmc_command(command, folder / "powers", f"/proc/{target}")
    assert (refused.code, refused.out) == (2, "")
    assert f"error: /proc/{target}: cannot be" in refused.err


def test_the_citation_is_that_of_the_repository(root: Path) -> None:
    packaged = root / "csmc" / "package" / "template" / "CITATION.cff"
    assert packaged.read_text() == (root / "CITATION.cff").read_text()
    assert f"\nversion: {csmc.__version__}\n" in packaged.read_text()

"""`csmc.analysis.diagnose`, `csmc diagnose`, and the sentences of a summary that come of it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from csmc.analysis import diagnose
from csmc.analysis.checks import CHECKS, State
from csmc.analysis.diagnostics import failures
from csmc.cli.app import main
from csmc.engine import Store
from csmc.engine.block_file import write_block
from csmc.errors import StoreError
from csmc.report import summary
from csmc.results import open_results
from tests.unit.configurations import Command

CONFIGURATION = """\
name: small
institutions: [balance_of_power, anarchy, collective_security]
design:
  grid:
    interests.divergence: [0.25, 2.0]
parameters: {institutions.collective_security.obligation.strength: 4}
sampling: {replicates: 17_000}
execution: {threads: 1}
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    (folder / "small.yaml").write_text(CONFIGURATION)
    with pytest.raises(SystemExit) as ended:
        main(["run", str(folder / "small.yaml"), "-o", str(folder / "out"), "--quiet"])
    assert ended.value.code == 0
    return folder / "out"


@pytest.fixture
def output(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "out"))


def copy_a_batch(output: Path) -> None:
    """In the place of another of the same point."""
    (file,) = Store(output).files()
    work = file.work()
    rows = work.rows.copy()
    here, there = work.spans[work.spans[:, 1] == 1, 0][[3, 7]]
    rows[there] = rows[here]
    write_block(file.path, file.meaning, work._replace(rows=rows))


def test_a_good_result_has_no_faults_and_says_what_rests_on_little(kept: Path) -> None:
    found = diagnose(kept)
    counts = found["estimates"].sum(("institution", "metric", "estimate"))
    for name, check in CHECKS.items():
        here = counts.sel(check=name)
        assert int(here.sum()) == 2 * 3 * found.sizes["metric"] * 2
        if check.finds == "fault":
            assert int(here.sel(state="off")) == 0
            assert int(here.sel(state="ok")) > 20
    assert int(counts.sel(check="events", state="off")) > 0
    assert found.attrs["n"] == 17_000


def test_counts_are_of_states_and_the_worst_are_off(kept: Path) -> None:
    found = diagnose(kept / "result.zarr")
    for state in State:
        counted = (found["state_of"] == state).sum("point")
        assert np.array_equal(counted.transpose(*found["worst"].dims), found["estimates"][:, state])
    worst = failures(found, "events", 1000)
    assert len(worst) == int((found["estimates"].sel(check="events", state="off") > 0).sum())
    assert [failure.figure for failure in worst] == sorted(failure.figure for failure in worst)
    for failure in worst:
        place = failure._asdict() | {"check": "events"}
        del place["figure"]
        assert found["state_of"].sel(place) == State.OFF
        assert found["figure"].sel(place) == failure.figure
    assert {failure.metric for failure in failures(found, "events", 1000, ["general_war"])} <= {"general_war"}


def test_events_are_those_that_the_result_counts(kept: Path) -> None:
    """Of one-shot crises; of the reference, whose differences from itself are no estimates."""
    found, result = diagnose(kept), open_results(kept).load()
    events = found["figure"].sel(check="events", metric="general_war", estimate="value")
    counted = result["outcome_count"].sel(outcome="general_war")
    assert np.allclose(events.transpose(*counted.dims), counted.where(counted > 0), equal_nan=True)
    differing = found["state_of"].sel(institution="balance_of_power", estimate="difference")
    assert (differing.drop_sel(check="repeats") == State.UNTOLD).all()


@pytest.mark.parametrize("size", [1, 1 << 30])
def test_chunks_of_points_do_not_show(kept: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    expected = diagnose(kept)
    monkeypatch.setattr("csmc.engine.records.CHUNK_BYTES", size)
    xr.testing.assert_identical(diagnose(kept), expected)


def test_large_designs_are_counted_without_batches(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = diagnose(kept)
    for module in ("engine.cuts", "analysis.diagnostics"):
        monkeypatch.setattr(f"csmc.{module}.BATCHED_POINTS", 1)
    found = diagnose(kept)
    assert "figure" not in found
    here = [name for name, check in CHECKS.items() if check.finds == "precision" and name != "spread"]
    for name in ("estimates", "worst", "worst_point"):
        xr.testing.assert_equal(found[name].sel(check=here), whole[name].sel(check=here))
    assert not found["estimates"].drop_sel(check=here).drop_sel(state="untold").any()


def test_the_command_tells_a_good_result(kept: Path, csmc_command: Command) -> None:
    code, said, _ = csmc_command("diagnose", kept)
    assert code == 0
    assert "No sign of a fault" in said
    assert all(name.replace("_", " ") in said for name in CHECKS)
    code, said, _ = csmc_command("diagnose", kept, "--json")
    facts = json.loads(said)
    assert (code, facts["faults"], facts["n"]) == (0, [], 17_000)
    assert facts["checks"]["homogeneity"]["off"] == 0
    assert facts["checks"]["events"]["worst"][0]["figure"] < 10


def test_a_copied_batch_is_told_by_the_command_the_report_and_by_counting_again(
    output: Path, csmc_command: Command
) -> None:
    copy_a_batch(output)
    code, said, _ = csmc_command("diagnose", output)
    assert code == 1
    assert "A FAULT: repeats." in said
    code, said, _ = csmc_command("report", output)
    assert code == 0
    assert "WARNING: not as independent replicates should be (repeats)" in said
    code, _, err = csmc_command("verify", output, "--all")
    assert code == 1
    assert "point 1 differs" in err


def test_a_summary_says_once_what_rests_on_few_events(kept: Path) -> None:
    with open_results(kept) as result:
        (note,) = (note for note in summary(result).notes if "fewer than 10 events" in note)
        general = result["outcome_count"].sel(outcome="general_war")
    assert "WARNING" not in note
    assert "is a finding" in note
    assert f"csmc diagnose {kept}" in note
    assert ((general > 0) & (general < 10)).any()


@pytest.mark.parametrize("name", ["out", "out/result.zarr"])
def test_the_output_is_named_as_it_was_typed_and_as_commands_take_it(
    output: Path, csmc_command: Command, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(output.parent)
    said = " ".join(csmc_command("report", name)[1].split())
    assert "(csmc diagnose out)." in said
    assert "csmc verify out counts" in " ".join(csmc_command("diagnose", name)[1].split())


def test_a_summary_says_nothing_where_there_is_nothing_to_say(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_results(output) as result:
        monkeypatch.setattr("csmc.report.footing.DIAGNOSED_POINTS", 1)
        assert not [note for note in summary(result).notes if "diagnose" in note]
        monkeypatch.undo()
        shutil.rmtree(output / "blocks")
        (output / "spec.json").unlink()
        assert not [note for note in summary(result).notes if "diagnose" in note]


def test_what_cannot_be_diagnosed_is_refused(output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match="holds no csmc run"):
        diagnose(tmp_path)
    monkeypatch.setattr("csmc.engine.spec.DIGEST", "0" * 64)
    with pytest.raises(StoreError, match="made by another version"):
        diagnose(output)
    monkeypatch.undo()
    for file in (output / "blocks").iterdir():
        file.unlink()
    with pytest.raises(StoreError, match="nothing has finished yet"):
        diagnose(output)

"""The page of a result: its numbers are the result's, text stays text, and nothing is loaded."""

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import csmc
from csmc.errors import ParameterError, StoreError
from csmc.estimate import METRICS
from csmc.report.html import page, write_page
from csmc.report.html.encoding import RELATIVE_ERROR, packed
from csmc.results import open_results
from tests.report_page.conftest import DIVERGENCE, GROWTH, HOSTILE, LINE, PLANE, STRENGTH, Make
from tests.report_page.reading import Document, unpacked
from tests.unit.configurations import Command

Ran = Callable[[str], Path]


def test_packed_numbers_keep_seven_digits_and_what_is_missing() -> None:
    numbers = np.random.default_rng(1).normal(size=20_000) * 10.0 ** np.random.default_rng(2).integers(-9, 9, 20_000)
    numbers[:4] = np.nan, 0.0, 1.0, -0.5
    found = unpacked(packed(numbers))
    assert np.isnan(found[0])
    assert found[1:4].tolist() == [0.0, 1.0, -0.5]
    assert (np.abs(found[1:] - numbers[1:]) <= RELATIVE_ERROR * np.abs(numbers[1:])).all()


@pytest.mark.parametrize("axes", [{}, LINE, PLANE], ids=["point", "line", "plane"])
def test_the_numbers_of_a_page_are_those_of_the_result(make: Make, axes: Mapping[str, Sequence[Any]]) -> None:
    dataset = make(axes)
    payload = Document(page(dataset)).payload
    assert payload["metrics"][0]["name"] == "war"
    assert {one["name"] for one in payload["metrics"]} == {name for name in METRICS if name in dataset}
    for metric in payload["metrics"]:
        for part in ("value", "low", "high", "difference", "difference_low", "difference_high"):
            name = metric["name"] + ("" if part == "value" else f"_{part}")
            expected = dataset[name].transpose("point", "institution").values.ravel()
            np.testing.assert_allclose(unpacked(metric["parts"][part]), expected, rtol=1.01 * RELATIVE_ERROR)
    counts = dataset["outcome_count"].values.astype(float)
    shares = (counts / counts.sum(axis=2, keepdims=True)).mean(axis=0)
    np.testing.assert_allclose(unpacked(payload["outcomes"]["mean"]), shares.ravel(), rtol=1e-4)
    joint = dataset["joint_outcomes"].values.astype(float)
    flows = (joint / joint.sum(axis=(2, 3), keepdims=True)).mean(axis=0)
    np.testing.assert_allclose(unpacked(payload["flow"]["mean"]), flows.ravel(), rtol=1e-4)


def test_places_on_axes_lead_back_to_the_design(make: Make) -> None:
    dataset = make(PLANE)
    payload = Document(page(dataset)).payload
    assert payload["shape"] == "grid"
    for axis, name in zip(payload["axes"], dataset.csmc.design, strict=True):
        where = np.frombuffer(base64.b64decode(axis["where"]), "<u2")
        assert np.array(axis["levels"])[where].tolist() == dataset[name].values.tolist()


def test_pairs_without_the_reference_are_those_of_contrasts(ran: Ran) -> None:
    with open_results(ran("histories")) as dataset:
        payload = Document(page(dataset)).payload
    found = csmc.analysis.contrasts(ran("histories"), ["war"])
    (pair,) = (pair for pair in payload["pairs"] if pair["metric"] == "war")
    assert (pair["one"], pair["other"]) == (1, 2)
    for part, end in (("difference", ""), ("low", "_low"), ("high", "_high")):
        expected = found[f"war_difference{end}"].isel(institution=1, other_institution=2).values
        np.testing.assert_allclose(unpacked(pair["parts"][part]), expected, rtol=1.01 * RELATIVE_ERROR)


def test_a_result_that_its_run_has_outgrown_has_no_pairs_of_the_run(ran: Ran) -> None:
    with open_results(ran("histories")) as dataset:
        dataset.attrs["digest"] = "of less than there is now"
        assert Document(page(dataset)).payload["pairs"] == []


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_users_stay_text(make: Make, name: str) -> None:
    axes = {"system.geography.layout": [name, "none"]}
    titles = (name, "balance of power", "collective security")
    dataset = make(axes, titles=titles, name=name, question=name, source_text=f"question: {name}\n# {name}\n")
    found = page(dataset)
    read = Document(found)
    assert len(read.tags("script")) == 2, "the numbers and the script"
    assert read.tags("img") == []
    assert len(read.tags("b")) == 0
    assert found.count(name) == 0 or not set(name) & set("<>&"), "nowhere as it is"
    assert read.text.count(name) >= 5, "the question, the title, tables, bars and configuration have it"
    assert read.payload["institutions"][0]["title"] == name
    assert name in read.payload["axes"][0]["levels"]
    assert not any(key.startswith("on") or key == "style" for _, attributes in read.elements for key in attributes)


def test_what_steers_a_reader_is_written_out(make: Make) -> None:
    text = page(make({}, question="safe\u202eefas\x07", titles=("a\u202eb", "c", "d")))
    assert not set("\u202e\x07") & set(text)
    assert "safe\\u202eefas\\x07" in Document(text).text


def test_a_page_loads_nothing_and_runs_nothing_but_its_own_script(make: Make) -> None:
    read = Document(page(make(PLANE)))
    for _, attributes in read.elements:
        for key in ("src", "href", "action", "data", "srcset", "poster", "xlink:href"):
            assert (attributes.get(key) or "#").startswith(("#", "data:,"))
    (policy,) = (one["content"] for one in read.tags("meta") if one.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in str(policy).split(";"))
    hashes = {
        kind: "'sha256-" + base64.b64encode(hashlib.sha256(read.raw[kind][-1].encode()).digest()).decode() + "'"
        for kind in ("script", "style")
    }
    assert rules == {
        "default-src": "'none'",
        "script-src": hashes["script"],
        "style-src": hashes["style"],
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    calls = r"\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import|eval|Function|\w+HTML|document\.write)\b"
    assert re.findall(calls, read.raw["script"][-1]) == []
    assert re.findall(r"url\(|@import", read.raw["style"][-1]) == []
    assert set(re.findall(r"https?://[^\"'\s]+", read.raw["script"][-1])) == {"http://www.w3.org/2000/svg"}


def test_an_unfinished_result_says_so_first(make: Make) -> None:
    whole, part = (page(make(PLANE, computed=computed)) for computed in (None, 7))
    assert "This result is partial" not in whole
    assert part.index("This result is partial") < part.index('id="answer"')
    assert len(Document(part).payload["points"]) == 7
    assert Document(page(make(LINE, computed=0))).payload["points"] == []


def test_a_sample_of_many_dimensions_and_no_joint_tables_is_a_page(ran: Ran) -> None:
    with open_results(ran("sample")) as dataset:
        read = Document(page(dataset))
        assert dataset["crisis.war_cost"].values.size == 70
    assert (read.payload["shape"], len(read.payload["axes"]), read.payload["flow"]) == ("sample", 5, None)
    assert "What becomes of the same crises" not in read.text


def test_the_budget_leaves_metrics_out_and_the_page_says_which(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("csmc.report.html.numbers.MOST_NUMBERS", 2 * 15 * 3 * 6)
    monkeypatch.setattr("csmc.report.html.numbers.MOST_POINTS", 15)
    dataset = make(PLANE)
    read = Document(page(dataset))
    assert [one["name"] for one in read.payload["metrics"]] == ["war", "general_war"]
    assert re.search(r"4 metrics of the result are not in the figures: challenge, peace, \w+", read.text)
    assert [one["name"] for one in Document(page(dataset, "challenge")).payload["metrics"]] == ["challenge", "war"]
    monkeypatch.setattr("csmc.report.html.numbers.MOST_POINTS", 5)
    fewer = Document(page(dataset))
    assert "Figures show 5 of the 15 points" in fewer.text
    war = unpacked(fewer.payload["metrics"][0]["parts"]["value"]).reshape(5, 3)
    np.testing.assert_allclose(war, dataset["war"].values[fewer.payload["points"]], rtol=1e-4)


def test_the_example_is_a_war_that_the_best_institution_has_not(ran: Ran) -> None:
    with open_results(ran("histories")) as dataset:
        text = Document(page(dataset)).text
    assert "The first crisis in which balance of power has war and collective security has none" in text
    point, replicate, episode = map(int, re.search(r"Point (\d+), replicate (\d+), episode (\d+)", text).groups())
    where = {"point": point, "replicate": replicate, "episode": episode}
    one, other = (
        csmc.replay.play(ran("histories"), [name], **where)[0] for name in ("balance_of_power", "collective_security")
    )
    assert "war" in one.outcome
    assert "war" not in other.outcome
    found = csmc.replay.find(ran("histories"), "war and not war[collective_security]", "balance_of_power", point=point)
    assert found.found == ((replicate, episode),)


def test_a_search_within_some_replicates_ends_there(ran: Ran) -> None:
    found = csmc.replay.find(ran("histories"), "not no_challenge and no_challenge", within=7, start=3)
    assert (found.found, found.replicates, found.episodes) == ((), 7, 42)
    with pytest.raises(ParameterError, match="within=0 is below 1"):
        csmc.replay.find(ran("histories"), "war", within=0)


def test_the_command_on_a_page_makes_the_same_result(tmp_path: Path) -> None:
    (tmp_path / "given.yaml").write_text(
        "name: given\ninstitutions: [anarchy, balance_of_power]\nsampling: {replicates: 9}\n"
    )
    experiment = csmc.load_experiment(tmp_path / "given.yaml", ["sampling.replicates=30", "crisis.war_cost=0.3"])
    with csmc.run(experiment, output=tmp_path / "out") as dataset:
        text = Document(page(dataset)).text
        digest = dataset.attrs["digest"]
    (command,) = re.findall(r"^csmc run experiment.yaml (.*) -o results/again$", text, re.MULTILINE)
    options = [option for option in command.split(" ") if option != "-s"]
    (tmp_path / "experiment.yaml").write_text(re.search(r"(name: given\n(?:.+\n)*)", text)[1])
    with csmc.run(csmc.load_experiment(tmp_path / "experiment.yaml", options), output=tmp_path / "again") as again:
        assert again.attrs["digest"] == digest


def test_the_same_result_gives_the_same_page(make: Make) -> None:
    dataset = make(LINE)
    assert page(dataset) == page(dataset)


def test_nothing_on_a_page_is_of_one_machine(ran: Ran) -> None:
    with open_results(ran("histories")) as dataset:
        text = page(dataset)
        assert dataset.attrs["cpu"] not in text
        assert dataset.attrs["platform"] not in text


def test_the_command_writes_the_page_and_says_where(ran: Ran, tmp_path: Path, csmc_command: Command) -> None:
    output = ran("histories")
    told = csmc_command("report", output)
    assert (told.code, told.out.splitlines()[-1]) == (0, f"page     {output / 'report.html'}")
    assert (output / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    brief = csmc_command(
        "report", output / "result.zarr", "--brief", "-o", tmp_path / "new" / "page.html", "--metric", "peace"
    )
    assert brief.out.startswith("Collective security has less war than balance of power")
    assert len(brief.out.splitlines()) < 6
    text = (tmp_path / "new" / "page.html").read_text(encoding="utf-8")
    assert Document(text).payload["metrics"][0]["name"] == "peace"
    facts = json.loads(csmc_command("report", output, "--json", "-o", tmp_path / "a.html").out)
    assert facts["page"] == str(tmp_path / "a.html")
    assert "page" not in json.loads(csmc_command("report", output, "--json", "--no-html").out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--metric", "wars"], "'wars' is not a known metric; did you mean war?"),
        (["--metric", "veto"], "'veto' is not in this result, which has"),
        (["--no-html", "-o", "x.html"], "--no-html leaves out"),
        (["-o", "."], "cannot be written"),
    ],
)
def test_what_cannot_be_is_refused(ran: Ran, csmc_command: Command, arguments: list[str], message: str) -> None:
    ended = csmc_command("report", ran("sample"), *arguments)
    assert ended.code == 2
    assert message in ended.err


def test_a_folder_in_the_way_leaves_no_scratch_file(make: Make, tmp_path: Path) -> None:
    dataset = make({})
    (tmp_path / "taken").mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        write_page(dataset, tmp_path / "taken")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["result.zarr", "taken"]


def test_what_is_no_result_and_what_is_damaged_is_told(ran: Ran, tmp_path: Path, csmc_command: Command) -> None:
    told = csmc_command("report", tmp_path / "nothing")
    assert (told.code, "`csmc run` writes one" in told.err) == (2, True)
    copy = shutil.copytree(ran("sample"), tmp_path / "copy")
    (chunk,) = (copy / "result.zarr" / "war").glob("c.*")
    chunk.write_bytes(chunk.read_bytes()[:20])
    told = csmc_command("report", copy)
    assert (told.code, "the result is damaged" in told.err) == (2, True)
    assert not (copy / "report.html").exists()


@pytest.mark.parametrize("harm", ["cut", "gone"])
def test_a_run_that_is_damaged_costs_a_page_its_example_and_nothing_else(ran: Ran, tmp_path: Path, harm: str) -> None:
    copy = shutil.copytree(ran("histories"), tmp_path / "copy")
    with open_results(copy) as dataset:
        whole = Document(page(dataset))
    for block in (copy / "blocks").glob("*"):
        block.write_bytes(block.read_bytes()[:-9]) if harm == "cut" else block.unlink()
    with open_results(copy) as dataset:
        found = Document(page(dataset))
    assert ("There is no example" in whole.text, "There is no example" in found.text) == (False, True)
    assert found.payload["metrics"] == whole.payload["metrics"]
    assert found.payload["pairs"] == []


def test_metrics_without_joint_tables_or_a_third_axis_are_pages(make: Make) -> None:
    axes = {DIVERGENCE: [0.0, 2.0], STRENGTH: [0.5, 1.0], GROWTH: [0.0, 0.1]}
    read = Document(page(make(axes, joint="none", metrics=("war",))))
    assert (read.payload["flow"], len(read.payload["axes"])) == (None, 3)


def test_a_result_without_the_metric_of_war_is_a_page(make: Make) -> None:
    dataset: xr.Dataset = make(LINE, metrics=("challenge",))
    read = Document(page(dataset))
    assert "The result says nothing on war" in read.text
    assert [one["name"] for one in read.payload["metrics"]] == ["challenge"]

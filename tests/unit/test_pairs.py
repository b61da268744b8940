"""Questions to the store of a run on pairs of institutions, and the command that asks them."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import csmc
from csmc.analysis import contrasts, prevention
from csmc.analysis.stored import opened
from csmc.config import Experiment
from csmc.engine import LocalEngine, Store, run
from csmc.engine.spec import spec_digest
from csmc.errors import CsmcError, ParameterError, StoreError
from csmc.estimate import METRICS, estimate, plan
from csmc.results import assemble
from tests.unit.configurations import Command

NAMES = ("balance_of_power", "anarchy", "twin", "collective_security")
METRICS_OF_RUN = ("war", "wider_war", "war_given_challenge", "concession")


def asked(joint: str = "all", points: Sequence[float] = (0.5, 2.0), **changes: Any) -> Experiment:
    sections = {
        "name": "pairs",
        "institutions": [NAMES[0], NAMES[1], {"name": NAMES[2], "extends": NAMES[1]}, NAMES[3]],
        "parameters": {"dynamics.episodes": 4},
        "design": {"grid": {"interests.divergence": list(points)}},
        "sampling": {"replicates": 300},
        "outputs": {"metrics": list(METRICS_OF_RUN), "joint": joint},
    }
    return Experiment.from_dict({**sections, **changes})


def ran(path: Path, experiment: Experiment) -> Path:
    store = Store(path)
    run(experiment, store, LocalEngine(1))
    assemble(experiment, store)
    return path


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with joint tables of all pairs."""
    return ran(tmp_path_factory.mktemp("all") / "run", asked())


@pytest.fixture(scope="module")
def with_reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with joint tables of pairs with the reference."""
    return ran(tmp_path_factory.mktemp("reference") / "run", asked("reference"))


def contents(path: Path) -> dict[str, str]:
    files = (file for file in sorted(path.rglob("*")) if file.is_file())
    return {str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_exchanging_two_institutions_changes_signs_and_nothing_else(everything: Path) -> None:
    found = contrasts(everything)
    assert found.sizes == {"point": 2, "institution": 4, "other_institution": 4}
    for name in METRICS_OF_RUN:
        value, se, low, high = (found[f"{name}_difference{end}"].values for end in ("", "_se", "_low", "_high"))
        gain = found[f"{name}_pairing_gain"].values
        np.testing.assert_array_equal(value, -value.swapaxes(1, 2))
        np.testing.assert_array_equal(low, -high.swapaxes(1, 2))
        np.testing.assert_array_equal(se, se.swapaxes(1, 2))
        np.testing.assert_array_equal(gain, gain.swapaxes(1, 2))
        assert np.isnan(value[:, range(4), range(4)]).all()
        assert (low <= value)[np.isfinite(low)].all()


@pytest.mark.parametrize("output", ["everything", "with_reference"])
def test_differences_from_the_reference_are_those_of_the_result(output: str, request: pytest.FixtureRequest) -> None:
    path = request.getfixturevalue(output)
    found, result = contrasts(path), csmc.open_results(path).load()
    for name in METRICS_OF_RUN:
        for end in ("_difference", "_difference_se", "_difference_low", "_difference_high", "_pairing_gain"):
            ours = found[name + end].sel(other_institution=NAMES[0]).drop_sel(institution=NAMES[0])
            np.testing.assert_array_equal(ours, result[name + end].drop_sel(institution=NAMES[0]), err_msg=name + end)


def test_differences_from_every_institution_are_those_with_it_as_the_reference(everything: Path) -> None:
    found, store = contrasts(everything), opened(everything)
    (chunk,) = store.chunks(store.points(None))
    for k, reference in enumerate(NAMES):
        others = [number for number in range(4) if number != k]
        for name in METRICS_OF_RUN:
            expected = estimate(METRICS[name], chunk.moments.against(k))
            for end in ("difference", "difference_se", "difference_low", "difference_high", "pairing_gain"):
                variable = f"{name}_{end}"
                ours = found[variable].sel(other_institution=reference).values[:, others]
                np.testing.assert_allclose(ours, getattr(expected, end)[:, others], rtol=1e-12, err_msg=variable)


def test_a_copy_of_an_institution_differs_by_exactly_0_and_prevents_nothing(everything: Path) -> None:
    pair = {"institution": "anarchy", "other_institution": "twin"}
    found, wars = contrasts(everything).sel(pair), prevention(everything, "anarchy", "twin")
    for name in METRICS_OF_RUN:
        assert (found[f"{name}_difference"] == 0).all()
        assert (found[f"{name}_difference_se"] == 0).all()
    for name in ("prevented", "new", "added", "net"):
        assert (wars[name] == 0).all()
    assert (wars["still_war"] == 1).all()
    assert (wars["wars"] > 20).all()


def test_what_is_prevented_and_what_is_not_are_all_wars(everything: Path) -> None:
    here = prevention(everything, "anarchy", "collective_security")
    there = prevention(everything, "collective_security", "anarchy")
    war, peace = here["outcome_code"] >= 7, here["outcome_code"] < 7
    np.testing.assert_array_equal(here["prevented"] + here["still_war"], 1)
    np.testing.assert_array_equal(here["still_war_low"], 1 - here["prevented_high"])
    np.testing.assert_allclose(here["becomes"].where(peace).sum("outcome"), here["prevented"], rtol=1e-14)
    np.testing.assert_allclose(here["becomes"].sum("outcome"), 1, rtol=1e-14)
    np.testing.assert_allclose(here["was"].where(peace).sum("outcome"), here["new"], rtol=1e-14, atol=1e-16)
    np.testing.assert_allclose(here["net"], here["prevented"] - here["added"], rtol=1e-13)
    np.testing.assert_allclose(here["net"], (here["wars"] - here["other_wars"]) / here["wars"], rtol=1e-13)
    np.testing.assert_allclose(here["added_from"] * here["wars"], here["other_war_count"], rtol=1e-13)
    for mine, theirs in (("wars", "other_wars"), ("war_count", "other_war_count"), ("becomes", "was")):
        np.testing.assert_array_equal(here[mine], there[theirs])
    still = here["war_count"].where(war).sum("outcome")
    np.testing.assert_array_equal(still, here["other_war_count"].where(war).sum("outcome"))
    assert (here["prevented"] > 0.5).all()  # collective security prevents most wars of anarchy in this setting
    result = csmc.open_results(everything)
    counts = result["outcome_count"].sel(institution="anarchy").where(war).sum("outcome")
    np.testing.assert_array_equal(here["wars"], counts)


def test_the_reference_is_enough_for_pairs_with_it(everything: Path, with_reference: Path) -> None:
    found, whole = contrasts(with_reference), contrasts(everything)
    known = found["war_difference"].notnull().values[0]
    assert known.tolist() == [[(i == 0) != (j == 0) for j in range(4)] for i in range(4)]
    np.testing.assert_allclose(found["war_difference_se"].values[:, 1:, 0], whole["war_difference_se"].values[:, 1:, 0])
    for pair in ((NAMES[0], NAMES[3]), (NAMES[3], NAMES[0])):
        xr.testing.assert_identical(prevention(with_reference, *pair), prevention(everything, *pair))


def test_other_pairs_need_all_joint_tables_and_the_error_says_so(with_reference: Path, tmp_path: Path) -> None:
    with pytest.raises(CsmcError, match=r"run with outputs\.joint: all, into another output"):
        contrasts(with_reference, pairs=[("anarchy", "twin")])
    with pytest.raises(CsmcError, match=r"run with outputs\.joint: all, into another output"):
        prevention(with_reference, "anarchy", "twin")
    without = ran(tmp_path / "none", asked("none"))
    assert np.isfinite(contrasts(without, ["war"])["war_difference"].values[:, 0, 1:]).all()
    with pytest.raises(CsmcError, match=r"run with outputs\.joint: reference or all"):
        prevention(without, *NAMES[:2])


def test_chosen_metrics_pairs_and_points_are_those_of_the_whole(everything: Path) -> None:
    whole = contrasts(everything)
    some = contrasts(everything / "result.zarr", ["war"], [("twin", NAMES[0]), (NAMES[0], "twin")], [1])
    assert set(some.data_vars) == {
        name for name in whole if str(name).startswith("war_") and "given" not in str(name)
    } | {"replicates"}
    assert some["point"].values.tolist() == [1]
    assert some["interests.divergence"].values.tolist() == [2.0]
    for name in ("war_difference", "war_difference_low"):
        part = some[name].values[0]
        np.testing.assert_array_equal(part[0, 2], whole[name].values[1, 0, 2])
        np.testing.assert_array_equal(part[2, 0], whole[name].values[1, 2, 0])
        assert np.isfinite(part).sum() == 2


def test_a_level_is_that_of_every_interval(everything: Path) -> None:
    wide, narrow = (contrasts(everything, ["war"], level=level) for level in (0.99, 0.9))
    assert (wide["war_difference_low"] < narrow["war_difference_low"]).sum() == 2 * 12
    assert wide.attrs["confidence_level"] == wide["war_difference_low"].attrs["confidence_level"] == 0.99
    of_wars = [prevention(everything, *NAMES[:2], level=level)["prevented_high"] for level in (0.99, 0.9)]
    assert (of_wars[0] > of_wars[1]).all()


def test_points_come_in_chunks_and_nothing_is_written(everything: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(everything)
    whole = contrasts(everything), prevention(everything, "anarchy", "twin")
    monkeypatch.setattr("csmc.engine.records.CHUNK_BYTES", 1)
    store = opened(everything)
    assert len(list(store.chunks(store.points(None)))) == 2
    for once, again in zip(whole, (contrasts(everything), prevention(everything, "anarchy", "twin")), strict=True):
        xr.testing.assert_identical(once, again)
    assert contents(everything) == before


def test_a_partial_run_answers_for_what_is_there_and_says_so(tmp_path: Path) -> None:
    output = ran(tmp_path / "run", asked(points=[0.5]))
    larger = asked(points=[0.5, 2.0], sampling={"replicates": 400})
    with Store(output).claim(larger, plan(larger)):
        pass
    found, wars = contrasts(output, ["war"]), prevention(output, NAMES[0], NAMES[1])
    for answer in (found, wars):
        assert (answer.attrs["complete"], answer.attrs["replicates_planned"]) == (0, 400)
        assert answer["replicates"].values.tolist() == [300, 0]
    assert np.isfinite(found["war_difference"].values[0, 0, 1:]).all()
    assert np.isnan(found["war_difference"].values[1]).all()
    assert wars["wars"].values[0] > 0
    assert np.isnan(wars["prevented"].values[1])
    with pytest.raises(StoreError, match="no work has finished at these points yet"):
        contrasts(output, points=[1])


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda path: contrasts(path, ["wor"]), "'wor' is not a known metric"),
        (lambda path: contrasts(path, ["peace"]), "'peace' has not been counted; outputs.metrics names war, wider_war"),
        (lambda path: contrasts(path, pairs=[("anarchy", "twine")]), "'twine' is no institution of this run; did you"),
        (
            lambda path: contrasts(path, pairs=[("twin", "twin")]),
            "two different institutions, not of 'twin' and itself",
        ),
        (lambda path: contrasts(path, points=[]), "no design point is named; name one, or leave the points out"),
        (lambda path: contrasts(path, points=[2]), "point 2 is not in the design, which has points 0 to 1"),
        (lambda path: prevention(path, "twin", "twin"), "two different institutions, not 'twin' and itself"),
        (lambda path: prevention(path, "twin", "nobody"), "'nobody' is no institution of this run; known: balance_"),
        (lambda path: contrasts(path, level=95), "level=95 is not between 0 and 1"),
        (lambda path: prevention(path, "anarchy", "twin", level=0), "level=0 is not between 0 and 1"),
    ],
)
def test_what_the_run_does_not_have_is_named(ask: Callable[[Path], Any], words: str, everything: Path) -> None:
    with pytest.raises(ParameterError, match=re.escape(words)):
        ask(everything)


def test_what_is_no_run_or_one_of_another_kernel_is_refused(
    everything: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreError, match="holds no csmc run"):
        contrasts(tmp_path)
    monkeypatch.setattr("csmc.engine.spec.DIGEST", "0" * 64)
    with pytest.raises(StoreError, match="the kernel: that one was made by another version of csmc"):
        prevention(everything, *NAMES[:2])


def test_a_store_of_an_earlier_stream_version_is_refused_as_such_and_not_as_damaged(
    everything: Path, tmp_path: Path
) -> None:
    document = json.loads((everything / "spec.json").read_text())
    former = document["specification"]
    former["kernel"] = "0" * 64
    del former["tallies"]["histories"]
    document["sha256"] = spec_digest(former)
    (tmp_path / "spec.json").write_text(json.dumps(document))
    with pytest.raises(StoreError, match="the kernel: that one was made by another version of csmc"):
        contrasts(tmp_path)


def test_histories_in_a_design_are_counted_as_such_at_all_of_its_points() -> None:
    lengths = {"grid": {"dynamics.episodes": [1, 3]}}
    assert plan(asked(design=lengths)).histories
    assert plan(asked()).histories
    one_shot = asked(parameters={"dynamics.episodes": 1})
    assert not plan(one_shot).histories
    assert not plan(asked("none")).histories


def test_an_output_of_crises_cannot_grow_by_histories_and_the_reason_is_told(tmp_path: Path) -> None:
    crises, longer = ({"grid": {"dynamics.episodes": lengths}} for lengths in ([1], [1, 3]))
    output = ran(tmp_path / "run", asked(design=crises))
    larger = asked(design=longer)
    with (
        pytest.raises(StoreError, match=r"dynamics\.episodes \(1 at all points, or not\): that one kept other sums"),
        Store(output).claim(larger, plan(larger)),
    ):
        pass


def test_the_command_shows_a_matrix_of_one_point(everything: Path, csmc_command: Command) -> None:
    code, out, _ = csmc_command("pairs", everything, "--point", 1)
    found = contrasts(everything, ["war"]).isel(point=1).sel(institution="anarchy", other_institution=NAMES[3])
    low, high = (100 * float(found[f"war_difference_{end}"]) for end in ("low", "high"))
    assert code == 0
    assert "war: row minus column, percentage points, point 1, 300 replicates;" in out
    assert f"[{low:+.1f}, {high:+.1f}]" in out
    rows = [line for line in out.splitlines() if line.split(" ")[0] in NAMES]
    assert [line.split(" ")[0] for line in rows] == list(NAMES)
    assert rows[1].count("[") == 3


def test_the_command_counts_the_points_of_a_design(everything: Path, csmc_command: Command) -> None:
    code, out, _ = csmc_command("pairs", everything, "--json", "--metric", "war", "--metric", "concession")
    said = json.loads(out)
    assert (code, said["complete"]) == (0, True)
    found = contrasts(everything, ["war"])
    (pair,) = (p for p in said["war"] if (p["institution"], p["other_institution"]) == (NAMES[0], NAMES[3]))
    here = found.sel(institution=NAMES[0], other_institution=NAMES[3])
    assert pair["higher"] == int((here["war_difference_low"] > 0).sum()) == 2
    assert pair["lower"] + pair["undecided"] + pair["missing"] == 0
    assert (pair["least"], pair["most"]) == tuple(float(f(here["war_difference"])) for f in (np.min, np.max))
    assert len(said["war"]) == len(said["concession"]) == 12
    (twins,) = (p for p in said["war"] if (p["institution"], p["other_institution"]) == ("anarchy", "twin"))
    assert twins["undecided"] == 2
    code, out, _ = csmc_command("pairs", everything)
    assert "war: first minus second, at how many of 2 points" in out
    assert sum(" - " in line for line in out.splitlines()) == 6


def test_the_command_follows_wars_in_words_and_numbers(everything: Path, csmc_command: Command) -> None:
    chosen = ("--point", 0, "--institution", "anarchy", "--other", "collective_security")
    code, out, _ = csmc_command("pairs", everything, *chosen)
    found = prevention(everything, "anarchy", "collective_security").isel(point=0)
    share, low, high = (100 * float(found[f"prevented{end}"]) for end in ("", "_low", "_high"))
    said = f"of {int(found['wars']):,} wars under anarchy, {share:.1f} [{low:.1f}, {high:.1f}] are none under"
    assert code == 0
    assert said in out
    code, out, _ = csmc_command("pairs", everything, *chosen, "--json")
    data = json.loads(out)
    assert data["prevented"] == float(found["prevented"])
    assert data["war_count"]["backdown"] == int(found["war_count"].sel(outcome="backdown"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--institution", "anarchy"), "--institution and --other go together"),
        (("--institution", "anarchy", "--other", "twin"), "the design has 2 points; say of which one, with --point"),
        (("--institution", "anarchy", "--other", "twin", "--metric", "war"), "--metric is of differences"),
    ],
)
def test_what_does_not_go_together_is_refused(
    options: Sequence[str], words: str, everything: Path, csmc_command: Command
) -> None:
    code, _, err = csmc_command("pairs", everything, *options)
    assert code == 2
    assert words in err


def test_the_command_ends_with_the_code_of_a_partial_result(tmp_path: Path, csmc_command: Command) -> None:
    output = ran(tmp_path / "run", asked(points=[0.5]))
    larger = asked(points=[0.5], sampling={"replicates": 400})
    with Store(output).claim(larger, plan(larger)):
        pass
    code, out, err = csmc_command("pairs", output)
    assert code == 3
    assert "300 replicates" in out
    assert "this is partial" in err

"""What is asked of a run: which institution is best, which dominates which; and what wrong questions are told."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import csmc
from csmc.analysis import best, boundary, dominance
from csmc.analysis.dominance import SEVERITY, _at_least, _interval
from csmc.analysis.stored import opened
from csmc.engine import Store
from csmc.errors import CsmcError, ParameterError
from csmc.estimate import Pairs, plan
from csmc.estimate.selection import select
from tests.unit.configurations import Command, ran

INSTITUTIONS = ("balance_of_power", "un_security_council", "collective_security")
DIVERGENCE = "interests.divergence"
CONFIGURATION = """\
name: race
institutions: [balance_of_power, un_security_council, collective_security]
design:
  grid:
    interests.divergence: [0.5, 2.0]
    crisis.war_cost: [0.1, 0.3]
sampling: {replicates: 600}
execution: {threads: 1}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One-shot crises with joint tables against the reference, as runs have by default."""
    return ran(CONFIGURATION, tmp_path_factory.mktemp("reference"))


@pytest.fixture(scope="module")
def paired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same crises with every pair counted."""
    return ran(CONFIGURATION, tmp_path_factory.mktemp("all"), "outputs.joint=all")


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Histories of five episodes with every pair counted."""
    return ran(CONFIGURATION, tmp_path_factory.mktemp("histories"), "outputs.joint=all", "dynamics.episodes=5")


def same(one: xr.Dataset, other: xr.Dataset, *but: str) -> None:
    for name in set(one.data_vars) - set(but):
        np.testing.assert_array_equal(one[name].values, other[name].values, str(name))


def test_the_best_is_a_contender_and_chances_sum_to_one(run: Path, paired: Path, histories: Path) -> None:
    for output in (run, paired, histories):
        found = best(output, delta=0.01)
        with csmc.open_results(output) as result:
            np.testing.assert_allclose(found["estimate"].values, result["war"].values, rtol=1e-12)
        lowest = found["estimate"] == found["estimate"].min("institution")
        assert (found["best"] == lowest).all()
        assert found["contender"].where(found["best"], True).all()
        assert (found["certain_best"].sum("institution") <= 1).all()
        assert (found["surely_close"] | ~found["certain_best"]).all()
        np.testing.assert_allclose(found["probability_best"].sum("institution"), 1)
        assert (found["probability_close"] >= found["probability_best"] - 1e-12).all()
        assert (found["expected_regret"] >= 0).all()
        assert found.attrs["complete"] == 1


def test_war_and_peace_are_one_question_and_need_the_reference_only(run: Path, paired: Path) -> None:
    war, peace, all_pairs = best(run, delta=0.01), best(run, "peace", delta=0.01), best(paired, delta=0.01)
    same(war, peace, "estimate")
    same(war, all_pairs)
    np.testing.assert_allclose(war["estimate"] + peace["estimate"], 1)
    assert war.attrs["better"] == "lower"
    assert peace.attrs["better"] == "higher"


def test_the_worst_is_the_best_of_who_wants_more_war(run: Path) -> None:
    worst = best(run, better="higher")
    assert (worst["best"] == (worst["estimate"] == worst["estimate"].max("institution"))).all()


def test_points_that_are_asked_for_alone_are_told_the_same(run: Path) -> None:
    everything, some = best(run), best(run, points=[3, 1])
    assert some["point"].values.tolist() == [1, 3]
    same(everything.isel(point=[1, 3]), some)


def test_other_metrics_are_judged_where_every_pair_was_counted(paired: Path, histories: Path) -> None:
    exact, ratio = best(paired, "general_war"), best(paired, "war_given_challenge")
    assert "Clopper-Pearson" in exact.attrs["sure"]
    assert "paired intervals" in ratio.attrs["sure"]
    assert "replicate or group as the unit" in best(histories).attrs["chances"]
    assert np.isfinite(ratio["probability_best"]).all()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"metric": "wars"}, "'wars' is not a known metric; did you mean war?"),
        ({"metric": "veto"}, "better='lower' or 'higher'"),
        ({"better": "lowr"}, "did you mean lower?"),
        ({"delta": -0.1}, "delta=-0.1 is not a number from 0 on"),
        ({"delta": float("nan")}, "delta=nan"),
        ({"level": 95}, "level=95"),
        ({"draws": 0}, "draws=0 is not from 1 to 100000"),
        ({"points": [4]}, "points 0 to 3"),
    ],
)
def test_questions_that_make_no_sense_are_refused(run: Path, options: dict[str, object], told: str) -> None:
    with pytest.raises(ParameterError) as error:
        best(run, **options)  # type: ignore[arg-type]
    assert told in str(error.value)


def test_what_was_not_counted_of_pairs_is_told_with_what_would_do(run: Path) -> None:
    with pytest.raises(CsmcError, match=r"outputs\.joint: all, into another output"):
        best(run, "general_war")


def test_one_institution_has_no_rival(tmp_path: Path) -> None:
    one = CONFIGURATION.replace("balance_of_power, un_security_council, ", "")
    output = ran(one, tmp_path, "design={grid: {interests.divergence: [1.0]}}", "reference=collective_security")
    for ask in (best, dominance):
        with pytest.raises(ParameterError, match="the only institution"):
            ask(output)


def test_an_institution_is_excluded_by_any_better_one_and_unknown_ones_stay() -> None:
    nan = np.nan
    low = np.array([[[0, -1, nan], [0.1, 0, nan], [nan, nan, 0]]])
    high = -low.transpose(0, 2, 1)
    found = select(low, high, 1.0)
    np.testing.assert_array_equal(found.contender, [[True, False, True]])
    assert not found.certain.any()
    np.testing.assert_array_equal(found.close, [[False, False, False]])
    np.testing.assert_array_equal(select(low[:, :2, :2], high[:, :2, :2], 1.0).certain, [[True, False]])
    np.testing.assert_array_equal(select(low[:, :2, :2], high[:, :2, :2], 1.0).close, [[True, True]])


def test_exact_tables_and_second_moments_give_the_same_intervals_of_severity(paired: Path) -> None:
    run = opened(paired)
    (chunk,) = run.chunks(run.points(None))
    pairs = Pairs(np.array([0, 0, 1]), np.array([1, 2, 2]))
    exact, moments = (_interval(chunk.moments, pairs, severe, 0.9) for severe in (_at_least(SEVERITY), None))
    assert (exact.low > 0).any()
    for one, other in zip(exact, moments, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


def test_dominance_is_of_one_side_and_of_pairs_that_were_counted(run: Path, paired: Path, histories: Path) -> None:
    for output in (run, paired, histories):
        found = dominance(output)
        there, back = found["dominates"], found["dominates"].transpose("point", "other_institution", "institution")
        assert not (there.values & back.values).any()
        assert not (there & found["crossing"]).any()
        for one, other in product(INSTITUTIONS, INSTITUTIONS):
            counted = one != other and (output != run or "balance_of_power" in (one, other))
            assert (found["compared"].sel(institution=one, other_institution=other) == counted).all()
        np.testing.assert_array_equal(found["everywhere"], there.all("point"))


def test_a_scale_of_war_and_peace_alone_is_the_difference_in_war(paired: Path) -> None:
    peaceful = [name for name in map(str, csmc.open_results(paired)["outcome"].values) if not name.endswith("_war")]
    found = dominance(paired, [peaceful, ["bilateral_war", "limited_war", "general_war"]])
    war = csmc.analysis.contrasts(paired, ["war"], level=0.9)
    np.testing.assert_array_equal(found["dominates"], war["war_difference_high"] < 0)


def test_scales_must_hold_every_outcome_once(paired: Path, histories: Path) -> None:
    for scale, told in (
        ([["peace"], ["general_war"]], "'peace' is no outcome"),
        ([["no_challenge"], ["general_war"]], "this one does not of backdown"),
    ):
        with pytest.raises(ParameterError, match=told):
            dominance(paired, scale)
    everything = [[str(name)] for name in csmc.open_results(paired)["outcome"].values]
    assert dominance(paired, everything)["compared"].any()
    with pytest.raises(ParameterError, match="one-shot crises"):
        dominance(histories, everything)


def test_the_command_tells_what_is_sure_and_what_is_likely(run: Path, csmc_command: Command) -> None:
    code, out, _ = csmc_command("best", run, "--delta", 0.01)
    assert code == 0
    assert "at how many of 4 points" in out
    assert "surely within 0.01" in out
    assert "dominance in severity" in out
    code, out, _ = csmc_command("best", run, "--point", 2)
    assert code == 0
    assert "best by war (lower is better), point 2" in out
    code, out, _ = csmc_command("best", run, "--json")
    data = json.loads(out)
    assert set(data["institutions"]) == set(INSTITUTIONS)
    assert sum(part["probability_best"] for part in data["institutions"].values()) == pytest.approx(1)
    assert len(data["dominance"]) == 2
    assert all(
        sum(pair[k] for k in ("dominates", "dominated", "crossing", "undecided")) == 4 for pair in data["dominance"]
    )


def test_the_command_refuses_in_one_message(run: Path, tmp_path: Path, csmc_command: Command) -> None:
    for arguments, code, message in (
        (["best", run, "--metric", "wars"], 2, "did you mean war?"),
        (["best", run, "--metric", "general_war"], 1, "outputs.joint: all"),
        (["best", run, "--delta=-1"], 2, "delta=-1.0"),
        (["best", tmp_path / "nothing"], 2, "holds no csmc run"),
    ):
        found, _, err = csmc_command(*arguments)
        assert (found, message in err) == (code, True), err


def test_severity_that_was_not_counted_leaves_the_rest_of_the_answer(tmp_path: Path, csmc_command: Command) -> None:
    output = ran(
        CONFIGURATION,
        tmp_path,
        "outputs.joint=all",
        "dynamics.episodes=3",
        "outputs.metrics=[war]",
        "sampling.replicates=50",
    )
    code, out, _ = csmc_command("best", output)
    assert code == 0
    assert "dominance in severity: 'wider_war' has not been counted" in out


def test_a_partial_run_is_answered_for_what_is_there(tmp_path: Path, csmc_command: Command) -> None:
    output = ran(
        CONFIGURATION, tmp_path, "design={grid: {interests.divergence: [0.5, 2.0]}}", "sampling.replicates=100"
    )
    larger = csmc.load_experiment(
        tmp_path / "experiment.yaml", ["design={grid: {interests.divergence: [0.5, 2.0, 3.0]}}"]
    )
    with Store(output).claim(larger, plan(larger)):
        pass
    found, ordered, along = best(output), dominance(output), boundary(output, "war", *INSTITUTIONS[:2], DIVERGENCE)
    assert [answer.attrs["complete"] for answer in (found, ordered, along)] == [0, 0, 0]
    assert np.isnan(found["probability_best"]).all("institution").values.tolist() == [False, False, True]
    assert not found["contender"][2].any()
    assert not ordered["compared"][2].any()
    assert not ordered["everywhere"].any()
    assert along["points"].values.tolist() == [2]
    code, out, err = csmc_command("best", output)
    assert (code, "at how many of 2 points" in out, "this is partial" in err) == (3, True, True)

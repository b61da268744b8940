"""The mean over a region: its numbers by hand, its two errors apart, and what is refused."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

import csmc
from csmc.analysis.average import average, monte_carlo_se, randomized_mean
from csmc.cli.app import app
from csmc.errors import CsmcError, ParameterError, StoreError
from csmc.estimate import METRICS

DESIGN = {"lhs": {"points": 4, "randomizations": 3, "seed": 2, "ranges": {"crisis.war_cost": [0.2, 1]}}}
T_2 = 0.95 * math.sqrt(2 / (1 - 0.95**2))  # Student's t with 2 degrees of freedom has this closed form


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., xr.Dataset]:
    """Run a small experiment into a folder of its own."""

    def run_experiment(**sections) -> xr.Dataset:
        path = tmp_path_factory.mktemp("average")
        chosen = {"design": DESIGN, "outputs": {"path": path, "joint": "none"}, "sampling": {"replicates": 50}}
        institutions = ["balance_of_power", "collective_security"]
        return csmc.run(csmc.Experiment(institutions=institutions, **(chosen | sections)), engine="local")

    return run_experiment


@pytest.fixture(scope="module")
def result(run) -> xr.Dataset:
    return run()


def test_the_mean_of_means_has_the_error_of_their_spread_with_student_s_t():
    values = np.array([[1.0], [3.0], [2.0], [4.0], [9.0], [5.0]])
    found = randomized_mean(values, np.array([0, 0, 1, 1, 2, 2]))  # means 2, 3 and 7
    se = math.sqrt(7 / 3)
    assert found.value[0] == 4
    assert found.se[0] == pytest.approx(se, rel=1e-14)
    assert (found.low[0], found.high[0]) == pytest.approx((4 - T_2 * se, 4 + T_2 * se), rel=1e-12)
    again = randomized_mean(values[[0, 2, 4, 1, 3, 5]], np.array([0, 1, 2, 0, 1, 2]))
    assert [part[0] for part in again] == pytest.approx([part[0] for part in found], rel=1e-14)


def test_shared_draws_add_standard_errors_and_independent_ones_add_variances():
    errors = np.array([[3.0, 0.0], [4.0, 2.0]])
    assert monte_carlo_se(errors, "common").tolist() == [3.5, 1.0]
    assert monte_carlo_se(errors, "independent").tolist() == [2.5, 1.0]


def test_an_average_is_that_of_the_result_s_own_numbers(result: xr.Dataset):
    found = average(result, ["war", "belligerents"])
    assert found["estimand"].values.tolist() == ["war", "war_difference", "belligerents", "belligerents_difference"]
    here = found.sel(estimand="war_difference", institution="collective_security")
    values = result["war_difference"].sel(institution="collective_security").values.reshape(3, 4)
    errors = result["war_difference_se"].sel(institution="collective_security").values
    assert float(here["mean"]) == pytest.approx(values.mean(), rel=1e-12)
    assert float(here["integration_se"]) == pytest.approx(values.mean(axis=1).std(ddof=1) / math.sqrt(3), rel=1e-12)
    assert float(here["monte_carlo_se"]) == pytest.approx(errors.mean(), rel=1e-12)
    assert (found.attrs["n"], found.attrs["points"], found.attrs["seeding"]) == (3, 12, "common")
    assert "at most the mean" in found.attrs["monte_carlo"]


def test_all_metrics_are_averaged_unless_some_are_named(result: xr.Dataset):
    named = [name for name in METRICS if name in result]
    assert average(result)["estimand"].values.tolist() == [part for n in named for part in (n, f"{n}_difference")]


def test_a_metric_that_is_missing_at_a_point_has_no_mean(result: xr.Dataset):
    holed = result.load().copy(deep=True)
    holed["war"][5, 0] = np.nan
    found = average(holed, ["war"]).sel(estimand="war")
    assert np.isnan(found["mean"].values).tolist() == [True, False]
    assert np.isnan(found["integration_low"].values).tolist() == [True, False]


def test_with_independent_seeding_the_error_of_integration_holds_that_of_the_draws(run):
    found = average(run(seeding="independent"), ["war"])
    assert found.attrs["seeding"] == "independent"
    assert "holds it too" in found.attrs["monte_carlo"]


@pytest.mark.parametrize(
    "design",
    [
        {"lhs": {"points": 4, "ranges": {"crisis.war_cost": [0.2, 1]}}},
        {"grid": {"crisis.war_cost": [0.2, 1]}},
    ],
)
def test_one_sample_has_no_error_of_its_own(run, design):
    with pytest.raises(CsmcError, match=r"one sample that fills a space .* says nothing of its own error"):
        average(run(design=design), ["war"])


def test_points_that_have_not_run_and_unequal_numbers_of_points_are_refused(result: xr.Dataset):
    with pytest.raises(CsmcError, match="unequal numbers of points"):
        average(result.isel(point=slice(0, 11)), ["war"])
    holed = result.load().copy(deep=True)
    holed["replicates"][3] = 0
    with pytest.raises(CsmcError, match="1 of 12 points have not run"):
        average(holed, ["war"])


def test_unknown_metrics_and_levels_that_are_none_are_refused(result: xr.Dataset):
    with pytest.raises(ParameterError, match="did you mean peace"):
        average(result, ["peac"])
    with pytest.raises(ParameterError, match="level=95 is not between 0 and 1"):
        average(result, ["war"], level=95)


def test_the_command_prints_both_errors_apart(result: xr.Dataset):
    output = str(Path(result.encoding["source"]).parent)
    shown = CliRunner().invoke(app, ["average", output, "--metric", "war"])
    assert shown.exit_code == 0
    assert "integration 95 %" in shown.output
    assert "Monte Carlo se" in shown.output
    assert "war, against balance of power" in shown.output
    data = json.loads(CliRunner().invoke(app, ["average", output, "--metric", "war", "--json"]).output)
    means = data["variables"]["mean"]["values"][0]
    assert means == pytest.approx(result["war"].mean("point").values.tolist(), rel=1e-12)


def test_a_formula_is_named_by_the_coordinate_that_it_makes_and_is_no_axis_of_the_design(run):
    made = run(derived={"crisis.audience_cost": "crisis.war_cost / 4"})
    assert made["crisis.audience_cost"].attrs["formula"] == "crisis.war_cost / 4"
    assert made.csmc.design == ("crisis.war_cost",)
    assert made["randomization"].values.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]


def test_more_randomizations_go_on_with_an_output_and_another_formula_is_refused(tmp_path: Path):
    def experiment(randomizations: int, share: float) -> csmc.Experiment:
        return csmc.Experiment(
            institutions=["balance_of_power", "collective_security"],
            derived={"crisis.audience_cost": f"{share} * crisis.war_cost"},
            design={"lhs": DESIGN["lhs"] | {"randomizations": randomizations}},
            sampling={"replicates": 50},
        )

    csmc.run(experiment(2, 0.25), output=tmp_path / "grown", engine="local")
    grown = csmc.run(experiment(3, 0.25), output=tmp_path / "grown", engine="local")
    whole = csmc.run(experiment(3, 0.25), output=tmp_path / "whole", engine="local")
    assert grown.attrs["digest"] == whole.attrs["digest"]
    assert grown["randomization"].values.tolist() == whole["randomization"].values.tolist()
    with pytest.raises(StoreError, match=r"derived\.crisis\.audience_cost: stored .0\.25 \* crisis\.war_cost"):
        csmc.run(experiment(3, 0.5), output=tmp_path / "grown", engine="local")

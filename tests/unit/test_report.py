"""The summary's tables and sentences, and the figures that fit each design."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from csmc.estimate import plan
from csmc.kernel.codes import Outcome
from csmc.report import figures, summary
from csmc.report.verdict import verdicts
from csmc.report.words import interval, parameter_label, percent, points
from csmc.results import assemble, open_results
from tests.unit.synthetic import StandIn, StandInRecord, StandInStore, count, one_shot

DIVERGENCE, STRENGTH, GROWTH = "interests.divergence", "institutions.*.obligation.strength", "dynamics.growth"
SHOWN = ("peace", "war", "general_war", "war_given_challenge", "challenge", "belligerents")

Make = Callable[..., xr.Dataset]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a result in which war under collective security rises with divergence, from 5 % to above the others."""

    def make(axes: Mapping[str, Sequence[Any]], computed: int | None = None, **options: Any) -> xr.Dataset:
        experiment = StandIn(axes, replicates=2000, **({"metrics": SHOWN} | options))
        kept = []
        for point in range(experiment.n_points if computed is None else computed):
            divergence = experiment.grid[point].get(DIVERGENCE, 1.0)
            rates = (0.25, 0.15, 0.05 + 0.1 * divergence, 0.15)[: len(experiment.names)]
            kept.append(experiment.record(point, rates))
        assemble(experiment, StandInStore(tmp_path, experiment, kept))  # type: ignore[arg-type]
        return open_results(tmp_path)

    return make


def test_one_point_is_told_with_its_interval(make: Make) -> None:
    told = summary(make({DIVERGENCE: [0.0]}))
    assert told.answer[0].startswith("Collective security has less war than balance of power: −")
    assert told.answer[1].startswith("Anarchy has more war than balance of power: +")
    (table,) = told.tables
    assert table.title == "interests.divergence = 0"
    assert [row[0] for row in table.rows] == ["anarchy", "balance of power", "collective security"]
    assert table.rows[1][-1] == "reference"
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_a_few_points_get_a_table_each(make: Make) -> None:
    told = summary(make({DIVERGENCE: [0.0, 1.0, 2.0]}))
    assert [table.title for table in told.tables] == [f"interests.divergence = {value}" for value in (0, 1, 2)]
    assert told.data["collective_security"]["less_war"] == 1
    assert told.data["collective_security"]["more_war"] == 1
    assert told.data["collective_security"]["undecided"] == 1


def test_many_points_are_counted_and_divided_where_the_answer_turns(make: Make) -> None:
    told = summary(make({DIVERGENCE: [0.0, 0.5, 1.5, 2.0], STRENGTH: [0.5, 2.0]}))
    assert "at 4 of 8 points, more at 4, undecided at 0" in told.answer[0]
    assert "interests.divergence: up to 0.5, less war at 4 of 4 points; from 1.5, more at 4 of 4" in told.answer[0]
    (table,) = told.tables
    assert table.rows[2][-2:] == ("4 / 0 / 4", "4")
    assert told.answer[1].startswith("Anarchy has more war than balance of power at all 8 points; the difference is +")
    json.dumps(told.to_dict(), allow_nan=False)


def test_an_answer_that_never_turns_has_no_divide(make: Make) -> None:
    anarchy, security = verdicts(make({DIVERGENCE: [0.0, 0.5, 2.0]}))
    assert anarchy.divide is None
    assert security.divide is not None


def test_a_copy_of_the_reference_is_undecided(make: Make) -> None:
    names = ("anarchy", "balance_of_power", "collective_security", "twin")
    told = summary(make({DIVERGENCE: [0.0]}, names=names))
    assert "Twin has not decidedly more or less war than balance of power: 0.0" in told.answer[-1]


def test_an_unfinished_run_says_so(make: Make) -> None:
    told = summary(make({DIVERGENCE: [0.0, 0.5, 2.0]}, computed=2))
    assert "INCOMPLETE: 2 of 3 points" in told.notes[-1]
    assert told.data["collective_security"]["points"] == 2


@pytest.mark.parametrize(
    ("opposed", "warning"),
    [
        # variances .21 and .16, covariance -.06: (.37 + .12) / .37
        (4000, "war difference of collective security less precise than separate ones would at 1 of 1 points; "
         "its variance is up to 1.3 times theirs."),
        (500, None),
    ],
)  # fmt: skip
def test_a_comparison_that_shared_crises_make_clearly_worse_says_so(
    tmp_path: Path, opposed: int, warning: str | None
) -> None:
    experiment = StandIn({DIVERGENCE: [0.0]}, metrics=("war",), replicates=4000)
    generator = np.random.default_rng(6)
    u, v = generator.random(4000), generator.random(4000)
    v[:opposed] = u[:opposed]
    wars = np.stack([u < 0.2, u < 0.3, v > 0.8], axis=1)  # opposed, it has war where the reference has none
    outcomes = np.where(wars, Outcome.BILATERAL_WAR, Outcome.NO_CHALLENGE)
    tallies = count(one_shot(outcomes), plan(experiment), outcomes)  # type: ignore[arg-type]
    assemble(experiment, StandInStore(tmp_path, experiment, [StandInRecord(0, 4000, tallies)]))  # type: ignore[arg-type]
    result = open_results(tmp_path)
    told = [note for note in summary(result).notes if "WARNING" in note]
    assert len(told) == (warning is not None)
    assert not told or warning in told[0]
    gain = float(result["war_pairing_gain"].sel(institution="collective_security")[0])
    assert gain < (0.9 if warning else 1)


def test_other_metrics_alone_still_give_a_table(make: Make) -> None:
    told = summary(make({DIVERGENCE: [0.0]}, metrics=("peace", "challenge")))
    assert told.tables[0].columns == ("institution", "peace", "challenge")
    assert told.answer == ()


@pytest.mark.parametrize(
    ("axes", "name"),
    [
        ({}, "outcomes"),
        ({DIVERGENCE: [2.0, 0.0, 1.0]}, "curves"),
        ({"system.geography.layout": ["none", "ring"]}, "curves"),
        ({DIVERGENCE: [0.0, 1.0, 2.0], STRENGTH: [0.5, 1.0]}, "war_difference_map"),
        ({DIVERGENCE: [0.0, 2.0], STRENGTH: [0.5, 1.0], GROWTH: [0.0, 0.1]}, "war_difference"),
    ],
)
def test_each_design_gets_its_figure(make: Make, tmp_path: Path, axes: Mapping[str, Any], name: str) -> None:
    paths = figures(make(axes), tmp_path / "figures")
    assert [path.name for path in paths] == [f"{name}.png", f"{name}.svg"]
    assert all(path.stat().st_size > 5_000 for path in paths)


def test_the_same_result_gives_the_same_figure(make: Make, tmp_path: Path) -> None:
    dataset = make({DIVERGENCE: [0.0, 1.0]})
    first, second = (figures(dataset, tmp_path / name) for name in ("one", "two"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_an_unfinished_grid_and_an_empty_one_are_no_errors(make: Make, tmp_path: Path) -> None:
    axes = {DIVERGENCE: [0.0, 1.0, 2.0], STRENGTH: [0.5, 1.0]}
    assert figures(make(axes, computed=3), tmp_path / "part")[0].name == "war_difference.png"
    assert figures(make(axes, computed=0), tmp_path / "none") == []
    assert "no point" in summary(make(axes, computed=0)).answer[0]


def test_institutions_go_by_their_titles(make: Make, tmp_path: Path) -> None:
    result = make({DIVERGENCE: [0.0, 0.5]}, titles=("Anarchy for $1 or $2", "balance of power", "UN Security Council"))
    assert result.csmc.titles["collective_security"] == "UN Security Council"
    assert result.csmc.reference_title == "balance of power"
    told = summary(result)
    assert told.answer[0].startswith("UN Security Council has less war than balance of power at all 2 points")
    assert told.tables[0].rows[0][0] == "Anarchy for $1 or $2"
    svg = figures(result, tmp_path / "figures")[1].read_text(encoding="utf-8")
    assert "<!-- UN Security Council -->" in svg
    assert "<!-- Anarchy for $1 or $2 -->" in svg
    assert summary(result.isel(institution=[0, 2])).answer[0] == told.answer[0], "the reference need not be among them"


def test_numbers_are_written_for_readers() -> None:
    assert [percent(value) for value in (0.1234, 0.0, 0.00423, 0.000042, float("nan"))] == [
        "12.3", "0.0", "0.42", "0.004", "–",
    ]  # fmt: skip
    assert [points(value) for value in (0.031, -0.0314, 0.0)] == ["+3.1", "−3.1", "0.0"]
    assert interval(-0.02, 0.031) == "[−2.0, +3.1]"


def test_parameters_are_named_with_their_unit() -> None:
    def label(path: str, unit: str = "1", **more: int) -> str:
        titles = {"un_security_council": "UN Security Council"}
        return parameter_label(xr.DataArray(0, attrs={"path": path, "units": unit} | more), titles)

    assert label(DIVERGENCE, "interest distance") == "interests.divergence (interest distance)"
    assert label(STRENGTH) == "obligation.strength (all institutions)"
    assert label(STRENGTH, multiplies=1) == "factor on obligation.strength (all institutions)"
    assert label("institutions.un_security_council.council.quota") == "council.quota (UN Security Council)"

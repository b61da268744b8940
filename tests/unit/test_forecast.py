"""Forecasts: the arithmetic exactly, which work a pilot draws, and a pilot against the run that it is of."""

import json
import math
import tempfile
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import csmc
from csmc.engine import LocalEngine, Store, run
from csmc.engine.spans import Costs, Span
from csmc.engine.tallies import tally_span
from csmc.estimate import plan
from csmc.kernel.result import Tallies
from csmc.pilot.beside import _divide
from csmc.pilot.forecast import Line, Load, Measured, Range, Wall, commits, expected, mean_range, rows
from csmc.pilot.sample import PIECE_SECONDS, Chosen, Pieces
from csmc.results import assemble

LOAD = Load(points=10, unfinished=8, blocks=40, planned=100.0, row_bytes=1000, here=4)
MEASURED = Measured(
    ratios=[0.5, 0.5, 0.5],
    pieces=3,
    preparing=0.125,
    driving=0.0625,
    starting=1.0,
    commit=Line(0.25, 0.125),
    commit_bytes=Line(1000, 100),
    result=Line(2.0, 1.0),
    result_bytes=Line(5000, 500),
    spec_bytes=300,
)


def swept(**changes: object) -> csmc.Experiment:
    """A small experiment of points that differ in cost by a factor of 32."""
    sections = {
        "name": "swept",
        "institutions": ["anarchy", "balance_of_power", "collective_security"],
        "design": {"grid": {"system.n_states": [4, 8, 16], "dynamics.episodes": [1, 2, 8]}},
        "sampling": {"replicates": 2000},
        "outputs": {"metrics": ["war", "participation"], "joint": "none"},
        "execution": {"threads": 1},
    }
    return csmc.Experiment(**(sections | changes))


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_costs_follow_from_what_is_left_and_what_was_measured() -> None:
    # 100 s planned at half of that are 50 s; on 4 cores 12.5 s, so 7 files, of 8 + 7 rows; 40 blocks drive for 2.5 s.
    found = expected(LOAD, MEASURED, [4, 16])
    assert found.core_seconds == (50.0, 50.0, 50.0)
    assert found.store_bytes == 7 * 1000 + 8 * 100 + 300
    assert found.result_bytes == 5000 + 9 * 500
    alone = 1.0 + 2.0 + 9 * 1.0
    driver = 2.5 + 7 * 0.25 + 8 * 0.125
    running = (50.0 + driver) / 4
    assert found.walls[0] == Wall(4, Range(*[running + alone] * 3), running, driver, alone)
    # On 16 cores 2 files, of 8 + 2 rows; and there the interpreters of the workers are not the driver's.
    driver = 2.5 + 2 * 0.25 + 8 * 0.125
    assert found.walls[1].driver == driver
    assert found.walls[1].running == max((50.0 + driver) / 16, driver) == driver


def test_threads_share_an_interpreter_with_the_driver() -> None:
    slow = replace(MEASURED, preparing=2.0)
    wall, cluster = expected(LOAD, slow, [4, 8]).walls
    assert wall.running == wall.driver + 40 * 2.0
    assert cluster.running == (50.0 + cluster.driver) / 8


def test_no_more_cores_work_than_there_are_tasks() -> None:
    short = replace(LOAD, planned=0.7, unfinished=1, blocks=4)
    few, many = expected(short, replace(MEASURED, driving=0.0, commit=Line(0.0, 0.0)), [8, 256]).walls
    assert few.running == many.running == 0.35 / 4


def test_a_finished_run_costs_its_result_and_nothing_more() -> None:
    found = expected(replace(LOAD, unfinished=0, blocks=0, planned=0.0), MEASURED, [2])
    assert (found.core_seconds.expected, found.store_bytes, found.result_bytes) == (0.0, 0, 9500)
    assert found.walls[0].seconds.expected == found.walls[0].alone


def test_commits_get_rare_in_long_runs_and_are_never_larger_than_memory_allows() -> None:
    many = replace(LOAD, blocks=10**9, row_bytes=0)
    assert [commits(many, seconds) for seconds in (0.1, 2.1, 20.0, 2000.0)] == [1, 2, 10, 1000]
    assert commits(many, 2000.0 * math.e) == 1000 + math.ceil(1 / math.log1p(1e-3))
    assert commits(replace(many, row_bytes=1 << 20), 1.0) == 10**9 / 16
    assert rows(replace(LOAD, blocks=12), files=7) == 12
    assert rows(LOAD, files=7) == 15


def test_a_range_is_students_interval_of_the_mean_and_unknown_for_one_piece() -> None:
    assert mean_range([9.0, 10.0, 11.0], 3) == pytest.approx((10.0, 10.0 - 4.302653 / 3**0.5, 10.0 + 4.302653 / 3**0.5))
    assert mean_range([0.0, 2.0], 2).low == 0.0
    mean, low, high = mean_range([1.5, 1.5], 1)
    assert mean == 1.5
    assert math.isnan(low)
    assert math.isnan(high)


def test_pieces_are_all_of_the_work_and_share_none() -> None:
    experiment = swept(sampling={"replicates": 50_000})
    left = np.full(experiment.n_points, 50_000)
    left[[2, 5]] = 0
    spans = [span for piece in set(Pieces(Costs(experiment), left, 50_000).draws()) for span in piece]
    done = [0] * experiment.n_points
    for span in spans:
        done[span.point] += span.count
    assert done == left.tolist()


def test_no_piece_takes_longer_than_its_dearest_point_must() -> None:
    design = {"grid": {"dynamics.episodes": [1, 20, 300], "system.n_states": [4, 5, 6, 7, 64, 8, 9, 10]}}
    experiment = swept(design={"product": [{"grid": {"crisis.war_cost": [0.1, 0.2, 0.3]}}, design]})
    costs, left = Costs(experiment), np.full(experiment.n_points, 2000)
    for piece in Pieces(costs, left, 2000).draws():
        planned = sum(costs.seconds[span.point] * span.count for span in piece)
        dearest = max(costs.seconds[span.point] for span in piece)
        assert planned <= PIECE_SECONDS + max(PIECE_SECONDS, 256 * dearest)


def test_a_pilot_is_right_on_average_whatever_points_really_cost() -> None:
    experiment = swept(
        design={"grid": {"system.n_states": [4, 8, 16], "interests.divergence": {"linspace": [0.1, 3.0, 1000]}}},
        sampling={"replicates": 1000},
    )
    costs, left = Costs(experiment), np.full(3000, 1000)
    truth = costs.seconds * (costs.states / 8) ** 1.5 * (1 + np.arange(3000) % 1000 / 500)

    def total(seconds: np.ndarray, piece: tuple) -> float:
        return sum(float(seconds[span.point]) * span.count for span in piece)

    whole = truth.sum() / costs.seconds.sum()
    for draws, tolerance in ((60, 0.06), (430, 0.02)):  # more than there are pieces, at last
        drawn = list(islice(Pieces(costs, left, 1000).draws(), draws))
        assert len(drawn) == draws
        assert np.mean([total(truth, piece) / total(costs.seconds, piece) for piece in drawn]) == pytest.approx(
            whole, rel=tolerance
        )


def test_a_stretch_is_neighbours_in_the_middle_of_the_work() -> None:
    experiment = swept(design={"grid": {"interests.divergence": {"linspace": [0.1, 3.0, 10_000]}}})
    spans = [span for piece in Pieces(Costs(experiment), np.full(10_000, 5), 5).stretch() for span in piece]
    points = [span.point for span in spans]
    assert points == list(range(points[0], points[0] + len(points)))
    assert points[0] <= 2952 < 2952 + 4096 <= points[0] + len(points) <= 2952 + 4096 + 2 * 64
    assert {(span.first, span.count) for span in spans} == {(0, 5)}


def test_chosen_points_of_a_design_are_those_of_the_whole() -> None:
    experiment = swept()
    some = experiment.over(Chosen(experiment.design, (7, 2)))
    assert [some.point(index).key for index in (0, 1)] == [experiment.point(index).key for index in (7, 2)]
    assert some.values_of("system.n_states") == [16, 4]
    assert some.identity() == experiment.identity()


def test_what_is_varied_is_counted_exactly(tmp_path: Path) -> None:
    found = csmc.forecast(swept(), output=tmp_path / "out", seconds=0.1)
    assert found.points == (9, 0, 9)
    assert found.crises == (3 * 11 * 2000, 0, 3 * 11 * 2000)
    assert found.institution_episodes == tuple(3 * count for count in found.crises)
    assert not (tmp_path / "out").exists()


def test_what_an_output_holds_is_not_counted_again_and_not_touched(tmp_path: Path) -> None:
    output = tmp_path / "out"
    few = swept(sampling={"replicates": 500}, design={"grid": {"dynamics.episodes": [1, 2]}})
    csmc.run(few, output=output).close()
    before = listing(output)
    grown = swept(design={"grid": {"dynamics.episodes": [1, 2, 8]}})
    found = csmc.forecast(grown, output=output, seconds=0.1)
    assert found.points == (3, 0, 3)
    assert found.crises == (11 * 2000, 3 * 500, 11 * 2000 - 3 * 500)
    finished = csmc.forecast(few, output=output, seconds=0.1)
    assert (finished.points, finished.crises.left) == ((2, 2, 0), 0)
    assert (finished.core_seconds.expected, finished.store_bytes) == (0.0, 0)
    with pytest.raises(csmc.StoreError, match="another configuration"):
        csmc.forecast(swept(seed=5), output=output)
    with pytest.raises(csmc.StoreError, match="already has 500 replicates"):
        csmc.forecast(
            swept(sampling={"replicates": 100}, design={"grid": {"dynamics.episodes": [1, 2]}}), output=output
        )
    assert listing(output) == before


def test_a_run_takes_what_its_forecast_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    experiment = swept(sampling={"replicates": 60_000})
    found = csmc.forecast(experiment, output=tmp_path / "out", seconds=1.0)
    assert list((tmp_path / "temporary").iterdir()) == []
    store = Store(tmp_path / "out")
    began = time.process_time()
    run(experiment, store, LocalEngine(1))
    taken = time.process_time() - began
    assemble(experiment, store)
    assert 0.5 < found.core_seconds.expected / taken < 2.0
    sizes = {path: path.stat().st_size for path in store.path.rglob("*") if path.is_file()}
    result = sum(size for path, size in sizes.items() if "result.zarr" in path.parts)
    assert found.result_bytes == pytest.approx(result, rel=0.25)
    assert found.store_bytes == pytest.approx(sum(sizes.values()) - result, rel=0.25)
    with csmc.open_results(store.path) as dataset:
        halves = ((dataset.war_high - dataset.war_low) / 2).median("point").values
        apart = ((dataset.war_difference_high - dataset.war_difference_low) / 2).median("point").values
    widths = found.half_widths["war"].values()
    assert [width.median for width in widths] == pytest.approx(halves, rel=0.25)
    assert [width.difference_median for width in widths] == pytest.approx(apart, rel=0.25)


def test_the_pilot_of_a_short_run_is_all_of_it_and_tells_its_half_widths(tmp_path: Path) -> None:
    experiment = swept(sampling={"replicates": 100})
    began = time.monotonic()
    found = csmc.forecast(experiment, output=tmp_path / "out", seconds=600.0, cores=[64, 2, 64])
    assert time.monotonic() - began < 300.0
    assert [wall.cores for wall in found.walls] == [2, 64]
    assert (found.pilot.points, found.pilot.crises) == (9, 3 * 11 * 100)
    assert list(found.half_widths) == ["war", "participation"]
    with csmc.run(experiment, output=tmp_path / "out") as dataset:
        halves = (dataset.war_high - dataset.war_low) / 2
        width = found.half_widths["war"]["anarchy"]
        assert width.worst == pytest.approx(float(halves.sel(institution="anarchy").max()))
        assert width.median == pytest.approx(float(halves.sel(institution="anarchy").median()))


@pytest.mark.parametrize(
    ("design", "replicates"),
    [
        ({"cases": [{"interests.divergence": 1.0}]}, 2**35),
        ({"grid": {"interests.divergence": {"linspace": [0.1, 3.0, 100_000]}}}, 256),
        ({"grid": {"interests.divergence": [0.1, 3.0]}}, 2),
    ],
)
def test_any_shape_of_a_run_is_forecast_as_numbers(tmp_path: Path, design: dict, replicates: int) -> None:
    experiment = swept(sampling={"replicates": replicates}, design=design, execution={"threads": 2})
    found = csmc.forecast(experiment, output=tmp_path / "out", seconds=0.2)
    assert found.crises.total == experiment.n_points * replicates
    assert found.core_seconds.expected > 0
    again = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert again["crises"] == found.crises._asdict()
    assert again["half_widths"]["war"].keys() == set(found.institutions)
    times = [wall["seconds"]["expected"] for wall in again["walls"]]
    assert times == sorted(times, reverse=True)


def test_forecasts_of_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(csmc.ParameterError, match=r"seconds=0\.0 is not above 0"):
        csmc.forecast(swept(), output=tmp_path / "out", seconds=0.0)
    with pytest.raises(csmc.ParameterError, match="cores=0 is below 1"):
        csmc.forecast(swept(), output=tmp_path / "out", cores=[4, 0])


def precise_experiment(precision: dict[str, Any]) -> csmc.Experiment:
    return swept(
        institutions=["anarchy", "balance_of_power"],
        design={"grid": {"interests.divergence": [0.5, 3.0]}},
        parameters={"dynamics.episodes": 3},
        sampling={"precision": precision, "max_replicates": 100_000},
    )


def test_a_precision_is_forecast_by_the_replicates_that_it_needs(tmp_path: Path) -> None:
    precision = {"war": {"half_width": 0.01}, "war[anarchy - balance_of_power]": {"half_width": 0.01}}
    precise = precise_experiment(precision)
    found = csmc.forecast(precise, output=tmp_path / "out", seconds=1.0)
    with csmc.run(precise, output=tmp_path / "out") as result:
        needed = result["replicates"].values.tolist()
    assert found.replicates == pytest.approx(sum(needed) / 2, rel=0.25), "a look, and some noise"
    least, most, limit, at_limit = found.by_precision
    assert least <= found.replicates <= most
    assert (limit, at_limit) == (100_000, 0)
    assert found.crises.left == 2 * 3 * found.replicates
    assert found.half_widths["war"]["anarchy"].worst <= 0.0105
    assert found.as_dict()["by_precision"]["most"] == most


def test_what_an_output_has_looked_at_is_forecast_by_that(tmp_path: Path) -> None:
    output = tmp_path / "out"
    with csmc.run(precise_experiment({"war": {"half_width": 0.02}}), output=output) as result:
        needed = result["replicates"].values
    finished = csmc.forecast(precise_experiment({"war": {"half_width": 0.02}}), output=output, seconds=0.1)
    assert (finished.points, finished.crises) == ((2, 2, 0), (3 * needed.sum(), 3 * needed.sum(), 0))
    assert finished.by_precision[:2] == (needed.min(), needed.max())
    tighter = precise_experiment({"war": {"half_width": 0.005}})
    found = csmc.forecast(tighter, output=output, seconds=0.1)
    assert found.points == (2, 0, 2)
    assert found.crises.done >= 3 * needed.sum(), "and what lies beyond the ends"
    with csmc.run(tighter, output=output) as result:
        assert found.replicates == pytest.approx(float(result["replicates"].mean()), rel=0.3), "a look, and some noise"


def test_a_part_of_what_was_counted_has_that_part_of_every_number() -> None:
    experiment = swept(outputs={"metrics": ["war", "participation"], "joint": "all"})
    the_plan = plan(experiment)
    parts = np.array([3])
    counted = [field[None] for field in tally_span(experiment, Span(8, 0, 512), the_plan)]
    whole, part = Tallies(*counted), Tallies(*(field.copy() for field in counted))
    _divide(part, parts)
    assert (part.sums == whole.sums // 3).all()
    for moment in ("own", "cross", "fate"):
        numbers = [2**32 * getattr(each, f"{moment}_high") + getattr(each, f"{moment}_low") for each in (part, whole)]
        assert numbers[1].max() > 2**32 or moment == "fate"
        assert (numbers[0] == numbers[1] // 3).all()

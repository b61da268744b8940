"""The labelled result: dimensions, attributes, missing points, formats, and the cube of a full grid."""

import csv
import json
import os
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from csmc.errors import CsmcError, StoreError
from csmc.estimate import METRICS
from csmc.kernel.codes import Outcome
from csmc.results import assemble, export, open_results
from csmc.results.variables import PARTS
from tests.unit.synthetic import StandIn, StandInStore

DIVERGENCE, STRENGTH = "interests.divergence", "institutions.*.obligation.strength"
RATES = (0.2, 0.15)


def run(path: Path, experiment: StandIn, points: list[int] | None = None) -> StandInStore:
    path.mkdir(parents=True, exist_ok=True)
    chosen = range(experiment.n_points) if points is None else points
    kept = [experiment.record(point, (*RATES, 0.05 + 0.01 * point)) for point in chosen]
    store = StandInStore(path, experiment, kept)
    assemble(experiment, store)  # type: ignore[arg-type]
    return store


@pytest.fixture(scope="module")
def experiment() -> StandIn:
    return StandIn(
        {DIVERGENCE: [0.0, 1.0, 2.0], STRENGTH: [2, 0.5]}, metrics=("war", "war_given_challenge", "selectivity")
    )


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory, experiment: StandIn) -> Path:
    path = tmp_path_factory.mktemp("output")
    run(path, experiment)
    return path


@pytest.fixture
def dataset(output: Path) -> xr.Dataset:
    return open_results(output)


def test_opens_with_plain_xarray_without_a_warning(output: Path, dataset: xr.Dataset) -> None:
    plain = xr.open_zarr(output / "result.zarr")
    xr.testing.assert_identical(plain.load(), dataset.load())


def test_every_variable_is_labelled(dataset: xr.Dataset) -> None:
    assert dataset.sizes == {
        "point": 6, "institution": 3, "outcome": 10, "other_outcome": 10, "pattern": 8, "rung": 4,
    }  # fmt: skip
    for name in ("war", "war_given_challenge", "selectivity"):
        for _, suffix, _ in PARTS:
            assert dataset[name + suffix].dims == ("point", "institution")
    for variable in dataset.data_vars.values():
        assert variable.attrs["units"] == "1"
        assert variable.attrs["long_name"]
        assert all(companion in dataset for companion in variable.attrs.get("ancillary_variables", "").split())
    assert dataset["outcome_code"].attrs["flag_meanings"].split() == [outcome.name.lower() for outcome in Outcome]
    assert dataset["pattern"].attrs["flag_meanings"].split() == list(dataset["institution"].values)


def test_no_variable_needs_pickle(dataset: xr.Dataset) -> None:
    assert all(variable.dtype != object for variable in dataset.variables.values())


def test_what_varies_is_a_coordinate_with_its_unit(dataset: xr.Dataset) -> None:
    assert dataset.csmc.design == (DIVERGENCE, "institutions.all.obligation.strength")
    assert dataset[DIVERGENCE].attrs["units"] == "interest distance"
    assert dataset[DIVERGENCE].attrs["path"] == DIVERGENCE
    factor = dataset["institutions.all.obligation.strength"].attrs
    assert (factor["path"], factor["multiplies"]) == (STRENGTH, 1)
    assert "multiplies" not in dataset[DIVERGENCE].attrs
    assert dataset[DIVERGENCE].values.tolist() == [0, 0, 1, 1, 2, 2]


def test_institutions_have_their_titles(dataset: xr.Dataset) -> None:
    assert dataset["institution_title"].dims == ("institution",)
    assert dataset["institution_title"].values.tolist() == ["anarchy", "balance of power", "collective security"]


def test_rungs_have_their_names(dataset: xr.Dataset) -> None:
    assert dataset["rung_name"].sel(institution="anarchy").values.tolist() == ["sanctions", "", "", "force"]


def test_counts_are_exact(dataset: xr.Dataset) -> None:
    assert (dataset["outcome_count"].sum("outcome") == dataset["replicates"]).all()
    np.testing.assert_array_equal(dataset["joint_outcomes"].sum("other_outcome"), dataset["outcome_count"])
    reference = dataset["outcome_count"].sel(institution="balance_of_power")
    joint = dataset["joint_outcomes"].sel(institution="anarchy").sum("outcome")
    np.testing.assert_array_equal(joint, reference)
    wars = dataset["war_pattern"].where(dataset["pattern"] & 1, 0).sum("pattern")
    np.testing.assert_allclose(wars / dataset["replicates"], dataset["war"].sel(institution="anarchy"))


def test_estimates_are_those_of_the_tallies(dataset: xr.Dataset) -> None:
    counts = dataset["outcome_count"]
    wars = counts.isel(outcome=slice(7, 10)).sum("outcome")
    np.testing.assert_allclose(dataset["war"], wars / counts.sum("outcome"))
    difference = dataset["war"] - dataset["war"].sel(institution="balance_of_power")
    np.testing.assert_allclose(dataset["war_difference"], difference, atol=1e-15)
    assert np.isnan(dataset["selectivity"]).all()


def test_provenance_is_inside(dataset: xr.Dataset, experiment: StandIn) -> None:
    attributes = dataset.attrs
    assert attributes["configuration"] == experiment.source_text
    assert json.loads(attributes["configuration_resolved"]) == experiment.resolved()
    assert len(attributes["configuration_sha256"]) == len(attributes["digest"]) == 64
    assert attributes["complete"] == 1
    assert attributes["Conventions"].startswith("CF-")
    assert {"csmc_version", "numpy_version", "stream_version", "seed", "platform"} <= attributes.keys()


def test_the_grid_is_a_cube_whatever_the_order_of_points(dataset: xr.Dataset) -> None:
    cube = dataset.isel(point=[3, 0, 5, 1, 4, 2]).csmc.grid()
    assert cube["war"].dims == (DIVERGENCE, "institutions.all.obligation.strength", "institution")
    here = cube["war"].sel({DIVERGENCE: 1.0, "institutions.all.obligation.strength": 0.5})
    np.testing.assert_array_equal(here, dataset["war"].isel(point=3))
    assert cube["outcome_count"].dtype == np.int64


def test_a_grid_of_what_does_not_vary_is_refused_by_name(dataset: xr.Dataset) -> None:
    with pytest.raises(CsmcError, match="'war_difference' does not vary in this design"):
        dataset.csmc.grid("war_difference")


def test_a_part_of_a_grid_is_no_grid(dataset: xr.Dataset) -> None:
    with pytest.raises(CsmcError, match="no full grid"):
        dataset.isel(point=slice(5)).csmc.grid()
    assert dataset.isel(point=slice(0, 6, 2)).csmc.grid(DIVERGENCE).sizes[DIVERGENCE] == 3


def test_text_varies_too(tmp_path: Path) -> None:
    varied = StandIn({"system.capability.distribution": ["pareto", "equal"], "x.seats": ["all", 15]}, metrics=("war",))
    run(tmp_path, varied)
    cube = open_results(tmp_path).csmc.grid()
    assert cube["system.capability.distribution"].values.tolist() == ["pareto", "equal"]
    assert cube["x.seats"].values.tolist() == ["all", "15"]


def test_points_that_have_not_run_are_missing(tmp_path: Path, experiment: StandIn) -> None:
    run(tmp_path, experiment, points=[0, 1, 4])
    dataset = open_results(tmp_path)
    assert dataset.attrs["complete"] == 0
    assert np.isfinite(dataset["war"]).all("institution").values.tolist() == [True, True, False, False, True, False]
    assert dataset["replicates"].values.tolist() == [500, 500, 0, 0, 500, 0]


def test_chunks_of_points_do_not_show(tmp_path: Path, output: Path, experiment: StandIn, monkeypatch) -> None:
    monkeypatch.setattr(import_module("csmc.engine.records"), "CHUNK_BYTES", 1)
    run(tmp_path, experiment)
    xr.testing.assert_identical(open_results(tmp_path).load(), open_results(output).load())


def test_a_new_result_replaces_the_old_one_and_leaves_nothing_behind(tmp_path: Path, experiment: StandIn) -> None:
    run(tmp_path, experiment, points=[0])
    run(tmp_path, experiment)
    assert open_results(tmp_path).attrs["complete"] == 1
    assert os.listdir(tmp_path) == ["result.zarr"]


def test_a_failure_keeps_the_old_result(tmp_path: Path, experiment: StandIn, monkeypatch) -> None:
    run(tmp_path, experiment)
    monkeypatch.setattr(StandInStore, "records", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(tmp_path, experiment, points=[0])
    assert open_results(tmp_path).attrs["complete"] == 1
    assert os.listdir(tmp_path) == ["result.zarr"]


def test_joint_tables_between_all_and_none_without_which_there_are_no_war_patterns(tmp_path: Path) -> None:
    run(tmp_path / "all", StandIn(metrics=("war",), joint="all"))
    joint = open_results(tmp_path / "all")["joint_outcomes"]
    assert joint.dims == ("point", "institution", "other_institution", "outcome", "other_outcome")
    own = joint.isel(point=0).sel(institution="anarchy", other_institution="anarchy").values
    assert (own == np.diag(np.diag(own))).all()
    run(tmp_path / "none", StandIn(metrics=("war",), joint="none"))
    assert not {"joint_outcomes", "war_pattern", "pattern"} & set(open_results(tmp_path / "none").variables)


def test_netcdf_holds_the_same(tmp_path: Path, output: Path, dataset: xr.Dataset) -> None:
    export(output, tmp_path / "result.nc")
    with xr.open_dataset(tmp_path / "result.nc") as copy:
        np.testing.assert_array_equal(copy["war"], dataset["war"])
        assert copy["institution"].values.tolist() == dataset["institution"].values.tolist()
        assert copy[DIVERGENCE].attrs["units"] == "interest distance"
        assert copy.csmc.grid()["war"].sizes[DIVERGENCE] == 3


def test_csv_is_tidy_and_missing_is_empty(tmp_path: Path, output: Path, dataset: xr.Dataset) -> None:
    export(output, tmp_path / "result.csv")
    with (tmp_path / "result.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6 * 3 * 3
    row = next(r for r in rows if (r["point"], r["institution"], r["metric"]) == ("3", "anarchy", "war"))
    here = dataset.isel(point=3).sel(institution="anarchy")
    assert float(row["value"]) == float(here["war"])
    assert float(row["difference_high"]) == float(here["war_difference_high"])
    assert (row[DIVERGENCE], row["replicates"]) == ("1.0", "500")
    assert next(r for r in rows if r["metric"] == "selectivity")["value"] == ""


def test_zarr_copy_opens(tmp_path: Path, output: Path, dataset: xr.Dataset) -> None:
    export(output / "result.zarr", tmp_path / "copy.zarr")
    xr.testing.assert_identical(open_results(tmp_path / "copy.zarr").load(), dataset.load())


def test_bad_requests_are_refused_in_words(tmp_path: Path, output: Path) -> None:
    with pytest.raises(StoreError, match="no result here"):
        open_results(tmp_path)
    with pytest.raises(StoreError, match="cannot tell the format"):
        export(output, tmp_path / "result.xlsx")
    (tmp_path / "there.zarr").mkdir()
    with pytest.raises(StoreError, match="in the way"):
        export(output, tmp_path / "there.zarr")


def test_all_metrics_by_default(tmp_path: Path) -> None:
    run(tmp_path, StandIn())
    assert set(METRICS) <= set(open_results(tmp_path).data_vars)

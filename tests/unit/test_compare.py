"""Two results compared: their configurations, which points are the same, and what kind of difference each is."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import csmc
from csmc.analysis import compare, contrasts
from csmc.engine.difference import changes, same
from csmc.errors import CsmcError, ParameterError, StoreError
from csmc.estimate.between import adjusted, at_level
from csmc.estimate.differences import Known
from tests.unit.configurations import Command

MINE: dict[str, Any] = {"name": "mine", "extends": "league_of_nations"}
SECTIONS: dict[str, Any] = {
    "name": "small",
    "institutions": ["balance_of_power", MINE, "collective_security"],
    "design": {"grid": {"interests.divergence": [0.5, 1.0, 2.0]}},
    "sampling": {"replicates": 1000},
    "outputs": {"metrics": ["war", "challenge", "war_given_challenge", "belligerents"], "joint": "all"},
    "execution": {"threads": 1},
}
#: What is changed in each run beside the first.
CHANGES: dict[str, dict[str, Any]] = {
    "first": {},
    "twin": {},
    "twice": {"sampling": {"replicates": 2000}},
    "seed": {"seed": 2},
    "costly": {"parameters": {"crisis.war_cost": 0.6}},
    "rules": {"institutions": ["balance_of_power", MINE | {"obligation.strength": 0.5}, "collective_security"]},
    "turned": {"design": {"grid": {"interests.divergence": [2.0, 0.75, 1.0]}}},
    "single": {"design": None, "parameters": {"interests.divergence": 1.0}},
    "apart": {"design": None, "parameters": {"interests.divergence": 3.0}},
    "few": {"outputs": {"metrics": ["veto"]}},
    "precise": {"sampling": {"precision": {"war": {"half_width": 0.03}}, "max_replicates": 4000}},
    "controlled": {"sampling": {"replicates": 2000, "controls": True}},
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run of each."""
    folder = tmp_path_factory.mktemp("compare")
    for name, change in CHANGES.items():
        sections = {key: value for key, value in (SECTIONS | change).items() if value is not None}
        csmc.run(csmc.Experiment(**sections), output=folder / name).close()
    return {name: folder / name for name in CHANGES}


def kinds(found: xr.Dataset) -> set[str]:
    return set(found["kind"].values.ravel().tolist())


def test_the_same_run_twice_is_identical_and_nothing_is_tested(outputs: dict[str, Path]) -> None:
    found = compare(outputs["first"], outputs["twin"])
    assert kinds(found) == {"identical"}
    assert (found.sizes["change"], found.attrs["differences"], int(found["decided"].sum())) == (0, 0, 0)
    for part in ("difference", "difference_se", "difference_low", "difference_high"):
        assert (found[part] == 0).all()
    assert np.isnan(found["p"]).all()


def test_more_replicates_of_the_same_are_nested_with_a_known_error(outputs: dict[str, Path]) -> None:
    found = compare(outputs["first"], outputs["twice"], ["war"])
    assert kinds(found) == {"nested"}
    with csmc.open_results(outputs["first"]) as a, csmc.open_results(outputs["twice"]) as b:
        np.testing.assert_array_equal(found["difference"][..., 0], b["war"].values - a["war"].values)
        less, more = a["war_se"].values, b["war_se"].values
    np.testing.assert_allclose(found["difference_se"][..., 0] ** 2, less**2 + more**2 - 2**0.5 * less * more)
    back = compare(outputs["twice"], outputs["first"], ["war"])
    for one, other in (("difference", "difference"), ("difference_low", "difference_high")):
        np.testing.assert_allclose(found[one], -back[other], atol=1e-15)
    assert found["change"].values.tolist() == ["sampling.replicates"]


def test_where_a_precision_ends_the_points_runs_are_nested_too(outputs: dict[str, Path]) -> None:
    assert kinds(compare(outputs["first"], outputs["precise"])) == {"nested"}


def test_controls_are_another_estimate_of_the_same_crises_and_not_taken_for_nested(outputs: dict[str, Path]) -> None:
    assert kinds(compare(outputs["first"], outputs["controlled"])) == {"shared"}


def test_other_seeds_are_independent(outputs: dict[str, Path]) -> None:
    found = compare(outputs["first"], outputs["seed"], ["war"])
    assert kinds(found) == {"independent"}
    with csmc.open_results(outputs["first"]) as a, csmc.open_results(outputs["seed"]) as b:
        squares = a["war_se"].values ** 2 + b["war_se"].values ** 2
    np.testing.assert_allclose(found["difference_se"][..., 0] ** 2, squares)


def test_another_parameter_is_told_and_its_covariance_is_not_made_up(outputs: dict[str, Path]) -> None:
    found = compare(outputs["first"], outputs["costly"], ["war", "challenge"])
    assert kinds(found) == {"shared"}
    assert found["change"].values.tolist() == ["parameters.crisis.war_cost"]
    assert (found["configuration_a"].item(), found["configuration_b"].item()) == ("0.4", "0.6")
    with csmc.open_results(outputs["first"]) as a, csmc.open_results(outputs["costly"]) as b:
        np.testing.assert_allclose(found["difference_low"][..., 0], b["war_low"].values - a["war_high"].values)
        np.testing.assert_allclose(found["difference_high"][..., 0], b["war_high"].values - a["war_low"].values)


def test_rules_of_one_institution_leave_the_others_identical(outputs: dict[str, Path]) -> None:
    found = compare(outputs["first"], outputs["rules"])
    assert found["kind"].values.tolist() == [["identical", "shared", "identical"]] * 3
    assert found["change"].values.tolist() == ["institutions.mine.obligation.strength"]


def test_played_again_together_both_are_what_they_were_and_the_difference_is_that_of_one_experiment(
    outputs: dict[str, Path], tmp_path: Path
) -> None:
    found = compare(outputs["first"], outputs["rules"], rerun=1000)
    assert found["kind"].values.tolist() == [["identical", "paired", "identical"]] * 3
    paired = found.sel(institution="mine")
    for which, run in (("a", "first"), ("b", "rules")):
        with csmc.open_results(outputs[run]) as result:
            for metric in found["metric"].values.tolist():
                values = paired[f"value_{which}"].sel(metric=metric).values
                np.testing.assert_array_equal(values, result[metric].sel(institution="mine").values)
    other = MINE | {"name": "other", "obligation.strength": 0.5}
    csmc.run(csmc.Experiment(**SECTIONS | {"institutions": [MINE, other]}, reference="mine"), output=tmp_path).close()
    whole = contrasts(tmp_path, pairs=[("other", "mine")]).sel(institution="other", other_institution="mine")
    for metric in found["metric"].values.tolist():
        for part in ("difference", "difference_se", "difference_low", "difference_high"):
            np.testing.assert_array_equal(
                paired[part].sel(metric=metric),
                whole[f"{metric}_{part}"],
            )
    narrower = (
        compare(outputs["first"], outputs["rules"]).sel(institution="mine")["difference_se"] / paired["difference_se"]
    )
    assert float(narrower.sel(metric="war").min()) > 1.5


def test_points_are_matched_by_their_values_whatever_their_numbers(outputs: dict[str, Path]) -> None:
    found = compare(outputs["first"], outputs["turned"])
    assert found["point"].values.tolist() == [1, 2]
    assert found["point_b"].values.tolist() == [2, 0]
    assert found["interests.divergence"].values.tolist() == [1.0, 2.0]
    assert kinds(found) == {"identical"}, "a point is the same crises in whatever design it stands"


def test_a_parameter_that_one_of_the_two_does_not_vary_has_its_fixed_value(outputs: dict[str, Path]) -> None:
    for one, other, number in (("first", "single", 1), ("single", "first", 0)):
        found = compare(outputs[one], outputs[other])
        assert found["point"].values.tolist() == [number]
        assert kinds(found) == {"identical"}


def test_nothing_in_common_is_an_error_that_says_why(outputs: dict[str, Path]) -> None:
    with pytest.raises(CsmcError, match=r"interests\.divergence is 0\.5, 1, 2 in the one, 3 in the other"):
        compare(outputs["first"], outputs["apart"])
    with pytest.raises(CsmcError, match="no metric is in both results"):
        compare(outputs["first"], outputs["few"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"metrics": ["wars"]}, "'wars' is no metric of this result A; did you mean war?"),
        ({"institutions": ["min"]}, "'min' is no institution of this result A"),
        ({"points": [7]}, "point 7 of A is no point of B"),
        ({"level": 1.0}, "level=1.0"),
        ({"adjust": "bonferroni"}, "'bonferroni' is no method of adjustment"),
        ({"rerun": 1}, "rerun=1"),
    ],
)
def test_wrong_questions_are_refused(outputs: dict[str, Path], options: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        compare(outputs["first"], outputs["twice"], **options)


def test_what_cannot_be_played_together_is_not(outputs: dict[str, Path]) -> None:
    with pytest.raises(CsmcError, match="nothing can be simulated together"):
        compare(outputs["first"], outputs["costly"], rerun=100)


def test_without_its_store_or_of_another_stream_nothing_is_known_to_be_the_same(
    outputs: dict[str, Path], tmp_path: Path
) -> None:
    shutil.copytree(outputs["twin"] / "result.zarr", tmp_path / "alone.zarr")
    assert kinds(compare(outputs["first"], tmp_path / "alone.zarr")) == {"shared"}
    with csmc.open_results(outputs["twin"]) as result:
        found = compare(outputs["first"], result.assign_attrs(stream_version=1))
        assert kinds(found) == {"shared"}
        assert found.attrs["notes"][0].startswith("stream versions differ")
    with csmc.open_results(outputs["seed"]) as result:
        assert kinds(compare(outputs["first"], result.assign_attrs(stream_version=1))) == {"independent"}


def test_the_same_crises_counted_otherwise_are_refused(outputs: dict[str, Path]) -> None:
    for name in ("twin", "twice"):
        with csmc.open_results(outputs[name]) as result:
            altered = result.load().copy(deep=True)
        altered["outcome_count"][1, 2, 0] -= 900
        altered["outcome_count"][1, 2, 1] += 900
        altered.encoding = result.encoding
        with pytest.raises(StoreError, match="points 1 and 1 are the same crises under collective_security"):
            compare(outputs["first"], altered)


def test_a_partial_result_is_not_taken_for_the_first_replicates(outputs: dict[str, Path]) -> None:
    with csmc.open_results(outputs["twice"]) as result:
        partial = result.load().assign_attrs(replicates_planned=3000, complete=0)
        partial.encoding = result.encoding
        found = compare(outputs["first"], partial)
    assert kinds(found) == {"shared"}
    assert found.attrs["notes"] == ["B is partial"]


def test_differences_of_documents_are_places_with_both_values() -> None:
    one = {"a": 1, "b": [1, 2], "c": [{"name": "x", "v": 1}, {"name": "y", "v": 2}], "d": [1]}
    other = {"a": 1, "b": [1, 3], "c": [{"name": "y", "v": 2}, {"name": "z", "v": 3}], "d": [1, 2], "e": None}
    found = {change.path: (change.one, change.other) for change in changes(one, other)}
    assert found == {
        "b[1]": (2, 3),
        "c.x": ({"name": "x", "v": 1}, None),
        "c.z": (None, {"name": "z", "v": 3}),
        "d": ([1], [1, 2]),
    }
    assert same(one, other) == 4  # a, b[0], and the name and the value of y


def test_p_values_are_adjusted_as_by_hand_and_what_is_missing_is_no_member() -> None:
    p = np.array([[0.01, np.nan, 0.04], [0.03, 0.005, np.nan]])
    np.testing.assert_allclose(adjusted(p, "holm"), [[0.03, np.nan, 0.06], [0.06, 0.02, np.nan]])
    np.testing.assert_allclose(adjusted(p, "bh"), [[0.02, np.nan, 0.04], [0.04, 0.02, np.nan]])
    np.testing.assert_array_equal(adjusted(p, "none"), p)
    for method in ("holm", "bh"):
        assert adjusted(np.array([np.nan]), method).tolist() == pytest.approx([np.nan], nan_ok=True)


def test_another_level_moves_each_end_by_the_ratio_of_quantiles() -> None:
    one = Known(*(np.array([value]) for value in (0.1, 0.02, 0.06, 0.15)))
    wide = at_level(one, 0.95, 0.99, np.array([1e9]), 0.0, 1.0)
    np.testing.assert_allclose(
        [*wide.low, *wide.high], [0.1 - 0.04 * 2.5758 / 1.96, 0.1 + 0.05 * 2.5758 / 1.96], rtol=1e-4
    )
    assert at_level(one, 0.95, 0.95, np.array([5.0]), 0.0, 1.0) == one
    assert at_level(one, 0.95, 0.9999999, np.array([5.0]), 0.0, 1.0).low.item() == 0.0


def test_the_command_says_what_differs_and_what_kind_it_is(outputs: dict[str, Path], csmc_command: Command) -> None:
    ended = csmc_command("compare", outputs["first"], outputs["rules"], "--metric", "war", "--limit", 2)
    assert (ended.code, ended.err) == (0, "")
    words = " ".join(ended.out.split())
    assert "configuration: 1 difference" in words
    assert "institutions.mine.obligation.strength 2.0 0.5" in words
    assert "identical (6 of 9): the same crises under the same rules" in words
    assert "shared (3 of 9)" in words
    assert "3 differences can be claimed at 95 % (Holm)" in words
    assert "1 more are smaller" in words
    again = csmc_command("compare", outputs["first"], outputs["rules"], "--metric", "war", "--rerun", 500)
    assert "paired (3 of 9): both simulated again on the same crises" in " ".join(again.out.split())
    data = json.loads(csmc_command("compare", outputs["first"], outputs["seed"], "--point", 1, "--json").out)
    assert data["labels"]["point"] == [1]
    assert data["variables"]["kind"]["values"] == [["independent"] * 3]
    assert data["variables"]["configuration_b"]["values"] == ["2"]


def test_the_command_refuses_what_is_no_result(outputs: dict[str, Path], csmc_command: Command, tmp_path: Path) -> None:
    ended = csmc_command("compare", outputs["first"], tmp_path / "nothing")
    assert (ended.code, ended.out) == (2, "")
    assert "no result here" in ended.err

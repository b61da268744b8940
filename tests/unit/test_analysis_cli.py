"""`csmc sensitivity` and `csmc discover` on runs of the real kernel, from a file to tables and figures."""

import json
from pathlib import Path

import numpy as np
import pytest

import csmc

CONFIGURATION = """\
name: {kind}
institutions: [balance_of_power, un_security_council]
design:
  {kind}:
    {count}
    seed: 1
    ranges:
      interests.divergence: [0, 3]
      crisis.war_cost: {{log: [0.1, 1]}}
sampling: {{replicates: 200}}
outputs: {{metrics: [war, peace], joint: none}}
execution: {{threads: 1}}
"""
COUNTS = {"saltelli": "points: 16", "morris": "trajectories: 8", "lhs": "points: 64"}
DIFFERENCE = "war[un_security_council - balance_of_power] < -0.02"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Finished runs by the kind of their design."""
    folder, found = tmp_path_factory.mktemp("runs"), {}
    for kind, count in COUNTS.items():
        path = folder / f"{kind}.yaml"
        path.write_text(CONFIGURATION.format(kind=kind, count=count))
        csmc.run(path, output=folder / kind).close()
        found[kind] = folder / kind
    return found


def test_a_stored_result_has_its_places_and_gives_both_orders(outputs: dict[str, Path], csmc_command) -> None:
    with csmc.open_results(outputs["saltelli"]) as result:
        assert result["matrix"].values.tolist() == [0, 1, 2, 3] * 16
        found = csmc.analysis.sensitivity(result, resamples=200)
    assert found.sizes == {"estimand": 2, "institution": 2, "parameter": 2}
    assert np.isfinite(found["total"].sel(estimand="war")).all()
    ended = csmc_command("sensitivity", outputs["saltelli"], "--resamples", 200)
    assert ended.code == 0
    words = " ".join(ended.out.split())
    assert "war: share of variance, alone or with other parameters (total order)" in words
    assert "war, against balance of power: share of variance, alone (first order)" in words
    assert "Noise is bounded" in words
    one = found["total"].sel(estimand="war", institution="un_security_council", parameter="crisis.war_cost")
    first_line = next(line for line in ended.out.splitlines() if line.startswith("crisis.war_cost"))
    assert f"{float(one):.3f}" in first_line


@pytest.mark.parametrize(
    ("kind", "names"), [("saltelli", {"first", "total"}), ("morris", {"mu_star", "sigma"}), ("lhs", {"first"})]
)
def test_every_design_is_analysed_by_its_method_as_json_and_drawn(
    outputs: dict[str, Path], csmc_command, tmp_path: Path, kind: str, names: set[str]
) -> None:
    ended = csmc_command(
        "sensitivity", outputs[kind], "--metric", "war", "--metric", "peace", "--json", "--figures", tmp_path
    )
    assert ended.code == 0, ended.err
    data = json.loads(ended.out)
    assert names == {"first", "total", "mu_star", "sigma"} & set(data["variables"])
    assert data["labels"]["estimand"] == ["war", "war_difference", "peace", "peace_difference"]
    drawn = sorted(path.name for path in tmp_path.iterdir())
    stem = "screening" if kind == "morris" else "sensitivity"
    assert f"{stem}_war.png" in drawn
    assert f"{stem}_peace_difference.svg" in drawn
    assert len(drawn) == 8


def test_one_institution_without_differences(outputs: dict[str, Path], csmc_command) -> None:
    ended = csmc_command("sensitivity", outputs["saltelli"], "--institution", "un_security_council", "--no-differences")
    assert ended.code == 0
    assert "against" not in ended.out
    assert "UN Security Council" in ended.out
    assert "balance of power  " not in ended.out


def test_a_box_is_told_with_its_limits_and_drawn(outputs: dict[str, Path], csmc_command, tmp_path: Path) -> None:
    ended = csmc_command("discover", outputs["lhs"], "--where", DIFFERENCE, "--figures", tmp_path)
    assert ended.code == 0
    assert f"{DIFFERENCE}: " in ended.out
    assert "limits of the box" in ended.out
    assert "leave the condition undecided" in " ".join(ended.out.split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["discovery.png", "discovery.svg"]
    data = json.loads(csmc_command("discover", outputs["lhs"], "--where", DIFFERENCE, "--json").out)
    assert data["attributes"]["where"] == DIFFERENCE
    assert data["attributes"]["box_density"] > data["attributes"]["base_density"]
    assert data["variables"]["limit"]["dims"] == ["parameter", "end"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sensitivity", "--metric", "wars"), "'wars' is no metric of this result; did you mean war?"),
        (("discover", "--where", "war > 1"), "war of which institution?"),
    ],
)
def test_a_wrong_question_is_an_error_of_usage(
    outputs: dict[str, Path], csmc_command, arguments: tuple, said: str
) -> None:
    command, *options = arguments
    ended = csmc_command(command, outputs["saltelli"], *options)
    assert ended.code == 2
    assert said in ended.err


def test_more_points_extend_a_design_for_indices(outputs: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "saltelli.yaml"
    text = CONFIGURATION.format(kind="saltelli", count="points: 4")
    for count in (4, 8):
        path.write_text(text.replace("points: 4", f"points: {count}"))
        with csmc.run(path, output=tmp_path / "out") as result, csmc.open_results(outputs["saltelli"]) as whole:
            assert result.sizes["point"] == 4 * count
            np.testing.assert_array_equal(result["war"], whole["war"][: 4 * count])
            np.testing.assert_array_equal(result["sample"], whole["sample"][: 4 * count])

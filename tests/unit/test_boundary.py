"""Where the better of two institutions changes, asked of a run: what is said, and what cannot be asked."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import csmc
from csmc.analysis import boundary, contrasts
from csmc.analysis.boundary import FLIPS, MISSING, NEVER, UNDECIDED, _piece_variables, _root_variables, _tell
from csmc.cli import main
from csmc.cli.boundary import _print
from csmc.errors import CsmcError, ParameterError
from csmc.report.boundary import boundary_figure
from csmc.results.coordinates import TEXT
from tests.unit.configurations import ran

DIVERGENCE, COST = "interests.divergence", "crisis.war_cost"
CONFIGURATION = """\
name: line
institutions: [balance_of_power, un_security_council, collective_security]
design:
  grid:
    interests.divergence: [0, 1, 4]
    crisis.war_cost: [0.1, 0.3]
sampling: {replicates: 600}
execution: {threads: 1}
"""
PAIR = ("collective_security", "balance_of_power")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ran(CONFIGURATION, tmp_path_factory.mktemp("line"))


def test_lines_have_the_differences_of_their_points(run: Path) -> None:
    found = boundary(run, "war", *PAIR, DIVERGENCE)
    assert found["difference"].dims == ("setting", DIVERGENCE)
    assert found[COST].values.tolist() == [0.1, 0.3]
    with csmc.open_results(run) as result:
        there = result.sel(institution=PAIR[0]).csmc.grid()
        for part in ("", "_low", "_high"):
            np.testing.assert_allclose(found[f"difference{part}"], there[f"war_difference{part}"].T, rtol=1e-12)
    turned = boundary(run, "war", *PAIR[::-1], DIVERGENCE)
    np.testing.assert_array_equal(turned["difference_low"], -found["difference_high"])
    np.testing.assert_array_equal(turned["better_everywhere"], found["better_everywhere"])
    np.testing.assert_array_equal(turned["set_low"], found["set_low"])


def test_a_pair_without_the_reference_is_told_from_patterns_of_war(run: Path, tmp_path: Path) -> None:
    pair = ("collective_security", "un_security_council")
    found = boundary(run, "war", *pair, DIVERGENCE)
    all_pairs = ran(CONFIGURATION, tmp_path, "outputs.joint=all")
    xr.testing.assert_allclose(found, boundary(all_pairs, "war", *pair, DIVERGENCE), rtol=1e-9)
    war = contrasts(all_pairs, ["war"], [pair]).sel(institution=pair[0], other_institution=pair[1])
    np.testing.assert_allclose(found["difference"].values.T.ravel(), war["war_difference"], atol=1e-12)
    with pytest.raises(CsmcError, match="neither is the reference"):
        boundary(run, "general_war", *pair, DIVERGENCE)


def test_a_metric_of_more_is_better_names_the_other_one(run: Path) -> None:
    war, peace = boundary(run, "war", *PAIR, DIVERGENCE), boundary(run, "peace", *PAIR, DIVERGENCE)
    np.testing.assert_allclose(peace["difference"], -war["difference"], atol=1e-12)
    np.testing.assert_array_equal(peace["better_everywhere"], war["better_everywhere"])


def test_a_flip_is_told_and_drawn(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The run's own differences, moved so that those of one setting change sign between the first two points."""
    found = boundary(run, "war", *PAIR, DIVERGENCE)
    middle = float(found["difference"][0, :2].mean())
    lines = [found[name].values - middle for name in ("difference", "difference_low", "difference_high")]
    told = [_tell(found[DIVERGENCE].values, *(part[row] for part in lines), PAIR) for row in range(2)]
    roots = _root_variables(told, PAIR)
    at, left, right = (roots[name][1][0, 0] for name in ("root_at", "root_left", "root_right"))
    assert (at, left, right) == (pytest.approx(0.5), 0, 1)
    sides = roots["better_below"][1][0, 0], roots["better_above"][1][0, 0]
    assert sides == (PAIR if found["difference"][0, 0] < middle else PAIR[::-1])
    moved = found.drop_dims(["root", "piece"]).assign(roots).assign(_piece_variables(told))
    for name, words in (("verdict", [FLIPS, FLIPS]), ("better_everywhere", ["", ""])):
        moved[name] = "setting", np.array(words, TEXT)
    boundary_figure(moved, tmp_path / "flip.png")
    assert (tmp_path / "flip.png").stat().st_size > 10_000
    _print(moved)
    out = capsys.readouterr().out
    assert "0.5 (0 to 1)" in out
    assert f"{sides[0]}, then {sides[1]}" in " ".join(out.split())


def test_a_line_flips_or_never_does_or_cannot_be_told() -> None:
    places, half = np.arange(4.0), np.full(4, 0.5)
    for difference, verdict, everywhere, points in (
        ([-2, -1, 1, 2], FLIPS, "", 4),
        ([-2, -1, -1, -2], NEVER, "first", 4),
        ([2, np.nan, 1, 2], NEVER, "second", 3),
        ([-2, -1, -1, 0.1], UNDECIDED, "", 4),
        ([-2, np.nan, np.nan, np.nan], MISSING, "", 1),
    ):
        line = np.array(difference, dtype=np.float64)
        found = _tell(places, line, line - half, line + half, ("first", "second"))
        assert (found.verdict, found.everywhere, found.points) == (verdict, everywhere, points)


@pytest.mark.parametrize(
    ("along", "told"),
    [
        ("interests.divergenc", "did you mean interests.divergence?"),
        ("system.n_states", "what varies: interests.divergence, crisis.war_cost"),
    ],
)
def test_a_parameter_that_does_not_vary_is_refused(run: Path, along: str, told: str) -> None:
    with pytest.raises(ParameterError) as error:
        boundary(run, "war", *PAIR, along)
    assert told in str(error.value)


def test_other_wrong_questions_are_refused(run: Path) -> None:
    for arguments, told in (
        (("wars", *PAIR), "did you mean war?"),
        (("war", "anarchi", PAIR[1]), "no institution of this run"),
        (("war", PAIR[0], PAIR[0]), "two different institutions"),
        (("veto", *PAIR), "better='lower' or 'higher'"),
    ):
        with pytest.raises(ParameterError) as error:
            boundary(run, *arguments, DIVERGENCE)
        assert told in str(error.value)
    with pytest.raises(ParameterError, match="level=0"):
        boundary(run, "war", *PAIR, DIVERGENCE, level=0)


@pytest.mark.parametrize(
    ("design", "along", "told"),
    [
        ("{zip: {A: [0, 1], B: [0.1, 0.3]}}", DIVERGENCE, "no grid along"),
        ("{cases: [{A: 0, B: 0.1}, {A: 1, B: 0.1}, {A: 1, B: 0.3}]}", DIVERGENCE, "no grid along"),
        ("{grid: {system.capability.distribution: [equal, pareto]}}", "system.capability.distribution", "no numbers"),
    ],
)
def test_designs_without_lines_are_refused(tmp_path: Path, design: str, along: str, told: str) -> None:
    written = design.replace("A:", f"{DIVERGENCE}:").replace("B:", f"{COST}:")
    output = ran(CONFIGURATION, tmp_path, f"design={written}", "sampling.replicates=20")
    with pytest.raises(ParameterError, match=told):
        boundary(output, "war", *PAIR, along)


def test_the_command_tells_and_draws_the_boundary(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["boundary", str(run), "--metric", "war", "--pair", *PAIR, "--along", DIVERGENCE]
    pictures = [tmp_path / f"line.{kind}" for kind in ("png", "svg")]
    for picture in pictures:
        with pytest.raises(SystemExit) as ended:
            main([*asked, "--figure", str(picture)])
        assert not ended.value.code
    out = capsys.readouterr().out
    assert f"{PAIR[0]} against {PAIR[1]} by war, along {DIVERGENCE}" in out
    assert f"{COST} = 0.1" in out
    assert pictures[0].read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in pictures[1].read_bytes()
    with pytest.raises(SystemExit):
        main([*asked, "--json"])
    data = json.loads(capsys.readouterr().out)
    assert [setting["where"] for setting in data["settings"]] == [{COST: 0.1}, {COST: 0.3}]
    with pytest.raises(SystemExit) as ended:
        main([*asked, "--figure", str(tmp_path / "line.doc")])
    assert ended.value.code == 2
    assert "known: png, svg, pdf" in capsys.readouterr().err

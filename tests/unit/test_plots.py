"""Figures one at a time, in any format, and what notebooks show of experiments and results."""

import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import csmc
from csmc.errors import CsmcError, ParameterError
from csmc.report import figures
from tests.unit.configurations import Command

BASE: dict[str, Any] = {
    "institutions": ["balance_of_power", "league_of_nations", "collective_security"],
    "sampling": {"replicates": 400},
    "outputs": {"metrics": ["war", "peace", "belligerents", "challenge"]},
    "execution": {"threads": 1},
}
DIVERGENCE, COST = {"interests.divergence": [0.5, 1.0, 2.0]}, {"crisis.war_cost": [0.2, 0.6]}
DESIGNS: dict[str, dict[str, Any]] = {
    "point": {},
    "line": {"design": {"grid": DIVERGENCE}},
    "plane": {"design": {"grid": DIVERGENCE | COST}},
}
#: What must stay text.
HOSTILE = "<script>alert(1)</script>\"' & </td>"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, xr.Dataset]:
    """A result of each design."""
    folder = tmp_path_factory.mktemp("plots")
    return {
        name: csmc.run(csmc.Experiment(name=name, question=f"{HOSTILE}?", **BASE, **design), output=folder / name)
        for name, design in DESIGNS.items()
    }


def drawn(axes: Any) -> dict[str, list[float]]:
    """The values of every labelled line."""
    return {str(line.get_label()): list(line.get_ydata()) for line in axes.get_lines()}


@pytest.mark.parametrize("metric", ["war", "belligerents"])
def test_curves_are_of_the_numbers_of_the_result(results: dict[str, xr.Dataset], metric: str) -> None:
    line = results["line"]
    figure = line.csmc.plot.curves(metric)
    value, difference = (drawn(axes) for axes in figure.axes)
    for name, title in line.csmc.titles.items():
        np.testing.assert_array_equal(value[title], line[metric].sel(institution=name))
        if name != line.csmc.reference:
            np.testing.assert_array_equal(difference[title], line[f"{metric}_difference"].sel(institution=name))
    figure.canvas.draw()
    labels = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert any("%" in label for label in labels) == (metric == "war"), "only shares are in per cent"


def test_maps_are_of_the_numbers_of_the_result_and_of_the_institutions_asked_for(
    results: dict[str, xr.Dataset],
) -> None:
    plane = results["plane"]
    figure = plane.csmc.plot.map("challenge", ["collective_security"])
    (mesh,) = figure.axes[0].collections[:1]
    cube = plane[["challenge_difference"]].csmc.grid().sel(institution="collective_security")["challenge_difference"]
    shown = np.asarray(mesh.get_array()).reshape(2, 3)
    np.testing.assert_array_equal(shown, cube.transpose("crisis.war_cost", "interests.divergence"))
    assert [axes.get_title(loc="left") for axes in figure.axes if axes.get_title(loc="left")] == ["collective security"]


def test_differences_of_one_point_are_dots_and_of_many_are_in_order(results: dict[str, xr.Dataset]) -> None:
    point = results["point"]
    dots = point.csmc.plot.differences("peace").axes[0]
    places = [line.get_xdata() for line in dots.get_lines() if line.get_marker() == "o"]
    assert np.ravel(places).tolist() == point["peace_difference"].values[0, 1:].tolist()
    assert [label.get_text() for label in dots.get_yticklabels()] == list(point.csmc.titles.values())
    line = results["line"]
    spread = drawn(line.csmc.plot.differences("war").axes[0])
    for name in ("league_of_nations", "collective_security"):
        assert spread[line.csmc.titles[name]] == sorted(line["war_difference"].sel(institution=name).values.tolist())


def test_outcomes_are_of_the_point_that_is_named(results: dict[str, xr.Dataset]) -> None:
    line = results["line"]
    bars = line.csmc.plot.outcomes(2).axes[0].containers[0]
    counts = line["outcome_count"].isel(point=2)
    assert bars.get_label() == "no challenge"
    assert [bar.get_width() for bar in bars] == (counts[:, 0] / counts.sum("outcome")).values.tolist()
    assert results["point"].csmc.plot.outcomes().axes


def test_the_boundary_of_two_institutions_is_drawn(results: dict[str, xr.Dataset]) -> None:
    figure = results["line"].csmc.plot.boundary("collective_security", "balance_of_power", "interests.divergence")
    assert figure.get_suptitle().startswith("war: collective_security minus balance_of_power")


@pytest.mark.parametrize(
    ("ask", "design", "said"),
    [
        (lambda plot: plot.curves("wars"), "line", "'wars' is no metric of this result; did you mean war?"),
        (lambda plot: plot.curves("war"), "plane", "curves are of one parameter that varies, and here vary 2"),
        (lambda plot: plot.map("war"), "point", "a map is of two parameters that vary, and here vary none"),
        (lambda plot: plot.outcomes(), "line", "the result has 3 points: say of which one"),
        (lambda plot: plot.outcomes(3), "line", "point 3 is not among the 3 points that have run"),
        (lambda plot: plot.differences("war", ["leage_of_nations"]), "line", "did you mean league_of_nations?"),
        (
            lambda plot: plot.differences("war", ["balance_of_power"]),
            "line",
            "nothing to compare with",
        ),
    ],
)
def test_a_figure_that_cannot_be_says_why(
    results: dict[str, xr.Dataset], ask: Callable[[Any], Any], design: str, said: str
) -> None:
    with pytest.raises(CsmcError, match=re.escape(said)):
        ask(results[design].csmc.plot)


def test_points_that_have_not_run_are_left_out(results: dict[str, xr.Dataset]) -> None:
    partial = results["line"].load().copy(deep=True)
    partial["replicates"][1] = 0
    assert len(drawn(partial.csmc.plot.curves("war").axes[0])["balance of power"]) == 2
    partial["replicates"][:] = 0
    with pytest.raises(CsmcError, match="no point has run yet"):
        partial.csmc.plot.curves("war")


def test_notebooks_show_figures_of_themselves(results: dict[str, xr.Dataset]) -> None:
    assert results["line"].csmc.plot.curves()._repr_png_().startswith(b"\x89PNG")


def test_a_result_and_its_table_need_no_matplotlib(results: dict[str, xr.Dataset]) -> None:
    output = results["line"].encoding["output"]
    code = f"import sys, csmc; csmc.open_results({output!r}).csmc._repr_html_(); print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


MAGIC = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


def test_figures_come_in_the_formats_asked_for_and_the_same_figure_has_the_same_bytes(
    results: dict[str, xr.Dataset], tmp_path: Path
) -> None:
    one, other = (figures(results["line"], tmp_path / name, ["pdf", "svg", "png", "pdf"]) for name in ("a", "b"))
    assert [path.name for path in one] == ["curves.pdf", "curves.svg", "curves.png"]
    for first, second in zip(one, other, strict=True):
        assert first.read_bytes().startswith(MAGIC[first.suffix[1:]])
        assert first.read_bytes() == second.read_bytes()
    with pytest.raises(ParameterError, match=r"'pgn' is no format of figures.*png"):
        figures(results["line"], tmp_path, ["pgn"])


def test_the_command_writes_the_formats_asked_for(
    results: dict[str, xr.Dataset], csmc_command: Command, tmp_path: Path
) -> None:
    output = results["line"].encoding["output"]
    ended = csmc_command("report", output, "--figures", tmp_path / "f", "--format", "pdf", "--format", "png")
    assert ended.code == 0
    assert sorted(path.name for path in (tmp_path / "f").iterdir()) == ["curves.pdf", "curves.png"]
    ended = csmc_command("report", output, "--format", "pdf")
    assert (ended.code, ended.out) == (2, "")
    assert "--figures DIRECTORY" in ended.err


class Cells(HTMLParser):
    """The text of a table's cells, and which tags there are."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


ALLOWED = {"div", "strong", "em", "br", "table", "tr", "th", "td"}


def test_an_experiment_is_shown_with_its_texts_as_text() -> None:
    hostile = {"name": "mine", "extends": "league_of_nations", "title": "a<b>c"}
    experiment = csmc.Experiment(
        name="line",
        question=HOSTILE,
        institutions=["balance_of_power", hostile],
        design={"grid": {"interests.divergence": [0.25 * k for k in range(1, 9)]} | COST},
    )
    shown = Cells(experiment._repr_html_())
    assert shown.tags <= ALLOWED
    assert {HOSTILE, "balance of power, a<b>c", "10,000 of each point"} <= set(shown.texts)
    assert "16 points: interests.divergence = 0.25 to 2 (8 values); crisis.war_cost = 0.2, 0.6" in shown.texts
    alone = Cells(csmc.Experiment(institutions=["anarchy", "balance_of_power"])._repr_html_())
    assert "1 point" in alone.texts
    goals = {"precision": {"war": {"half_width": 0.01}}, "max_replicates": 5000}
    precise = Cells(csmc.Experiment(institutions=["anarchy", "balance_of_power"], sampling=goals)._repr_html_())
    assert any("0.01" in text and "at most 5,000 of each point" in text for text in precise.texts)


def test_a_result_is_shown_with_its_wars_and_whether_it_is_complete(results: dict[str, xr.Dataset]) -> None:
    point, line = results["point"], results["line"]
    shown = Cells(point.csmc._repr_html_())
    value, low, high = (float(point[f"war{end}"][0, 2]) for end in ("", "_low", "_high"))
    assert shown.tags <= ALLOWED
    assert {f"{HOSTILE}?", f"{value:.2%} ({low:.2%} to {high:.2%})", "400 of each point", "yes"} <= set(shown.texts)
    values = line["war"].sel(institution="collective_security").values
    assert f"{values.min():.2%} to {values.max():.2%} over the points" in Cells(line.csmc._repr_html_()).texts
    partial = line.load().assign_attrs(complete=0)
    partial["war"][:] = np.nan
    assert {"no: some work has not run", "–"} <= set(Cells(partial.csmc._repr_html_()).texts)

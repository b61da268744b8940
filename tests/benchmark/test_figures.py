"""All figures together, and as `csmc bench` prints them."""

import json

import pytest

from csmc.benchmark.figures import Figures, machine, measure
from csmc.benchmark.operations import COSTLY, Operation
from csmc.cli import main
from csmc.cli.bench import show


@pytest.fixture(scope="module")
def figures() -> Figures:
    return measure(0.0, sizes=((3, 2),))


def test_every_figure_is_measured(figures: Figures) -> None:
    assert set(figures.atoms) == set(COSTLY)
    assert [(figure.n_states, figure.episodes) for figure in figures.kernel] == [(3, 2)]
    for figure in figures.kernel:
        parts = sum(figure.operations[operation] * timing.cpu for operation, timing in figures.atoms.items())
        assert figure.roof == pytest.approx(parts)
        assert figure.ratio == pytest.approx(figure.timing.cpu / parts)
        assert figure.ratio > 0.5
        assert figure.millions_per_second == pytest.approx(1e3 / figure.timing.median)
    assert (figures.scaling is None) == (machine()["cores"] == 1)


def test_figures_are_json(figures: Figures) -> None:
    read = json.loads(json.dumps(figures.as_json()))
    assert read["machine"]["cpu"] == figures.machine["cpu"]
    assert read["kernel"][0]["episodes"] == 2
    assert read["kernel"][0]["operations"]["normal"] == figures.kernel[0].operations[Operation.NORMAL]


def test_figures_are_shown(figures: Figures, capsys: pytest.CaptureFixture[str]) -> None:
    show(figures)
    shown = capsys.readouterr().out
    assert f"csmc {figures.machine['csmc']}" in shown
    assert f"exponential {figures.atoms[Operation.EXPONENTIAL].median:.2f}" in shown
    assert f"{figures.kernel[0].timing.median:.0f}" in shown
    assert "3 states, 2 episodes" in shown


@pytest.mark.proof
def test_the_command_measures_the_usual_cases(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bench", "--seconds", "0", "--json"])
    assert ended.value.code == 0
    kernel = json.loads(capsys.readouterr().out)["kernel"]
    assert [(row["n_states"], row["episodes"]) for row in kernel] == [(8, 1), (8, 20), (32, 1), (32, 20)]

"""Results for pages of every kind of design, what a page says, and a real browser."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

import csmc
from csmc.results import assemble, open_results
from tests.report_page.reading import Page
from tests.unit.conftest import csmc_command  # noqa: F401
from tests.unit.synthetic import StandIn, StandInStore

Make = Callable[..., xr.Dataset]

DIVERGENCE, STRENGTH, GROWTH = "interests.divergence", "institutions.*.obligation.strength", "dynamics.growth"
LINE = {DIVERGENCE: [0.0, 0.5, 1.0, 1.5, 2.0]}
PLANE = {DIVERGENCE: [0.0, 0.5, 1.0, 1.5, 2.0], STRENGTH: [0.5, 1.0, 2.0]}
SHOWN = ("peace", "war", "general_war", "war_given_challenge", "challenge", "belligerents")
#: Names that do harm where text is taken for HTML, script or an attribute.
HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    "\"'><b onmouseover=alert(3)>bold</b> {{ 7 * 7 }} ${8 * 8} 平和 ∑",
)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a result in which war under the last institution rises with divergence, from 5 % to above the others."""

    def make(axes: Mapping[str, Sequence[Any]], computed: int | None = None, **options: Any) -> xr.Dataset:
        experiment = StandIn(axes, **({"metrics": SHOWN, "replicates": 800} | options))
        kept = []
        for point in range(experiment.n_points if computed is None else computed):
            divergence = experiment.grid[point].get(DIVERGENCE, 1.0)
            kept.append(experiment.record(point, (0.25, 0.15, 0.05 + 0.1 * divergence)))
        assemble(experiment, StandInStore(tmp_path, experiment, kept))  # type: ignore[arg-type]
        return open_results(tmp_path)

    return make


RUNS = {
    "histories": """\
name: histories
question: Does it last?
institutions: [balance_of_power, collective_security, un_security_council]
parameters: {dynamics.episodes: 6}
design: {grid: {interests.divergence: [0.5, 2.0]}}
sampling: {replicates: 120}
outputs: {joint: all}
""",
    "sample": """\
name: sample
question: Which assumptions matter?
institutions: [balance_of_power, collective_security]
design:
  lhs:
    points: 70
    seed: 1
    ranges: {interests.divergence: [0, 3], crisis.war_cost: [0.1, 1], crisis.misperception: [0, 0.6],
             response.vote_cost: [0, 1], response.joining_cost: [0.5, 2]}
sampling: {replicates: 60}
outputs: {metrics: [war, peace, challenge], joint: none}
""",
}


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The output of a real run by name, made once."""
    folder, done = tmp_path_factory.mktemp("runs"), {}

    def ran(name: str) -> Path:
        if name not in done:
            (folder / f"{name}.yaml").write_text(RUNS[name])
            csmc.run(folder / f"{name}.yaml", output=folder / name).close()
            done[name] = folder / name
        return done[name]

    return ran


@pytest.fixture
def show(chromium: Any, tmp_path: Path) -> Iterator[Callable[[xr.Dataset], Page]]:
    """Open the page of a result in the browser; afterwards nothing must have gone wrong or been asked for."""
    pages = []

    def show(dataset: xr.Dataset) -> Page:
        pages.append(Page(chromium, dataset, tmp_path / "page.html"))
        return pages[-1]

    chromium.get_log("browser"), chromium.get_log("performance")
    yield show
    for page in pages[-1:]:
        page.check()

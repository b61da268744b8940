"""When splitting pays: what a second of one core is worth by it, and by plain replication; `python -m bench.rare`.

Worth is 1 / (relative error squared x seconds). That of plain replication follows from the probability, as splitting
finds it, and from the kernel's time for a history. docs/analysis.md has the table.
"""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from csmc.analysis import rare
from csmc.config import Experiment
from csmc.kernel import tally
from csmc.kernel.result import Plan

RUNS, PARTICLES = 12, 1000
#: Histories from which the kernel's time is taken.
HISTORIES = 2_000_000
#: Parameters of the points, from the least rare general war on.
POINTS: Mapping[str, Mapping[str, Any]] = {
    "general war at 80 % of capability": {"crisis.general_war": 0.8},
    "at 95 %": {"crisis.general_war": 0.95},
    "at 95 %, joining twice as dear": {"crisis.general_war": 0.95, "response.joining_cost": 2.0},
    "at 95 %, joining three times as dear": {"crisis.general_war": 0.95, "response.joining_cost": 3.0},
    "at 95 %, joining four times as dear": {"crisis.general_war": 0.95, "response.joining_cost": 4.0},
}


class Worth(NamedTuple):
    """A probability, and what a second is worth by each way."""

    probability: float
    splitting: float
    plain: float


def worth(parameters: Mapping[str, Any]) -> Worth:
    """Estimate a general war under collective security by splitting, on one core, and time plain histories."""
    posed = Experiment(institutions=["collective_security"], parameters=dict(parameters))
    packed, counted = posed.point(0).packed(), Plan(joint="none")
    began = time.perf_counter()
    found = rare(posed, "general_war", particles=PARTICLES, runs=RUNS, threads=1).isel(point=0, institution=0)
    spent = time.perf_counter() - began
    tally(*packed, 1, 0, 1000, counted)
    began = time.perf_counter()
    tally(*packed, 1, 0, HISTORIES, counted)
    history = (time.perf_counter() - began) / HISTORIES
    probability, error = float(found["probability"]), float(found["relative_error"])
    return Worth(probability, 1 / (error**2 * spent), probability / history)


def main() -> None:
    """Print the table."""
    worth(POINTS["at 95 %"])  # compiles
    print("| point | probability | splitting | plain replication | gain |\n|---|---|---|---|---|")
    for name, parameters in POINTS.items():
        found = worth(parameters)
        values = (found.splitting, found.plain, found.splitting / found.plain)
        print(f"| {name} | {found.probability:.1e} | {' | '.join(map(_number, values))} |", flush=True)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


if __name__ == "__main__":
    main()

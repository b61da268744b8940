"""Replicates in groups, run as users run them, against exact answers: no bias, errors of the right size, coverage."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import csmc
from csmc.estimate import METRICS
from csmc.estimate.metrics import Constant, Ratio
from csmc.institutions import Institution, get
from csmc.parameters import defaults
from tests.evidence import Section
from tests.exact.cases import HISTORIES, THREES
from tests.exact.episode import Resolution
from tests.exact.history import History, history
from tests.exact.quadrature import Floats
from tests.exact.world import World
from tests.intervals.coverage import EXPERIMENTS, LEAST, holds

Evidence = Callable[[Section, str, str], None]
SEED = 20261122
#: Five standard errors for some 100 numbers: a correct program fails once in 17,000 times.
TOLERANCE = 5.0
#: Parameters that follow from a table of states.
DERIVED = {"system.n_states", "system.capability.distribution"}


@dataclass(frozen=True)
class Tiny:
    """A world under its own rules and under a reference, a parameter that changes nothing there, what is measured."""

    world: World
    reference: Institution
    inert: str
    metrics: tuple[str, ...]

    @property
    def rules(self) -> Institution:
        return self.world.institution.model_copy(update={"name": "compared"})

    def run(self, folder: Path, replication: str, replicates: int, points: int) -> xr.Dataset:
        """So many experiments with seeds of their own, a point each."""
        (folder / "states.csv").write_text(self._table())
        changed = {path: value for path, value in self.world.values.items() if value != defaults()[path]}
        experiment = csmc.Experiment(
            base=folder,
            seed=SEED,
            seeding="independent",
            institutions=[self.reference, self.rules],
            reference=self.reference.name,
            parameters={"system.table": "states.csv"} | {p: v for p, v in changed.items() if p not in DERIVED},
            design={"grid": {self.inert: {"linspace": [0.01, 0.1, points]}}},
            sampling={"replicates": replicates, "replication": replication},
            outputs={"metrics": list(self.metrics), "joint": "reference"},
        )
        with csmc.run(experiment, output=folder / "out") as opened:
            return opened.sel(institution="compared").load()

    def _table(self) -> str:
        world = self.world
        columns: dict[str, tuple[object, ...]] = {
            "name": tuple(f"state {i}" for i in range(world.n)),
            "capability": world.capability,
            **{f"ideal_point_{axis + 1}": values for axis, values in enumerate(zip(*world.points, strict=True))},
        }
        flags = {"great_power": world.great_power, "member": world.member}
        columns |= {name: given for name, given in flags.items() if given is not None}
        rows = [columns.keys(), *zip(*columns.values(), strict=True)]
        return "".join(",".join(map(str, row)) + "\n" for row in rows)

    @cached_property
    def _exact(self) -> tuple[History, History]:
        other = replace(self.world, institution=self.reference)
        ours, theirs = (history(world, Resolution(2 if world.n == 2 else 1, 2)) for world in (self.world, other))
        return ours, theirs

    def exact(self, name: str) -> dict[str, float]:
        """The metric under the rules, and its difference from the reference."""
        ours, theirs = (self._ratio(METRICS[name].ratio, exact.mean) for exact in self._exact)
        return {name: ours, f"{name}_difference": ours - theirs}

    def _ratio(self, ratio: Ratio, mean: Floats) -> float:
        known = {Constant.EPISODES: self.world.values["dynamics.episodes"], Constant.HISTORIES: 1}
        among = ratio.denominator
        return float(mean[ratio.numerator] / (known[among] if isinstance(among, Constant) else mean[among]))


WORLDS = {
    "one crisis of three states, the League": Tiny(
        next(world for world in THREES if world.name == "League"),
        get("balance_of_power"),
        "dynamics.growth",
        ("war", "challenge", "negotiated_settlement", "war_given_challenge", "concession"),
    ),
    "two crises of two states": Tiny(
        HISTORIES[0],
        get("anarchy"),
        "response.vote_cost",
        ("war", "challenge", "negotiated_settlement", "war_given_challenge", "concession", "history_without_war"),
    ),
}


def bias(tiny: Tiny, result: xr.Dataset) -> Iterator[float]:
    """Standard errors between the mean over experiments and the exact answer, where estimates have no bias."""
    for name in tiny.metrics:
        if isinstance(METRICS[name].ratio.denominator, Constant):
            for variable, truth in tiny.exact(name).items():
                values = result[variable].values
                yield (values.mean() - truth) / (values.std(ddof=1) / np.sqrt(len(values)))


def spread(tiny: Tiny, result: xr.Dataset) -> Iterator[float]:
    """Standard errors between the mean squared standard error and the variance over experiments."""
    for name in tiny.metrics:
        for variable in tiny.exact(name):
            values, errors = result[variable].values, result[f"{variable}_se"].values
            there = np.isfinite(errors)
            squares = (values[there] - values[there].mean()) ** 2
            excess = errors[there] ** 2 - squares
            yield excess.mean() / (excess.std() / np.sqrt(len(excess)))


def coverages(tiny: Tiny, result: xr.Dataset) -> dict[str, float]:
    """Shares of experiments whose intervals hold the exact answer, of those that have an estimate."""
    found = {}
    for name in tiny.metrics:
        for variable, truth in tiny.exact(name).items():
            there = np.isfinite(result[f"{variable}_se"].values)
            low, high = (result[f"{variable}_{end}"].values[there] for end in ("low", "high"))
            found[variable] = float(holds(low, high, truth).mean())
    return found


@pytest.mark.statistical
@pytest.mark.parametrize("replication", ["antithetic", "stratified"])
def test_estimates_from_groups_have_no_bias_and_errors_of_the_right_size(replication: str, tmp_path: Path) -> None:
    tiny = WORLDS["one crisis of three states, the League"]
    result = tiny.run(tmp_path, replication, 400, 500)
    assert max(map(abs, bias(tiny, result))) < TOLERANCE  # 500 experiments of 400 replicates
    assert max(map(abs, spread(tiny, result))) < TOLERANCE


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize("replication", ["antithetic", "stratified"])
@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("replicates", [40, 400])
def test_intervals_from_groups_cover_exact_answers(
    name: str, replication: str, replicates: int, tmp_path: Path, evidence: Evidence
) -> None:
    tiny = WORLDS[name]
    result = tiny.run(tmp_path, replication, replicates, EXPERIMENTS)
    farthest = max(map(abs, bias(tiny, result)))
    assert max(farthest, *map(abs, spread(tiny, result))) < TOLERANCE
    found = coverages(tiny, result)
    worst = min(found, key=lambda variable: found[variable])
    assert found[worst] >= LEAST
    evidence(
        Section.STATISTICS,
        f"Replicates drawn in groups ({replication}), {replicates} of {name}: means have no bias, squared errors are "
        f"the variance (both within {TOLERANCE:g} of their standard errors), and intervals cover the exact answers (at "
        f"least {LEAST}) in {EXPERIMENTS:,} experiments.",
        f"farthest mean {farthest:.2f} standard errors away; worst coverage {found[worst]:.4f} ({worst}) of "
        f"{len(found)} intervals, mean {np.mean(list(found.values())):.4f}",
    )

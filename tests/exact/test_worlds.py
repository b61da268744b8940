"""Every world of `cases.py` against the kernel: outcomes, tallies, metrics and the episodes of histories."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from csmc.kernel.codes import Outcome
from tests.evidence import Section
from tests.exact.cases import BARGAINS, FOURS, HISTORIES, THREES
from tests.exact.comparison import TOLERANCE, Compared, compare, deviation
from tests.exact.episode import Resolution
from tests.exact.history import History, history
from tests.exact.quadrature import Floats
from tests.exact.world import World, simulated

SEED = 20261122
REPLICATES = 4_000_000
FEW = 400_000
#: Doubling every number of panels moves no expected tally by more: a tenth of the standard error of an outcome that has
#: a probability of 0.04%, a 250th of one of 50%.
STABLE = 1e-6
#: Without a spread of the status quo, integrals over the misperception have kinks that are not split at.
FINE = {"status quo fixed by power": 32}

WORLDS = {f"{world.n} states: {world.name}": world for world in (*BARGAINS, *THREES, *FOURS)}
MEMORIES = {f"2 episodes: {world.name}": world for world in HISTORIES}
SEEDS = {name: SEED + position for position, name in enumerate((*WORLDS, *MEMORIES))}

Evidence = Callable[[Section, str, str], None]


def converged(world: World) -> History:
    """The exact expectations, after a check that twice as many panels give the same."""
    fine = FINE.get(world.name, 4 if world.n == 2 else 1)
    panels = 6 if world.n == 3 else 1
    coarse, exact = history(world, Resolution(fine, panels)), history(world, Resolution(2 * fine, 2 * panels))
    assert exact.total == pytest.approx(1, abs=1e-9)
    assert np.abs(exact.mean - coarse.mean).max() < STABLE
    return exact


def agreement(compared: list[Compared]) -> str:
    """The largest deviation, after a check that none is beyond the tolerance."""
    beyond = [number for number in compared if not abs(number.errors) <= TOLERANCE]
    assert not beyond
    worst = max(compared, key=lambda number: abs(number.errors))
    uncertain = sum(number.errors != 0 for number in compared)
    return (
        f"{uncertain} numbers, the farthest {abs(worst.errors):.2f} standard errors away ({worst.name}); "
        f"{len(compared) - uncertain} that are certain, exact"
    )


@cache
def remembered(name: str) -> History:
    """The exact expectations of a history of two crises."""
    return converged(MEMORIES[name])


@pytest.mark.statistical
@pytest.mark.parametrize("name", ["2 states: the defaults", "3 states: League"])
def test_fewer_histories_agree_with_the_exact_probabilities(name: str) -> None:
    exact = history(WORLDS[name], Resolution(2))
    agreement(compare(WORLDS[name], exact, FEW, SEEDS[name]))


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize("name", WORLDS)
def test_one_crisis_has_the_exact_probabilities(name: str, evidence: Evidence) -> None:
    figure = agreement(compare(WORLDS[name], converged(WORLDS[name]), REPLICATES, SEEDS[name]))
    evidence(
        Section.EXACT,
        f"{name}. The rates of all outcomes, tallies and metrics are the exact ones within {TOLERANCE:g} errors",
        f"{figure}, {REPLICATES:,} replicates",
    )


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize("name", MEMORIES)
def test_two_crises_with_memory_have_the_exact_joint_probabilities(name: str, evidence: Evidence) -> None:
    figure = agreement(compare(MEMORIES[name], remembered(name), REPLICATES, SEEDS[name]))
    evidence(
        Section.EXACT,
        f"{name}. The rates of pairs of outcomes, tallies, metrics and the state at the end are the exact ones within "
        f"{TOLERANCE:g} errors",
        f"{figure}, {REPLICATES:,} replicates",
    )


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize("name", MEMORIES)
def test_the_second_crisis_alone_has_the_exact_probabilities_and_not_those_of_the_first(
    name: str, evidence: Evidence
) -> None:
    world, exact = MEMORIES[name], remembered(name)
    assert exact.second is not None
    alone = replace(world, changes={**world.changes, "dynamics.episodes": 1})
    both, first = (simulated(each, REPLICATES, SEEDS[name]).sums[0] for each in (world, alone))
    counts = [int(both[outcome] - first[outcome]) for outcome in Outcome]
    farthest = max(_deviations(counts, exact.second))
    from_first = max(_deviations(counts, exact.first))
    assert farthest <= TOLERANCE < from_first
    evidence(
        Section.EXACT,
        f"{name}. Outcomes of the second crisis have their exact probabilities, which are not those of the first",
        f"{len(counts)} outcomes, the farthest {farthest:.2f} standard errors away ({from_first:.0f} from those of the "
        f"first), {REPLICATES:,} replicates",
    )


def _deviations(counts: list[int], probabilities: Floats) -> list[float]:
    rounded = np.clip(np.round(probabilities, 15), 0, 1)
    return [abs(deviation(count, REPLICATES, float(p))) for count, p in zip(counts, rounded, strict=True)]

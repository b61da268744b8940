"""Intervals for pairs of institutions hold their level: differences without the reference, and what becomes of wars."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from csmc.estimate import METRICS, Moments, Pairs, differences
from csmc.estimate.fates import Prevention, prevention
from csmc.kernel.codes import Outcome
from csmc.kernel.result import PREVENTED
from tests.evidence import Section
from tests.intervals.batches import INSTITUTIONS, as_points, batches, pooled, quickstart
from tests.intervals.coverage import EXPERIMENTS, LEAST, holds
from tests.intervals.histories import OTHER, REFERENCE, Process
from tests.intervals.processes import PROCESSES
from tests.intervals.test_kernel_coverage import ONE_SIDED, SELDOM

Record = Callable[[Section, str, str], None]
#: Each statement on wars, and in which place of its field.
STATEMENTS = {"fates": PREVENTED, "origins": PREVENTED, "added": PREVENTED, "net": 0}
#: Experiments that are drawn and estimated at a time.
_CHUNK = 1000
#: Statements that fewer experiments than this can make are of rarer things than an experiment can see.
ENOUGH = EXPERIMENTS // 2


class Held(NamedTuple):
    """How many experiments have an interval, and how many of those hold the truth."""

    there: int
    held: int

    @property
    def share(self) -> float:
        return self.held / self.there


def truth(process: Process, one: int, other: int) -> dict[str, float]:
    """The true values of all statements on the wars under one institution and the other."""
    wars, alone = {REFERENCE: 0.0, OTHER: 0.0}, {REFERENCE: 0.0, OTHER: 0.0}
    for pair in process.pairs:
        share = (1 - process.mean) * process.calm.get(pair, 0) + process.mean * process.tense.get(pair, 0)
        war = {k: cell.outcome >= Outcome.BILATERAL_WAR for k, cell in zip((OTHER, REFERENCE), pair, strict=True)}
        for k, at_war in war.items():
            wars[k] += share * at_war
            alone[k] += share * (at_war and not war[REFERENCE + OTHER - k])
    return {
        "fates": alone[one] / wars[one],
        "origins": alone[other] / wars[other],
        "added": alone[other] / wars[one],
        "net": (wars[one] - wars[other]) / wars[one],
    }


def _counted(found: Prevention, name: str, value: float) -> Held:
    known = getattr(found, name)
    error, low, high = (part[:, STATEMENTS[name]] for part in known[1:])
    there = np.isfinite(error)
    return Held(int(there.sum()), int(holds(low, high, value)[there].sum()))


def _added(each: Sequence[Held]) -> Held:
    return Held(*(sum(part) for part in zip(*each, strict=True)))


def simulated(process: Process, histories: int, episodes: int, experiments: int) -> Iterator[tuple[str, Held]]:
    """Coverage of every statement, both ways round, in experiments of so many histories."""
    generator = np.random.default_rng(20261122)
    drawn = [process.draw(generator, _CHUNK, histories, episodes) for _ in range(experiments // _CHUNK)]
    for one, other in ((REFERENCE, OTHER), (OTHER, REFERENCE)):
        found = [prevention(moments, one, other) for moments in drawn]
        for name, value in truth(process, one, other).items():
            yield name, _added([_counted(each, name, value) for each in found])


WARLIKE = [process for process in PROCESSES if "war" in process.metrics]
#: Episodes of a history, and numbers of histories.
SIZES = {1: (100, 1000), 20: (5, 30, 200)}


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize("episodes", SIZES)
def test_what_is_said_of_prevented_and_new_wars_holds_its_level(episodes: int, evidence: Record) -> None:
    found = {
        (process.name, histories, name): held.share
        for process in WARLIKE
        for histories in SIZES[episodes]
        for name, held in simulated(process, histories, episodes, EXPERIMENTS)
        if held.there >= ENOUGH
    }
    worst = min(found, key=lambda key: found[key])
    assert {name for *_, name in found} == STATEMENTS.keys()
    assert found[worst] >= LEAST, worst
    length = "one-shot crises" if episodes == 1 else f"histories of {episodes} episodes"
    evidence(
        Section.STATISTICS,
        f"Shares of wars prevented and new, new wars per war and the net hold their level in {length}: "
        f"coverage of at least {LEAST} ({len(WARLIKE)} processes of known truth, {EXPERIMENTS:,} experiments each of "
        f"{min(SIZES[episodes])} to {max(SIZES[episodes]):,}, where half of them have wars to divide by).",
        f"worst coverage {found[worst]:.4f} ({worst[2]}, {worst[0]}, {worst[1]}), mean "
        f"{np.mean(list(found.values())):.4f} of {len(found)}",
    )


@pytest.mark.statistical
def test_a_thousand_experiments_of_thirty_histories_hold_the_share_of_wars_prevented() -> None:
    (process,) = (process for process in PROCESSES if process.name == "wars both prevented and caused")
    least = 0.95 - 4 * (0.95 * 0.05 / _CHUNK) ** 0.5  # four standard errors of a thousand
    for name, held in simulated(process, 30, 20, _CHUNK):
        assert held.there == _CHUNK
        assert held.share >= least, name


#: Pairs of the institutions of `batches` without their reference, which is the first.
PAIRS = Pairs(np.array([1, 1, 2]), np.array([2, 3, 3]))
COMPARED = ("war", "wider_war", "general_war", "challenge", "war_given_challenge", "concession")


def differences_held(each: Moments, all_together: Moments) -> Iterator[tuple[str, float]]:
    """Coverage of the differences of all such pairs that almost every experiment has."""
    for name in COMPARED:
        result, exact = (differences(METRICS[name], moments, PAIRS) for moments in (each, all_together))
        there, held = np.isfinite(result.se), holds(result.low, result.high, exact.value)
        for place, pair in enumerate(zip(*PAIRS, strict=True)):
            if there[:, place].mean() >= 1 - SELDOM:
                names = " - ".join(INSTITUTIONS[k] for k in pair)
                yield f"{name}, {names}", float(held[there[:, place], place].mean())


def wars_held(each: Moments, all_together: Moments) -> Iterator[tuple[str, float]]:
    """Coverage of all statements on wars that almost every experiment can make."""
    for one, other in np.argwhere(~np.eye(len(INSTITUTIONS), dtype=bool)).tolist():
        found, exact = (prevention(moments, one, other) for moments in (each, all_together))
        for name, place in STATEMENTS.items():
            held = _counted(found, name, getattr(exact, name).value[0, place])
            if held.there >= (1 - SELDOM) * EXPERIMENTS:
                yield f"{name}, {INSTITUTIONS[one]} and {INSTITUTIONS[other]}", held.share


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize(("episodes", "histories"), [(1, 200), (20, 10), (20, 100)])
def test_intervals_of_pairs_hold_their_level_on_the_kernels_output(
    episodes: int, histories: int, configs: Path, evidence: Record
) -> None:
    chosen = "[" + ", ".join(COMPARED) + "]"
    experiment = quickstart(configs, f"dynamics.episodes={episodes}", "outputs.joint=all", f"outputs.metrics={chosen}")
    tallies = batches(experiment, EXPERIMENTS, histories)
    moments = as_points(experiment, tallies, histories), pooled(experiment, tallies, histories)
    pairs, wars = dict(differences_held(*moments)), dict(wars_held(*moments))
    least = ONE_SIDED if episodes == 1 else LEAST  # Bonett and Price's own least, for one-shot differences of rates
    assert len(pairs) >= 10
    assert len(wars) >= 30
    assert {name: share for name, share in pairs.items() if share < least} == {}
    assert {name: share for name, share in wars.items() if share < LEAST} == {}
    length = "one-shot crises" if episodes == 1 else f"histories of {episodes} episodes"
    worst = [min(found, key=lambda name, found=found: found[name]) for found in (pairs, wars)]
    evidence(
        Section.STATISTICS,
        "On the kernel's own output the intervals of differences of pairs without the reference (at least "
        f"{least:.3f}) and of wars prevented, new and net of all pairs ({LEAST}) cover the truth: {EXPERIMENTS:,} "
        f"disjoint experiments of {histories} {length} (quickstart at divergence 0.75), truth from all together.",
        f"worst coverage {pairs[worst[0]]:.4f} ({worst[0]}) of {len(pairs)} differences, {wars[worst[1]]:.4f} "
        f"({worst[1]}) of {len(wars)} statements on wars",
    )

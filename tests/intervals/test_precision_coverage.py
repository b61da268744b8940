"""Intervals hold the level that is claimed at the look at which their own width has ended a point."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import binom

from csmc.estimate.intervals import LEVEL
from tests.evidence import Section
from tests.intervals.histories import Process
from tests.intervals.processes import PROCESSES
from tests.intervals.sequential import Ended, clustered, one_shot, pairs, per_history, simulated, target

Record = Callable[[Section, str, str], None]

#: No limit on replicates that any of these experiments comes near.
UNLIMITED = 10**8
#: Simulated experiments of a case, and the least of them whose interval holds the truth if 0.95 of all do, but for one
#: time in a million: 4.75 standard errors below.
EXPERIMENTS = 10_000
LEAST = LEVEL - 4.75 * (LEVEL * (1 - LEVEL) / EXPERIMENTS) ** 0.5
FEW_EXPERIMENTS = 2_000
LEAST_OF_FEW = LEVEL - 4.75 * (LEVEL * (1 - LEVEL) / FEW_EXPERIMENTS) ** 0.5
#: Rates of war at which coverage is computed exactly.
RATES = 30
#: Episodes of a history.
EPISODES = 20


def test_the_walk_over_counts_finds_a_known_coverage() -> None:
    """Wald's interval, looked at after each crisis from the 30th on until it is 0.01 wide: 0.258 at a rate of 0.01.

    With no event it is 0 wide and ends at once: the probability of that, 0.99**30, is all but 0.002 of what is missed.
    """
    rate, half = 0.01, 0.01
    pending, covered = {events: binom.pmf(events, 30, rate) for events in range(31)}, 0.0
    for crises in range(30, 2000):
        going_on: dict[int, float] = {}
        for events, probability in pending.items():
            share = events / crises
            width = ndtri(0.975) * (share * (1 - share) / crises) ** 0.5
            if width <= half:
                covered += probability * (abs(share - rate) <= width)
                continue
            for more, chance in ((0, 1 - rate), (1, rate)):
                if probability > 1e-12:
                    going_on[events + more] = going_on.get(events + more, 0.0) + probability * chance
        pending = going_on
    assert covered == pytest.approx(0.258, abs=2e-3)


def rates(half_width: float | None, relative: float | None, count: int) -> Iterator[float]:
    """Rates from far below a half-width to a half, and above; with a relative one those that a run can reach."""
    least = 2e-4 if half_width is None else half_width / 8
    yield from np.geomspace(least, 0.5, count)
    if half_width is not None:
        yield from (0.9, 0.99, 1 - half_width)


AIMS = (
    *({"half_width": half_width} for half_width in (0.02, 0.005, 0.002, 0.0005)),
    *({"relative": relative} for relative in (0.5, 0.3, 0.1, 0.05)),
)


def named(aim: dict[str, float]) -> str:
    return ", ".join(f"{how.replace('_', '-')} {much:g}" for how, much in aim.items())


def followed(aim: dict[str, float], paired: bool, count: int) -> dict[float, Ended]:
    """How runs of one-shot crises end, by the rate of war."""
    asked = target("war", paired=paired, **aim)
    return {rate: one_shot(asked, rate, UNLIMITED) for rate in rates(asked.half_width, asked.relative, count)}


def is_little(aim: dict[str, float], bias: float) -> bool:
    """Whether a bias is a tenth of the half-width at most, as near as that is told, and upwards if that is relative."""
    return -1e-9 < bias < 0.105 if "relative" in aim else abs(bias) < 0.085


def is_usual(aim: dict[str, float], rate: float, ended: Ended) -> bool:
    """Whether neither the first look nor the rarity of events decides how many crises there are."""
    oracle = ended.replicates / ended.of_oracle
    return oracle >= 2000 and ("relative" in aim or oracle * min(rate, 1 - rate) >= 100)


@pytest.mark.statistical
@pytest.mark.parametrize("paired", [False, True], ids=["rate", "difference"])
@pytest.mark.parametrize("aim", [{"half_width": 0.01}, {"relative": 0.2}], ids=named)
def test_crises_that_end_at_a_precision_are_covered(aim: dict[str, float], paired: bool) -> None:
    found = followed(aim, paired, 6).values()
    assert min(ended.coverage for ended in found) >= LEVEL
    assert all(is_little(aim, ended.bias) for ended in found)
    assert max(abs(ended.bias) for ended in found) > 0.01  # what ends by its own estimate is not unbiased


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize("paired", [False, True], ids=["rate", "difference"])
def test_crises_that_end_at_a_precision_are_covered_at_every_rate(paired: bool, evidence: Record) -> None:
    found = {named(aim): followed(aim, paired, RATES) for aim in AIMS}
    least = {name: min(ended.coverage for ended in by_rate.values()) for name, by_rate in found.items()}
    assert min(least.values()) >= LEVEL, least
    dear = {
        named(aim): max(e.of_oracle for rate, e in found[named(aim)].items() if is_usual(aim, rate, e))
        for aim in AIMS
        if aim.get("half_width", 0) <= 0.01 and aim.get("relative", 0) <= 0.3
    }
    assert max(dear.values()) <= 1.4, dear
    bias = {name: max((e.bias for e in by_rate.values()), key=abs) for name, by_rate in found.items()}
    assert all(is_little(aim, ended.bias) for aim in AIMS for ended in found[named(aim)].values()), bias
    whose = "a paired difference whose differing pairs are all of one direction" if paired else "a rate"
    evidence(
        Section.STATISTICS,
        f"Where crises end at the first look at which the interval of {whose} is short enough, it covers the truth "
        f"with at least {LEVEL}: exact, by dynamic programming over the counts from the first look (1,024 crises) on, "
        f"at {RATES} rates from an eighth of the half-width (for relative ones 0.0002) to 0.5, and near 1.",
        "least coverage: " + ", ".join(f"{name}: {coverage:.4f}" for name, coverage in least.items()),
    )
    evidence(
        Section.STATISTICS,
        f"To know {whose} so precisely takes at most 1.4 times the crises after which a 95 % interval has that "
        "half-width for someone who knows the variance (where these are 2,000 or more; for half-widths that are not "
        "relative, with 100 events or more).",
        "largest ratio: " + ", ".join(f"{name}: {ratio:.2f}" for name, ratio in dear.items()),
    )
    evidence(
        Section.STATISTICS,
        f"The estimate of {whose} at that look is too high, on average, where the half-width is relative, and too near "
        "to 0 or to 1 where it is not, by a tenth of the half-width at most.",
        "largest bias in half-widths: " + ", ".join(f"{name}: {most:+.2f}" for name, most in bias.items()),
    )


def test_a_point_that_ends_at_the_limit_is_covered_too() -> None:
    """Some of these end at a precision, the others at the limit."""
    for rate in (0.004, 0.01, 0.3):
        ended = one_shot(target("war", relative=0.1), rate, 40_000)
        assert ended.coverage >= LEVEL, rate


#: Shares of pairs that differ in either direction, from few to many.
DIFFERING = ((0.0010, 0.0002), (0.002, 0.001), (0.005, 0.004), (0.02, 0.01), (0.05, 0.05))


@pytest.mark.proof
@pytest.mark.statistical
def test_differences_in_both_directions_that_end_at_a_precision_are_covered(evidence: Record) -> None:
    generator, found = np.random.default_rng(20261128), {}
    for more, less in DIFFERING:
        truth, variance = more - less, more + less - (more - less) ** 2
        aims = [{"half_width": 1.96 * (variance / crises) ** 0.5} for crises in (2000, 6000)]
        for aim in [*aims, {"relative": 0.3}] if more > less else aims:
            draw = pairs(generator, EXPERIMENTS, more, less)
            found[more, less, named(aim)] = simulated(
                target("war", paired=True, **aim), truth, variance, draw, UNLIMITED
            )
    assert min(ended.coverage for ended in found.values()) >= LEAST, found
    many = [ended.of_oracle for (more, less, _), ended in found.items() if ended.replicates * (more + less) >= 130]
    assert max(many) <= 1.4
    evidence(
        Section.STATISTICS,
        "Paired differences of one-shot crises, few to many pairs differing in both directions, that end at a "
        f"precision are covered: at least {LEAST:.4f} of {EXPERIMENTS:,} experiments in each of {len(found)} cases "
        "(0.95 less 4.75 standard errors).",
        f"{min(e.coverage for e in found.values()):.4f} to {max(e.coverage for e in found.values()):.4f}; with 130 "
        f"differing pairs or more {min(many):.2f} to {max(many):.2f} times the crises of someone who knows the "
        "variance",
    )


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
def test_histories_that_end_at_a_precision_are_covered(process: Process, evidence: Record) -> None:
    """With half-widths that some 1,000 histories give, so that how they cluster is known badly when it decides."""
    generator, found = np.random.default_rng(20261128), {}
    for metric in process.metrics:
        for paired, truth in enumerate(process.truth(metric)):
            variance = per_history(process, metric, bool(paired), EPISODES)
            if variance == 0:  # settlements that are the same under both institutions
                continue
            half = 1.96 * (variance / 1000) ** 0.5
            aims = [{"half_width": half}, *([{"relative": half / abs(truth)}] if half < 0.5 * abs(truth) else [])]
            for aim in aims:
                draw = clustered(process, generator, FEW_EXPERIMENTS, EPISODES)
                asked = target(metric, paired=bool(paired), **aim)
                found[metric, paired, *aim] = simulated(asked, truth, variance, draw, UNLIMITED)
    assert min(ended.coverage for ended in found.values()) >= LEAST_OF_FEW, found
    evidence(
        Section.STATISTICS,
        f"Histories of {EPISODES} episodes that go together ({process.name}) and end at a precision are covered: "
        f"metrics and paired differences, half-widths as they are and relative, at least {LEAST_OF_FEW:.4f} of "
        f"{FEW_EXPERIMENTS:,} experiments in each of {len(found)} cases (0.95 less 4.75 standard errors).",
        f"{min(e.coverage for e in found.values()):.4f} to {max(e.coverage for e in found.values()):.4f}; "
        f"{min(e.of_oracle for e in found.values()):.2f} to {max(e.of_oracle for e in found.values()):.2f} times the "
        "histories of someone who knows the variance",
    )

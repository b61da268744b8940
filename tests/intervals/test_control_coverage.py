"""Adjusted by controls, estimates keep their mean and intervals their level, on the kernel's own output."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from csmc.config import Experiment
from csmc.engine.spans import Span
from csmc.engine.tallies import tally_span
from csmc.estimate import METRICS, Controlled, Moments, estimate, plan
from csmc.estimate.controls import LEAST_UNITS
from csmc.estimate.intervals import LEVEL
from csmc.estimate.metrics import Constant
from tests.evidence import Section
from tests.intervals.batches import INSTITUTIONS, as_points, batches, moments_of, pooled, quickstart
from tests.intervals.coverage import holds
from tests.intervals.sequential import simulated, target
from tests.stacked import stack

Record = Callable[[Section, str, str], None]

#: Experiments of a case, and the least share of them whose interval holds the truth if 0.95 of all do, or the 0.926 of
#: Bonett and Price's intervals at their worst, but for one time in a million.
EXPERIMENTS = 4_000
LEAST, ONE_SIDED = (level - 4.75 * (level * (1 - level) / EXPERIMENTS) ** 0.5 for level in (LEVEL, 0.926))
#: How far from the mean of plain estimates that of adjusted ones may be, in their standard errors, beyond chance.
BIAS = 0.1
#: Estimates that more than this share of experiments lack are of rarer things than an experiment can see.
SELDOM = 0.05


@cache
def both(configs: Path, episodes: int) -> tuple[Experiment, Moments, Moments]:
    """The experiment, its experiments as points, and all of them together."""
    experiment = quickstart(configs, f"dynamics.episodes={episodes}", "sampling.controls=true")
    tallies = batches(experiment, EXPERIMENTS, LEAST_UNITS)
    return experiment, *(make(experiment, tallies, LEAST_UNITS) for make in (as_points, pooled))


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize("episodes", [1, 8])
def test_intervals_hold_their_level_with_the_fewest_replicates_that_are_adjusted(
    episodes: int, configs: Path, evidence: Record
) -> None:
    _, each, together = both(configs, episodes)
    found, narrower = {}, {}
    for name, metric in METRICS.items():
        result, truth = estimate(metric, each), estimate(metric, together)
        rate = isinstance(metric.ratio.denominator, Constant) and metric.kind == "proportion"
        for part in ("value", "difference"):
            stem = "" if part == "value" else "difference_"
            low, high, error = (getattr(result, stem + end) for end in ("low", "high", "se"))
            held = holds(low, high, getattr(truth, part))
            for k, institution in enumerate(INSTITUTIONS):
                there = np.isfinite(error[:, k])
                if there.mean() < 1 - SELDOM or (part == "difference" and institution == "balance_of_power"):
                    continue
                share = float(held[there, k].mean())
                found[name, part, institution] = share
                assert share >= (ONE_SIDED if part == "difference" and rate and episodes == 1 else LEAST), name
        if name == "war":
            assert isinstance(each, Controlled)
            without = estimate(metric, each.plain())
            narrower = {
                "rate": float(np.median((result.high - result.low) / (without.high - without.low))),
                "difference": float(
                    np.nanmedian(
                        (result.difference_high - result.difference_low)[:, 1:]
                        / (without.difference_high - without.difference_low)[:, 1:]
                    )
                ),
            }
    assert len({name for name, _, _ in found}) >= 35
    assert narrower["rate"] < 0.7
    worst = min(found, key=lambda key: found[key])
    evidence(
        Section.STATISTICS,
        f"Intervals of estimates adjusted by controls cover the truth (at least {LEAST:.3f}; {ONE_SIDED:.3f} for "
        f"paired differences of one-shot rates): {EXPERIMENTS:,} experiments of {LEAST_UNITS:,} histories of "
        f"{episodes} episodes, the fewest that are adjusted; all metrics, four institutions",
        f"worst {found[worst]:.4f} ({', '.join(worst)}), mean {np.mean([*found.values()]):.4f}; intervals of war "
        f"{narrower['rate']:.2f} and of its differences {narrower['difference']:.2f} times as long as without controls",
    )


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize("episodes", [1, 8])
def test_adjusted_estimates_have_the_mean_of_plain_ones(episodes: int, configs: Path, evidence: Record) -> None:
    """Multiples estimated from the same replicates are a bias of an error over the root of their number."""
    _, each, _ = both(configs, episodes)
    assert isinstance(each, Controlled)
    largest, whose, compared = 0.0, "", 0
    for name, metric in METRICS.items():
        adjusted, without = (estimate(metric, moments) for moments in (each, each.plain()))
        apart = adjusted.value - without.value
        for k, institution in enumerate(INSTITUTIONS):
            seen = np.isfinite(apart[:, k]) & np.isfinite(without.se[:, k])
            events = float(np.mean(without.value[:, k] > 0))
            if seen.mean() < 1 or events < 1:
                continue
            compared += 1
            error = float(np.sqrt(np.mean(adjusted.se[:, k] ** 2)))
            chance = 4.75 * float(apart[:, k].std()) / EXPERIMENTS**0.5
            bias = abs(float(apart[:, k].mean()))
            assert bias <= BIAS * error + chance, (name, institution)
            if bias > largest * error:
                largest, whose = bias / error, f"{name}, {institution}"
    assert compared >= 60
    evidence(
        Section.STATISTICS,
        f"Estimates adjusted by controls have the mean of plain ones to {BIAS} of their standard error, with the "
        f"fewest replicates that are adjusted (histories of {episodes} episodes): {EXPERIMENTS:,} experiments, beyond "
        "4.75 standard errors of the comparison",
        f"{compared} estimates; farthest {largest:.3f} standard errors ({whose})",
    )


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize("paired", [False, True])
def test_a_precision_reached_with_controls_holds_the_level(paired: bool, configs: Path, evidence: Record) -> None:
    experiments = 2_000
    half_width = 0.004 if paired else 0.005
    experiment = quickstart(
        configs,
        "institutions=[balance_of_power, un_security_council]",
        "sampling.controls=true",
        "outputs.metrics=[war]",
    )
    the_plan, drawn = plan(experiment), 0
    whole = moments_of(experiment, stack([tally_span(experiment, Span(0, 2**33, 2_000_000), the_plan)]), 2_000_000)
    known = estimate(METRICS["war"], whole)
    truth, error = (known.difference, known.difference_se) if paired else (known.value, known.se)

    def draw(more: int) -> Moments:
        nonlocal drawn
        first, drawn = drawn, drawn + more
        spans = [Span(0, number * 2**20 + first, more) for number in range(experiments)]
        tallies = stack([tally_span(experiment, span, the_plan) for span in spans])
        return moments_of(experiment, tallies, more)

    aim = target("war", paired=paired, half_width=half_width)
    ended = simulated(aim, float(truth[0, 1]), float(error[0, 1] ** 2) * 2_000_000, draw, 100_000)
    least = LEVEL - 4.75 * (LEVEL * (1 - LEVEL) / experiments) ** 0.5
    assert ended.coverage >= least
    evidence(
        Section.STATISTICS,
        f"At the look at which controls have made an interval of war {half_width} wide "
        f"({'paired difference' if paired else 'rate'}) it holds the truth (at least {least:.3f} of {experiments:,})",
        f"coverage {ended.coverage:.4f}, {ended.replicates:,.0f} replicates on average, {ended.of_oracle:.2f} times "
        "those of who knew the variance",
    )

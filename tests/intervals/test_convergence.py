"""The error of estimates from the real kernel falls as one over the square root of the number of replicates."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from csmc.estimate import METRICS, Moments, estimate
from csmc.kernel.result import Tallies
from tests.evidence import Section
from tests.intervals.batches import INSTITUTIONS, as_points, batches, moments_of, pooled, quickstart

SMALLEST, DOUBLINGS, BATCHES = 50, 8, 25_600
SECURITY = INSTITUTIONS.index("collective_security")


def doubled(tallies: Tallies) -> Tallies:
    """Neighbouring points merged: half as many, twice as large."""
    return Tallies(*(field[0::2] + field[1::2] for field in tallies))


def root_mean_square_errors(name: str, part: str, each: Moments, truth: float, experiment) -> list[float]:
    errors, tallies = [], each.tallies
    for doubling in range(DOUBLINGS):
        moments = moments_of(experiment, tallies, SMALLEST << doubling)
        found = getattr(estimate(METRICS[name], moments), part)[:, SECURITY]
        errors.append(float(np.sqrt(np.nanmean((found - truth) ** 2))))
        tallies = doubled(tallies)
    return errors


@pytest.mark.proof
@pytest.mark.statistical
def test_errors_fall_with_the_square_root_of_replicates(
    configs: Path, evidence: Callable[[Section, str, str], None]
) -> None:
    experiment = quickstart(configs)
    tallies = batches(experiment, BATCHES, SMALLEST)
    each, together = as_points(experiment, tallies, SMALLEST), pooled(experiment, tallies, SMALLEST)
    slopes = {}
    for name, part in (("challenge", "value"), ("war", "difference"), ("concession", "value")):
        truth = getattr(estimate(METRICS[name], together), part)[0, SECURITY]
        errors = root_mean_square_errors(name, part, each, truth, experiment)
        sizes = SMALLEST * 2 ** np.arange(DOUBLINGS)
        slopes[f"{name} {part}"] = float(np.polyfit(np.log(sizes), np.log(errors), 1)[0])
    assert all(-0.55 <= slope <= -0.45 for slope in slopes.values()), slopes
    evidence(
        Section.STATISTICS,
        f"The root mean square error falls with the number of replicates N as N to the power -0.5 ({BATCHES:,} "
        f"experiments of {SMALLEST} crises to {BATCHES >> (DOUBLINGS - 1):,} of {SMALLEST << (DOUBLINGS - 1):,}, "
        "collective security in the quickstart at divergence 0.75).",
        "power: " + ", ".join(f"{slope:.3f} ({name})" for name, slope in slopes.items()),
    )

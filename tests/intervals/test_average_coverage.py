"""The mean over a region: its interval holds its level, is far narrower than plain Monte Carlo's, and is right."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import csmc
from csmc.analysis.average import average, randomized_mean
from csmc.config.space_filling import unit_cube
from tests.evidence import Section

Record = Callable[[Section, str, str], None]
Function = Callable[[np.ndarray], np.ndarray]

POINTS, DIMENSIONS = 64, 3


def smooth(shares: np.ndarray) -> np.ndarray:
    """Integral 1: each factor is an exponential over its mean."""
    return np.prod(np.exp(shares) / (math.e - 1), axis=-1)


def indicator(shares: np.ndarray) -> np.ndarray:
    """Integral pi / 6: an eighth of a ball."""
    return ((shares**2).sum(axis=-1) < 1).astype(float)


TRUTH = {smooth: 1.0, indicator: math.pi / 6}
#: Standard deviation of a value at a uniform point.
SPREAD = {
    smooth: math.sqrt(((math.e + 1) / (math.e - 1) / 2) ** DIMENSIONS - 1),
    indicator: math.sqrt(math.pi / 6 * (1 - math.pi / 6)),
}


def means(kind: str, function: Function, randomizations: int, trials: int) -> tuple[float, float]:
    """Share of the intervals that hold the integral, and their mean half-width, over independent trials."""
    numbers = np.repeat(np.arange(randomizations), POINTS)
    values = np.empty((len(numbers), trials))
    for trial in range(trials):
        cubes = [unit_cube(kind, POINTS, DIMENSIONS, trial, number) for number in range(randomizations)]
        values[:, trial] = function(np.concatenate(cubes))
    found = randomized_mean(values, numbers)
    held = (found.low <= TRUTH[function]) & (found.high >= TRUTH[function])
    return float(held.mean()), float((found.high - found.low).mean() / 2)


def plain_half_width(function: Function, points: int) -> float:
    """Half-width of the interval of as many independent points."""
    return 1.959964 * SPREAD[function] / math.sqrt(points)


def check(kind: str, function: Function, randomizations: int, trials: int) -> str:
    covered, half_width = means(kind, function, randomizations, trials)
    # .95 within .015 (the means of a few points are not quite normal) and 4 standard errors
    assert abs(covered - 0.95) < 0.015 + 4 * math.sqrt(0.95 * 0.05 / trials)
    gain = plain_half_width(function, POINTS * randomizations) / half_width
    assert gain > {smooth: {"lhs": 2, "sobol": 12}, indicator: {"lhs": 1, "sobol": 1.2}}[function][kind]
    return f"R={randomizations}: {covered:.3f}, {gain:.3g} times narrower"


@pytest.mark.statistical
@pytest.mark.parametrize("kind", ["lhs", "sobol"])
@pytest.mark.parametrize("function", [smooth, indicator])
def test_the_interval_of_eight_randomizations_holds_its_level(kind: str, function: Function) -> None:
    check(kind, function, 8, 200)


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize("kind", ["lhs", "sobol"])
@pytest.mark.parametrize("function", [smooth, indicator])
def test_intervals_of_means_over_a_region_hold_their_level(kind: str, function: Function, evidence: Record) -> None:
    figures = [check(kind, function, randomizations, 1000) for randomizations in (5, 10, 20)]
    name = {"lhs": "Latin hypercubes", "sobol": "scrambled Sobol' sequences"}[kind]
    evidence(
        Section.STATISTICS,
        f"The 95 % interval of a mean over a region, from R {name} of {POINTS} points in {DIMENSIONS} dimensions of "
        f"{'a smooth function' if function is smooth else 'an indicator'}, covers its integral, and is narrower than "
        "that of as many independent points (1,000 trials each)",
        "; ".join(figures),
    )


@pytest.mark.statistical
@pytest.mark.parametrize("kind", ["lhs", "sobol"])
def test_the_error_of_independent_points_means_nothing_for_one_sample(kind: str, evidence: Record) -> None:
    """Why a single sample is refused: the usual interval covers far more than 95 %, for a width that says nothing."""
    trials = 300
    samples = np.stack([smooth(unit_cube(kind, POINTS, DIMENSIONS, trial)) for trial in range(trials)])
    half_widths = 1.959964 * samples.std(axis=1, ddof=1) / math.sqrt(POINTS)
    errors = np.abs(samples.mean(axis=1) - 1.0)
    assert (errors <= half_widths).all()
    times = float(half_widths.mean() / np.quantile(errors, 0.95))
    assert times > 2
    evidence(
        Section.STATISTICS,
        f"The error of independent points is refused for one {kind} sample",
        f"its 95 % interval covers in {trials} of {trials} trials and is {times:.3g} times too wide",
    )


def sampled(path: Path, kind: str, points: int, randomizations: int) -> xr.Dataset:
    ranges = {
        "interests.divergence": {"distribution": {"lognormal": {"median": 0.8, "sigma": 0.5}, "within": [0, 5]}},
        "crisis.war_cost": [0.2, 1],
        "institutions.*.obligation.strength": {"distribution": {"triangular": {"low": 0, "mode": 1, "high": 3}}},
    }
    design = {kind: {"points": points, "randomizations": randomizations, "seed": points, "ranges": ranges}}
    experiment = csmc.Experiment(
        institutions=["balance_of_power", "collective_security"],
        derived={"crisis.audience_cost": "0.25 * crisis.war_cost"},
        design=design,
        sampling={"replicates": 500},
        outputs={"path": path, "joint": "none", "metrics": ["war", "participation", "concession"]},
        seed=7,
    )
    return average(csmc.run(experiment, engine="local"))


@pytest.mark.proof
@pytest.mark.statistical
def test_averages_of_a_sweep_agree_with_that_of_a_large_one(tmp_path: Path, evidence: Record) -> None:
    """Both meet the same draws, so that they differ by the error of integration (and its share in the draws) alone."""
    large = sampled(tmp_path / "large", "sobol", 128, 8)
    for kind in ("lhs", "sobol"):
        small = sampled(tmp_path / kind, kind, 16, 8)
        se = np.hypot(small["integration_se"], large["integration_se"])
        differences = (small["mean"] - large["mean"]).where(se > 0)
        worst = float(np.abs(differences / se).max())
        # 5.5 standard errors: Student's t with 7 degrees of freedom is beyond with .0009; of at most 9 estimates, .008
        assert worst < 5.5
        narrower = float((small["integration_se"] / large["integration_se"]).where(se > 0).median())
        evidence(
            Section.STATISTICS,
            f"Means of metrics and differences over a region of three parameters from 8 x 16 points ({kind}) are those "
            "of 8 x 128 points (Sobol') within their errors",
            f"largest distance {worst:.2g} standard errors of {int((se > 0).sum())} estimates; "
            f"the larger sample's error is {narrower:.2g} times smaller",
        )


def wars_over_seeds(path: Path, seeding: str, seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of war over the same design with other draws, and the Monte Carlo errors given, as (seed, institution)."""
    ranges = {"interests.divergence": [0.5, 2], "crisis.war_cost": [0.2, 1]}
    means, errors = [], []
    for seed in range(seeds):
        experiment = csmc.Experiment(
            institutions=["anarchy", "balance_of_power"],
            design={"lhs": {"points": 4, "randomizations": 2, "ranges": ranges}},
            sampling={"replicates": 300},
            outputs={"path": path / f"{seeding}-{seed}", "joint": "none", "metrics": ["war"]},
            seed=seed,
            seeding=seeding,
        )
        found = average(csmc.run(experiment, engine="local", threads=1)).sel(estimand="war")
        means.append(found["mean"].values)
        errors.append(found["monte_carlo_se"].values)
    return np.array(means), np.array(errors)


@pytest.mark.proof
@pytest.mark.statistical
def test_the_monte_carlo_error_bounds_that_of_shared_draws_and_is_that_of_independent_ones(
    tmp_path: Path, evidence: Record
) -> None:
    seeds = 40
    ratios = {}
    for seeding in ("common", "independent"):
        means, errors = wars_over_seeds(tmp_path, seeding, seeds)
        ratios[seeding] = means.std(axis=0, ddof=1) / errors.mean(axis=0)
    allowed = 4 / math.sqrt(2 * (seeds - 1))  # 4 standard errors of a standard deviation of 40 normal values
    assert (ratios["common"] < 1 + allowed).all()
    assert (np.abs(ratios["independent"] - 1) < allowed).all()
    shown = {seeding: ", ".join(f"{ratio:.2f}" for ratio in ratio) for seeding, ratio in ratios.items()}
    evidence(
        Section.STATISTICS,
        "The Monte Carlo error of a mean over a region bounds the standard deviation over seeds where points share "
        "draws, and is it where they do not (two institutions, 8 points, 40 seeds)",
        f"standard deviation over stated error: shared {shown['common']}; independent {shown['independent']}",
    )

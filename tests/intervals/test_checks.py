"""The checks of `csmc.analysis.diagnose`: silent about good results, and each of them hears its own planted failure."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.stats import beta, chi2, poisson

from csmc.analysis.checks import CHECKS
from csmc.analysis.diagnostics import examine
from csmc.config import Experiment
from csmc.engine.batches import Batches
from csmc.engine.spans import Span
from csmc.engine.tallies import Job, tally_spans
from csmc.estimate import plan
from csmc.estimate.batches import Batched
from csmc.estimate.convergence import (
    CHECKED_EVENTS,
    dependence,
    drift,
    homogeneity,
    log_coincidence,
    log_tail,
    repeats,
    slope,
    spread,
)
from csmc.kernel.codes import Outcome
from csmc.kernel.result import Integers, as_rows, from_rows, tally_shapes
from tests.evidence import Section
from tests.intervals.batches import INSTITUTIONS, quickstart
from tests.intervals.histories import Cell, Process

BATCHES, WIDTH = 20, 2048
FAULTS = [name for name, check in CHECKS.items() if check.finds == "fault"]
QUIET = {(Cell.QUIET, Cell.QUIET): 1.0}


def rows(experiment: Experiment, first: int = 0, count: int = BATCHES, width: int = WIDTH) -> Integers:
    """Tallies of batches of the kernel's replicates of the first point, (batch, width)."""
    spans = [Span(0, (first + number) * width, width) for number in range(count)]
    return tally_spans(Job(experiment, plan(experiment)), spans).rows


def diagnosed(experiment: Experiment, tallied: Integers, width: int = WIDTH) -> xr.Dataset:
    shapes = tally_shapes(len(experiment.institutions), plan(experiment))
    widths = np.full((1, len(tallied)), width)
    return examine(experiment, [Batches(np.array([0]), widths, tallied[None], shapes)])


def off(found: xr.Dataset, *names: str) -> set[str]:
    """Those of some checks that find something."""
    counts = found["estimates"].sel(state="off").sum(("institution", "metric", "estimate"))
    return {name for name in names or CHECKS if int(counts.sel(check=name))}


def sampled(values: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray], seed: int, many: int = 1) -> Batched:
    """Means of made-up replicates as estimates, (many, batch): drawn by `values`, 500 in a batch."""
    found = values(np.random.default_rng(seed), (many, BATCHES, 500))
    influence = (found - found.mean(axis=(1, 2), keepdims=True)) / found[0].size
    totals, squares = influence.sum(axis=2)[..., None], (influence**2).sum(axis=2)[..., None]
    return Batched(np.full((many, BATCHES), 500), totals, squares, squares.sum(axis=1))


@pytest.fixture(scope="module")
def experiment(configs: Path) -> Experiment:
    return quickstart(configs, f"sampling.replicates={BATCHES * WIDTH}")


@pytest.fixture(scope="module")
def good(experiment: Experiment) -> Integers:
    return rows(experiment)


# What chance does


@pytest.mark.statistical
@pytest.mark.parametrize("name", ["homogeneity", "drift", "dependence", "slope"])
def test_chances_are_chances(name: str) -> None:
    check = {"homogeneity": homogeneity, "drift": drift, "dependence": dependence, "slope": lambda b: slope(b)[1]}[name]
    many = 4000
    found = np.concatenate(
        [check(sampled(lambda g, shape: g.exponential(size=shape), seed, many // 8)) for seed in range(8)]
    )
    for level in (0.1, 0.01) if name != "slope" else (1e-3,):  # slopes within 0.05 of -0.5 pass whatever their chance
        error = np.sqrt(level * (1 - level) / many)
        excess = (found < level).mean() - level
        assert excess <= 4 * error
        assert name == "slope" or excess >= -4 * error


def test_a_batch_of_50_events_is_normal_enough_for_the_smallest_level() -> None:
    """Exactly: the tail of the chi-squared statistic of 19 free Poisson counts, by convolution."""
    level, degrees = 1e-8, 19
    limit = int(chi2.isf(level, degrees) * CHECKED_EVENTS)
    counts = np.arange(400)
    distances = ((counts - CHECKED_EVENTS) ** 2).astype(int)
    chances = poisson.pmf(counts, CHECKED_EVENTS)
    inside = np.bincount(distances[distances <= limit], chances[distances <= limit], minlength=limit + 1)
    order = np.argsort(distances)
    beyond = np.array([chances[order][place:].sum() for place in range(len(order) + 1)])
    outside = beyond[np.searchsorted(distances[order], np.arange(limit, -1, -1), side="right")]
    tail, within = outside[0], inside  # that the first count is outside; that so far all are inside, by distance
    for _ in range(degrees - 1):
        tail += float(within @ outside)
        within = np.convolve(within, inside)[: limit + 1]
    assert level < tail < 4 * level


def test_tails_of_ratios_of_quadratic_forms_are_those_of_the_beta_distribution() -> None:
    """For ten values a and ten values b, (ratio - b) / (a - b) is Beta(5, 5)."""
    high, low = 0.3, -0.7
    for place in (0.0, 0.2, 0.25, 0.28):
        exact = beta.sf((place - low) / (high - low), 5, 5)
        assert np.exp(log_tail(np.repeat([high, low], 10) - place)) == pytest.approx(exact, rel=0.02)
    assert exact < 1e-6


def test_the_chance_of_equal_counts_is_that_of_exact_enumeration() -> None:
    n, shares = 60, np.array([0.5, 0.3, 0.2])
    logs = np.cumsum(np.log(np.maximum(np.arange(n + 1), 1)))
    exact = sum(
        np.exp(2 * (logs[n] - logs[a] - logs[b] - logs[n - a - b] + np.log(shares) @ [a, b, n - a - b]))
        for a in range(n + 1)
        for b in range(n + 1 - a)
    )
    assert np.exp(log_coincidence((shares * 1000).astype(np.int64), n)) == pytest.approx(exact, rel=0.02)
    assert log_coincidence(np.array([1000, 0, 0]), n) == 0.0


# Good results


@pytest.mark.proof
@pytest.mark.statistical
def test_good_results_are_silent(configs: Path, evidence: Callable[[Section, str, str], None]) -> None:
    results, estimates, alarms, chances = 100, 0, 0, []
    for seed in range(results):
        known = quickstart(configs, f"seed={seed + 1}", f"sampling.replicates={BATCHES * WIDTH}")
        found = diagnosed(known, rows(known))
        alarms += bool(off(found, "pairing", *FAULTS))
        told = found["figure"].sel(check=FAULTS[:-1]).values
        chances.append(told[np.isfinite(told)])
        estimates = int(found["estimates"].sel(check="homogeneity").sum())
    every = np.concatenate(chances)
    assert alarms == 0
    # estimates of a result go together, so that the count of small chances is given ten times the room of a free one
    assert (every < 1e-3).mean() < 1e-3 + 4 * np.sqrt(10 * 1e-3 / len(every))
    evidence(
        Section.STATISTICS,
        f"`csmc diagnose` finds no fault in good results ({results} seeds of the quickstart at divergence 0.75, four "
        f"institutions, {BATCHES} batches of {WIDTH} crises).",
        f"{alarms} alarms in {results} results of {estimates} estimates; {len(every):,} chances, of which "
        f"{(every < 1e-3).mean():.1e} are below 1e-3",
    )


# Planted failures


def test_a_good_result_is_silent(experiment: Experiment, good: Integers) -> None:
    found = diagnosed(experiment, good)
    assert off(found, "histories", "clustering", "spread", "pairing", *FAULTS) == set()
    told = found["estimates"].sel(state="ok", check="homogeneity").sum()
    assert int(told) > 100


def test_a_copied_batch_is_a_repeat(experiment: Experiment, good: Integers) -> None:
    planted = good.copy()
    planted[5] = planted[11]
    assert off(diagnosed(experiment, planted), "pairing", *FAULTS) == {"repeats"}


def test_batches_that_are_all_copies_are_too_much_alike(experiment: Experiment, good: Integers) -> None:
    assert {"repeats", "homogeneity"} <= off(diagnosed(experiment, np.repeat(good[:1], BATCHES, axis=0)), *FAULTS)


def test_a_batch_of_another_parameter_is_found(configs: Path, experiment: Experiment, good: Integers) -> None:
    planted = good.copy()
    planted[3:4] = rows(quickstart(configs, "design={grid: {interests.divergence: [3]}}"), first=3, count=1)
    found = off(diagnosed(experiment, planted), "pairing", *FAULTS)
    assert "homogeneity" in found
    assert not found & {"drift", "repeats", "pairing"}


def test_a_trend_is_found(configs: Path, experiment: Experiment) -> None:
    moving = [
        rows(quickstart(configs, f"design={{grid: {{interests.divergence: [{0.75 + 0.1 * number}]}}}}"), number, 1)
        for number in range(BATCHES)
    ]
    assert (
        {"drift"}
        <= off(diagnosed(experiment, np.concatenate(moving)), *FAULTS)
        <= {"drift", "homogeneity", "dependence"}
    )


def test_batches_that_wander_depend_on_their_neighbours() -> None:
    walk = sampled(
        lambda g, shape: np.cumsum(g.normal(size=shape[:2]), axis=1)[..., None] + g.normal(size=shape), 3, 200
    )
    white = sampled(lambda g, shape: g.normal(size=shape), 3, 200)
    assert (dependence(walk) < 1e-3).mean() > 0.5
    assert (dependence(white) < 1e-3).mean() <= 4 * np.sqrt(1e-3 / 200)


def test_an_error_that_does_not_fall_is_found() -> None:
    growing = sampled(lambda g, shape: g.normal(size=shape) * np.geomspace(1, 4, BATCHES)[:, None], 4)
    steepness, chance = slope(growing)
    assert steepness[0, 0] > -0.4
    assert chance[0, 0] < 1e-3


def test_a_mean_made_by_a_few_large_values_is_found() -> None:
    events, chance = spread(sampled(lambda g, shape: 0.5 + 5 * (g.random(shape) < 2e-4) + 0.01 * g.random(shape), 1))
    assert events[0, 0] < 10
    assert chance[0, 0] < 0.01
    events, chance = spread(sampled(lambda g, shape: g.normal(size=shape), 1))
    assert events[0, 0] > 1000
    assert chance[0, 0] > 0.99


def test_a_nearly_absent_event_is_few_events_and_no_fault(
    experiment: Experiment, good: Integers, configs: Path
) -> None:
    rare = quickstart(configs, "sampling.replicates=2560")
    found = diagnosed(rare, rows(rare, count=10, width=256), width=256)
    general = found["figure"].sel(check="events", metric="general_war", estimate="value", point=0)
    counted = rows(rare, count=10, width=256).sum(axis=0)[: 4 * 42].reshape(4, 42)[:, Outcome.GENERAL_WAR]
    assert general.values[counted > 0] == pytest.approx(counted[counted > 0], rel=1e-9), "one-shot crises are counted"
    assert "events" in off(found)
    assert off(found, *FAULTS) == set()


def test_pairs_that_differ_are_those_of_the_joint_table(experiment: Experiment, good: Integers) -> None:
    shapes = tally_shapes(len(INSTITUTIONS), plan(experiment))
    joint = from_rows(good.sum(axis=0), shapes).joint[:, 0]
    war = [Outcome.BILATERAL_WAR, Outcome.LIMITED_WAR, Outcome.GENERAL_WAR]
    here, there = (joint.sum(axis=axis)[:, war].sum(axis=1) for axis in (2, 1))
    differing = here + there - 2 * joint[:, war][:, :, war].sum(axis=(1, 2))
    n = BATCHES * WIDTH
    expected = (differing - (here - there) ** 2 / n) * n / (n - 1)
    found = diagnosed(experiment, good)["figure"].sel(check="events", metric="war", estimate="difference", point=0)
    assert found.values[1:] == pytest.approx(expected[1:], rel=1e-9)


def made_up(process: Process, histories: int, episodes: int, seed: int) -> xr.Dataset:
    """The diagnosis of a process of known truth, in batches."""
    known = Experiment.from_dict(
        {
            "name": "made_up",
            "institutions": ["anarchy", "balance_of_power"],
            "reference": "anarchy",
            "parameters": {"dynamics.episodes": episodes},
            "sampling": {"replicates": BATCHES * histories},
            "outputs": {"metrics": list(process.metrics)},
        }
    )
    tallies = process.draw(np.random.default_rng(seed), BATCHES, histories, episodes).tallies
    if episodes == 1:  # of one-shot crises nothing more is kept of what wars are under the other
        tallies = tallies._replace(fate_high=tallies.fate_high[:, :0], fate_low=tallies.fate_low[:, :0])
    return diagnosed(known, as_rows(tallies), histories)


def test_institutions_that_react_in_opposite_ways_are_worse_compared_on_shared_draws() -> None:
    opposite = {(Cell.WAR, Cell.QUIET): 0.3, (Cell.QUIET, Cell.WAR): 0.3, (Cell.QUIET, Cell.QUIET): 0.4}
    shared = {(Cell.WAR, Cell.WAR): 0.3, (Cell.QUIET, Cell.QUIET): 0.7}
    for table, expected in ((opposite, {"pairing"}), (shared, set())):
        process = Process("pairs", table, table, 0.5, 0.1, ("war",))
        assert off(made_up(process, 500, 1, 1)) == expected


def test_histories_whose_episodes_go_together_are_clustered() -> None:
    war = {(Cell.WAR, Cell.WAR): 1.0}
    process = Process("all or nothing", QUIET, war, 0.3, 1.0, ("war",))
    assert off(made_up(process, 100, 40, 2), *set(CHECKS) - {"relative_error"}) == {"clustering"}


def test_few_histories_are_few_however_long() -> None:
    war = {(Cell.WAR, Cell.WAR): 0.5, (Cell.QUIET, Cell.QUIET): 0.5}
    known = Process("few", war, war, 0.5, 0.01, ("war",))
    moments = known.draw(np.random.default_rng(5), 1, 8, 500)
    experiment = Experiment.from_dict(
        {
            "name": "few",
            "institutions": ["anarchy", "balance_of_power"],
            "reference": "anarchy",
            "parameters": {"dynamics.episodes": 500},
            "sampling": {"replicates": 8},
            "outputs": {"metrics": ["war"]},
        }
    )
    assert off(diagnosed(experiment, as_rows(moments.tallies), 8)) == {"histories"}


def test_only_equal_batches_of_one_width_are_repeats() -> None:
    equal = np.array([[1, 2], [1, 2], [1, 2], [3, 4]])
    assert repeats(np.array([256, 256, 100, 256]), equal) == 1
    assert repeats(np.array([256, 256, 256, 0]), equal) == 3

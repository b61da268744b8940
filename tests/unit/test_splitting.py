"""Estimates from the hits of runs of splitting, worked by hand, and the level of their intervals."""

import numpy as np
import pytest

from csmc.estimate.splitting import splitting_estimate

#: A deviation of so many standard errors is none.
ERRORS = 4.0


@pytest.mark.parametrize("runs", [10, 20])
@pytest.mark.parametrize("spread", [0.2, 0.7, 1.2])
def test_intervals_hold_their_level_for_products_as_skewed_as_log_normal_ones(runs: int, spread: float) -> None:
    generator, experiments = np.random.default_rng(7), 4000
    logs = generator.normal(-0.5 * spread**2, spread, (experiments, runs))
    particles = 10**12  # so many that any product can be written as hits
    hits = np.rint(1e-3 * particles * np.exp(logs)).astype(np.int64)[..., None]
    held = [one.low <= 1e-3 <= one.high for one in (splitting_estimate(some, particles) for some in hits)]
    assert abs(np.mean(held) - 0.95) < 0.012 + ERRORS * np.sqrt(0.95 * 0.05 / experiments)


def test_an_estimate_is_the_mean_of_the_products_and_reaches_to_both_sides() -> None:
    hits = np.array([[50, 20], [40, 30], [60, 10]])
    found = splitting_estimate(hits, 100)
    assert found.probability == pytest.approx((0.1 + 0.12 + 0.06) / 3)
    assert found.relative_error == pytest.approx(np.std([0.1, 0.12, 0.06], ddof=1) / np.sqrt(3) * 3 / 0.28)
    assert found.low < found.probability < found.high <= 1
    logs = np.log([0.1, 0.12, 0.06])
    centre, variance = logs.mean() + logs.var(ddof=1) / 2, logs.var(ddof=1)
    spread = 4.302652729911275 * np.sqrt(variance / 3 + variance**2 / 4)  # t of two degrees of freedom
    by_mean = 4.302652729911275 * found.relative_error
    assert found.low == pytest.approx(min(np.exp(centre - spread), found.probability * np.exp(-by_mean)))
    assert found.high == pytest.approx(min(max(np.exp(centre + spread), found.probability * np.exp(by_mean)), 1))
    wider = splitting_estimate(hits, 100, level=0.99)
    assert wider.low < found.low
    assert wider.high > found.high


def test_runs_that_came_to_nothing_count_as_0_and_widen_the_interval() -> None:
    hits = np.array([[50, 20], [40, 30], [60, 10], [50, 0], [0, 0]])
    found, alone = splitting_estimate(hits, 100), splitting_estimate(hits[:3], 100)
    assert found.probability == pytest.approx(0.28 / 5)
    assert found.high / found.low > alone.high / alone.low
    as_if = splitting_estimate(np.array([[50, 20], [40, 30], [60, 10]] * 2), 100)
    assert as_if.high / as_if.low < alone.high / alone.low
    logs = np.log([0.1, 0.12, 0.06, 0.0025, 0.005])  # half a particle where none came, nothing after
    centre, variance = logs.mean() + logs.var(ddof=1) / 2, logs.var(ddof=1)
    spread = 2.7764451051977987 * np.sqrt(variance / 5 + variance**2 / 8)
    assert found.low == pytest.approx(np.exp(centre - spread))
    nothing = splitting_estimate(np.zeros((4, 2), dtype=np.int64), 100)
    assert (nothing.probability, nothing.low) == (0.0, 0.0)
    assert np.isnan(nothing.high)
    assert np.isnan(nothing.relative_error)


def test_one_run_far_above_the_others_widens_the_interval_by_the_mean_and_no_end_is_above_1() -> None:
    found = splitting_estimate(np.array([[10], [10], [10], [10], [100]]), 1000)
    error = np.std([10, 10, 10, 10, 100], ddof=1) / np.sqrt(5) / 28
    factor = np.exp(2.7764451051977987 * error)  # t of four degrees of freedom
    assert (found.low, found.high) == pytest.approx((0.028 / factor, 0.028 * factor))
    assert splitting_estimate(np.array([[90], [20], [80]]), 100).high == 1.0

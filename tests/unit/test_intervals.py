"""Intervals: published values, limits in which they are known, and what they never do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csmc.estimate.differences import Known, mover_interval, paired_proportion_interval, unshared_events
from csmc.estimate.intervals import (
    clopper_pearson,
    design_effect,
    effective_trials,
    mean_interval,
    proportion_interval,
    wilson,
)

Z = 1.959963984540054


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


@pytest.mark.parametrize(
    ("events", "trials", "low", "high"),
    [
        (5, 50, 0.033275093589, 0.218135366434),
        (3, 1e6, 6.18672550191e-07, 8.76724778807e-06),
        (1, 1e9, 2.531780798397e-11, 5.571643429123e-09),
        (0, 1e9, 0.0, 3.688879447310e-09),
        (7, 7, 0.025 ** (1 / 7), 1.0),
    ],
)
def test_clopper_pearson_equals_known_values(events: float, trials: float, low: float, high: float) -> None:
    result = clopper_pearson(array(events), array(trials))
    np.testing.assert_allclose([result.low[0], result.high[0]], [low, high], rtol=1e-10)


@pytest.mark.parametrize(
    ("events", "trials", "low", "high"),
    [
        (5, 50, 0.0434757649319, 0.213602314375),
        (81, 263, 0.255288519878, 0.366209576983),
        (0, 10, 0.0, Z**2 / (10 + Z**2)),
    ],
)
def test_wilson_equals_known_values(events: float, trials: float, low: float, high: float) -> None:
    result = wilson(array(events), array(trials))
    np.testing.assert_allclose([result.low[0], result.high[0]], [low, high], rtol=1e-10, atol=1e-15)


def one_shot(trials: int) -> tuple[np.ndarray, np.ndarray]:
    """Every possible proportion of independent trials, and its standard error."""
    value = np.arange(trials + 1) / trials
    return value, np.sqrt(value * (1 - value) / (trials - 1))


def test_one_shot_crises_give_the_binomial_interval() -> None:
    value, se = one_shot(100)
    trials = np.full_like(value, 100)
    np.testing.assert_allclose(effective_trials(value, se, trials, trials), 100, rtol=1e-12)
    result = proportion_interval(value, se, trials, trials)
    exact, score = clopper_pearson(value * 100, trials), wilson(value * 100, trials)
    np.testing.assert_allclose(result.low[[0, 5, 29, 71, 100]], exact.low[[0, 5, 29, 71, 100]], rtol=1e-9)
    np.testing.assert_allclose(result.high[[30, 50, 70]], score.high[[30, 50, 70]], rtol=1e-9)


def test_thirty_events_are_enough_for_the_score_interval() -> None:
    """Without an observed variance the replicates are what counts, so the number of events is exact."""
    result = proportion_interval(array(0.5), array(0.0), array(600.0), array(60.0))
    np.testing.assert_array_equal(result, wilson(array(30.0), array(60.0)))


def test_a_proportion_of_zero_has_an_upper_end_from_the_replicates() -> None:
    low, high = proportion_interval(array(0.0), array(0.0), array(20_000.0), array(1_000.0))
    assert low[0] == 0
    assert high[0] == pytest.approx(1 - 0.025 ** (1 / 1000))


def test_clustered_episodes_count_as_fewer() -> None:
    independent = np.sqrt(0.2 * 0.8 / 10_000_000)
    effective = effective_trials(array(0.2), array(3 * independent), array(10_000_000.0), array(500_000.0))
    assert effective[0] == pytest.approx(10_000_000 / 9, rel=1e-3)


def test_few_histories_widen_by_the_t_quantile() -> None:
    se = array(np.sqrt(0.2 * 0.8 / 10_000))
    few = effective_trials(array(0.2), se, array(10_000.0), array(5.0))
    many = effective_trials(array(0.2), se, array(10_000.0), array(5_000.0))
    assert few[0] < 0.7 * many[0]


@given(st.floats(0, 1), st.floats(0, 0.5), st.integers(1, 10**9), st.integers(1, 10**9))
def test_an_interval_of_a_proportion_holds_it_and_is_never_a_point(p: float, se: float, one: int, two: int) -> None:
    trials, informative = array(max(one, two)), array(min(one, two))
    low, high = proportion_interval(array(p), array(se), trials, informative)
    assert 0 <= low[0] <= p + 1e-12
    assert p - 1e-12 <= high[0] <= 1
    assert low[0] < high[0]


def test_without_events_the_design_effect_is_the_most_and_with_many_what_was_observed() -> None:
    trials = np.full(3, 20e9)
    effect = design_effect(array(3.0, 3.0, 3.0), np.ones(3), array(0.0, 30.0, 3e9), trials, trials / 20)
    assert effect[0] == 20
    assert 3 < effect[1] < 5
    assert effect[2] == pytest.approx(3, rel=1e-6)


def test_few_histories_tell_little_of_how_episodes_go_together() -> None:
    histories = array(2.0, 20.0, 1e9)
    effect = design_effect(np.ones(3), np.ones(3), np.full(3, 1e9), 20 * histories, histories)
    np.testing.assert_allclose(effect, [20 ** (2 / 2.4), 20 ** (2 / 6), 1], rtol=1e-6)


def test_a_mean_of_zeros_and_ones_has_the_interval_of_the_proportion() -> None:
    """But for the t quantile, and less trust in the variance of few."""
    value, count = array(0.05, 0.4), array(100.0, 100_000.0)
    mean = mean_interval(value, np.sqrt(value * (1 - value) / (count - 1)), count, count, np.zeros(2), np.ones(2))
    exact, score = clopper_pearson(value * count, count), wilson(value * count, count)
    assert mean.low[0] == pytest.approx(exact.low[0], rel=0.03)
    assert mean.high[0] == pytest.approx(exact.high[0], rel=0.03)
    np.testing.assert_allclose([mean.low[1], mean.high[1]], [score.low[1], score.high[1]], rtol=1e-5)


def test_a_mean_far_from_its_bounds_has_the_interval_of_student() -> None:
    low, high = mean_interval(*(array(v) for v in (0.5, 1e-3, 50_000.0, 50_000.0, 0.0, 1.0)))
    assert low[0] == pytest.approx(0.5 - 1.96 * 1e-3, abs=1e-6)
    assert high[0] == pytest.approx(0.5 + 1.96 * 1e-3, abs=1e-6)


def test_a_mean_keeps_to_its_range_and_needs_two_replicates() -> None:
    bounds = np.zeros(2), np.ones(2)
    low, high = mean_interval(array(0.99, 0.5), array(0.02, np.nan), array(100.0, 1.0), array(100.0, 1.0), *bounds)
    assert 0 < low[0] < 0.99 - 1.98 * 0.02
    assert 0.99 < high[0] < 1
    assert np.isnan([low[1], high[1]]).all()


@pytest.mark.parametrize("informative", [1.25, 10.0])
def test_replicates_that_all_agree_leave_room_for_others_on_both_sides(informative: float) -> None:
    missed = 1 - 0.025 ** (1 / informative)
    for value, low, high in ((2.0, 2.0, 2 + 6 * missed), (5.0, 5 - 3 * missed, 5 + 3 * missed)):
        ends = mean_interval(*(array(v) for v in (value, 0.0, informative, informative, 2.0, 8.0)))
        np.testing.assert_allclose(np.ravel(ends), [low, high], rtol=1e-12)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_covariance_beyond_what_the_errors_allow_counts_as_the_largest_possible(sign: int) -> None:
    """Rounding may bring it there; the half-widths are then added or subtracted."""
    one, other = (Known(*map(array, numbers)) for numbers in ((0.5, 0.1, 0.3, 0.8), (0.4, 0.1, 0.15, 0.55)))
    low, high = mover_interval(one, other, array(sign * 0.0101))
    np.testing.assert_allclose([low[0], high[0]], [0.1 - abs(0.2 - sign * 0.15), 0.1 + abs(0.3 - sign * 0.25)])


def test_every_interval_can_have_another_level() -> None:
    """A .99 interval by its own formula, in place of the .95 that is the default."""
    z, level = 2.5758293035489004, 0.99
    exact = clopper_pearson(array(0), array(50), level)
    assert exact.high[0] == pytest.approx(1 - 0.005 ** (1 / 50), rel=1e-12)
    score = wilson(array(81), array(263), level)
    centre = (81 + z**2 / 2) / (263 + z**2)
    half = z / (263 + z**2) * np.sqrt(81 * (263 - 81) / 263 + z**2 / 4)
    np.testing.assert_allclose([score.low[0], score.high[0]], [centre - half, centre + half], rtol=1e-12)
    se = np.sqrt(0.25 / 100_000)
    many, bounds = array(100_000), (array(0), array(1))
    assert proportion_interval(array(0.5), array(se), many, many, level).high[0] == pytest.approx(
        0.5 + z * se, rel=1e-4
    )
    assert mean_interval(array(0.5), array(se), many, many, *bounds, level).high[0] == pytest.approx(
        0.5 + z * se, rel=1e-4
    )
    pairs = paired_proportion_interval(array(0.1), array(se), many, many, array(se**2), level)
    assert (pairs.high[0] - pairs.low[0]) / 2 == pytest.approx(z * se, rel=1e-3)
    few, t = array(3), 9.924843200918294
    assert unshared_events(array(1.0), few, few, level)[0] == pytest.approx(2 * t**2 / 3, rel=1e-12)

"""What was not observed is missing, and what never varied is not certain."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from csmc.estimate import METRICS, Estimate, Metric, estimate
from csmc.estimate.metrics import Constant
from csmc.kernel.codes import Tally
from tests.evidence import Section
from tests.intervals.batches import as_points, batches, quickstart
from tests.unit.synthetic import empty, moments

CONDITIONAL = [metric for metric in METRICS.values() if not isinstance(metric.ratio.denominator, Constant)]


@pytest.mark.parametrize("metric", CONDITIONAL, ids=lambda metric: metric.name)
@pytest.mark.parametrize("episodes", [1, 20])
def test_a_zero_denominator_is_missing_everywhere(metric: Metric, episodes: int) -> None:
    result = estimate(metric, moments(empty(50, 3), [metric], episodes))
    assert np.isnan(np.stack(result)).all()


@pytest.mark.parametrize("metric", CONDITIONAL, ids=lambda metric: metric.name)
def test_a_difference_from_a_reference_without_a_denominator_is_missing_and_the_value_is_not(metric: Metric) -> None:
    rows = empty(50, 2)
    for row in metric.rows():
        rows[:, 1, row] = 1
    result = estimate(metric, moments(rows, [metric]))
    assert np.isfinite([result.value[0, 1], result.low[0, 1], result.high[0, 1]]).all()
    assert np.isnan([part[0, 1] for part in result[4:]]).all()
    assert np.isnan([part[0, 0] for part in result]).all()


def parts(result: Estimate, *names: str) -> np.ndarray:
    return np.stack([getattr(result, name) for name in names])


def test_a_single_replicate_of_the_kernel_has_values_and_no_error(configs: Path) -> None:
    experiment = quickstart(configs, "dynamics.episodes=4")
    each = as_points(experiment, batches(experiment, 200, 1), 1)
    for metric in METRICS.values():
        result = estimate(metric, each)
        assert not np.isinf(np.stack(result)).any()
        assert np.isnan(parts(result, "se", "difference_se", "pairing_gain")).all()
        assert np.isnan(parts(result, "difference_low", "difference_high")[:, :, 1:]).all()
        ends = parts(result, "low", "high")
        if metric.kind == "mean":
            assert np.isnan(ends).all()
        else:
            there = np.isfinite(result.value)
            assert (ends[0][there] < ends[1][there]).all()
            assert np.isnan(ends[:, ~there]).all()


def alike(metric: Metric, value: int, replicates: int) -> Estimate:
    """All replicates the same under both institutions: one of each denominator, `value` of each numerator."""
    rows = empty(replicates, 2)
    for _, ratio in metric.terms:
        rows[:, :, ratio.numerator] = value
        if isinstance(ratio.denominator, Tally):
            rows[:, :, ratio.denominator] = 1
    return estimate(metric, moments(rows, [metric]))


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
@pytest.mark.parametrize("value", [0, 1])
def test_replicates_that_are_all_alike_leave_an_interval_of_positive_width(metric: Metric, value: int) -> None:
    if metric.name == "time_to_war":
        value = 1  # the only possible time in one-shot crises
    result = alike(metric, max(value, int(metric.low)), 40)
    certain = metric.name == "time_to_war"
    assert (result.high[0, 1] - result.low[0, 1] > 0) != certain
    assert (result.difference_high[0, 1] - result.difference_low[0, 1] > 0) != certain
    assert result.difference[0, 1] == 0
    assert result.difference_se[0, 1] == 0


def test_intervals_of_the_kernels_estimates_hold_the_estimate(
    configs: Path, evidence: Callable[[Section, str, str], None]
) -> None:
    seen = 0
    for size in (2, 7, 40):
        experiment = quickstart(configs, "dynamics.episodes=3")
        each = as_points(experiment, batches(experiment, 300, size), size)
        for metric in METRICS.values():
            result = estimate(metric, each)
            for value, low, high in (result[0:1] + result[2:4], result[4:5] + result[6:8]):
                there = np.isfinite(low)
                assert (low[there] <= value[there] + 1e-12).all()
                assert (value[there] - 1e-12 <= high[there]).all()
                assert (there == np.isfinite(high)).all()
                seen += int(there.sum())
    evidence(
        Section.STATISTICS,
        "What was not observed is missing in every part of an estimate, never 0; what never varied keeps an interval "
        "of positive width; and every interval holds its estimate (all metrics; real experiments of 2, 7 and 40 "
        "histories of 3 episodes).",
        f"{seen:,} intervals hold their estimate",
    )

"""Paired differences of proportions: Bonett and Price's interval, and what it becomes for histories."""

import numpy as np
import pytest

from csmc.estimate import METRICS, estimate
from csmc.kernel.codes import Tally
from tests.unit.synthetic import empty, moments

Z = 1.959963984540054


def bonett_price(more: int, less: int, n: int) -> tuple[float, float]:
    p, q = (more + 1) / (n + 2), (less + 1) / (n + 2)
    half = Z * np.sqrt((p + q - (p - q) ** 2) / (n + 2))
    return p - q - half, p - q + half


def paired_wars(n: int, both: int, more: int, less: int) -> np.ndarray:
    rows = empty(n, 2)
    rows[: both + less, 0, Tally.WARS] = 1
    rows[less : less + both + more, 1, Tally.WARS] = 1
    return rows


@pytest.mark.parametrize(("n", "both", "more", "less"), [(50, 3, 4, 2), (1000, 50, 0, 7), (200, 0, 0, 0)])
def test_one_shot_crises_give_bonett_and_price(n: int, both: int, more: int, less: int) -> None:
    result = estimate(METRICS["war"], moments(paired_wars(n, both, more, less), [METRICS["war"]]))
    assert result.difference[0, 1] == pytest.approx((more - less) / n, abs=1e-15)
    ends = result.difference_low[0, 1], result.difference_high[0, 1]
    np.testing.assert_allclose(ends, bonett_price(more, less, n), rtol=1e-9)


def test_the_reference_differs_from_itself_by_nothing_for_certain() -> None:
    result = estimate(METRICS["war"], moments(paired_wars(50, 3, 4, 2), [METRICS["war"]]))
    ends = result.difference[0, 0], result.difference_low[0, 0], result.difference_high[0, 0]
    assert ends == (0, 0, 0)


def test_a_copy_under_another_name_keeps_an_interval() -> None:
    rows = paired_wars(50, 5, 0, 0)
    result = estimate(METRICS["war"], moments(rows, [METRICS["war"]]))
    assert result.difference_se[0, 1] == 0
    assert result.difference_low[0, 1] < 0 < result.difference_high[0, 1]


def test_with_pairs_alike_in_every_history_only_histories_count() -> None:
    rows = empty(10, 2)
    rows[:, :, Tally.WARS] = 5
    result = estimate(METRICS["war"], moments(rows, [METRICS["war"]], 20))
    ends = result.difference_low[0, 1], result.difference_high[0, 1]
    np.testing.assert_allclose(ends, bonett_price(0, 0, 10), rtol=1e-12)


def test_sharing_draws_pays() -> None:
    generator = np.random.default_rng(4)
    rows = empty(2000, 2)
    u = generator.random(2000)
    rows[:, 0, Tally.WARS], rows[:, 1, Tally.WARS] = u < 0.3, u < 0.25
    result = estimate(METRICS["war"], moments(rows, [METRICS["war"]]))
    assert result.pairing_gain[0, 1] > 5

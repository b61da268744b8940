"""Estimates adjusted by controls, on made-up replicates: what ordinary least squares on each of them gives."""

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

from csmc.estimate import METRICS, Controlled, control_gain, differences, estimate, moments_of
from csmc.estimate.controls import LEAST_UNITS
from csmc.estimate.metrics import Constant, cross_pairs, own_pairs
from csmc.estimate.ratios import Pairs
from csmc.kernel.codes import N_CONTROLS, N_TALLIES, Control, Tally, row_scale
from csmc.kernel.result import Integers, Plan
from tests.stacked import stack
from tests.unit.synthetic import STATES, count

CHOSEN = ("war", "war_given_challenge", "participation", "selectivity", "final_trust", "no_challenge", "challenge")
METRICS_CHOSEN = [METRICS[name] for name in CHOSEN]
PLAN = Plan(
    own_pairs(METRICS_CHOSEN, controls=True), cross_pairs(METRICS_CHOSEN, controls=True), 0, "all", controls=True
)
REPLICATES, EPISODES = 1600, 3


def histories(replicates: int) -> Integers:
    """Tallies and controls (replicate, institution, row) of three institutions and a copy of the first."""
    generator = np.random.default_rng(5)
    shape = (replicates, EPISODES)
    uniforms, normals = generator.random((2, *shape)) - 0.5, generator.standard_normal((2, *shape))
    drawn = np.concatenate([uniforms, normals]).sum(axis=2)
    rows = np.zeros((replicates, 4, N_TALLIES + N_CONTROLS))
    for k in range(3):
        challenged = generator.random(shape) < 0.75 - 0.4 * uniforms[0] + 0.05 * k
        chance = np.clip(0.4 - 0.5 * uniforms[1] + 0.1 * normals[1] - 0.1 * k, 0, 1)
        refused = challenged & (generator.random(shape) < chance)
        stands = normals[0] > -0.8
        surprise = np.where(challenged, refused - chance, 0)
        war = refused & stands & (generator.random(shape) < 0.8)
        response = war & (generator.random(shape) < 0.3)
        great = response & (generator.random(shape) < 0.5)
        share = generator.random(shape)
        for tally, values in {
            Tally.WARS: war,
            Tally.CHALLENGES: challenged,
            Tally.NO_CHALLENGE: ~challenged,
            Tally.RESPONSES: response,
            Tally.PARTICIPATION: response * share,
            Tally.RESPONSES_GREAT: great,
            Tally.PARTICIPATION_GREAT: great * share,
            Tally.RESPONSES_OTHER: response & ~great,
            Tally.PARTICIPATION_OTHER: (response & ~great) * share,
            Tally.TRUST: (0.5 + 0.1 * np.tanh(normals[1]) - 0.1 * war) / EPISODES,
            Control.REFUSAL_STOOD_BY: np.where(stands, surprise, 0),
            Control.REFUSAL_YIELDED_TO: np.where(stands, 0, surprise),
        }.items():
            rows[:, k, tally] = values.sum(axis=1)
        rows[:, k, Control.CHALLENGER_COST : Control.MISPERCEPTION + 1] = drawn.T
    rows[:, 3] = rows[:, 0]
    scales = np.array([row_scale(row, EPISODES) for row in range(rows.shape[2])])
    return np.floor(rows * scales + 0.5).astype(np.int64)


@cache
def data(replicates: int = REPLICATES) -> tuple[np.ndarray[Any, Any], Controlled]:
    """Rows of every replicate in natural units, (replicate, institution, row), and the moments of all of them."""
    rows = histories(replicates)
    known = (np.array([number]) for number in (replicates, EPISODES, STATES))
    moments = moments_of(stack([count(rows, PLAN)]), PLAN, *known)
    assert isinstance(moments, Controlled)
    scales = np.array([row_scale(row, EPISODES) for row in range(rows.shape[2])], dtype=float)
    return rows / scales, moments


def by_hand(name: str, rows: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], ...]:
    """Value (institution,), and residuals (replicate, institution) of its influence, by ordinary least squares."""
    controls = rows[:, :, list(Control)]
    adjusted, residuals = {}, {}
    for row in METRICS[name].rows():
        for k in range(rows.shape[1]):
            design = np.column_stack([np.ones(len(rows)), controls[:, k]])
            fitted = np.linalg.lstsq(design, rows[:, k, row], rcond=None)[0]
            adjusted[row, k] = fitted[0] * len(rows)  # the value at which all controls have their mean, 0
            residuals[row, k] = rows[:, k, row] - design @ fitted
    value, influence = np.zeros(rows.shape[1]), np.zeros(rows.shape[:2])
    for k in range(rows.shape[1]):
        for sign, ratio in METRICS[name].terms:
            below: Any = ratio.denominator
            if isinstance(below, Constant):
                total = len(rows) * (EPISODES if below is Constant.EPISODES else 1)
                informative, rest = len(rows), 0.0
            else:
                total, rest = adjusted[below, k], residuals[below, k]
                informative = rows[:, k, below].sum() ** 2 / (rows[:, k, below] ** 2).sum()
            share = adjusted[ratio.numerator, k] / total
            value[k] += sign * share
            weight = math.sqrt(informative / (informative - 1)) / total
            influence[:, k] += sign * weight * (residuals[ratio.numerator, k] - share * rest)
    n, q = len(rows), len(Control)
    return value, influence * math.sqrt((n - 1) / (n - 1 - q) * (n - 2) / (n - 2 - q))


@pytest.mark.parametrize("name", ["war", "war_given_challenge", "final_trust", "no_challenge", "challenge"])
def test_estimates_are_those_of_least_squares_on_the_replicates(name: str) -> None:
    rows, moments = data()
    found, (value, influence) = estimate(METRICS[name], moments), by_hand(name, rows)
    assert (moments.plain().informative(METRICS[name].ratio) >= LEAST_UNITS).all()
    np.testing.assert_allclose(found.value[0], value, rtol=1e-9)
    np.testing.assert_allclose(found.se[0], np.sqrt((influence**2).sum(axis=0)), rtol=1e-7)
    paired = influence - influence[:, [0]]
    np.testing.assert_allclose(found.difference_se[0], np.sqrt((paired**2).sum(axis=0)), rtol=1e-7)
    others = differences(METRICS[name], moments, Pairs(np.array([1]), np.array([2])))
    np.testing.assert_allclose(others.value[0], value[1] - value[2], rtol=1e-8)
    np.testing.assert_allclose(others.se[0], math.sqrt(((influence[:, 1] - influence[:, 2]) ** 2).sum()), rtol=1e-7)


def test_what_adds_up_still_does() -> None:
    _, moments = data()
    both = [moments.total(METRICS[name].ratio.numerator) for name in ("challenge", "no_challenge")]
    np.testing.assert_allclose(sum(both), REPLICATES * EPISODES, rtol=1e-12)


@pytest.mark.parametrize("name", CHOSEN)
def test_a_copy_of_the_reference_differs_by_exactly_nothing(name: str) -> None:
    _, moments = data()
    found = estimate(METRICS[name], moments)
    assert (found.difference[0, [0, 3]] == 0).all()
    assert (found.difference_se[0, [0, 3]] == 0).all()
    assert found.value[0, 3] == found.value[0, 0]


def test_the_gain_is_the_variance_without_over_that_with_controls() -> None:
    _, moments = data()
    gain = control_gain(METRICS["war"], moments)
    without, having = (estimate(METRICS["war"], one) for one in (moments.plain(), moments))
    np.testing.assert_allclose(gain.value, (without.se / having.se) ** 2, rtol=1e-9)
    np.testing.assert_allclose(gain.difference[0, 1], (without.difference_se[0, 1] / having.difference_se[0, 1]) ** 2)
    assert (gain.value > 1.5).all()
    narrower = (having.high - having.low) / (without.high - without.low)
    np.testing.assert_allclose(narrower[0, :2], gain.value[0, :2] ** -0.5, rtol=0.15)


@pytest.mark.parametrize("name", ["participation", "selectivity"])
def test_what_too_few_replicates_inform_is_not_adjusted(name: str) -> None:
    _, moments = data()
    plain = moments.plain()
    assert (plain.informative(METRICS[name].ratio) < LEAST_UNITS).all()
    for part in ("value", "se", "difference", "difference_se"):
        np.testing.assert_array_equal(*(getattr(estimate(METRICS[name], one), part) for one in (moments, plain)))


@pytest.mark.parametrize("replicates", [1, 2, LEAST_UNITS - 1])
def test_too_few_replicates_are_not_adjusted(replicates: int) -> None:
    _, moments = data(replicates)
    for name in ("war", "participation"):
        adjusted, plain = (estimate(METRICS[name], one) for one in (moments, moments.plain()))
        for part in ("value", "se", "difference", "difference_se"):
            np.testing.assert_array_equal(getattr(adjusted, part), getattr(plain, part))


def changed(replicates: int, changes: Mapping[int, np.ndarray[Any, Any] | float]) -> Controlled:
    """Moments of histories in which some rows, in natural units, are others under every institution."""
    rows = histories(replicates)
    for row, values in changes.items():
        units = np.asarray(values) * row_scale(row, EPISODES)
        rows[:, :, row] = np.floor(np.broadcast_to(units, replicates) + 0.5).astype(np.int64)[:, None]
    known = (np.array([number]) for number in (replicates, EPISODES, STATES))
    moments = moments_of(stack([count(rows, PLAN)]), PLAN, *known)
    assert isinstance(moments, Controlled)
    return moments


def test_adjusting_begins_at_the_number_that_is_said() -> None:
    assert LEAST_UNITS == 1000, "docs/analysis.md"
    for replicates, is_adjusted in ((LEAST_UNITS - 1, False), (LEAST_UNITS, True)):
        _, moments = data(replicates)
        apart = estimate(METRICS["war"], moments).value != estimate(METRICS["war"], moments.plain()).value
        assert (apart == is_adjusted).all()


def test_what_is_left_for_one_metric_is_left_for_its_parts() -> None:
    _, moments = data()
    assert moments.informing(METRICS["war"])._used.all()
    assert not moments.informing(METRICS["participation"]).informing(METRICS["war"])._used.any()


def test_what_is_always_the_same_is_not_adjusted() -> None:
    moments = changed(REPLICATES, {Tally.TRUST: 0.3})
    found, plain = (estimate(METRICS["final_trust"], one) for one in (moments, moments.plain()))
    np.testing.assert_array_equal(found, plain)
    assert (found.se == 0).all()


@pytest.mark.parametrize(("variance", "is_used"), [(0.5e-6, False), (2e-6, True)])
def test_a_control_is_used_from_the_variance_on_that_rounding_cannot_have(variance: float, is_used: bool) -> None:
    """Per replicate and episode; the control is noise, so its multiple is small beside what it would take to matter."""
    noise = np.random.default_rng(3).standard_normal(REPLICATES)
    noise = (noise - noise.mean()) / noise.std() * math.sqrt(variance * EPISODES)
    multiples = changed(REPLICATES, {Control.MISPERCEPTION: noise})._multiples(Tally.WARS)
    rows, _ = data()
    controls = rows[:, 0, list(Control)]
    controls[:, -1] = noise
    design = np.column_stack([np.ones(REPLICATES), controls[:, : None if is_used else -1]])
    expected = np.linalg.lstsq(design, rows[:, 0, Tally.WARS], rcond=None)[0][1:]
    np.testing.assert_allclose(multiples[0, 0], expected if is_used else [*expected, 0], rtol=1e-3)


def test_a_single_event_is_adjusted_too() -> None:
    moments = changed(REPLICATES, {Tally.WARS: np.arange(REPLICATES) == 7})
    found, plain = (estimate(METRICS["war"], one) for one in (moments, moments.plain()))
    assert (found.value != plain.value).all()


def test_a_control_that_is_twice_another_shares_its_part() -> None:
    twice = np.random.default_rng(4).standard_normal(REPLICATES)
    found = changed(REPLICATES, {Control.STATUS_QUO: twice, Control.MISPERCEPTION: twice})
    alone = changed(REPLICATES, {Control.STATUS_QUO: twice, Control.MISPERCEPTION: 0.0})
    for name in ("war", "challenge"):
        one, other = (estimate(METRICS[name], moments) for moments in (found, alone))
        np.testing.assert_allclose(one.value, other.value, rtol=1e-9)
        np.testing.assert_allclose(one.se, other.se, rtol=1e-6)

"""Control variates from the configuration to the report: what regression by hand gives, told with its gain."""

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import csmc
from csmc.analysis import best, contrasts, prevention
from csmc.estimate import METRICS, Controlled, Moments, control_gain, differences, estimate, moments_of, plan
from csmc.estimate.controls import LEAST_UNITS
from csmc.estimate.metrics import Constant
from csmc.estimate.ratios import Pairs
from csmc.kernel import Blocks, tally_points
from csmc.kernel.codes import DRAWN_CONTROLS, Control, row_scale
from csmc.kernel.result import Tallies, carry
from csmc.report.gains import gain_notes
from csmc.report.summary import summary
from tests.unit.configurations import refusal_of

NAMES = ("balance_of_power", "un_security_council", "collective_security")
CHOSEN = ("war", "war_given_challenge", "participation", "selectivity", "final_trust", "no_challenge", "challenge")
REPLICATES = 3000


def make(replicates: int = REPLICATES, *, episodes: int = 4, controls: bool = True, **changes: Any) -> csmc.Experiment:
    sampling = {"replicates": replicates, "controls": controls} | changes.pop("sampling", {})
    settings: dict[str, Any] = {
        "institutions": [*NAMES, {"name": "a_copy", "extends": "balance_of_power"}],
        "parameters": {"dynamics.episodes": episodes},
        "sampling": sampling,
        "outputs": {"metrics": list(CHOSEN), "joint": "all"},
    }
    return csmc.Experiment.from_dict(settings | changes)


def each(experiment: csmc.Experiment, replicates: int) -> Tallies:
    """Tallies of every replicate for itself, (replicate, ...)."""
    point = experiment.point(0)
    record, system, institutions = point.packed()
    numbers = np.arange(point.number(0), point.number(replicates))
    blocks = Blocks(np.full(replicates, point.seed, dtype=np.uint64), numbers, np.ones(replicates, dtype=np.int64))
    rules = np.repeat(institutions[None], replicates, axis=0)
    return tally_points(np.repeat(record, replicates), system, rules, blocks, plan(experiment))


@cache
def data(replicates: int = REPLICATES, episodes: int = 4) -> tuple[np.ndarray[Any, Any], Moments]:
    """Rows of every replicate in natural units, (replicate, institution, row), and the moments of all of them."""
    experiment = make(replicates, episodes=episodes)
    alone = each(experiment, replicates)
    total = carry(Tallies(*(field.sum(axis=0, keepdims=True) for field in alone)))
    known = (np.array([number]) for number in (replicates, episodes, 8))
    scales = [row_scale(row, episodes) for row in range(alone.sums.shape[2])]
    return alone.sums / np.array(scales, dtype=float), moments_of(total, plan(experiment), *known)


def by_hand(name: str, rows: np.ndarray[Any, Any], episodes: int) -> tuple[np.ndarray[Any, Any], ...]:
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
                total = len(rows) * (episodes if below is Constant.EPISODES else 1)
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
    found, (value, influence) = estimate(METRICS[name], moments), by_hand(name, rows, 4)
    assert isinstance(moments, Controlled)
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
    np.testing.assert_allclose(sum(both), REPLICATES * 4, rtol=1e-12)


@pytest.mark.parametrize("name", CHOSEN)
def test_a_copy_of_the_reference_differs_by_exactly_nothing(name: str) -> None:
    _, moments = data()
    found = estimate(METRICS[name], moments)
    assert (found.difference[0, [0, 3]] == 0).all()
    assert (found.difference_se[0, [0, 3]] == 0).all()
    assert found.value[0, 3] == found.value[0, 0]


def test_the_gain_is_the_variance_without_over_that_with_controls() -> None:
    _, moments = data(REPLICATES, 1)
    assert isinstance(moments, Controlled)
    gain = control_gain(METRICS["war"], moments)
    without, having = (estimate(METRICS["war"], one) for one in (moments.plain(), moments))
    np.testing.assert_allclose(gain.value, (without.se / having.se) ** 2, rtol=1e-9)
    np.testing.assert_allclose(gain.difference[0, 1], (without.difference_se[0, 1] / having.difference_se[0, 1]) ** 2)
    assert (gain.value > 2).all(), "wars of one-shot crises are known as if there were at least twice as many"
    narrower = (having.high - having.low) / (without.high - without.low)
    np.testing.assert_allclose(narrower[0, :2], gain.value[0, :2] ** -0.5, rtol=0.15)


def test_the_plain_moments_are_those_of_a_run_without_controls() -> None:
    _, moments = data()
    assert isinstance(moments, Controlled)
    without = make(controls=False)
    total = Tallies(*(field.sum(axis=0, keepdims=True) for field in each(without, REPLICATES)))
    known = (moments.replicates, moments.episodes, moments.states)
    for name in CHOSEN:
        expected = estimate(METRICS[name], moments_of(carry(total), plan(without), *known))
        np.testing.assert_array_equal(estimate(METRICS[name], moments.plain()), expected)


@pytest.mark.parametrize("name", ["participation", "selectivity"])
def test_what_too_few_replicates_inform_is_not_adjusted(name: str) -> None:
    _, moments = data()
    assert isinstance(moments, Controlled)
    plain = moments.plain()
    assert (plain.informative(METRICS[name].ratio) < LEAST_UNITS).all()
    for part in ("value", "se", "difference", "difference_se"):
        np.testing.assert_array_equal(*(getattr(estimate(METRICS[name], one), part) for one in (moments, plain)))


@pytest.mark.parametrize("replicates", [1, 2, LEAST_UNITS - 1])
def test_too_few_replicates_are_not_adjusted(replicates: int) -> None:
    _, moments = data(replicates, 1)
    assert isinstance(moments, Controlled)
    for name in ("war", "participation"):
        adjusted, plain = (estimate(METRICS[name], one) for one in (moments, moments.plain()))
        for part in ("value", "se", "difference", "difference_se"):
            np.testing.assert_array_equal(getattr(adjusted, part), getattr(plain, part))


def test_opposite_draws_that_cancel_are_no_controls() -> None:
    """In antithetic pairs the sums of the drawn controls are rounding: they change nothing."""
    experiment = make(4000, episodes=1, sampling={"replication": "antithetic"})
    point = experiment.point(0)
    record, system, institutions = point.packed()
    blocks = Blocks(np.array([point.seed], dtype=np.uint64), np.array([point.number(0)]), np.array([4000]))
    known = (np.array([number]) for number in (4000, 1, 8))
    tallies = tally_points(record, system, institutions[None], blocks, plan(experiment))
    moments = moments_of(tallies, plan(experiment), *known)
    assert isinstance(moments, Controlled)
    drawn = [tuple(Control).index(control) for control in DRAWN_CONTROLS]
    multiples = moments._multiples(METRICS["war"].ratio.numerator)
    assert (multiples[:, :, drawn] == 0).all()
    assert (np.abs(multiples[:, :, 0]) > 0.1).all()
    assert (control_gain(METRICS["war"], moments).value > 1.3).all()


def test_no_war_is_still_no_war() -> None:
    """Where nothing was seen nothing is adjusted, and the interval is that of the number of replicates."""
    experiment = make(2000, parameters={"crisis.challenge_cost": 1.0})
    point = experiment.point(0)
    record, system, institutions = point.packed()
    blocks = Blocks(np.array([point.seed], dtype=np.uint64), np.array([0]), np.array([2000]))
    tallies = tally_points(record, system, institutions[None], blocks, plan(experiment))
    assert tallies.sums[0, :, METRICS["war"].ratio.numerator].sum() == 0
    moments = moments_of(tallies, plan(experiment), *(np.array([number]) for number in (2000, 1, 8)))
    assert isinstance(moments, Controlled)
    found, plain = (estimate(METRICS["war"], one) for one in (moments, moments.plain()))
    np.testing.assert_array_equal(found.value, 0)
    np.testing.assert_array_equal(found.high, plain.high)


def test_a_run_with_controls_says_so_and_gives_the_same_on_any_number_of_threads(tmp_path: Path) -> None:
    digests = set()
    for threads in (1, 2):
        output = tmp_path / str(threads)
        experiment = make(4000, episodes=1, execution={"threads": threads, "block": 1000 * threads})
        with csmc.run(experiment, output=output) as result:
            digests.add(result.attrs["digest"])
            assert result.attrs["controls"] == 1
            assert "adjusted by controls" in result.war_control_gain.attrs["method"]
            assert result.war_difference_control_gain.dims == ("point", "institution")
            assert any(note.startswith("controls: war ×") for note in summary(result).notes)
            counts = result.outcome_count.sel(outcome="no_challenge")[0] / 4000
            assert (np.abs(result.no_challenge[0] - counts) > 0).all(), "counts are as they were, values adjusted"
            assert (np.abs(result.no_challenge[0] - counts) < 0.03).all()
            apart = contrasts(output).war_difference
            one = apart.sel(institution="un_security_council", other_institution="balance_of_power")[0]
            told = result.war_difference.sel(institution="un_security_council")[0]
            assert float(one) == pytest.approx(float(told))
            assert bool(best(output).contender.sel(institution="collective_security")[0])
            shares = prevention(output, "balance_of_power", "collective_security")
            counted = result.outcome_count.sel(institution="balance_of_power")[0, -3:].sum()
            assert shares.war_count.values.sum() == int(counted)
    assert len(digests) == 1


def test_results_without_controls_have_no_gains(tmp_path: Path) -> None:
    with csmc.run(make(1000, controls=False), output=tmp_path / "out") as result:
        assert [name for name in result if "control_gain" in str(name)] == []
        assert result.attrs["controls"] == 0
        assert not [note for note in summary(result).notes if note.startswith("controls")]


def test_an_output_without_controls_is_not_continued_with_them(tmp_path: Path) -> None:
    csmc.run(make(1000, episodes=1, controls=False), output=tmp_path / "out").close()
    with pytest.raises(csmc.CsmcError, match=r"sampling\.controls: that one kept other sums"):
        csmc.run(make(1000, episodes=1), output=tmp_path / "out")


def test_a_precision_is_reached_with_fewer_replicates(tmp_path: Path) -> None:
    needed = {}
    for controls in (False, True):
        sampling = {"replicates": None, "precision": {"war": {"half_width": 0.01}}, "max_replicates": 50_000}
        experiment = make(episodes=1, controls=controls, sampling=sampling)
        with csmc.run(experiment, output=tmp_path / str(controls)) as result:
            assert (result.precision_reached == 1).all()
            needed[controls] = int(result.replicates[0])
    assert needed[True] < 0.5 * needed[False]


def told(gains: list[float], replicates: int, replication: str = "plain") -> list[str]:
    dims = ("point", "institution")
    return list(
        gain_notes(
            xr.Dataset(
                {
                    "war_control_gain": (dims, np.array([gains])),
                    "war_difference_control_gain": (dims, np.array([[math.nan, *gains[1:]]])),
                    "replicates": ("point", np.array([replicates])),
                },
                attrs={"replication": replication},
            )
        )
    )


def test_the_report_names_the_gain_or_that_there_is_none_or_why_nothing_is_adjusted() -> None:
    assert told([4.0, 2.0], 5000) == [
        "controls: war ×3.00, differences ×2.00; variance without them over the actual one, median over points and "
        "institutions."
    ]
    assert told([1.02, 1.02], 5000)[0].startswith("controls: war ×1.02 (no gain), differences ×1.02 (no gain);")
    assert told([1.0, 1.0], 999)[1] == "Below 1,000 replicates nothing is adjusted: more are needed."
    assert told([1.0, 1.0], 1999, "antithetic")[1].startswith("Below 2,000 replicates")


def test_controls_are_yes_or_no() -> None:
    assert refusal_of(sampling={"controls": "all"}) == ("sampling.controls = 'all': must be true or false",)

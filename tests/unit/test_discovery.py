"""Scenario discovery: boxes that are known, arithmetic by hand, conditions, and that noise gives no box."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy.stats import binom

from csmc.analysis import discover
from csmc.analysis.condition import judge
from csmc.analysis.discovery import BY_CHANCE
from csmc.analysis.prim import Limit, best_step, chance, holds, paste, peel, quality, quasi_p, trim
from csmc.errors import CsmcError, ParameterError
from tests.analysed import over, result_of, shares
from tests.evidence import Section

FREE = Limit()


def test_density_coverage_and_mass_are_what_one_counts() -> None:
    x = np.arange(10.0)
    hits = np.array([0, 0, 1, 1, 1, 0, 0, 0, 1, 0], bool)
    found = quality(holds((Limit(low=2, high=5),), [x]), hits)
    assert found == (4, 3, 0.4, 0.75, 0.75)
    assert found.balance == 0.75
    assert quality(holds((FREE,), [x]), hits) == (10, 4, 1.0, 0.4, 1.0)


def test_a_quasi_p_value_is_that_of_the_box_without_the_limit() -> None:
    x = np.arange(10.0)
    hits = np.array([0, 0, 1, 1, 1, 0, 0, 0, 1, 0], bool)
    found = quasi_p((Limit(low=2, high=5),), [x], hits)
    # without the low end: 0 to 5, 3 of 6; without the high end: 2 to 9, 4 of 8
    assert found == {(0, "low"): binom.sf(2, 4, 3 / 6), (0, "high"): binom.sf(2, 4, 4 / 8)}


def test_a_step_takes_the_end_that_gains_most_and_all_points_of_a_shared_value() -> None:
    x = np.array([1, 1, 1, 2, 2, 3, 3, 3, 4, 5], float)
    hits = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 0], bool)
    boxes = peel([x], hits, 0.1, 0.1)
    assert boxes[0] == (FREE,)
    # off the top: 5 of 9, .056 more for one point; off the bottom: 5 of 7, .214 more for three points
    assert boxes[1] == (Limit(low=2),)
    assert boxes[2] == (Limit(low=2, high=4),)


def test_a_value_of_a_text_is_a_step() -> None:
    kind = np.array(["none", "line", "ring"] * 20)
    hits = kind == "ring"
    boxes = peel([kind], hits, 0.1, 0.1)
    assert boxes[-1] == (Limit(values=("ring",)),)
    np.testing.assert_array_equal(holds(boxes[-1], [kind]), hits)


def test_pasting_wins_back_hits_without_losing_density() -> None:
    x = np.arange(20.0)
    hits = (x >= 5) & (x < 15)
    assert paste((Limit(low=8, high=12),), [x], hits, 0.1) == (Limit(low=5, high=14),)


def test_a_limit_of_no_use_is_taken_off() -> None:
    generator = np.random.default_rng(2)
    x, y = generator.random((2, 400))
    hits = x > 0.5
    assert trim((Limit(low=0.5), Limit(high=0.93)), [x, y], hits, 0.05) == (Limit(low=0.5), FREE)


def test_a_peeling_ends_at_the_least_mass_or_where_all_are_hits() -> None:
    x = np.random.default_rng(3).random(500)
    noise = np.random.default_rng(4).random(500) < 0.3
    masses = [holds(box, [x]).mean() for box in peel([x], noise, 0.05, 0.2)]
    assert 0.2 <= masses[-1] < 0.2 / 0.94
    assert all(later < earlier for earlier, later in pairwise(masses))
    hits = x > 0.6
    last = holds(peel([x], hits, 0.05, 0.05)[-1], [x])
    assert hits[last].all()


@pytest.fixture(scope="module")
def planted() -> xr.Dataset:
    experiment = over(5, "lhs", 1000)
    x = shares(experiment)
    inside = (x[:, 0] > 0.3) & (x[:, 0] < 0.8) & (x[:, 2] < 0.4)
    return result_of(experiment, {"war": np.where(inside, 0.2, -0.1)}, error=0.01)


WHERE = "war[collective_security - balance_of_power] > 0"


def test_a_planted_box_is_found_within_one_peel(
    planted: xr.Dataset, evidence: Callable[[Section, str, str], None]
) -> None:
    found = discover(planted, WHERE)
    first, third = planted.csmc.design[0], planted.csmc.design[2]
    limits = found["limit"]
    # a peel of a box takes 5 % of its points: .05 of .5 of the first parameter's range, .05 of .4 of the third's
    np.testing.assert_allclose(limits.sel(parameter=first), [0.3, 0.8], atol=0.05 * 0.5)
    np.testing.assert_allclose(limits.sel(parameter=third, end="high"), 0.4, atol=0.05 * 0.4)
    assert int(np.isfinite(limits).sum()) == 3
    assert found.attrs["by_chance"] == 0.01
    assert found.attrs["box_density"] > 0.95
    assert found.attrs["box_coverage"] > 0.95
    assert (found["reproduced"].where(np.isfinite(limits)).min() == 1.0).item()
    assert found.attrs["undecided"] == 0
    evidence(
        Section.ANSWERS,
        "Scenario discovery finds a planted box of three limits among five parameters (1,000 points) within one "
        "peel, and no further limit.",
        f"density {found.attrs['box_density']:.3f}, coverage {found.attrs['box_coverage']:.3f}",
    )


def test_the_trajectory_and_the_chosen_step_are_reported(planted: xr.Dataset) -> None:
    found = discover(planted, WHERE)
    assert found["density"][0] == found.attrs["base_density"]
    assert found["mass"][0] == 1.0
    np.testing.assert_allclose(found["density"], found["hits"] / found["points"])
    np.testing.assert_allclose(found["coverage"], found["hits"] / found.attrs["hits"])
    balance = 2 * found["density"] * found["coverage"] / (found["density"] + found["coverage"])
    assert int(balance.values.argmax()) == found.attrs["best_step"] == found.attrs["step"]
    assert discover(planted, WHERE, step=3).attrs["step"] == 3
    with pytest.raises(ParameterError, match="step=99 is not a step of the peeling"):
        discover(planted, WHERE, step=99)


@pytest.mark.proof
@pytest.mark.statistical
def test_noise_gives_no_dense_box(evidence: Callable[[Section, str, str], None]) -> None:
    trials, dense, found = 200, 0, 0
    for trial in range(trials):
        generator = np.random.default_rng([trial, 3])
        columns, hits = list(generator.random((5, 100))), generator.random(100) < 0.15
        boxes = peel(columns, hits, 0.05, 0.05)
        step, balance = best_step(boxes, columns, hits)
        by_chance = chance(columns, hits, (0.05, 0.05), balance, 49, trial)
        found += by_chance <= BY_CHANCE
        dense += by_chance <= BY_CHANCE and quality(holds(boxes[step], columns), hits).density > 2 * hits.mean()
    assert found / trials <= BY_CHANCE + 4 * np.sqrt(BY_CHANCE * (1 - BY_CHANCE) / trials)
    assert dense / trials <= 0.05
    evidence(
        Section.STATISTICS,
        "Pure noise gives scenario discovery a box in at most one of fifty cases (four standard errors), and none of "
        f"more than twice the density in at least 95 % ({trials} trials of 100 points, 5 parameters, 15 % hits).",
        f"{found} of {trials} with a box, {dense} with one of more than twice the density of all points",
    )


def test_without_evidence_the_box_is_the_whole_space() -> None:
    experiment = over(2, "lhs", 60)
    war = np.random.default_rng(12).normal(size=60)
    found = discover(result_of(experiment, {"war": war}), WHERE)
    assert found.attrs["by_chance"] > 0.02
    assert found.attrs["box_points"] == 60
    assert np.isnan(found["limit"]).all()


def test_undecided_points_are_counted_and_missing_ones_left_out() -> None:
    experiment = over(2, "lhs", 100)
    war = shares(experiment)[:, 0] - 0.5
    result = result_of(experiment, {"war": war}, error=0.05)
    for name in ("war_difference", "war_difference_low", "war_difference_high"):
        result[name][:7] = np.nan
    found = discover(result, WHERE)
    assert found.attrs["n"] == 93
    assert found.attrs["missing"] == 7
    assert found.attrs["hits"] == (war[7:] > 0).sum()
    assert found.attrs["undecided"] == (np.abs(war[7:]) < 0.1).sum()


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("war[collective_security]>0.5", lambda x: x > 0.5),
        (" war [ collective_security ] <= 2.5e-1 ", lambda x: x <= 0.25),
        ("war[collective_security - balance_of_power] >= 0.5", lambda x: x >= 0.5),
        ("war[balance_of_power - collective_security] > -0.5", lambda x: -x > -0.5),
        ("war[balance_of_power] < 0.5", lambda x: np.full(len(x), True)),
    ],
)
def test_a_condition_holds_where_it_says(where: str, expected: Callable[[Any], Any]) -> None:
    experiment = over(1, "lhs", 50)
    x = shares(experiment)[:, 0]
    found = judge(result_of(experiment, {"war": x}, error=0.01), where)
    np.testing.assert_array_equal(found.hits, expected(x))
    if "5" in where and "balance_of_power]" not in where.replace(" - balance_of_power]", ""):
        number = 0.25 if "2.5" in where else 0.5
        np.testing.assert_array_equal(found.undecided, np.abs(x - number) < 0.02)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("war > 0", "war of which institution"),
        ("wars[collective_security] > 0", "did you mean war"),
        ("war[collective_securty] > 0", "did you mean collective_security"),
        ("war[collective_security - collective_security] > 0", "against the reference only; write war"),
        ("war[collective_security] = 0", "is no condition; write METRIC"),
        ("war[collective_security] > nan", "is no condition"),
        ("war[collective_security] > 1 > 0", "is no condition"),
    ],
)
def test_a_condition_that_cannot_be_read_is_refused(planted: xr.Dataset, where: str, said: str) -> None:
    with pytest.raises(ParameterError, match=said.replace("[", r"\[")):
        discover(planted, where)


@pytest.mark.parametrize(
    ("where", "options", "said"),
    [
        ("war[collective_security] > 9", {}, "holds at none of 1000 points"),
        ("war[collective_security] < 9", {}, "holds at all of 1000 points"),
        (WHERE, {"mass": 5}, "mass=5 is not between 0 and 1"),
        (WHERE, {"peel": 0}, "peel=0 is not between 0 and 1"),
        (WHERE, {"permutations": 3}, "permutations=3"),
    ],
)
def test_what_gives_no_answer_is_refused(planted: xr.Dataset, where: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(CsmcError, match=said):
        discover(planted, where, **options)


def test_too_few_points_are_refused(planted: xr.Dataset) -> None:
    with pytest.raises(CsmcError, match="10 computed points are too few"):
        discover(planted.isel(point=slice(10)), WHERE)

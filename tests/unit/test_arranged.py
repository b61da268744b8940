"""Designs of Saltelli and of Morris: which points stand together, and that nothing on the way loses it."""

import numpy as np
import pytest

from csmc.config import Experiment
from csmc.config.arranged import morris_shares, saltelli_shares
from csmc.results.coordinates import coordinates
from tests.unit.configurations import Write, refusal, refusal_of

RANGES = {"crisis.war_cost": [0.2, 0.8], "response.rounds": [1, 16], "institutions.*.council.seats": [5, 15]}
CHOICE = {"distribution": {"choice": ["lognormal", "pareto"]}}


def arranged(kind: str, **settings: object) -> Experiment:
    design = {kind: {"seed": 1, "ranges": RANGES} | settings}
    return Experiment(institutions=["un_security_council"], design=design)


def test_a_sample_is_two_points_and_the_first_with_each_value_of_the_second() -> None:
    experiment = arranged("saltelli", points=8)
    assert experiment.n_points == 8 * (3 + 2)
    values = np.array(list(experiment.coordinates().values())).T.reshape(8, 5, 3)
    for a, b, *mixed in values:
        for own, point in enumerate(mixed):
            expected = a.copy()
            expected[own] = b[own]
            np.testing.assert_array_equal(point, expected)


def test_the_two_points_of_all_samples_are_balanced_and_independent() -> None:
    n = 1024
    both = saltelli_shares(n, 3, 1).reshape(n, 5, 3)[:, :2].reshape(n, 6)
    np.testing.assert_array_equal((both < 0.5).sum(axis=0), n // 2)
    for one in range(6):
        for other in range(one):
            np.testing.assert_array_equal(((both[:, one] < 0.5) & (both[:, other] < 0.5)).sum(), n // 4)


def test_twice_as_many_samples_begin_with_the_same() -> None:
    np.testing.assert_array_equal(saltelli_shares(16, 2, 7)[: 8 * 4], saltelli_shares(8, 2, 7))


def test_seeds_give_different_designs_and_zero_is_one_of_them() -> None:
    first, second = saltelli_shares(4, 2, 0), saltelli_shares(4, 2, 1)
    np.testing.assert_array_equal(first, saltelli_shares(4, 2, 0))
    assert (first != second).any()
    assert (morris_shares(4, 2, 4, 0) != morris_shares(4, 2, 4, 1)).any()


def test_every_step_of_a_trajectory_takes_another_parameter_half_its_range_up_or_down() -> None:
    shares = morris_shares(50, 4, 6, 3).reshape(50, 5, 4)
    steps = np.diff(shares, axis=1)
    assert set(np.unique(np.abs(steps).round(12))) == {0.0, 0.5}
    np.testing.assert_array_equal((steps != 0).sum(axis=1), 1)
    np.testing.assert_array_equal((steps != 0).sum(axis=2), 1)
    np.testing.assert_allclose(np.unique(shares.round(12)), (np.arange(6) + 0.5) / 6)


def test_places_are_coordinates_of_the_result() -> None:
    axes = {axis.name: axis for axis in coordinates(arranged("saltelli", points=2))}
    np.testing.assert_array_equal(axes["sample"].values, [0] * 5 + [1] * 5)
    np.testing.assert_array_equal(axes["matrix"].values, [0, 1, 2, 3, 4] * 2)
    axes = {axis.name: axis for axis in coordinates(arranged("morris", trajectories=2))}
    np.testing.assert_array_equal(axes["trajectory"].values, [0] * 4 + [1] * 4)
    np.testing.assert_array_equal(axes["step"].values, [0, 1, 2, 3] * 2)


@pytest.mark.parametrize(("kind", "settings"), [("saltelli", {"points": 4}), ("morris", {"trajectories": 5})])
def test_a_stored_design_is_read_back_with_its_places(kind: str, settings: dict[str, int]) -> None:
    experiment = arranged(kind, **settings)
    identity = experiment.identity()
    stored = Experiment.from_contents(experiment.resolved(), identity["design"], identity["tables"])
    written = Experiment.from_dict(experiment.resolved())
    assert stored.identity() == written.identity() == identity
    assert stored.layout() == written.layout() == experiment.layout() != {}


def test_ranges_may_be_distributions_and_choices() -> None:
    cost = {"distribution": {"lognormal": {"median": 0.4, "sigma": 0.5}, "within": [0.1, 1]}}
    ranges = {"crisis.war_cost": cost, "system.capability.distribution": CHOICE}
    experiment = Experiment(institutions=["anarchy"], design={"saltelli": {"points": 64, "ranges": ranges}})
    columns = experiment.coordinates()
    assert set(columns["system.capability.distribution"]) == {"lognormal", "pareto"}
    below = sum(value < 0.4 for value in columns["crisis.war_cost"][:: 2 + 2])  # of A: near half, as of every net
    assert 26 <= below <= 38
    identity = experiment.identity()
    stored = Experiment.from_contents(experiment.resolved(), identity["design"], identity["tables"])
    assert stored.identity() == identity


def test_other_designs_have_no_places() -> None:
    assert arranged("lhs", points=8).layout() == {}


@pytest.mark.parametrize(
    ("design", "said"),
    [
        ({"saltelli": {"points": 6, "ranges": RANGES}}, "design.saltelli.points = 6: must be a power of two"),
        ({"saltelli": {"points": 1, "ranges": RANGES}}, "design.saltelli.points = 1: must be a whole number in [2,"),
        ({"saltelli": {"pionts": 8, "points": 8, "ranges": RANGES}}, "did you mean points?"),
        ({"saltelli": {"points": 2**19, "ranges": RANGES}}, "numbers; at most 4,000,000 fit in memory"),
        ({"morris": {"trajectories": 4, "levels": 5, "ranges": RANGES}}, "design.morris.levels = 5: must be even"),
        (
            {"morris": {"trajectories": 4, "ranges": {"system.capability.distribution": CHOICE}}},
            "ranges.system.capability.distribution = 'pareto': is no number, so a step of morris leads neither up",
        ),
        ({"morris": {"trajectories": 4, "ranges": {}}}, "design.morris.ranges: must be a mapping"),
        ({"morris": {"trajectories": 4, "ranges": {"crisis.war_cost": [2, 1]}}}, "low must be below high"),
        ({"product": [{"morris": {"trajectories": 4, "ranges": RANGES}}]}, "stands alone"),
        (
            {"saltelli": {"points": 4, "values": {"crisis.war_cost": [1, 2, 2] * 2}}},
            "points: cannot stand beside values",
        ),
        ({"saltelli": {"values": {"crisis.war_cost": [1, 2, 2, 1, 2]}}}, "2 or more groups of 3 values, not 5"),
        ({"saltelli": {"values": {"crisis.war_cost": [1, 2, 2, 1, 2, 1]}}}, "sample 1 is none of a saltelli design"),
        (
            {"morris": {"values": {"crisis.war_cost": [1, 2, 1, 2, 1, 1], "response.noise": [1, 2, 2, 1, 1, 2]}}},
            "trajectory 0 is none of a morris design",
        ),
    ],
)
def test_a_wrong_design_is_refused_with_its_place_and_the_rule(design: dict, said: str) -> None:
    problems = refusal_of(institutions=["un_security_council"], design=design)
    assert any(said in problem for problem in problems), problems


def test_a_refusal_names_file_and_line(write: Write) -> None:
    path = write(
        "institutions: [anarchy]\ndesign:\n  saltelli:\n    points: 100\n    ranges: {crisis.war_cost: [0.1, 1]}\n"
    )
    (problem,) = refusal(path)
    assert problem.startswith(f"{path}:4: design.saltelli.points = 100: must be a power of two")


def test_one_range_is_enough() -> None:
    experiment = Experiment(
        institutions=["anarchy"], design={"saltelli": {"points": 4, "ranges": {"crisis.war_cost": [0.1, 1]}}}
    )
    assert experiment.n_points == 12

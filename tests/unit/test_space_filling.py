"""Samples that fill a space of whole numbers, of logarithms, and of fields of institutions."""

from collections import Counter

import pytest

from csmc.config import Experiment
from tests.unit.configurations import refusal_of


def sample(ranges, points=512, kind="lhs"):
    design = {kind: {"points": points, "ranges": ranges}}
    return Experiment(institutions=["un_security_council"], design=design)


@pytest.mark.parametrize("kind", ["lhs", "sobol"])
def test_whole_numbers_stay_whole_and_every_one_is_equally_likely(kind):
    counts = Counter(sample({"response.rounds": [1, 16]}, kind=kind).coordinates()["response.rounds"])
    assert counts == dict.fromkeys(range(1, 17), 32)


def test_whole_numbers_with_log_have_a_uniform_logarithm():
    counts = Counter(sample({"response.rounds": {"log": [1, 15]}}).coordinates()["response.rounds"])
    # One octave of [1, 16) holds a quarter of the sample: 1; 2 to 3; 4 to 7; 8 to 15. Latin strata are exact to one.
    octaves = [sum(counts[k] for k in range(2**i, 2 ** (i + 1))) for i in range(4)]
    assert all(abs(octave - 128) <= 1 for octave in octaves)


def test_seats_are_whole_numbers_at_every_point():
    experiment = sample({"institutions.*.council.seats": [5, 15]}, points=64)
    seats = [experiment.point(index).institutions[0].council.seats for index in range(64)]
    assert set(seats) == set(range(5, 16))


def test_a_range_cannot_be_given_twice_in_two_spellings():
    for second in ({"crisis.war_cost.log": [1, 2]}, {"crisis": {"war_cost": [1, 2]}}):
        design = {"lhs": {"points": 4, "ranges": {"crisis.war_cost": [0.1, 1]} | second}}
        assert any("a second time" in problem for problem in refusal_of(design=design))


def test_every_point_of_a_large_sample_is_checked_before_anything_runs():
    ranges = {"system.n_states": [2, 64], "dynamics.survival": [0, 3]}
    design = {
        "product": [
            {"lhs": {"points": 2000, "ranges": ranges}},
            {"grid": {"crisis.war_cost": {"linspace": [1, 2, 60]}}},
        ]
    }
    assert any("must be below system.n_states" in problem for problem in refusal_of(design=design))


def test_a_sample_of_more_values_than_a_list_may_have_is_read_again_from_a_store():
    ranges = {f"crisis.{name}": [0.1, 0.9] for name in ("war_cost", "misperception", "decisiveness", "audience_cost")}
    experiment = sample(ranges, points=100_001)
    identity = experiment.identity()
    stored = Experiment.from_contents(experiment.resolved(), identity["design"], identity["tables"])
    assert stored.identity() == identity

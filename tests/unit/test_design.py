"""Designs: which points there are, and in which order."""

import numpy as np
import pytest

from csmc.config.spacing import spread_evenly, spread_geometrically, twelve_digits
from csmc.design import (
    Cases,
    Concat,
    Factor,
    Grid,
    Product,
    Zip,
)

A = Factor("a", (1, 2))
B = Factor("b", (10, 20, 30))


def points(design):
    return [tuple(design.assignment(index).values()) for index in range(design.n_points)]


def test_the_last_factor_of_a_grid_is_fastest():
    assert points(Grid((A, B))) == [(1, 10), (1, 20), (1, 30), (2, 10), (2, 20), (2, 30)]
    assert Grid((A, B)).shape == (("a", (1, 2)), ("b", (10, 20, 30)))


def test_no_design_is_one_point_that_sets_nothing():
    assert Grid().n_points == 1
    assert Grid().assignment(0) == {}


def test_zip_takes_values_in_step():
    assert points(Zip((B, Factor("c", (7, 8, 9))))) == [(10, 7), (20, 8), (30, 9)]
    assert Zip((B,)).shape is None


def test_cases_may_set_different_paths():
    design = Cases(({"a": 1}, {"b": 2, "a": 3}))
    assert design.paths == ("a", "b")
    assert design.assignment(1) == {"b": 2, "a": 3}


def test_product_combines_and_its_last_part_is_fastest():
    design = Product((Zip((A, Factor("c", (5, 6)))), Grid((B,))))
    assert points(design) == [(1, 5, 10), (1, 5, 20), (1, 5, 30), (2, 6, 10), (2, 6, 20), (2, 6, 30)]
    assert design.shape is None


def test_a_product_of_grids_is_a_grid():
    assert points(Product((Grid((A,)), Grid((B,))))) == points(Grid((A, B)))
    assert Product((Grid((A,)), Grid((B,)))).shape == Grid((A, B)).shape


def test_concat_follows_one_part_with_the_next():
    design = Concat((Grid((A,)), Cases(({"c": 0},)), Grid((B,))))
    assert points(design) == [(1,), (2,), (0,), (10,), (20,), (30,)]
    assert design.paths == ("a", "c", "b")


def test_a_large_grid_costs_nothing_until_a_point_is_asked_for():
    axis = tuple(range(1000))
    design = Grid(tuple(Factor(name, axis) for name in "abcd"))
    assert design.n_points == 10**12
    assert design.assignment(123_456_789_012) == {"a": 123, "b": 456, "c": 789, "d": 12}


def test_linspace_has_its_ends_and_short_decimals():
    assert spread_evenly(0, 0.3, 4) == (0.0, 0.1, 0.2, 0.3)
    assert spread_evenly(3, 0, 4) == (3, 2, 1, 0)
    assert all(isinstance(value, int) for value in spread_evenly(2, 8, 4))


def test_logspace_has_its_ends_and_a_constant_ratio():
    assert spread_geometrically(0.01, 100, 5) == (0.01, 0.1, 1.0, 10.0, 100.0)
    assert spread_geometrically(1, 2, 3)[1] == pytest.approx(2**0.5, rel=1e-11)


def test_twelve_digits_are_those_that_python_writes():
    generator = np.random.default_rng(1)
    values = np.concatenate(
        [
            generator.uniform(-1, 1, 100_000) * 10.0 ** generator.integers(-30, 30, 100_000),
            (generator.integers(10**11, 10**12, 100_000) + 0.5) / 10.0 ** generator.integers(0, 22, 100_000),  # ties
            10.0 ** np.arange(-30, 30) * (1 + np.outer(np.arange(-5, 6), [2.2e-16, 1e-13, 5e-13])).reshape(-1, 1),
            [0.0, -0.0, 1e-310, 1.7e308, 3.0, 0.1],
        ],
        axis=None,
    )
    assert twelve_digits(values).tolist() == [float(f"{value:.12g}") for value in values.tolist()]

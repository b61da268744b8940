"""The kernel's own elementary functions against 40 digits."""

import math

import mpmath
import numba
import numpy as np
import pytest

from csmc.kernel import mathematics
from csmc.kernel.response import three_way_logit

mpmath.mp.dps = 40


def elementwise(function):
    """A compiled loop over an inlined function of one argument."""

    @numba.njit
    def apply(x, out):
        for i in range(x.size):
            out[i] = function(x[i])

    def call(x):
        x = np.atleast_1d(np.asarray(x, dtype=np.float64))
        out = np.empty_like(x)
        apply(x, out)
        return out

    return call


exp = elementwise(mathematics.exp)
log = elementwise(mathematics.log)
logistic = elementwise(mathematics.logistic)


@numba.njit
def _turns(u, cosines, sines):
    for i in range(u.size):
        cosines[i], sines[i] = mathematics.cos_sin_turn(u[i])


@numba.njit
def _contests(attack, defence, m, out):
    for i in range(attack.size):
        out[i] = mathematics.contest(attack[i], defence[i], m)


@numba.njit
def _choices(help_utility, join_utility, out):
    for i in range(help_utility.size):
        out[i, 0], out[i, 1] = three_way_logit(help_utility[i], join_utility[i])


@numba.njit
def _log_ratios(x, y, out):
    for i in range(x.size):
        out[i] = mathematics.log_ratio(x[i], y[i])


def log_ratio(x, y):
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    out = np.empty_like(x)
    _log_ratios(x, y, out)
    return out


def largest_ulp(function, exact, arguments):
    pairs = zip(function(arguments), arguments, strict=True)
    return max(float(abs((mpmath.mpf(float(y)) - exact(mpmath.mpf(float(x)))) / math.ulp(y))) for y, x in pairs)


def test_exp_is_within_1_ulp_over_its_whole_range():
    arguments = np.random.default_rng(1).uniform(-708, 709, 4000)
    assert largest_ulp(exp, mpmath.exp, arguments) < 1.0


def test_log_is_within_1_ulp_from_subnormal_numbers_to_the_largest():
    generator = np.random.default_rng(2)
    arguments = np.concatenate([np.exp(generator.uniform(-740, 709, 3000)), generator.uniform(0.5, 2.0, 3000)])
    assert largest_ulp(log, mpmath.log, arguments) < 1.0


def test_the_log_of_a_ratio_is_within_2_ulp_even_where_the_ratio_has_no_number():
    x, y = np.exp(np.random.default_rng(4).uniform(-740, 709, (2, 3000)))
    nearly_equal = np.random.default_rng(5).uniform(0.5, 2.0, (2, 3000))
    for above, below in ((x, y), nearly_equal):
        for value, a, b in zip(log_ratio(above, below), above, below, strict=True):
            exact = mpmath.log(mpmath.mpf(float(a)) / mpmath.mpf(float(b)))
            # a ratio near 1 is rounded before its logarithm is taken
            assert abs(mpmath.mpf(float(value)) - exact) < 2 * math.ulp(value) + 2**-53


def test_the_log_of_a_ratio_is_infinite_where_one_side_is_0():
    assert log_ratio([0.0, 1.0, 2.0, 5e-324], [1.0, 0.0, 2.0, 5e-324]).tolist() == [-math.inf, math.inf, 0.0, 0.0]


def test_exp_and_log_take_their_limits_at_the_ends():
    assert log([0.0, 1.0]).tolist() == [-math.inf, 0.0]
    assert exp([-1e300, 0.0, 1e300]).tolist() == exp([-708.0, 0.0, 709.0]).tolist()
    assert exp(0.0)[0] == 1.0


def test_sine_and_cosine_of_a_turn_are_within_3e_16():
    u = np.concatenate([(np.random.default_rng(3).integers(0, 2**32, 4000) + 0.5) * 2.0**-32, [0.0, 0.25, 0.5, 0.75]])
    cosines, sines = np.empty_like(u), np.empty_like(u)
    _turns(u, cosines, sines)
    for x, c, s in zip(u, cosines, sines, strict=True):
        angle = 2 * mpmath.pi * mpmath.mpf(float(x))
        assert abs(c - mpmath.cos(angle)) < 3e-16
        assert abs(s - mpmath.sin(angle)) < 3e-16


def test_the_logistic_function_stays_in_0_1_for_every_argument():
    values = logistic([-1e6, -800.0, 0.0, 800.0, 1e6])
    assert ((values >= 0) & (values <= 1)).all()
    assert values[2] == 0.5
    assert (np.diff(values) >= 0).all()


@pytest.mark.parametrize("m", [0.001, 0.7, 1.0, 10.0])
def test_the_contest_is_a_probability_complementary_in_its_sides_at_all_magnitudes(m):
    sides = np.array([0.0, 5e-324, 1e-310, 1e-200, 1e-5, 0.3, 1.0, 64.0])
    attack, defence = (grid.ravel() for grid in np.meshgrid(sides, sides))
    won, lost = np.empty_like(attack), np.empty_like(attack)
    _contests(attack, defence, m, won)
    _contests(defence, attack, m, lost)
    assert np.isfinite(won).all()
    np.testing.assert_allclose(won + lost, 1.0, rtol=0, atol=1e-15)
    positive = (attack > 0) & (defence > 0)
    exact = [
        float(1 / (1 + (mpmath.mpf(float(d)) / mpmath.mpf(float(a))) ** m))
        for a, d in zip(attack[positive], defence[positive], strict=True)
    ]
    np.testing.assert_allclose(won[positive], exact, rtol=1e-12, atol=1e-300)
    assert (won[(attack == 0) & (defence > 0)] < 1e-300).all()
    assert (won[(attack == 0) & (defence == 0)] == 0.5).all()


def test_the_three_way_logit_is_a_softmax_and_stays_finite_at_extreme_utilities():
    values = np.array([-1e6, -900.0, -3.0, 0.0, 0.5, 3.0, 900.0, 1e6])
    helping, joining = (grid.ravel() for grid in np.meshgrid(values, values))
    chosen = np.empty((helping.size, 2))
    _choices(helping, joining, chosen)
    for h, j, (p_help, p_join) in zip(helping, joining, chosen, strict=True):
        top = max(0.0, h, j)
        weights = [mpmath.exp(mpmath.mpf(float(x)) - top) for x in (0.0, h, j)]
        assert abs(p_help - weights[1] / sum(weights)) < 1e-15
        assert abs(p_join - weights[2] / sum(weights)) < 1e-15

"""Branch-free elementary functions with the same bits on every CPU; errors below 1 ulp.

Only + - * /, square root, explicit fused multiply-add, comparisons and bit casts are used: no library call, so that the
loops that call these vectorise, and no two machines differ. Polynomials are Chebyshev fits made for csmc at 60 digits,
except the one of `log`, which is fdlibm's (Sun Microsystems 1993, e_log.c).
"""

import numpy as np

from csmc._jit import fma, inlined

#: Adding and subtracting this rounds a float64 below 2**51 to the nearest integer.
_ROUND = 6755399441055744.0
_LOG2_E = 1.4426950408889634
_LN2_HIGH = 0.6931471803691238
_LN2_LOW = 1.9082149292705877e-10
_SQRT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)
_MANTISSA = np.int64(52)
_SMALLEST_NORMAL = 2.2250738585072014e-308


@inlined
def exp(x):
    """e**x; below -708 and above 709 the value at that bound (never 0, never infinite)."""
    return exp_within(min(max(x, -708.0), 709.0))


@inlined
def exp_within(x):
    """e**x for -708 <= x <= 709; nonsense beyond."""
    shifted = np.float64(fma(x, _LOG2_E, _ROUND))
    k = shifted - _ROUND
    r = fma(k, -_LN2_HIGH, x)
    r = fma(k, -_LN2_LOW, r)
    p = fma(2.510038549551032e-08, r, 2.7620088445409746e-07)
    p = fma(p, r, 2.7557268459997064e-06)
    p = fma(p, r, 2.4801521295954376e-05)
    p = fma(p, r, 0.00019841269863053618)
    p = fma(p, r, 0.0013888888917213717)
    p = fma(p, r, 0.008333333333330062)
    p = fma(p, r, 0.04166666666662413)
    p = fma(p, r, 0.16666666666666669)
    p = fma(p, r, 0.5)
    p = np.float64(fma(p, r * r, r) + 1.0)
    exponent = np.float64(shifted).view(np.int64) << _MANTISSA  # k is in the last bits, those of _ROUND go overboard
    return np.int64(p.view(np.int64) + exponent).view(np.float64)


@inlined
def log(x):
    """Natural logarithm of x >= 0 (subnormal numbers included); -inf at 0."""
    fraction, exponent = _parts(x)
    value = _log_of_parts(fraction, exponent)
    return value if x > 0.0 else -np.inf


@inlined
def log_ratio(x, y):
    """ln(x / y) of x, y >= 0, also where x / y over- or underflows; -inf at x = 0, inf at y = 0."""
    dividend, dividend_exponent = _parts(x)
    divisor, divisor_exponent = _parts(y)
    fraction, exponent = _parts(dividend / divisor)
    value = _log_of_parts(fraction, exponent + (dividend_exponent - divisor_exponent))
    value = value if x > 0.0 else -np.inf
    return value if y > 0.0 else np.inf


@inlined
def _parts(x):
    """(m, e) with x = m 2**e and m in [√½, √2)."""
    subnormal = x < _SMALLEST_NORMAL
    scaled = x * 18014398509481984.0 if subnormal else x
    bits = np.float64(scaled).view(np.int64)
    exponent = (bits - _SQRT_HALF_BITS) >> _MANTISSA
    mantissa = np.int64(bits - (exponent << _MANTISSA)).view(np.float64)
    return mantissa, float(exponent) - (54.0 if subnormal else 0.0)


@inlined
def _log_of_parts(mantissa, k):
    """ln(mantissa 2**k) for mantissa in [√½, √2)."""
    f = mantissa - 1.0
    s = f / (2.0 + f)
    z = s * s
    p = fma(1.479819860511658591e-01, z, 1.531383769920937332e-01)
    p = fma(p, z, 1.818357216161805012e-01)
    p = fma(p, z, 2.222219843214978396e-01)
    p = fma(p, z, 2.857142874366239149e-01)
    p = fma(p, z, 3.999999999940941908e-01)
    p = fma(p, z, 6.666666666666735130e-01)
    p = p * z
    half = 0.5 * f * f
    return fma(k, _LN2_HIGH, f - (half - fma(s, half + p, k * _LN2_LOW)))


@inlined
def cos_sin_turn(u):
    """(cos 2πu, sin 2πu) for u in [0, 1]; an angle in turns needs no reduction by an inexact π."""
    quarters = 4.0 * u
    k = np.floor(quarters + 0.5)
    r = (quarters - k) * 1.5707963267948966
    z = r * r
    s = fma(-7.586685070091267e-13, z, 1.605853141458901e-10)
    s = fma(s, z, -2.5052106231157904e-08)
    s = fma(s, z, 2.7557319219335453e-06)
    s = fma(s, z, -0.0001984126984126506)
    s = fma(s, z, 0.008333333333333331)
    s = fma(s, z, -0.16666666666666666)
    s = fma(s * z, r, r)
    c = fma(-1.1382614868556325e-11, z, 2.0876146024689747e-09)
    c = fma(c, z, -2.7557317270560326e-07)
    c = fma(c, z, 2.4801587298763433e-05)
    c = fma(c, z, -0.0013888888888887395)
    c = fma(c, z, 0.041666666666666664)
    c = fma(c, z * z, fma(-0.5, z, 1.0))
    odd = k == 1.0 or k == 3.0
    cosine = s if odd else c
    sine = c if odd else s
    cosine = -cosine if (k == 1.0 or k == 2.0) else cosine
    sine = -sine if (k == 2.0 or k == 3.0) else sine
    return cosine, sine


@inlined
def logistic(x):
    """Λ(x) = 1 / (1 + e^-x)."""
    return 1.0 / (1.0 + exp(-x))


@inlined
def saturate(distance):
    """g(d) = d / (1 + d), which maps a distance in interest space to [0, 1)."""
    return distance / (1.0 + distance)


@inlined
def log_odds_against(attack, defence, decisiveness):
    """m ln(defence / attack): the attacker's log odds of failing in a contest; 0 where both are 0."""
    odds = decisiveness * log_ratio(defence, attack)
    return 0.0 if attack + defence <= 0.0 else odds


@inlined
def contest(attack, defence, decisiveness):
    """Probability that the attacker prevails, 1 / (1 + (defence/attack)**m) (Tullock 1980; Hirshleifer 1989)."""
    return logistic(-log_odds_against(attack, defence, decisiveness))

"""Addressed random numbers: Philox4x32-10 (Salmon et al. 2011) at (seed, replicate, episode, purpose, index).

A draw depends on its address and on nothing else, so no parameter, institution, early exit or split of the work can
shift another draw. The counter is (replicate low, replicate high, episode, purpose * 2**16 + index // 4); the word is
`index % 4`. Words stay in uint64 so that the 32 x 32 -> 64 bit products vectorise.
"""

import math

import numpy as np

from csmc._jit import inlined, stage
from csmc.kernel.lanes import laned
from csmc.kernel.mathematics import cos_sin_turn, log

_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_WORD = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_PURPOSE_SHIFT = np.uint64(16)
_INT_TO_FLOAT = np.uint64(0x4330000000000000)  # the bits of 2**52: or-ing a 32-bit word into it adds the word
_TWO_52 = 4503599627370496.0
_UNIT = 2.0**-32


@inlined
def _round(c0, c1, c2, c3, k0, k1):
    product_0 = c0 * _MULTIPLIER_0
    product_1 = c2 * _MULTIPLIER_1
    return (
        (product_1 >> _HALF) ^ c1 ^ k0,
        product_1 & _WORD,
        (product_0 >> _HALF) ^ c3 ^ k1,
        product_0 & _WORD,
    )


@inlined
def philox(c0, c1, c2, c3, k0, k1):
    """The four 32-bit words (as uint64) of Philox4x32-10 at counter (c0..c3) under key (k0, k1)."""
    for _ in range(9):
        c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
        k0 = (k0 + _WEYL_0) & _WORD
        k1 = (k1 + _WEYL_1) & _WORD
    return _round(c0, c1, c2, c3, k0, k1)


@inlined
def _unit_interval(word):
    """(w + 1/2) 2**-32, in (0, 1)."""
    return (np.uint64(word | _INT_TO_FLOAT).view(np.float64) - _TWO_52 + 0.5) * _UNIT


@inlined
def _block(replicate, episode, place, seed):
    """Four uniforms of one Philox block."""
    address = np.uint64(replicate)
    w0, w1, w2, w3 = philox(address & _WORD, address >> _HALF, np.uint64(episode), place, seed & _WORD, seed >> _HALF)
    return _unit_interval(w0), _unit_interval(w1), _unit_interval(w2), _unit_interval(w3)


@stage
def fill_uniforms(out, n, replicate, episode, purpose, first, seed):
    """Rows 0..n-1 of `out` (row, lane) = uniforms at indices first..first+n-1 of each lane's replicate.

    `first` is a multiple of 4; `out` has rows up to the next multiple of 4 (those beyond n are overwritten).
    """
    out = laned(out)
    for quad in range((n + 3) // 4):
        row = 4 * quad
        place = (np.uint64(purpose) << _PURPOSE_SHIFT) | np.uint64((first + row) // 4)
        for lane in range(replicate.shape[0]):
            u0, u1, u2, u3 = _block(replicate[lane], episode, place, seed)
            out[row, lane] = u0
            out[row + 1, lane] = u1
            out[row + 2, lane] = u2
            out[row + 3, lane] = u3


@stage
def fill_normals(out, n, replicate, episode, purpose, first, seed):
    """Like `fill_uniforms`, standard normals by Box and Muller: an even index takes the cosine, the next the sine."""
    out = laned(out)
    fill_uniforms(out, n, replicate, episode, purpose, first, seed)
    for pair in range((n + 3) // 4 * 2):
        row = 2 * pair
        for lane in range(replicate.shape[0]):
            radius = math.sqrt(-2.0 * log(out[row, lane]))
            cosine, sine = cos_sin_turn(out[row + 1, lane])
            out[row, lane] = radius * cosine
            out[row + 1, lane] = radius * sine

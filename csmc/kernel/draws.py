"""Addressed random numbers: Philox4x32-10 (Salmon et al. 2011) at (seed, replicate, episode, purpose, index).

A draw depends on its address and on nothing else, so no parameter, institution, early exit or split of the work can
shift another draw. The counter is (replicate low, replicate high, episode, purpose * 2**16 + index // 4); the word is
`index % 4`. Words stay in uint64 so that the 32 x 32 -> 64 bit products vectorise.

Draws are filled by `keys` (1 + link, column), of which keys[0, 0] is the seed. A replicate whose number has the scheme
`CHAINED` above its bits is a chain of links, keys[1:, column]. The first link is a plain replicate, whose draws it has.
Each further link shifts some of their words, modulo 2**32: which, with a probability of 2**-octave, and by how much, up
or down alike, is drawn too, by the address of the draw and the number of the link. So to append a link is a random step
from the draws of one history to those of another, as likely as the step back: it keeps the law of all draws.
"""

import math

import numpy as np

from csmc._jit import inlined, stage
from csmc.kernel.codes import CHAINED, LINK_BITS, NUMBER_BITS
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

_CHAINED = int(CHAINED)
_SCHEME_SHIFT = np.int64(NUMBER_BITS)
_COLUMN = np.uint64((1 << NUMBER_BITS) - 1)
_OCTAVE_SHIFT = np.uint64(LINK_BITS)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_ALL = np.uint64(1 << 16)  # of the numbers in a quarter of 64 bits
_QUARTER = np.uint64((1 << 16) - 1)
_ONE = np.uint64(1)
_SIZES = np.uint64(31)
_WHOLE = np.uint64(8)
_LENGTH_SHIFT = np.uint64(33)  # leaves 31 bits


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
def fill_uniforms(out, n, replicate, episode, purpose, first, keys):
    """Rows 0..n-1 of `out` (row, lane) = uniforms at indices first..first+n-1 of each lane's replicate.

    `first` is a multiple of 4; `out` has rows up to the next multiple of 4 (those beyond n are overwritten). All
    replicates have the scheme of the first.
    """
    if replicate[0] >> _SCHEME_SHIFT == _CHAINED:
        _fill_chained(out, n, replicate, episode, purpose, first, keys)
    else:
        _fill_plain(out, n, replicate, episode, purpose, first, keys[0, 0])


@stage
def _fill_plain(out, n, replicate, episode, purpose, first, seed):
    """A replicate's own draws."""
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


@inlined
def split_mix(state):
    """The number that SplitMix64 gives in this state (Steele, Lea and Flood 2014); all in uint64."""
    state = (state ^ (state >> np.uint64(30))) * _MIX_1
    state = (state ^ (state >> np.uint64(27))) * _MIX_2
    return state ^ (state >> np.uint64(31))


@inlined
def _step(bits):
    """By how much a word is shifted, modulo 2**32: a length below 2**31, reduced or not, up or down.

    Nine in 32 steps are not reduced and lead anywhere. The others are reduced by 2, 4, 8, ... or 2**23, as likely by
    each, so that a draw that has to be very small can become a little smaller.
    """
    reduced = max((bits >> _ONE) & _SIZES, _WHOLE) - _WHOLE
    length = (bits >> _LENGTH_SHIFT) >> reduced
    return length if bits & _ONE == _ONE else ~length + _ONE


@stage
def _fill_chained(out, n, replicate, episode, purpose, first, keys):
    """The draws of first links, their words shifted by the others: a quarter of a link's bits decides on each word."""
    out = laned(out)
    seed, lanes = keys[0, 0], replicate.shape[0]
    words = laned(np.empty((4, out.shape[1]), dtype=np.uint64))
    for quad in range((n + 3) // 4):
        row = 4 * quad
        place = (np.uint64(purpose) << _PURPOSE_SHIFT) | np.uint64((first + row) // 4)
        h0, h1, _, _ = philox(_WORD, _WORD, np.uint64(episode), place, seed & _WORD, seed >> _HALF)
        start = (h0 << _HALF) | h1
        for lane in range(lanes):
            number = keys[1, np.uint64(replicate[lane]) & _COLUMN]
            w0, w1, w2, w3 = philox(
                number & _WORD, number >> _HALF, np.uint64(episode), place, seed & _WORD, seed >> _HALF
            )
            words[0, lane] = w0
            words[1, lane] = w1
            words[2, lane] = w2
            words[3, lane] = w3
        for link in range(2, keys.shape[0]):
            for lane in range(lanes):
                number = keys[link, np.uint64(replicate[lane]) & _COLUMN]
                bits, limit = split_mix(start + number * _GOLDEN), _ALL >> (number >> _OCTAVE_SHIFT)
                for word in range(4):
                    step = _step(split_mix(bits + np.uint64(word + 1) * _GOLDEN))
                    before = words[word, lane]
                    shifted = (bits >> np.uint64(16 * word)) & _QUARTER < limit
                    words[word, lane] = before + step if shifted else before
        for word in range(4):
            for lane in range(lanes):
                out[row + word, lane] = _unit_interval(words[word, lane] & _WORD)


@stage
def fill_normals(out, n, replicate, episode, purpose, first, keys):
    """Like `fill_uniforms`, standard normals by Box and Muller: an even index takes the cosine, the next the sine."""
    out = laned(out)
    fill_uniforms(out, n, replicate, episode, purpose, first, keys)
    for pair in range((n + 3) // 4 * 2):
        row = 2 * pair
        for lane in range(replicate.shape[0]):
            radius = math.sqrt(-2.0 * log(out[row, lane]))
            cosine, sine = cos_sin_turn(out[row + 1, lane])
            out[row, lane] = radius * cosine
            out[row + 1, lane] = radius * sine

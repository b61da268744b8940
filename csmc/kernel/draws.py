"""Addressed random numbers: Philox4x32-10 (Salmon et al. 2011) at (seed, replicate, episode, purpose, index).

A draw depends on its address and on nothing else, so no parameter, institution, early exit or split of the work can
shift another draw. The counter is (replicate low, replicate high, episode, purpose * 2**16 + index // 4); the word is
`index % 4`. Words stay in uint64 so that the 32 x 32 -> 64 bit products vectorise.

The high bits of a replicate's number say how it goes together with its neighbours (`csmc.kernel.codes.Replication`).
An antithetic pair has the draws of one address, u and 1 - u, z and -z. Four stratified replicates are a Latin
hypercube: in each draw they take the four quarters of (0, 1), in an order of its own. Alone, each is distributed as a
plain one.

Draws are filled by `keys` (1 + link, column), of which keys[0, 0] is the seed. A replicate whose number has the scheme
`CHAINED` above its bits is a chain of links, keys[1:, column]. The first link is a plain replicate, whose draws it has.
Each further link shifts some of their words, modulo 2**32: which, with a probability of 2**-octave, and by how much, up
or down alike, is drawn too, by the address of the draw and the number of the link. So to append a link is a random step
from the draws of one history to those of another, as likely as the step back: it keeps the law of all draws.
"""

import math

import numpy as np

from csmc._jit import inlined, stage
from csmc.kernel.codes import GROUP_SHIFTS, LINK_BITS, NUMBER_BITS, Replication
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

_PLAIN = int(Replication.PLAIN)
_ANTITHETIC = int(Replication.ANTITHETIC)
_STRATIFIED = int(Replication.STRATIFIED)
_SCHEME_SHIFT = np.int64(NUMBER_BITS)
_NUMBER = np.int64((1 << NUMBER_BITS) - 1)
_PAIR_SHIFT = np.int64(GROUP_SHIFTS[Replication.ANTITHETIC])
_STRATA_SHIFT = np.int64(GROUP_SHIFTS[Replication.STRATIFIED])
#: The bit of a place that no purpose has: at the place with it, a group's block of a quad is its four orders.
_ORDERS = np.uint64(1 << 31)

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


@inlined
def place_in_order(rank, word):
    """Which quarter, 0..3, the replicate of this rank (0..3) takes, by the order that a 32-bit word draws.

    Multiplied by one of 1, 2, 3 and shifted by one of 0..3 in the field of four elements, a + m * rank: these 12 orders
    take any two ranks to any two different quarters equally often, as all 24 do (they are sharply 2-transitive), and
    with the multiplier given, any rank to any quarter. The multipliers are as likely as each other but for 1 in 2**30.
    """
    shift, kind = word & np.uint64(3), ((word >> np.uint64(2)) * np.uint64(3)) >> np.uint64(30)
    high, low = rank >> np.uint64(1), rank & np.uint64(1)
    # x times (high, low) is (high ^ low, high), and times x + 1 it is (low, high ^ low)
    by_1 = rank
    by_2 = ((high ^ low) << np.uint64(1)) | high
    by_3 = (low << np.uint64(1)) | (high ^ low)
    multiple = by_1 if kind == np.uint64(0) else by_2 if kind == np.uint64(1) else by_3
    return multiple ^ shift


@stage
def fill_uniforms(out, n, replicate, episode, purpose, first, keys):
    """Rows 0..n-1 of `out` (row, lane) = uniforms at indices first..first+n-1 of each lane's replicate.

    `first` is a multiple of 4; `out` has rows up to the next multiple of 4 (those beyond n are overwritten). All
    replicates have one scheme, that of the first.
    """
    _fill(out, n, replicate, episode, purpose, first, keys)
    if replicate[0] >> _SCHEME_SHIFT == _ANTITHETIC:
        _turn(out, n, replicate, 1.0)


@stage
def fill_normals(out, n, replicate, episode, purpose, first, keys):
    """Like `fill_uniforms`, standard normals by Box and Muller: an even index takes the cosine, the next the sine."""
    out = laned(out)
    _fill(out, n, replicate, episode, purpose, first, keys)
    for pair in range((n + 3) // 4 * 2):
        row = 2 * pair
        for lane in range(replicate.shape[0]):
            radius = math.sqrt(-2.0 * log(out[row, lane]))
            cosine, sine = cos_sin_turn(out[row + 1, lane])
            out[row, lane] = radius * cosine
            out[row + 1, lane] = radius * sine
    if replicate[0] >> _SCHEME_SHIFT == _ANTITHETIC:
        _turn(out, n, replicate, 0.0)


@stage
def _fill(out, n, replicate, episode, purpose, first, keys):
    """Uniforms, those of an antithetic pair still the same."""
    scheme = replicate[0] >> _SCHEME_SHIFT
    if scheme == _PLAIN:
        _fill_plain(out, n, replicate, episode, purpose, first, keys[0, 0])
    elif scheme == _ANTITHETIC:
        _fill_pairs(out, n, replicate, episode, purpose, first, keys[0, 0])
    elif scheme == _STRATIFIED:
        _fill_strata(out, n, replicate, episode, purpose, first, keys[0, 0])
    else:  # chained: `csmc.kernel.run` refuses numbers of no scheme
        _fill_chained(out, n, replicate, episode, purpose, first, keys)


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


@stage
def _fill_pairs(out, n, replicate, episode, purpose, first, seed):
    """Both replicates of a pair are at the address of the pair."""
    out = laned(out)
    for quad in range((n + 3) // 4):
        row = 4 * quad
        place = (np.uint64(purpose) << _PURPOSE_SHIFT) | np.uint64((first + row) // 4)
        for lane in range(replicate.shape[0]):
            pair = (replicate[lane] & _NUMBER) >> _PAIR_SHIFT
            u0, u1, u2, u3 = _block(pair, episode, place, seed)
            out[row, lane] = u0
            out[row + 1, lane] = u1
            out[row + 2, lane] = u2
            out[row + 3, lane] = u3


@stage
def _turn(out, n, replicate, around):
    """Replace x by `around` - x in the odd replicates: 1 - u is exact, and -z has the radius of z, half a turn on."""
    out = laned(out)
    for row in range(n):
        for lane in range(replicate.shape[0]):
            value = out[row, lane]
            out[row, lane] = around - value if replicate[lane] & 1 else value


@stage
def _fill_strata(out, n, replicate, episode, purpose, first, seed):
    """A replicate's own draw within the quarter that the order of its group gives to its rank."""
    out = laned(out)
    for quad in range((n + 3) // 4):
        row = 4 * quad
        place = (np.uint64(purpose) << _PURPOSE_SHIFT) | np.uint64((first + row) // 4)
        for lane in range(replicate.shape[0]):
            number = replicate[lane] & _NUMBER
            rank, group = np.uint64(number & 3), np.uint64(number >> _STRATA_SHIFT)
            w0, w1, w2, w3 = philox(
                group & _WORD, group >> _HALF, np.uint64(episode), place | _ORDERS, seed & _WORD, seed >> _HALF
            )
            u0, u1, u2, u3 = _block(number, episode, place, seed)
            out[row, lane] = _within(place_in_order(rank, w0), u0)
            out[row + 1, lane] = _within(place_in_order(rank, w1), u1)
            out[row + 2, lane] = _within(place_in_order(rank, w2), u2)
            out[row + 3, lane] = _within(place_in_order(rank, w3), u3)


@inlined
def _within(quarter, uniform):
    """The point of a quarter of (0, 1), exact."""
    return (np.float64(np.int64(quarter)) + uniform) * 0.25


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

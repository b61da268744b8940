"""Philox4x32-10 (Salmon et al. 2011) in Python integers, and the addressed draws of the model."""

import math
from dataclasses import dataclass
from functools import lru_cache

WORD = 0xFFFFFFFF
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_INCREMENTS = (0x9E3779B9, 0xBB67AE85)
LONG = 0xFFFFFFFFFFFFFFFF
GOLDEN = 0x9E3779B97F4A7C15

#: Schemes of replication, in the bits of a replicate above its number.
NUMBER_BITS = 60
ANTITHETIC, STRATIFIED = 1, 2

#: Products in the field of four elements: 2 is a root of x^2 = x + 1, and 3 is the other.
TIMES = ((0, 0, 0, 0), (0, 1, 2, 3), (0, 2, 3, 1), (0, 3, 1, 2))

Block = tuple[int, int, int, int]
#: Of a history: its number, or the links of a chain.
Replicate = int | tuple[int, ...]


def philox4x32(counter: Block, key: tuple[int, int], rounds: int = 10) -> Block:
    """Encrypt the four 32-bit words of `counter` under the two of `key` (E9)."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(rounds):
        first = MULTIPLIERS[0] * c0
        second = MULTIPLIERS[1] * c2
        c0, c1, c2, c3 = (second >> 32) ^ c1 ^ k0, second & WORD, (first >> 32) ^ c3 ^ k1, first & WORD
        k0 = (k0 + KEY_INCREMENTS[0]) & WORD
        k1 = (k1 + KEY_INCREMENTS[1]) & WORD
    return c0, c1, c2, c3


@lru_cache(maxsize=65536)
def addressed_block(seed: int, replicate: int, episode: int, purpose: int, quad: int) -> Block:
    """Four words: the draws of indices 4 `quad` to 4 `quad` + 3 (E9)."""
    counter = (replicate & WORD, replicate >> 32, episode, (purpose << 16) | quad)
    return philox4x32(counter, (seed & WORD, seed >> 32))


def split_mix64(state: int) -> int:
    """The number of SplitMix64 in this state (Steele, Lea and Flood 2014)."""
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & LONG
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & LONG
    return state ^ (state >> 31)


def step(seed: int, link: int, episode: int, purpose: int, index: int) -> int:
    """By how much a link of a chain, of octave `link` >> 56, shifts the word of a draw; 0 for most draws."""
    high, low, _, _ = addressed_block(seed, LONG, episode, purpose, index >> 2)
    bits = split_mix64(((high << 32 | low) + link * GOLDEN) & LONG)
    if (bits >> 16 * (index & 3)) % 2**16 >= 2**16 >> (link >> 56):
        return 0
    drawn = split_mix64((bits + ((index & 3) + 1) * GOLDEN) & LONG)
    size = drawn // 2 % 32
    length = (drawn >> 33) // (1 if size < 8 else 2 ** (size - 8))
    return length if drawn % 2 else -length


def word(seed: int, replicate: Replicate, episode: int, purpose: int, index: int) -> int:
    """The 32-bit word of a draw (E9), which the links of a chain after the first shift."""
    first, *links = replicate if isinstance(replicate, tuple) else (replicate,)
    own = addressed_block(seed, first, episode, purpose, index >> 2)[index & 3]
    return (own + sum(step(seed, link, episode, purpose, index) for link in links)) % 2**32


def scheme_and_number(replicate: Replicate) -> tuple[int, Replicate]:
    """How a replicate goes together with others, and its number; a chain is by itself."""
    return (0, replicate) if isinstance(replicate, tuple) else divmod(replicate, 1 << NUMBER_BITS)


def uniform(seed: int, replicate: Replicate, episode: int, purpose: int, index: int) -> float:
    """Uniform on (0, 1): (word + 1/2) 2**-32 (E9), turned round or in a quarter by the scheme."""
    scheme, number = scheme_and_number(replicate)
    if isinstance(number, tuple) or scheme not in (ANTITHETIC, STRATIFIED):
        return (word(seed, number, episode, purpose, index) + 0.5) * 2.0**-32
    own = number // 2 if scheme == ANTITHETIC else number
    u = (word(seed, own, episode, purpose, index) + 0.5) * 2.0**-32
    if scheme == ANTITHETIC:
        return 1 - u if number % 2 else u
    order = word(seed, number // 4, episode, purpose + 2**15, index)
    multiplier = 1 + (order // 4 * 3 >> 30)
    return ((order % 4 ^ TIMES[multiplier][number % 4]) + u) / 4


def normal(seed: int, replicate: Replicate, episode: int, purpose: int, index: int) -> float:
    """Standard normal; an even index is the cosine of its pair of uniforms, the odd one after it the sine (E10).

    The second of an antithetic pair has the negative of the first.
    """
    if isinstance(replicate, int) and replicate >> NUMBER_BITS == ANTITHETIC and replicate % 2:
        return -normal(seed, replicate - 1, episode, purpose, index)
    even = index & ~1
    radius = math.sqrt(-2.0 * math.log(uniform(seed, replicate, episode, purpose, even)))
    angle = 2.0 * math.pi * uniform(seed, replicate, episode, purpose, even + 1)
    return radius * (math.sin(angle) if index & 1 else math.cos(angle))


@dataclass(frozen=True)
class Draws:
    """The draws of one episode of one history."""

    seed: int
    replicate: Replicate
    episode: int

    def uniform(self, purpose: int, index: int) -> float:
        """The uniform at this address."""
        return uniform(self.seed, self.replicate, self.episode, purpose, index)

    def normal(self, purpose: int, index: int) -> float:
        """The normal at this address."""
        return normal(self.seed, self.replicate, self.episode, purpose, index)

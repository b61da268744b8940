"""Philox4x32-10 (Salmon et al. 2011) in Python integers, and the addressed draws of the model."""

import math
from dataclasses import dataclass
from functools import lru_cache

WORD = 0xFFFFFFFF
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_INCREMENTS = (0x9E3779B9, 0xBB67AE85)

#: Schemes of replication, in the bits of a replicate above its number.
NUMBER_BITS = 60
ANTITHETIC, STRATIFIED = 1, 2

#: Products in the field of four elements: 2 is a root of x^2 = x + 1, and 3 is the other.
TIMES = ((0, 0, 0, 0), (0, 1, 2, 3), (0, 2, 3, 1), (0, 3, 1, 2))

Block = tuple[int, int, int, int]


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


def word(seed: int, replicate: int, episode: int, purpose: int, index: int) -> int:
    """The 32-bit word of a draw (E9)."""
    return addressed_block(seed, replicate, episode, purpose, index >> 2)[index & 3]


def scheme_and_number(replicate: int) -> tuple[int, int]:
    """How a replicate goes together with others, and its number."""
    return divmod(replicate, 1 << NUMBER_BITS)


def uniform(seed: int, replicate: int, episode: int, purpose: int, index: int) -> float:
    """Uniform on (0, 1): (word + 1/2) 2**-32 (E9), turned round or in a quarter by the scheme."""
    scheme, number = scheme_and_number(replicate)
    own = number // 2 if scheme == ANTITHETIC else number
    u = (word(seed, own, episode, purpose, index) + 0.5) * 2.0**-32
    if scheme == ANTITHETIC:
        return 1 - u if number % 2 else u
    if scheme == STRATIFIED:
        order = word(seed, number // 4, episode, purpose + 2**15, index)
        multiplier = 1 + (order // 4 * 3 >> 30)
        return ((order % 4 ^ TIMES[multiplier][number % 4]) + u) / 4
    return u


def normal(seed: int, replicate: int, episode: int, purpose: int, index: int) -> float:
    """Standard normal; an even index is the cosine of its pair of uniforms, the odd one after it the sine (E10).

    The second of an antithetic pair has the negative of the first.
    """
    scheme, number = scheme_and_number(replicate)
    if scheme == ANTITHETIC and number % 2:
        return -normal(seed, replicate - 1, episode, purpose, index)
    even = index & ~1
    radius = math.sqrt(-2.0 * math.log(uniform(seed, replicate, episode, purpose, even)))
    angle = 2.0 * math.pi * uniform(seed, replicate, episode, purpose, even + 1)
    return radius * (math.sin(angle) if index & 1 else math.cos(angle))


@dataclass(frozen=True)
class Draws:
    """The draws of one episode of one history."""

    seed: int
    replicate: int
    episode: int

    def uniform(self, purpose: int, index: int) -> float:
        """The uniform at this address."""
        return uniform(self.seed, self.replicate, self.episode, purpose, index)

    def normal(self, purpose: int, index: int) -> float:
        """The normal at this address."""
        return normal(self.seed, self.replicate, self.episode, purpose, index)

"""Philox4x32-10 (Salmon et al. 2011) in Python integers, and the addressed draws of the model."""

import math
from dataclasses import dataclass
from functools import lru_cache

WORD = 0xFFFFFFFF
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_INCREMENTS = (0x9E3779B9, 0xBB67AE85)

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


def uniform(seed: int, replicate: int, episode: int, purpose: int, index: int) -> float:
    """Uniform on (0, 1): (word + 1/2) 2**-32 (E9)."""
    word = addressed_block(seed, replicate, episode, purpose, index >> 2)[index & 3]
    return (word + 0.5) * 2.0**-32


def normal(seed: int, replicate: int, episode: int, purpose: int, index: int) -> float:
    """Standard normal; an even index is the cosine of its pair of uniforms, the odd one after it the sine (E10)."""
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

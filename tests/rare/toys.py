"""Processes whose rare events have closed forms; their draws are those of chains, by the kernel's own code."""

from collections.abc import Callable

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from csmc.kernel.codes import CHAINED, NUMBER_BITS
from csmc.kernel.draws import fill_normals, fill_uniforms, split_mix
from csmc.kernel.lanes import LANES
from csmc.rare.chains import Chains
from csmc.rare.splitting import EVENT, Score

Floats = NDArray[np.float64]


@numba.njit
def _uniforms(out, n, replicate, keys):  # type: ignore[no-untyped-def]
    fill_uniforms(out, n, replicate, 0, 1, 0, keys)


@numba.njit
def _normals(out, n, replicate, keys):  # type: ignore[no-untyped-def]
    fill_normals(out, n, replicate, 0, 1, 0, keys)


@numba.njit
def _mix(states, out):  # type: ignore[no-untyped-def]
    for i in range(len(states)):
        out[i] = split_mix(states[i])


def chained_uniforms(seed: int, chains: Chains, n: int) -> Floats:
    """(n, particle): draws 0 to n - 1 of purpose 1 in episode 0 of every chain."""
    return _filled(_uniforms, seed, chains, n)


def chained_normals(seed: int, chains: Chains, n: int) -> Floats:
    """The same, normals."""
    return _filled(_normals, seed, chains, n)


def chained_words(states: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(n,): what SplitMix64 makes of each state."""
    out = np.zeros_like(states)
    _mix(states, out)
    return out


def _filled(fill: Callable[..., None], seed: int, chains: Chains, n: int) -> Floats:
    rows, parts = (n + 3) // 4 * 4, []
    for first in range(0, chains.shape[1], LANES):
        some = chains[:, first : first + LANES]
        keys = np.zeros((1 + len(some), LANES), dtype=np.uint64)
        keys[0], keys[1:, : some.shape[1]] = seed, some
        out = np.zeros((rows, LANES))
        fill(out, n, (CHAINED << NUMBER_BITS) + np.arange(LANES), keys)
        parts.append(out[:n, : some.shape[1]])
    return np.concatenate(parts, axis=1)


def successes(seed: int, trials: int, probability: float, least: int) -> Score:
    """Binomial: the number of successes as a share of `least`."""

    def score(chains: Chains) -> Floats:
        count = (chained_uniforms(seed, chains, trials) < probability).sum(axis=0)
        return np.minimum(count / least, EVENT)

    return score


def at_least(trials: int, probability: float, least: int) -> float:
    """P(Bin(trials, probability) >= least)."""
    return float(binom.sf(least - 1, trials, probability))


def gambler(seed: int, up: float, goal: int, steps: int = 256) -> Score:
    """A walk from 1 that goes up with probability `up`, else down: the highest place before 0, as a share of `goal`.

    Walks of `steps` steps that have ended nowhere are so few that they do not count.
    """

    def score(chains: Chains) -> Floats:
        ups = np.where(chained_uniforms(seed, chains, steps) < up, 1, -1)
        place = 1 + np.cumsum(ups, axis=0)
        alive = np.minimum.accumulate(place, axis=0) > 0
        return np.minimum(np.where(alive, place, 1).max(axis=0) / goal, EVENT)

    return score


def ruin_escaped(up: float, goal: int) -> float:
    """The probability of reaching `goal` before 0 from 1: (1 - r) / (1 - r**goal), r = (1 - up) / up."""
    ratio = (1 - up) / up
    return (1 - ratio) / (1 - ratio**goal)

"""Multilevel splitting with fixed effort: a rare event as the last of nested levels; edit how particles climb.

Kahn and Harris (1951); with levels fixed before, the product of the shares that reach each level is unbiased whatever
the moves (Del Moral 2004). A move shifts a random part of a history's draws, and is taken back if the score falls below
the level. Moves are reversible for the law of all draws, so they keep the law of histories above the level.
"""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from csmc.errors import CsmcError
from csmc.kernel.result import Integers
from csmc.kernel.tracing import Floats
from csmc.rare.chains import MOST_STEPS, Chains, ancestors, moved, new_links

#: Scores (particle,) of the histories of chains; a level is reached by a score that is not below it.
Score = Callable[[Chains], Floats]

#: The score of the event itself.
EVENT = 1.0
#: Part of the particles that a level should keep.
KEPT = 1 / 3
#: The parts of all draws that moves shift, in turn: 2**-octave.
OCTAVES = (3, 5, 2, 4)
#: The run that chooses the levels.
PILOT = 0
#: Rounds of moves without any progress after which the pilot gives up.
PATIENCE = 10
#: Levels after which it gives up: what is less probable than 3**-80, 1e-38, may as well be impossible.
MOST_LEVELS = 80


class UnreachedError(CsmcError):
    """No particle came closer to the event."""


class Effort(NamedTuple):
    """Particles of a run, and moves of each at a level."""

    particles: int
    moves: int


class Run(NamedTuple):
    """What one run counted; everything about it is an integer.

    hits (level,): particles that reached each level, 0 after the first without any. accepted, changed (level,): of
    moves at each level but the last, those that stayed above it, and of these those that changed the score. ancestors:
    particles of the start from which those that reached the event descend.
    """

    hits: Integers
    accepted: Integers
    changed: Integers
    ancestors: int


class _Swarm:
    """The particles of one run and their scores."""

    def __init__(self, score: Score, effort: Effort, seed: int, run: int) -> None:
        self._score, self._effort, self._seed, self._run = score, effort, seed, run
        self._step = 0
        self.chains = new_links(run, 0, effort.particles, 0)
        self.scores = score(self.chains)

    def keep(self, level: float) -> int:
        """Keep the particles that reach the level, and copy them in equal numbers; how many there were.

        Which of them get one copy more is drawn, so that each expects as many as any other.
        """
        survivors = np.flatnonzero(self.scores >= level)
        if len(survivors):
            address = f"{self._seed} {self._run} {self._step}".encode()
            first = int.from_bytes(hashlib.blake2b(address, digest_size=8).digest()) % len(survivors)
            parents = survivors[(first + np.arange(len(self.scores))) % len(survivors)]
            self.chains, self.scores = self.chains[:, parents], self.scores[parents]
        return len(survivors)

    def move(self, level: float) -> tuple[int, int]:
        """Move every particle, never below the level; (moves that were accepted, those that changed the score)."""
        accepted, changed = 0, 0
        for _ in range(self._effort.moves):
            self._step += 1
            if self._step == MOST_STEPS:
                raise UnreachedError(f"more than {MOST_STEPS - 1} steps; take fewer moves")
            octave = OCTAVES[self._step % len(OCTAVES)]
            links = new_links(self._run, self._step, self._effort.particles, octave)
            scores = self._score(np.concatenate([self.chains, links]))
            above = scores >= level
            accepted += int(above.sum())
            changed += int((above & (scores != self.scores)).sum())
            self.chains = moved(self.chains, links, above)
            self.scores = np.where(above, scores, self.scores)
        return accepted, changed


def choose_levels(score: Score, effort: Effort, seed: int) -> list[float]:
    """Rising levels, the last of them `EVENT`, of which each keeps about a third of the particles of a pilot run.

    Raises
    ------
    UnreachedError
        The pilot found no history closer to the event than some level, or needs more than `MOST_LEVELS`.
    """
    swarm = _Swarm(score, effort, seed, PILOT)
    levels: list[float] = []
    while True:
        if len(levels) == MOST_LEVELS:
            raise UnreachedError(f"{MOST_LEVELS} levels of the pilot came to a score of {levels[-1]:.6g} of {EVENT:g}")
        levels.append(_next_level(swarm, levels[-1] if levels else -np.inf))
        if levels[-1] >= EVENT:
            return levels
        swarm.keep(levels[-1])
        swarm.move(levels[-1])


def _next_level(swarm: _Swarm, level: float) -> float:
    for _ in range(PATIENCE):
        ordered = np.sort(swarm.scores)
        chosen = float(ordered[int(len(ordered) * (1 - KEPT))])
        above = ordered[ordered > level]
        if chosen > level:
            return chosen
        if len(above):
            return float(above[0])
        swarm.move(level)
    raise UnreachedError(f"no particle of the pilot came further than a score of {level:.6g} of {EVENT:g}")


def split(score: Score, levels: list[float], effort: Effort, seed: int, run: int) -> Run:
    """One run at fixed levels; the product of hits / particles is an unbiased estimate of the event's probability."""
    hits, accepted, changed = (np.zeros(length, dtype=np.int64) for length in (len(levels), *2 * [len(levels) - 1]))
    swarm = _Swarm(score, effort, seed, run)
    for number, level in enumerate(levels):
        hits[number] = swarm.keep(level)
        if hits[number] == 0:
            break
        if number < len(levels) - 1:
            accepted[number], changed[number] = swarm.move(level)
    return Run(hits, accepted, changed, ancestors(swarm.chains) if hits[-1] else 0)

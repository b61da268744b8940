"""Histories of known truth: episodes that go together in a history, under two institutions that share their draws.

A history is more or less tense: x from a Beta distribution with a stated mean and correlation of its episodes. Each of
its episodes falls, under both institutions at once, into a pair of cells with probabilities (1 - x) calm + x tense. All
expected tallies are linear in x, so every true value is known exactly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from csmc.estimate import METRICS, Moments
from csmc.estimate.metrics import Constant, Ratio, cross_pairs, own_pairs
from csmc.kernel.codes import N_OUTCOMES, N_TALLIES, Outcome, Tally, row_scale
from csmc.kernel.result import N_FACTORS, N_FATES, Integers, Plan, Tallies

#: The reference institution of every simulated experiment, and the other one.
REFERENCE, OTHER = 0, 1


class Cell(Enum):
    """What an episode is under one institution: its outcome and what it adds to tallies, in natural units."""

    QUIET = (Outcome.NO_CHALLENGE, {})
    CHEAP = (Outcome.NEGOTIATED_SETTLEMENT, {Tally.CONCESSION: 0.125})
    DEAR = (Outcome.NEGOTIATED_SETTLEMENT, {Tally.CONCESSION: 0.75})
    WAR = (Outcome.BILATERAL_WAR, {Tally.WARS: 1, Tally.RESPONSES_OTHER: 1})
    HELPED = (Outcome.LIMITED_WAR, {Tally.WARS: 1, Tally.RESPONSES_OTHER: 1, Tally.PARTICIPATION_OTHER: 0.75})
    BACKED = (Outcome.BACKDOWN, {})
    SPARED = (Outcome.COERCED_BY_FORCE, {Tally.RESPONSES_GREAT: 1})
    FACED = (Outcome.COERCED_BY_FORCE, {Tally.RESPONSES_GREAT: 1, Tally.PARTICIPATION_GREAT: 0.5})

    @property
    def outcome(self) -> Outcome:
        return self.value[0]

    def adds(self) -> NDArray[np.float64]:
        """To every tally, in natural units."""
        added = np.zeros(N_TALLIES)
        added[self.outcome] = 1
        added[Tally.CHALLENGES] = self.outcome != Outcome.NO_CHALLENGE
        for tally, amount in self.value[1].items():
            added[tally] = amount
        return added


#: Probabilities of the pairs (under the other institution, under the reference).
Table = Mapping[tuple[Cell, Cell], float]


@dataclass(frozen=True)
class Process:
    """A distribution of histories: the mean of x and how its episodes correlate (1: x is 0 or 1)."""

    name: str
    calm: Table
    tense: Table
    mean: float
    correlation: float
    metrics: tuple[str, ...]

    @property
    def pairs(self) -> list[tuple[Cell, Cell]]:
        return list({**self.calm, **self.tense})

    def adds(self) -> NDArray[np.float64]:
        """What an episode in each pair of cells adds to the tallies, (pair, institution, tally)."""
        return np.array([[theirs.adds(), ours.adds()] for ours, theirs in self.pairs])

    def truth(self, name: str) -> tuple[float, float]:
        """The true value of a metric under the other institution, and its difference from the reference."""
        share = [(1 - self.mean) * self.calm.get(pair, 0) + self.mean * self.tense.get(pair, 0) for pair in self.pairs]
        expected = np.tensordot(share, self.adds(), 1)
        reference, other = (
            sum(sign * _ratio(ratio, expected[k]) for sign, ratio in METRICS[name].terms) for k in (REFERENCE, OTHER)
        )
        return float(other), float(other - reference)

    def draw(self, generator: np.random.Generator, experiments: int, histories: int, episodes: int) -> Moments:
        """Many experiments of independent histories, each a point."""
        tension = self._tension(generator, (experiments, histories, 1))
        calm, tense = (np.array([table.get(pair, 0.0) for pair in self.pairs]) for table in (self.calm, self.tense))
        counts = generator.multinomial(episodes, (1 - tension) * calm + tension * tense)
        return self._count(counts, episodes)

    def _tension(self, generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        if self.correlation == 1:
            return (generator.random(shape) < self.mean).astype(np.float64)
        size = (1 - self.correlation) / self.correlation
        return generator.beta(self.mean * size, (1 - self.mean) * size, size=shape)

    def _count(self, counts: Integers, episodes: int) -> Moments:
        """Count histories (experiment, history, pair of cells) as the kernel would."""
        chosen = [METRICS[name] for name in self.metrics]
        plan = Plan(own_pairs(chosen), cross_pairs(chosen), REFERENCE, "reference", histories=True)
        scaled = (self.adds() * [row_scale(row, episodes) for row in Tally]).astype(np.int64)
        theirs = np.broadcast_to(scaled[:, [REFERENCE]], scaled.shape)
        totals = counts.sum(axis=1)
        products = (counts.transpose(0, 2, 1).astype(np.float64) @ counts.astype(np.float64)).astype(np.int64)
        own = _second_moments(products, scaled, scaled, plan.own_pairs)
        cross = _second_moments(products, scaled, theirs, plan.cross_pairs)
        fates = _fates(products, self.pairs)
        limbs = [limb for moment in (own, cross[:, :, None], fates) for limb in (moment >> 32, moment & 0xFFFFFFFF)]
        patterns = np.zeros((len(counts), 4), np.int64)
        joint = _joint(totals, self.pairs)
        tallies = Tallies(np.tensordot(totals, scaled, 1), *limbs[:4], joint, patterns, *limbs[4:])
        return Moments(tallies, plan, *(np.full(len(counts), n) for n in (counts.shape[1], episodes, 8)))


def _ratio(ratio: Ratio, expected: NDArray[np.float64]) -> float:
    below = 1.0 if ratio.denominator is Constant.EPISODES else expected[ratio.denominator]
    return float(expected[ratio.numerator] / below)


def _second_moments(products: Integers, left: Integers, right: Integers, pairs: Integers) -> Integers:
    """Sums over histories of products of two tallies, from those of the counts: (experiment, institution, pair)."""
    return np.einsum("ecd,ckp,dkp->ekp", products, left[:, :, pairs[:, 0]], right[:, :, pairs[:, 1]], optimize=True)


def _fates(products: Integers, pairs: Sequence[tuple[Cell, Cell]]) -> Integers:
    """Second moments of what wars are under the other of the two, (experiment, pair of institutions, factor, fate)."""
    codes = np.array([(theirs.outcome, ours.outcome) for ours, theirs in pairs])  # by REFERENCE, OTHER
    war = codes >= Outcome.BILATERAL_WAR
    moments = np.zeros((len(products), 2, N_FACTORS, N_FATES), np.int64)
    for place, (one, other) in enumerate(((REFERENCE, OTHER), (OTHER, REFERENCE))):
        fate = war[:, [one]] & (codes[:, [other]] == np.arange(N_OUTCOMES))
        fate = np.column_stack([fate, war[:, one] & ~war[:, other]]).astype(np.int64)
        for factor, by in enumerate((fate, war[:, [one]], war[:, [other]])):
            by = np.broadcast_to(by, fate.shape).astype(np.int64)
            moments[:, place, factor] = np.einsum("ecd,cf,df->ef", products, fate, by, optimize=True)
    return moments


def _joint(totals: Integers, pairs: Sequence[tuple[Cell, Cell]]) -> Integers:
    joint = np.zeros((len(totals), 2, 1, N_OUTCOMES, N_OUTCOMES), np.int64)
    for position, (ours, theirs) in enumerate(pairs):
        joint[:, OTHER, 0, ours.outcome, theirs.outcome] += totals[:, position]
        joint[:, REFERENCE, 0, theirs.outcome, theirs.outcome] += totals[:, position]
    return joint

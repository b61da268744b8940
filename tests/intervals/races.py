"""Races between several institutions of known truth: crises by the set of institutions under which they end in war."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.estimate import METRICS, Moments
from csmc.estimate.discordance import pattern_bits, together
from csmc.estimate.metrics import cross_pairs, own_pairs
from csmc.kernel.codes import N_OUTCOMES, N_TALLIES, Outcome, Tally
from csmc.kernel.result import N_FACTORS, N_FATES, Integers, Plan, Tallies


class Race(NamedTuple):
    """Institutions by their rates of war; `shared` is how much of each crisis they have in common (0 to 1).

    clustering: how episodes of a history correlate. No history is of one episode.
    """

    name: str
    rates: tuple[float, ...]
    shared: float
    crises: int
    episodes: int = 1
    clustering: float = 0.0

    def patterns(self) -> NDArray[np.float64]:
        """Probability of each set of institutions with war: with one draw for all, or with one for each."""
        bits, rates = pattern_bits(len(self.rates)), np.array(self.rates)
        apart = np.prod(np.where(bits > 0, rates, 1 - rates), axis=1)
        return self.shared * comonotone(rates) + (1 - self.shared) * apart

    def draw(self, generator: np.random.Generator, experiments: int) -> Integers:
        """Counts of patterns, (experiment, history, 2**K); one-shot crises have no more than one history to count."""
        if self.episodes == 1:
            return generator.multinomial(self.crises, self.patterns(), size=(experiments, 1))
        histories = self.crises // self.episodes
        size = (1 - self.clustering) / self.clustering
        tension = generator.beta(0.2 * size, 0.8 * size, size=(experiments, histories, 1))
        calm = np.zeros(1 << len(self.rates))
        calm[0] = 1.0
        tense = (self.patterns() - 0.8 * calm) / 0.2
        return generator.multinomial(self.episodes, (1 - tension) * calm + tension * tense)


def comonotone(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Patterns of war where one draw decides under all institutions."""
    order = np.argsort(rates)
    found = np.zeros(1 << len(rates))
    edges = np.concatenate([[0.0], rates[order], [1.0]])
    for place in range(len(rates) + 1):
        found[sum(1 << int(number) for number in order[place:])] += edges[place + 1] - edges[place]
    return found


def moments(counts: Integers, episodes: int) -> Moments:
    """Moments of war with every pair, from counts (experiment, history, 2**K); every experiment is a point."""
    experiments, histories, cells = counts.shape
    n = cells.bit_length() - 1
    war = [METRICS["war"]]
    plan = Plan(own_pairs(war), cross_pairs(war), 0, "all")
    wars = (counts @ pattern_bits(n)).astype(np.int64)
    products = np.einsum("ehi,ehj->eij", wars, wars)
    sums = np.zeros((experiments, n, N_TALLIES), np.int64)
    sums[:, :, Tally.WARS] = wars.sum(axis=1)
    own = np.diagonal(products, axis1=1, axis2=2)[:, :, None]
    patterns = counts.sum(axis=1)
    fates = np.zeros((experiments, 0, N_FACTORS, N_FATES), np.int64)
    tallies = Tallies(
        sums, np.zeros_like(own), own, np.zeros_like(products)[..., None], products[..., None],
        _joint(patterns), patterns, fates, fates,
    )  # fmt: skip
    return Moments(tallies, plan, *(np.full(experiments, number) for number in (histories, episodes, 8)))


def _joint(patterns: Integers) -> Integers:
    both, total = together(patterns).astype(np.int64), patterns.sum(axis=1)[:, None, None]
    alone = np.diagonal(both, axis1=1, axis2=2)
    joint = np.zeros((*both.shape, N_OUTCOMES, N_OUTCOMES), np.int64)
    war, none = Outcome.BILATERAL_WAR, Outcome.NO_CHALLENGE
    joint[..., war, war] = both
    joint[..., war, none] = alone[:, :, None] - both
    joint[..., none, war] = alone[:, None, :] - both
    joint[..., none, none] = total - alone[:, :, None] - alone[:, None, :] + both
    return joint

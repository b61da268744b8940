"""Steps 7 and 8, averaged over all that is private.

Given the misperception, every average over the private costs and the status quo is one integral: where the challenger
means what it says, over its own cost (the status quo enters by its distribution function); where it bluffs, over the
status quo (its own cost enters by its uniform distribution). The target's cost always enters in closed form.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tests.exact.offer import Offer
from tests.exact.quadrature import Floats, Function, panels, rules, sign_changes

#: Misperceptions are averaged over this many standard deviations on either side.
_TAIL = 8.5
#: A value of refusal below all others.
_HOPELESS = -1e9
#: Edges around a jump in the misperception: beside it, integrals may behave like a square root.
_GRADED = np.concatenate([[0.0], 10.0 ** np.arange(-1, -7, -1), -(10.0 ** np.arange(-1, -7, -1))])


@dataclass(frozen=True)
class Settled:
    """Probabilities, and moments of the concession, of what the bargain alone decides."""

    challenge: float
    settlement: float
    gain: float
    concession: float
    concession_squared: float
    backdown: float


@dataclass(frozen=True)
class Bargain:
    """An offer averaged over misperception, status quo and private costs. `fine` multiplies the number of panels."""

    offer: Offer
    fine: int = 1

    @cached_property
    def errors(self) -> tuple[Floats, Floats]:
        """Misperceptions (row, 1) and their weights (row,)."""
        if self.offer.contest.misperception == 0:
            return np.zeros((1, 1)), np.ones(1)
        grid = np.linspace(-_TAIL, _TAIL, 28 * self.fine + 1)
        around = [sign_changes(jump, -_TAIL, _TAIL, 1, 64).T + _GRADED for jump in self._jumps()]
        edges = np.unique(np.concatenate([grid, *(np.clip(places, -_TAIL, _TAIL).ravel() for places in around)]))
        nodes, weights = panels(edges[None, :])
        return nodes.T, weights[0] * np.exp(-0.5 * nodes[0] ** 2) / np.sqrt(2 * np.pi)

    def _jumps(self) -> Iterator[Function]:
        """Functions of the error that change sign where a challenge at an atom of the status quo becomes worthwhile."""
        offer = self.offer
        for q, _ in offer.status_quo.atoms:
            yield lambda error, q=q: offer.gain(offer.believed(error), q - offer.audience) - q
            yield lambda error, q=q: offer.gain(offer.believed(error), _HOPELESS + 0 * error) - q

    @cached_property
    def believed(self) -> Floats:
        """(row, 1)."""
        return self.offer.believed(self.errors[0])

    @property
    def bluff(self) -> Floats:
        """(row, 1): where own cost plus status quo exceed this, the challenger would not fight if refused."""
        return self.believed + self.offer.audience - self.offer.pressure

    def mean(self, rows: Floats) -> float:
        """The average over misperceptions."""
        return float(rows @ self.errors[1])

    def worth(self, cost: Floats) -> Floats:
        """(row, cost): the gain of a challenger that means it."""
        return self.offer.gain(self.believed, self.believed - cost - self.offer.pressure)

    @cached_property
    def _surplus_edges(self) -> Floats:
        """(row, 4): values of z at which z or the probability of a refusal has a kink."""
        costs, gap = self.offer.costs, self.offer.common - self.believed
        return np.concatenate([0 * gap, np.minimum(costs, 1 - self.believed), gap, costs + gap], axis=1)

    @cached_property
    def _cost_edges(self) -> list[Floats]:
        """Own costs at which z, the refusal or the mass of challenges is not smooth."""
        rows, costs = len(self.believed), self.offer.costs
        edges = [costs - self.offer.pressure - 2 * self._surplus_edges]
        edges += [self._cost_roots(lambda k, q=q: self.worth(k) - q) for q, _ in self.offer.status_quo.atoms]
        return [*edges, np.tile(np.linspace(0, costs, 2 + self.fine), (rows, 1))]

    def _cost_roots(self, function: Function, cells: int = 1) -> Floats:
        return sign_changes(function, 0.0, self.offer.costs, len(self.believed), cells)

    def fighting(self, threshold: Floats) -> float:
        """P(refused, and own cost + status quo below both `threshold` (row, 1) and the line of bluffing)."""
        offer, limit = self.offer, np.minimum(threshold, self.bluff)
        lines = [limit - q for q, _ in offer.status_quo.atoms]
        cost, weights = rules(
            0.0, offer.costs, [*self._cost_edges, *lines, self._cost_roots(lambda k: self.worth(k) + k - limit)]
        )
        z = offer.surplus(self.believed, self.believed - cost - offer.pressure)
        challenged = offer.status_quo.moment(0, np.minimum(self.worth(cost), limit - cost))
        rows = (offer.refusal(self.believed, z) * challenged * weights).sum(axis=1) / offer.costs
        return (1 - offer.mediation) * self.mean(rows)

    def settled(self) -> Settled:
        """What happens before a response is called for."""
        earnest, bluffing = self._earnest(), self._bluffing()
        return Settled(*(self.mean(rows) for rows in earnest + bluffing))

    def _earnest(self) -> Floats:
        """(field of Settled, row): over challengers that would fight."""
        offer, lines, atoms = self.offer, self.bluff, self.offer.status_quo.atoms

        def z(k: Floats) -> Floats:
            return offer.surplus(self.believed, self.believed - k - offer.pressure)

        kinks = [lambda k: self.worth(k) + k - lines]
        for part in (1.0, 0.5):
            kinks += [lambda k, s=part: self.believed + s * z(k) - self.worth(k)]
            kinks += [lambda k, s=part: self.believed + s * z(k) + k - lines]
            kinks += [lambda k, s=part, q=q: self.believed + s * z(k) - q for q, _ in atoms]
        edges = [self._cost_roots(kink, cells=8) for kink in kinks]
        cost, weights = rules(0.0, offer.costs, [*self._cost_edges, *(lines - q for q, _ in atoms), *edges])
        highest = np.minimum(self.worth(cost), lines - cost)
        accepted = (1 - offer.mediation) * (1 - offer.refusal(self.believed, z(cost)))
        deals = ((accepted, self.believed + z(cost)), (offer.mediation, self.believed + z(cost) / 2))
        m0, m1, m2 = (offer.status_quo.moment(power, highest) for power in (0, 1, 2))
        values = (
            m0,
            sum(p * m0 for p, _ in deals),
            sum(p * offer.status_quo.moment(0, np.minimum(highest, deal)) for p, deal in deals),
            sum(p * (deal * m0 - m1) for p, deal in deals),
            sum(p * (deal**2 * m0 - 2 * deal * m1 + m2) for p, deal in deals),
            0 * m0,
        )
        return np.array([(value * weights).sum(axis=1) / offer.costs for value in values])

    def _bluffing(self) -> Floats:
        """(field of Settled, row): over challengers that would back down."""
        offer = self.offer
        quo = offer.status_quo
        total = sum(weight * self._at(np.full_like(self.believed, q))[:, :, 0] for q, weight in quo.atoms)
        if quo.spread == 0:
            return np.asarray(total)

        def z(q: Floats) -> Floats:
            return offer.surplus(self.believed, q - offer.audience)

        kinks = [lambda q: offer.gain(self.believed, q - offer.audience) - q]
        kinks += [lambda q, s=part: self.believed + s * z(q) - q for part in (1.0, 0.5)]
        rows = len(self.believed)
        edges = [sign_changes(kink, 0.0, 1.0, rows, 8) for kink in kinks]
        edges += [self.believed + offer.audience - offer.costs + 2 * self._surplus_edges]
        edges += [self.bluff, self.bluff - offer.costs, np.tile(np.linspace(0, 1, 2 + 2 * self.fine), (rows, 1))]
        q, weights = rules(0.0, 1.0, edges)
        return np.asarray(total + (self._at(q) * (quo.density(q) * weights)).sum(axis=2))

    def _at(self, q: Floats) -> Floats:
        """(field of Settled, row, q): what bluffing challengers do at the status quo `q`."""
        offer = self.offer
        z = offer.surplus(self.believed, q - offer.audience)
        challenged = (offer.gain(self.believed, q - offer.audience) > q) * np.clip(
            1 - (self.bluff - q) / offer.costs, 0, 1
        )
        refused = offer.refusal(self.believed, z)
        accepted = (1 - offer.mediation) * (1 - refused)
        deals = ((accepted, self.believed + z - q), (offer.mediation, self.believed + z / 2 - q))
        values = (
            1 + 0 * q,
            sum(p * (1 + 0 * q) for p, _ in deals),
            sum(p * (change > 0) for p, change in deals),
            sum(p * change for p, change in deals),
            sum(p * change**2 for p, change in deals),
            (1 - offer.mediation) * refused,
        )
        return np.array([challenged * value for value in values])

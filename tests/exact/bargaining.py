"""Step 7: what the challenger demands and when it challenges at all, averaged over all that is private.

Given the misperception, every average over the private costs and the status quo is one integral: where the challenger
means what it says, over its own cost (the status quo enters by its distribution function); where it bluffs, over the
status quo (its own cost enters by its uniform distribution). The target's cost always enters in closed form.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tests.exact.quadrature import Floats, panels, rules, sign_changes
from tests.exact.status_quo import StatusQuo

#: Misperceptions are averaged over this many standard deviations on either side.
_TAIL = 7.5
#: A value of refusal below all others.
_HOPELESS = -1e9


@dataclass(frozen=True)
class Contest:
    """Tullock's contest as the challenger sees it: the strengths of the sides, decisiveness, misperception."""

    decisiveness: float
    misperception: float

    def success(self, ours: float, theirs: float, error: Floats | float = 0.0) -> Floats:
        """The success of `ours` against `theirs`, misperceived by the factor e^(misperception * error)."""
        if ours == 0 and theirs == 0:
            return 0.5 + 0 * np.asarray(error)
        ratio = theirs / ours if ours > 0 else np.inf
        return 1 / (1 + (ratio * np.exp(self.misperception * np.asarray(error))) ** self.decisiveness)


@dataclass(frozen=True)
class Offer:
    """The numbers of one bargain. All but `contest` and `status_quo` are in units of the stake.

    entry: what the challenge itself costs, condemnation included. pressure: the expected effect of lower rungs.
    """

    contest: Contest
    status_quo: StatusQuo
    aggressor_strength: float
    victim_strength: float
    costs: float
    audience: float
    entry: float
    mediation: float
    pressure: float

    @property
    def common(self) -> float:
        """The common estimate of the aggressor's success."""
        return float(self.contest.success(self.aggressor_strength, self.victim_strength))

    def believed(self, error: Floats) -> Floats:
        """The challenger's estimate."""
        return self.contest.success(self.aggressor_strength, self.victim_strength, error)

    def surplus(self, believed: Floats, refused: Floats) -> Floats:
        """What is demanded above the believed success (z), given the value of a refusal."""
        highest = np.minimum(self.costs, 1 - believed)
        return np.clip((self.costs - believed + refused) / 2, 0, highest)

    def refusal(self, believed: Floats, surplus: Floats) -> Floats:
        """The probability that the target's private cost lies below what the demand asks it to give up."""
        return np.clip((believed + surplus - self.common) / self.costs, 0, 1)

    def gain(self, believed: Floats, refused: Floats) -> Floats:
        """What a challenge is worth, its own cost deducted: there is a challenge iff it exceeds the status quo."""
        z = self.surplus(believed, refused)
        demand = (1 - z / self.costs) * (believed + z) + z / self.costs * refused
        return (1 - self.mediation) * demand + self.mediation * (believed + z / 2) - self.entry


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
        grid = np.linspace(-_TAIL, _TAIL, 24 * self.fine + 1)
        jumps = np.concatenate([sign_changes(jump, -_TAIL, _TAIL, 1, 64)[0] for jump in self._jumps()])
        nodes, weights = panels(np.sort(np.concatenate([grid, jumps]))[None, :])
        return nodes.T, weights[0] * np.exp(-0.5 * nodes[0] ** 2) / np.sqrt(2 * np.pi)

    def _jumps(self):  # type: ignore[no-untyped-def]
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

    def _cost_roots(self, function, cells: int = 1) -> Floats:  # type: ignore[no-untyped-def]
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
        z = lambda k: offer.surplus(self.believed, self.believed - k - offer.pressure)  # noqa: E731
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
        z = lambda q: offer.surplus(self.believed, q - offer.audience)  # noqa: E731
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

"""Step 7: the contest, and what a challenger demands who knows everything but the target's cost."""

from dataclasses import dataclass

import numpy as np

from tests.exact.quadrature import Floats
from tests.exact.status_quo import StatusQuo


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

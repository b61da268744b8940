"""The challenger's share of the good today: a normal number about the balance of power, clipped to [0, 1]."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from tests.exact.quadrature import Floats


@dataclass(frozen=True)
class StatusQuo:
    """The distribution of q = clip(mean + spread * normal, 0, 1), with 0 <= mean <= 1."""

    mean: float
    spread: float

    @property
    def atoms(self) -> tuple[tuple[float, float], ...]:
        """Values that q takes with positive probability, and those probabilities."""
        if self.spread == 0:
            return ((self.mean, 1.0),)
        return ((0.0, float(ndtr(-self.mean / self.spread))), (1.0, float(ndtr((self.mean - 1) / self.spread))))

    def density(self, q: Floats) -> Floats:
        """Of q in (0, 1)."""
        return np.zeros_like(q) if self.spread == 0 else _bell((q - self.mean) / self.spread) / self.spread

    def moment(self, power: int, x: Floats) -> Floats:
        """E[q^power; q < x] for power 0, 1 or 2."""
        total = sum(weight * value**power * (x > value) for value, weight in self.atoms)
        if self.spread == 0:
            return np.asarray(total)
        end = np.clip(x, 0.0, 1.0)
        low, high = -self.mean / self.spread, (end - self.mean) / self.spread
        mass = ndtr(high) - ndtr(low)
        if power == 0:
            return total + mass
        if power == 1:
            return total + self.mean * mass - self.spread * (_bell(high) - _bell(low))
        tail = self.spread * ((end + self.mean) * _bell(high) - self.mean * _bell(low))
        return total + (self.mean**2 + self.spread**2) * mass - tail


def _bell(x: Floats | float) -> Floats:
    return np.exp(-0.5 * np.square(x)) / np.sqrt(2 * np.pi)

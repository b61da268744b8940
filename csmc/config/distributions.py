"""Shares of the unit interval to values, by distribution; edit to add a distribution."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from csmc.config.spacing import twelve_digits
from csmc.design import Scalar

Shares = NDArray[np.float64]
Quantile = Callable[[Shares], Shares]


class Range(ABC):
    """What one parameter is drawn from."""

    @abstractmethod
    def values(self, shares: Any) -> tuple[Scalar, ...]:
        """The values below which these shares, in [0, 1], of the distribution lie."""


@dataclass(frozen=True)
class Numbers(Range):
    """Numbers from `low` to `high`; of whole ones, `quantile` gives what is rounded down."""

    low: float
    high: float
    quantile: Quantile
    whole: bool

    def values(self, shares: Any) -> tuple[Scalar, ...]:
        """Quantiles to twelve digits, so that the last bits of a machine's logarithm do not make another design."""
        drawn: NDArray[Any] = twelve_digits(self.quantile(np.asarray(shares, dtype=np.float64)))
        if self.whole:
            drawn = np.floor(drawn).astype(np.int64)
        return tuple(np.clip(drawn, self.low, self.high).tolist())


@dataclass(frozen=True)
class Choice(Range):
    """One of several values, each with its share of the unit interval; `ends` are where they end, the last at 1."""

    options: tuple[Scalar, ...]
    ends: tuple[float, ...]

    def values(self, shares: Any) -> tuple[Scalar, ...]:
        """The options whose parts of the interval the shares are in."""
        numbers = np.searchsorted(self.ends[:-1], np.asarray(shares, dtype=np.float64), side="right")
        return tuple(self.options[number] for number in numbers)


def uniform(low: float, high: float, whole: bool) -> Numbers:
    """Numbers that are equally likely; of whole ones, each."""
    length = high + whole - low
    return Numbers(low, high, lambda shares: low + shares * length, whole)


def logarithmic(low: float, high: float, whole: bool) -> Numbers:
    """Numbers above 0 whose logarithm is uniform; a whole one stands for all up to the next."""
    bottom = math.log(low)
    length = math.log(high + whole) - bottom
    # Python's exponential, value by value: numpy's is another, and would make another design.
    return Numbers(low, high, lambda shares: np.array([math.exp(bottom + s * length) for s in shares.tolist()]), whole)


def conditioned(frozen: Any, low: float, high: float, whole: bool) -> tuple[Numbers, float]:
    """A distribution of scipy.stats given that it is within two ends, and how likely that is.

    Of whole numbers, given that the nearest one is within. The share u of the condition is the share
    F(low) + u (F(high) - F(low)) of the whole; above the median the other tail is inverted, which is small there and so
    has all its digits.
    """
    half = 0.5 if whole else 0.0
    below, above = float(frozen.cdf(low - half)), float(frozen.sf(high + half))
    mass = 1.0 - below - above

    def quantile(shares: Shares) -> Shares:
        lower, upper = below + shares * mass, above + (1.0 - shares) * mass
        values: Shares = np.where(lower < 0.5, frozen.ppf(lower), frozen.isf(np.minimum(upper, 1.0))) + half
        return values

    return Numbers(low, high, quantile, whole), mass


@dataclass(frozen=True)
class Kind:
    """A continuous distribution: its numbers in a configuration, those above 0, and how scipy.stats calls it."""

    numbers: tuple[str, ...]
    positive: tuple[str, ...]
    frozen: Callable[[Any, Mapping[str, float]], Any]
    optional: Mapping[str, float]


def _scaled(numbers: Mapping[str, float]) -> dict[str, float]:
    return {"loc": numbers["low"], "scale": numbers["high"] - numbers["low"]}


def _triangular(stats: Any, n: Mapping[str, float]) -> Any:
    return stats.triang((n["mode"] - n["low"]) / (n["high"] - n["low"]), **_scaled(n))


SHAPES: Mapping[str, Kind] = {
    "normal": Kind(("mean", "sd"), ("sd",), lambda stats, n: stats.norm(n["mean"], n["sd"]), {}),
    "lognormal": Kind(
        ("median", "sigma"), ("median", "sigma"), lambda stats, n: stats.lognorm(n["sigma"], scale=n["median"]), {}
    ),
    "triangular": Kind(("low", "mode", "high"), (), _triangular, {}),
    "beta": Kind(
        ("a", "b", "low", "high"),
        ("a", "b"),
        lambda stats, n: stats.beta(n["a"], n["b"], **_scaled(n)),
        {"low": 0.0, "high": 1.0},
    ),
}

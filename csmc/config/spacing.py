"""Values of factors and samples: evenly spaced, rounded, of one type; edit to space values in another way."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def spread_evenly(first: float, last: float, count: int) -> tuple[float | int, ...]:
    """`count` evenly spaced values from `first` to `last`, whole numbers if all of them are."""
    step = (last - first) / (count - 1)
    values = [_round(first + step * index, 15) for index in range(count - 1)] + [last]
    return _whole(values)


def spread_geometrically(first: float, last: float, count: int) -> tuple[float | int, ...]:
    """`count` values from `first` to `last` with a constant ratio.

    Twelve digits are kept: logarithms differ between machines in their last bits, and a design must not.
    """
    low, high = math.log(first), math.log(last)
    inner = [_round(math.exp(low + (high - low) * index / (count - 1)), 12) for index in range(1, count - 1)]
    return _whole([first, *inner, last])


#: Those that are exact in double precision.
_POWERS = np.array([float(f"1e{power}") for power in range(23)])


def twelve_digits(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The `values` to twelve digits: functions differ between machines in their last bits, and a design must not."""
    with np.errstate(divide="ignore", invalid="ignore"):
        places = 11 - np.floor(np.log10(np.abs(values)))
    scales = _POWERS[np.where((places >= 0) & (places < len(_POWERS)), places, 0).astype(np.int64)]
    scaled = values * scales
    whole = np.rint(scaled)
    # A whole number below 2^53 over an exact power of ten is the double nearest to these digits, which are sure unless
    # the product is near the middle between two of them, or near a power of ten.
    sure = (np.abs(scaled) > 1e11) & (np.abs(scaled) < 1e12) & (np.abs(np.abs(scaled - whole) - 0.5) > 1e-3)
    rounded: NDArray[np.float64] = whole / scales
    rounded[~sure] = [_round(value, 12) for value in values[~sure].tolist()]
    return rounded


def same_type(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Whole numbers become floats where there are both, so that a coordinate has one type."""
    types = {type(value) for value in values}
    return tuple(float(value) for value in values) if types == {int, float} else values


def _round(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _whole(values: Sequence[float]) -> tuple[float | int, ...]:
    if all(float(value).is_integer() for value in values):
        return tuple(int(value) for value in values)
    return tuple(float(value) for value in values)

"""Tallies of several points as one, as the store hands them over."""

from collections.abc import Sequence

import numpy as np

from csmc.kernel.result import Integers, Tallies, as_rows


def stack(tallies: Sequence[Tallies]) -> Tallies:
    """Put the point in front of the other axes."""
    return Tallies(*(np.stack(fields) for fields in zip(*tallies, strict=True)))


def row(tallies: Tallies) -> Integers:
    """Tallies of one point as a row of integers."""
    return as_rows(stack([tallies]))[0]

"""What batches of replicates add to the error of an estimate: the data of the checks in `csmc.estimate.convergence`."""

from typing import NamedTuple

import numpy as np

from csmc.estimate.intervals import Floats
from csmc.estimate.ratios import Influence, Moments
from csmc.kernel.result import Integers


class Batched(NamedTuple):
    """An estimate over batches of consecutive replicates.

    widths (point, batch): units of each, which are replicates or groups of them (`csmc.estimate.Moments`). totals,
    squares (point, batch, institution): sums over the units of a batch of a unit's influence e on the estimate, and of
    e^2; e is centred, so that totals add up to 0. variance (point, institution): of the estimate, about the sum of e^2
    over all units.
    """

    widths: Integers
    totals: Floats
    squares: Floats
    variance: Floats


def batched(
    moments: Moments, own: Influence, variances: tuple[Floats, Floats], widths: Integers
) -> tuple[Batched, Batched]:
    """A metric and its paired difference from the reference, by batch.

    Parameters
    ----------
    moments
        Of the batches, all those of the first point, then those of the second, and so on.
    own
        The metric's influence at the points as wholes.
    variances
        Those of the metric and of its difference (point, institution).
    widths
        Replicates of each batch (point, batch).
    """
    widths = widths // moments.plan.group
    reference, against, shape = moments.plan.reference, moments.against_reference(), (*widths.shape, -1)
    raw = np.sum([_each(a, widths) * moments.total(i) for i, a in own.weights], axis=0).reshape(shape)
    pairs = [(i, a, j, b) for i, a in own.weights for j, b in own.weights]
    square = np.sum([_each(a * b, widths) * moments.products(i, j) for i, a, j, b in pairs], axis=0).reshape(shape)
    products = [_each(a * b[:, [reference]], widths) * moments.cross_products(i, j, against) for i, a, j, b in pairs]
    product = np.sum(products, axis=0).reshape(shape)
    theirs = raw[:, :, [reference]]
    squares = square + square[:, :, [reference]] - 2 * product
    return _centred(raw, square, variances[0], widths), _centred(raw - theirs, squares, variances[1], widths)


def _each(weights: Floats, widths: Integers) -> Floats:
    """A point's weights for each of its batches."""
    return np.repeat(weights, widths.shape[1], axis=0)


def _centred(raw: Floats, squares: Floats, variance: Floats, widths: Integers) -> Batched:
    counts = widths[:, :, None].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = raw.sum(axis=1, keepdims=True) / counts.sum(axis=1, keepdims=True)
    centred = np.maximum(squares - 2 * mean * raw + counts * mean**2, 0.0)
    return Batched(widths, raw - counts * mean, centred, variance)

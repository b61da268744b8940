"""Do the batches of a run look like batches of independent replicates? Statistics, and how likely chance gives them.

The checks are those that MCNP makes of a tally, for replicates that are independent by construction: what they find is
a fault of the machinery (work merged twice, mixed or copied), not slow convergence. Probabilities are for batches whose
sums are normal; `CHECKED_EVENTS` says from when on they are. Edit here to change a check, and
`csmc.analysis.figures` to change where it is made.
"""

from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtr, chdtrc, log_ndtr, ndtr, stdtr

from csmc.estimate.batches import Batched
from csmc.estimate.intervals import Floats
from csmc.kernel.result import Integers

#: Events in a batch, on average, from which on its sum counts as normal. At 50 Poisson events the chance of a false
#: alarm at the level 1e-8 is at most four times that.
CHECKED_EVENTS = 50.0
#: Batches from which on they are checked: fewer cannot be told from each other.
CHECKED_BATCHES = 8
#: Fewer events than this tell little about the error of an estimate: its own relative variance is above a tenth.
FEW = 10.0
#: How far from -0.5 the slope of the error may be, whatever chance says.
SLOPE = 0.05


def homogeneity(batches: Batched) -> Floats:
    """Probability that the batches differ as much, or as little, as they do (point, institution); two-sided.

    The chi-squared statistic of the batches' sums has one degree of freedom less than there are batches.
    """
    widths, per_replicate = _scale(batches)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = _sum(batches.totals**2 / widths) / per_replicate[:, 0]
    degrees = _count(batches) - 1.0
    return np.asarray(np.minimum(2 * np.minimum(chdtr(degrees, statistic), chdtrc(degrees, statistic)), 1.0))


def drift(batches: Batched) -> Floats:
    """Probability of a slope as steep as that of the batches' means over the last half (point, institution)."""
    widths, per_replicate = _scale(batches)
    middle = np.cumsum(widths, axis=1) - widths / 2
    last = (middle >= widths.sum(axis=1, keepdims=True) / 2) * widths
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = (last * middle).sum(axis=1, keepdims=True) / last.sum(axis=1, keepdims=True)
        place = np.where(last > 0, middle - centre, 0.0)
        steepness = (place * batches.totals).sum(axis=1) / np.sqrt(per_replicate[:, 0] * (last * place**2).sum(axis=1))
    return np.asarray(2 * ndtr(-np.abs(steepness)))


def dependence(batches: Batched) -> Floats:
    """Probability of a correlation of neighbouring batches as far from that of independent ones (point, institution).

    Only batches of the full width count.
    """
    widths, _ = _scale(batches)
    full = widths == widths.max(axis=1, keepdims=True)
    count = full.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (batches.totals * full).sum(axis=1, keepdims=True) / count[:, None]
        rest = np.where(full, batches.totals - mean, 0.0)
        correlation = (rest[:, 1:] * rest[:, :-1]).sum(axis=1) / (rest**2).sum(axis=1)
    found = np.full(correlation.shape, np.nan)
    for number in np.unique(count[count >= CHECKED_BATCHES]).tolist():
        rows = (count == number)[:, 0]
        found[rows] = np.exp(np.interp(correlation[rows], *_correlations(number)))
    return np.where(np.isnan(correlation), np.nan, found)


@lru_cache(maxsize=64)
def _correlations(batches: int) -> tuple[Floats, Floats]:
    """Correlations of neighbours among so many normal batches about their mean, and the logarithm of how likely.

    A ratio of quadratic forms, whose tail is had by Lugannani and Rice's saddlepoint in Barndorff-Nielsen's form
    (Lieberman 1994).
    """
    neighbours = (np.eye(batches, k=1) + np.eye(batches, k=-1)) / 2
    about_mean = np.eye(batches) - 1 / batches
    values = np.linalg.eigvalsh(about_mean @ neighbours @ about_mean)
    values = np.delete(values, np.argmin(np.abs(values)))  # that of the mean
    grid = np.linspace(values[0], values[-1], 203)[1:-1]
    above = np.array([log_tail(values - place) for place in grid])
    below = np.array([log_tail(place - values) for place in grid])
    return grid, np.minimum(np.minimum(above, below) + np.log(2), 0.0)


def log_tail(values: Floats) -> float:
    """Logarithm of the probability that a sum of these values, each times a chi-squared variable, is above 0."""
    low, high = 1 / (2 * values.min()), 1 / (2 * values.max())
    edge = 1e-9 * (high - low)
    point = float(brentq(lambda s: float((values / (1 - 2 * s * values)).sum()), low + edge, high - edge))
    cumulant = -0.5 * float(np.log(1 - 2 * point * values).sum())
    curvature = 2 * float(((values / (1 - 2 * point * values)) ** 2).sum())
    w, u = np.sign(point) * np.sqrt(-2 * cumulant), point * np.sqrt(curvature)
    if abs(w) < 1e-4:
        return float(np.log(0.5))
    return float(log_ndtr(-(w + np.log(u / w) / w)))


def slope(batches: Batched) -> tuple[Floats, Floats]:
    """The slope of log standard error on log replicates over the last half, and how likely one so far from -0.5 is.

    To first order the slope is -0.5 plus a weighted sum of the batches' squares; that sum over their own spread is
    Student's t, with two degrees of freedom less than there are batches.
    """
    widths, _ = _scale(batches)
    reached = np.cumsum(widths, axis=1)
    counted = (widths > 0) & (reached >= reached[:, -1:] / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.where(counted, np.log(reached), 0.0)
        log = np.where(counted, log - log.sum(axis=1, keepdims=True) / counted.sum(axis=1, keepdims=True), 0.0)
        regression = log / (log**2).sum(axis=1, keepdims=True)
        weight = np.flip(np.cumsum(np.flip(regression / np.where(counted, reached, 1.0), axis=1), axis=1), axis=1)
        per_replicate = _sum(batches.squares)[:, None] / widths.sum(axis=1, keepdims=True)
        excess = (batches.squares - widths * per_replicate) / per_replicate / 2
        bend = (weight * excess).sum(axis=1)
        # under independence, excess has the variance of its width, and adds up to 0
        centred = weight - (weight * widths).sum(axis=1, keepdims=True) / widths.sum(axis=1, keepdims=True)
        length = (widths * centred**2).sum(axis=1)
        spread = _sum(excess**2 / widths)
        degrees = _count(batches) - 2.0
        student = bend / np.sqrt(length) / np.sqrt(np.maximum(spread - bend**2 / length, 0.0) / degrees)
    chance = np.where(np.abs(bend) <= SLOPE, 1.0, 2 * stdtr(np.maximum(degrees, 1.0), -np.abs(student)))
    return bend - 0.5, np.where(np.isnan(bend), np.nan, chance)


def spread(batches: Batched) -> tuple[Floats, Floats]:
    """Effective events behind the error of the estimate, and how likely so few are if there are `FEW` of them.

    One over the VOV, the relative variance of the estimated variance, from how the batches' squares differ.
    """
    widths, _ = _scale(batches)
    degrees = _count(batches) - 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        total, replicates = _sum(batches.squares), widths.sum(axis=1)
        excess = batches.squares - widths * (total / replicates)[:, None]
        vov = _sum(excess**2 / widths) / degrees * replicates / total**2
        return 1 / vov, np.asarray(chdtrc(degrees, degrees * vov * FEW))


def repeats(widths: Integers, rows: Integers) -> int:
    """How many pairs of a point's batches (batch,) of the same width have the same tallies (batch, width)."""
    seen: dict[tuple[int, bytes], int] = {}
    for width, row in zip(widths.tolist(), rows, strict=True):
        if width:
            key = (width, row.tobytes())
            seen[key] = seen.get(key, 0) + 1
    return sum(count * (count - 1) // 2 for count in seen.values())


def log_coincidence(counts: Integers, replicates: float) -> float:
    """Logarithm of about the probability that two batches of so many replicates have the same counts of these kinds.

    For multinomial counts, (4 pi n)^(-(k - 1) / 2) / sqrt(p_1 ... p_k); kinds with fewer than five in a batch count as
    one. Histories of several episodes agree more rarely than that many single episodes would.
    """
    shares = counts[counts > 0] / counts.sum()
    often = shares * replicates >= 5
    kept = np.append(shares[often], shares[~often].sum())
    kept = kept[kept * replicates >= 5]
    if len(kept) < 2:
        return 0.0
    return float(min(-(len(kept) - 1) / 2 * np.log(4 * np.pi * replicates) - np.log(kept).sum() / 2, 0.0))


def _scale(batches: Batched) -> tuple[Floats, Floats]:
    """Widths (point, batch, 1), and the variance that a replicate adds (point, 1, institution)."""
    widths = batches.widths[:, :, None].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return widths, np.where(batches.variance > 0, batches.variance, np.nan)[:, None] / widths.sum(
            axis=1, keepdims=True
        )


def _count(batches: Batched) -> Floats:
    """How many batches there are, (point, 1)."""
    return np.asarray((batches.widths > 0).sum(axis=1, keepdims=True), dtype=np.float64)


def _sum(values: Floats) -> Floats:
    """Over the batches that there are; the empty ones are 0 over 0."""
    return np.asarray(np.nansum(values, axis=1))

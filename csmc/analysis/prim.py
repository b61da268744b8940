"""The patient rule induction method: boxes of parameters that hold many hits; edit to change how a box is found.

Friedman & Fisher (1999), doi:10.1023/A:1008894516817; Bryant & Lempert (2010), doi:10.1016/j.techfore.2009.08.002.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

Column = NDArray[Any]
Mask = NDArray[np.bool_]
#: Which limit of a parameter: its low end, its high end, or the values that it keeps.
END = ("low", "high", "values")


@dataclass(frozen=True)
class Limit:
    """What a box keeps of one parameter; numbers are kept from `low` to `high`, both included, text by `values`."""

    low: float = -np.inf
    high: float = np.inf
    values: tuple[str, ...] | None = None

    def holds(self, column: Column) -> Mask:
        """Which values are within."""
        if self.values is not None:
            return np.isin(column, self.values)
        if not np.issubdtype(column.dtype, np.number):
            return np.ones(len(column), np.bool_)
        return np.asarray((column >= self.low) & (column <= self.high))

    @property
    def ends(self) -> tuple[str, ...]:
        """The ends that leave something out."""
        there = (self.low > -np.inf, self.high < np.inf, self.values is not None)
        return tuple(end for end, is_there in zip(END, there, strict=True) if is_there)

    def ending(self, end: str, at: float) -> "Limit":
        """The same with the low or the high end at a value."""
        return replace(self, low=float(at)) if end == "low" else replace(self, high=float(at))

    def without(self, end: str) -> "Limit":
        """The same without one end."""
        return replace(self, values=None) if end == "values" else self.ending(end, getattr(Limit(), end))


Box = tuple[Limit, ...]


class Quality(NamedTuple):
    """Points and hits in a box; mass: its share of the points, density: of them hits, coverage: its share of hits."""

    points: int
    hits: int
    mass: float
    density: float
    coverage: float

    @property
    def balance(self) -> float:
        """Harmonic mean of density and coverage, 0 without hits."""
        both = self.density + self.coverage
        return 2 * self.density * self.coverage / both if both > 0 else 0.0


def holds(box: Box, columns: Sequence[Column]) -> Mask:
    """Which points are in the box."""
    inside = np.ones(len(columns[0]), np.bool_)
    for limit, column in zip(box, columns, strict=True):
        if limit.ends:
            inside &= limit.holds(column)
    return inside


def quality(inside: Mask, hits: Mask) -> Quality:
    """Count what is in a box."""
    points, held = int(inside.sum()), int((inside & hits).sum())
    return Quality(points, held, points / len(hits), held / max(points, 1), held / max(int(hits.sum()), 1))


def peel(columns: Sequence[Column], hits: Mask, share: float, mass: float) -> list[Box]:
    """Return the boxes of the peeling trajectory, the whole space first.

    Each step takes a share of the points off one end of one parameter (all points of a value that is shared), or one
    value of a text, whichever raises the density most per point that it takes off; until so few points are left that
    the next step would keep less than `mass` of all, or all that are left are hits.
    """
    boxes: list[Box] = [tuple(Limit() for _ in columns)]
    inside = np.arange(len(hits))
    least = mass * len(hits)
    while not hits[inside].all():
        best, chosen, kept_best = -np.inf, boxes[-1], inside
        density = hits[inside].mean()
        for place, column in enumerate(columns):
            for limit, kept in _peels(boxes[-1][place], column[inside], share):
                left = int(kept.sum())
                if not max(least, 1) <= left < len(inside):
                    continue
                gain = (hits[inside[kept]].mean() - density) / (len(inside) - left)
                if gain > best:
                    best, kept_best = gain, inside[kept]
                    chosen = (*boxes[-1][:place], limit, *boxes[-1][place + 1 :])
        if len(kept_best) == len(inside):
            break
        boxes.append(chosen)
        inside = kept_best
    return boxes


def _peels(limit: Limit, values: Column, share: float) -> Iterator[tuple[Limit, Mask]]:
    """Yield what remains of one parameter by each possible step, and which of the points."""
    if not np.issubdtype(values.dtype, np.number):
        levels = np.unique(values)
        for level in levels if len(levels) > 1 else ():
            kept = values != level
            yield replace(limit, values=tuple(str(other) for other in levels if other != level)), kept
        return
    taken = min(max(1, int(share * len(values))), len(values) - 1)
    in_order = np.partition(values, [taken - 1, len(values) - taken])
    for end, kept in (
        ("low", values > in_order[taken - 1]),
        ("high", values < in_order[len(values) - taken]),
    ):
        if kept.any():
            left = values[kept]
            yield limit.ending(end, left.min() if end == "low" else left.max()), kept


def paste(box: Box, columns: Sequence[Column], hits: Mask, share: float) -> Box:
    """Widen the box again, end by end, as long as its density does not fall and its hits become more."""
    here = quality(holds(box, columns), hits)
    while True:
        best, widest = here, box
        for wider in _pastes(box, columns, share):
            found = quality(holds(wider, columns), hits)
            if found.density >= here.density and found.hits > best.hits:
                best, widest = found, wider
        if widest is box:
            return box
        here, box = best, widest


def _pastes(box: Box, columns: Sequence[Column], share: float) -> Iterator[Box]:
    for place, (limit, column) in enumerate(zip(box, columns, strict=True)):
        for end in limit.ends:
            others = (*box[:place], limit.without(end), *box[place + 1 :])
            outside = column[holds(others, columns) & ~limit.holds(column)]
            if end == "values":
                wider = [replace(limit, values=(*(limit.values or ()), str(level))) for level in np.unique(outside)]
            else:
                added = max(1, int(share * holds(box, columns).sum()))
                ordered = np.sort(outside)
                beyond = ordered[::-1][:added] if end == "low" else ordered[:added]
                wider = [limit.ending(end, beyond[-1])] if len(beyond) else []
            yield from ((*box[:place], one, *box[place + 1 :]) for one in wider)


def quasi_p(box: Box, columns: Sequence[Column], hits: Mask) -> dict[tuple[int, str], float]:
    """For each end of each limit, how probable as many hits in the box would be if that end were of no use.

    P(Bin(points, q) >= hits), q the density of the box without the end (Bryant & Lempert 2010). The box was chosen for
    its hits, so this is too small to be a p value.
    """
    found = {}
    here = quality(holds(box, columns), hits)
    for place, limit in enumerate(box):
        for end in limit.ends:
            wider = (*box[:place], limit.without(end), *box[place + 1 :])
            density = quality(holds(wider, columns), hits).density
            found[place, end] = float(binom.sf(here.hits - 1, here.points, density))
    return found


def trim(box: Box, columns: Sequence[Column], hits: Mask, most: float) -> Box:
    """Take off limits of no use, the one with the largest quasi-p value first, until none is above `most`."""
    while found := quasi_p(box, columns, hits):
        (place, end), largest = max(found.items(), key=lambda item: item[1])
        if largest <= most:
            break
        box = (*box[:place], box[place].without(end), *box[place + 1 :])
    return box


def best_step(boxes: Sequence[Box], columns: Sequence[Column], hits: Mask) -> tuple[int, float]:
    """The step with the best balance of density and coverage (the first of equals), and that balance."""
    balances = [quality(holds(box, columns), hits).balance for box in boxes]
    step = int(np.argmax(balances))
    return step, balances[step]


def chance(
    columns: Sequence[Column], hits: Mask, settings: tuple[float, float], balance: float, permutations: int, seed: int
) -> float:
    """How often hits dealt out at random give a best balance as high: a permutation test of the whole search."""
    generator = np.random.default_rng(seed)
    higher = 0
    for _ in range(permutations):
        dealt = generator.permutation(hits)
        higher += best_step(peel(columns, dealt, *settings), columns, dealt)[1] >= balance
    return (1 + higher) / (1 + permutations)


def reproduced(
    columns: Sequence[Column], hits: Mask, settings: tuple[float, float], mass: float, resamples: int, seed: int
) -> dict[tuple[int, str], float]:
    """In which share of random halves of the points each end is limited by the box whose mass is nearest to `mass`."""
    generator, counts = np.random.default_rng(seed), dict.fromkeys(_all_ends(columns), 0)
    for _ in range(resamples):
        half = np.sort(generator.permutation(len(hits))[: len(hits) // 2])
        parts = [column[half] for column in columns]
        boxes = peel(parts, hits[half], *settings)
        masses = np.array([holds(box, parts).mean() for box in boxes])
        for place, limit in enumerate(boxes[int(np.argmin(np.abs(masses - mass)))]):
            for end in limit.ends:
                counts[place, end] += 1
    return {end: count / resamples for end, count in counts.items()}


def _all_ends(columns: Sequence[Column]) -> list[tuple[int, str]]:
    return [(place, end) for place in range(len(columns)) for end in END]

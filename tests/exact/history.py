"""Exact expectations of the tallies of histories of one or two episodes, and of products of two tallies."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from csmc.kernel.codes import Outcome, Tally
from tests.exact.episode import Resolution, episode
from tests.exact.quadrature import Floats
from tests.exact.world import State, World, initial_states


@dataclass(frozen=True)
class History:
    """mean (tally,): expected tallies. products (tally, tally): those of products, and squares on the diagonal.

    first, second (outcome,): how the episodes end, `second` None in histories of one. total: of all probabilities.
    """

    mean: Floats
    products: Floats
    first: Floats
    second: Floats | None
    total: float


def history(world: World, resolution: Resolution) -> History:
    """A history, over all its starts and all the states that its first episode may leave."""
    size, two = len(Tally), world.values["dynamics.episodes"] == 2
    first, second, own, cross = np.zeros(size), np.zeros(size), np.zeros((size, size)), np.zeros((size, size))
    ends: dict[State, float] = defaultdict(float)
    for start_probability, start in initial_states(world):
        opening = episode(world, start, resolution)
        first += start_probability * opening.mean
        own += start_probability * opening.products
        for left, (probability, partial) in opening.after.items():
            if not two:
                ends[left] += start_probability * probability
                continue
            closing = episode(world, left, resolution)
            second += start_probability * probability * closing.mean
            own += start_probability * probability * closing.products
            cross += start_probability * np.outer(partial, closing.mean)
            for end, (last, _) in closing.after.items():
                ends[end] += start_probability * probability * last
    mean, products = first + second, own + cross + cross.T
    _add_wars(mean, products, first, cross, two)
    _add_ends(mean, products, ends)
    outcomes = slice(0, len(Outcome))
    return History(mean, products, first[outcomes], second[outcomes] if two else None, sum(ends.values()))


def _add_wars(mean: Floats, products: Floats, first: Floats, cross: Floats, two: bool) -> None:
    """Whether and when there was war; `cross` has the products of a tally of either episode."""
    for row, war in ((Tally.NO_WAR, Tally.WARS), (Tally.NO_GENERAL_WAR, Tally.GENERAL_WAR)):
        mean[row] = products[row, row] = 1 - mean[war] + cross[war, war]
    at_once = first[Tally.WARS]
    mean[Tally.TIME_TO_WAR] = 2 - at_once if two else 1
    products[Tally.TIME_TO_WAR, Tally.TIME_TO_WAR] = 4 - 3 * at_once if two else 1


def _add_ends(mean: Floats, products: Floats, ends: dict[State, float]) -> None:
    for state, probability in ends.items():
        shares = np.array(state.capability) / sum(state.capability)
        even = 1 / len(shares)
        squares = float(np.sum(shares**2))
        values = {
            Tally.SURVIVORS: len(state.living),
            Tally.CONCENTRATION_HHI: squares,
            Tally.CONCENTRATION_CON: np.sqrt(max(0.0, (squares - even) / (1 - even))),
            Tally.TRUST: state.trust,
            Tally.LEGITIMACY: state.legitimacy,
        }
        for row, value in values.items():
            mean[row] += probability * value
            products[row, row] += probability * value**2

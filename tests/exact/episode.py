"""One crisis episode: every end that it can have, with probability, counts and the state that it leaves."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, sqrt

import numpy as np

from csmc.kernel.codes import Tally
from tests.exact.aftermath import after_backdown
from tests.exact.bargain import Bargain
from tests.exact.council import ballot, councils
from tests.exact.enforcement import Counts, Enforcement, Leaf
from tests.exact.offer import Contest, Offer
from tests.exact.quadrature import Floats, panels
from tests.exact.response import expectation, expected_share
from tests.exact.situation import Situation, challenges, situation
from tests.exact.status_quo import StatusQuo
from tests.exact.world import State, World, renormalised

#: Costs of joining are averaged over this many standard deviations on either side.
_TAIL = 7.0


@dataclass(frozen=True)
class Resolution:
    """How finely the shocks are resolved: panels per integral, and panels for each cost of joining."""

    fine: int = 1
    cost_panels: int = 8


@dataclass(frozen=True)
class Episode:
    """Expected counts and products of counts in one episode, and both by the state that it leaves.

    mean (tally,), products (tally, tally); after: state -> (probability, mean of counts where it is left).
    """

    mean: Floats
    products: Floats
    after: dict[State, tuple[float, Floats]]


def episode(world: World, state: State, resolution: Resolution) -> Episode:
    """All ends of one episode, added up."""
    size = len(Tally)
    mean, products, after = np.zeros(size), np.zeros((size, size)), {}
    for probability, counts, left in ends(world, state, resolution):
        row = np.zeros(size)
        for name, count in counts.items():
            if name in Tally.__members__:
                row[Tally[name]] = count
        mean += probability * row
        product = np.outer(row, row)
        product[Tally.CONCESSION, Tally.CONCESSION] = counts.get("CONCESSION_SQUARED", 0.0)
        product[Tally.GAINS, Tally.GAINS] = row[Tally.GAINS]
        product[Tally.SUCCESSES, Tally.SUCCESSES] = row[Tally.SUCCESSES]
        products += probability * product
        chance, partial = after.get(left, (0.0, np.zeros(size)))
        after[left] = (chance + probability, partial + probability * row)
    return Episode(mean, products, after)


def ends(world: World, state: State, resolution: Resolution) -> Iterator[Leaf]:
    """Every end of one episode."""
    if len(state.living) < 2:
        yield 1.0, {"NO_CHALLENGE": 1, "PEACE": 1}, state
        return
    for p_pair, a, b in challenges(world, state):
        third = [k for k in state.living if k not in (a, b)]
        for p_cost, factors in _cost_factors(world, third, resolution.cost_panels):
            crisis = situation(world, state, a, b, factors)
            for p_seats, seated in councils(world, state):
                for probability, counts, left in _crisis_ends(world, state, crisis, seated, resolution):
                    yield p_pair * p_cost * p_seats * probability, counts, renormalised(left)


def _cost_factors(world: World, third: list[int], count: int) -> Iterator[tuple[float, tuple[float, ...]]]:
    """Lognormal factors on the costs of joining, by quadrature in `count` panels."""
    spread = world.values["response.cost_heterogeneity"]
    choices: list[tuple[float, tuple[float, ...]]] = [(1.0, (1.0,) * world.n)]
    if spread == 0:
        yield from choices
        return
    nodes, weights = (row[0] for row in panels(np.linspace(-_TAIL, _TAIL, count + 1)[None, :]))
    bell = weights * np.exp(-0.5 * nodes**2) / sqrt(2 * np.pi)
    for k in third:
        choices = [
            (p * w, (*factors[:k], exp(spread * x), *factors[k + 1 :]))
            for p, factors in choices
            for x, w in zip(nodes, bell, strict=True)
        ]
    yield from choices


def _crisis_ends(
    world: World, state: State, crisis: Situation, seated: frozenset[int], resolution: Resolution
) -> Iterator[Leaf]:
    """Every end of the crisis of two states, with the factors of costs and the seats given."""
    ladder, residual = world.institution.ladder, world.institution.obligation.residual
    ballots = tuple(ballot(world, state, crisis, seated, rung.cost) for rung in ladder)
    expected = expectation(world, state, crisis, residual + (1 - residual) * ballots[-1].passed)
    pressure = sum(
        vote.passed * rung.severity / crisis.stake * expected_share(world, crisis, expected, rung.cost)
        for rung, vote in zip(ladder[:-1], ballots[:-1], strict=True)
    )
    bargain = Bargain(_offer(world, state, crisis, expected.aggressor_strength, expected.victim_strength, pressure),
                      resolution.fine)  # fmt: skip
    yield from _settled_ends(world, state, bargain)
    yield from Enforcement(world, state, crisis, bargain, expected, ballots).leaves()


def _offer(world: World, state: State, crisis: Situation, aggressor: float, victim: float, pressure: float) -> Offer:
    values, forum = world.values, world.institution.forum
    contest = Contest(values["crisis.decisiveness"], values["crisis.misperception"])
    own, theirs = crisis.power[crisis.aggressor], crisis.power[crisis.victim]
    quo = StatusQuo(float(Contest(contest.decisiveness, 0.0).success(own, theirs)), values["crisis.revisionism"])
    return Offer(
        contest=contest,
        status_quo=quo,
        aggressor_strength=aggressor,
        victim_strength=victim,
        costs=values["crisis.war_cost"] / crisis.stake,
        audience=values["crisis.audience_cost"] / crisis.stake,
        entry=(values["crisis.challenge_cost"] + forum.condemnation * state.legitimacy) / crisis.stake,
        mediation=forum.mediation * state.legitimacy,
        pressure=pressure,
    )


def _settled_ends(world: World, state: State, bargain: Bargain) -> Iterator[Leaf]:
    """No challenge, settlement and backdown. Counts of a settlement are means over the settlements."""
    settled = bargain.settled()
    yield 1 - settled.challenge, {"NO_CHALLENGE": 1, "PEACE": 1}, state
    if settled.settlement > 0:
        moments = {
            "GAINS": settled.gain,
            "SUCCESSES": settled.gain,
            "CONCESSION": settled.concession,
            "CONCESSION_SQUARED": settled.concession_squared,
        }
        counts: Counts = {name: moment / settled.settlement for name, moment in moments.items()}
        counts |= {"NEGOTIATED_SETTLEMENT": 1, "CHALLENGES": 1, "PEACE": 1}
        yield settled.settlement, counts, state
    counts = {"BACKDOWN": 1, "DETERRED": 1, "REFUSALS": 1, "CHALLENGES": 1, "PEACE": 1}
    yield settled.backdown, counts, after_backdown(world, state)

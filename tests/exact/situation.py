"""Steps 2 to 4: who challenges whom, over what, and what every third party makes of it."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from math import dist, exp

from tests.exact.world import State, World, distances


@dataclass(frozen=True)
class ThirdParty:
    """What one third party weighs; `helping` and `joining` are without the obligation to help."""

    index: int
    power: float
    helping: float
    joining: float
    obligation: float
    cost_helping: float
    cost_joining: float


@dataclass(frozen=True)
class Situation:
    """One crisis between two states: `power` is effective capability at the victim's theatre."""

    aggressor: int
    victim: int
    power: tuple[float, ...]
    stake: float
    third: tuple[ThirdParty, ...]

    @property
    def third_power(self) -> float:
        return sum(k.power for k in self.third)


def growing(distance: float) -> float:
    """The model's g: distance mapped to [0, 1)."""
    return distance / (1 + distance)


def challenges(world: World, state: State) -> Iterator[tuple[float, int, int]]:
    """Every (probability, challenger, target)."""
    values, living = world.values, state.living
    floor, points = values["crisis.onset_floor"], state.points
    mean = [
        sum(state.capability[i] * points[i][d] for i in living) / sum(state.capability[i] for i in living)
        for d in range(len(points[0]))
    ]
    decay, apart = values["system.geography.loss_of_strength"], distances(world)
    weight = {i: state.capability[i] ** values["crisis.onset_power"] * (floor + growing(dist(points[i], mean)))
              for i in living}  # fmt: skip
    for a in living:
        aim = {b: (floor + growing(dist(points[a], points[b]))) * exp(-decay * apart[a, b]) for b in living if b != a}
        for b, pull in aim.items():
            yield weight[a] / sum(weight.values()) * pull / sum(aim.values()), a, b


def situation(world: World, state: State, a: int, b: int, cost_factors: tuple[float, ...]) -> Situation:
    """The crisis in which `a` challenges `b`; `cost_factors` are those of all states' costs of joining."""
    values = world.values
    decay, apart = values["system.geography.loss_of_strength"], distances(world)
    power = tuple(state.capability[i] * exp(-decay * apart[i, b]) for i in range(world.n))
    floor = values["crisis.stake_floor"]
    stake = floor + (1 - floor) * growing(dist(state.points[a], state.points[b]))
    third = (k for k in state.living if k not in (a, b))
    parties = tuple(_third_party(world, state, a, b, k, power, cost_factors[k]) for k in third)
    return Situation(a, b, power, stake, parties)


def _third_party(
    world: World, state: State, a: int, b: int, k: int, power: tuple[float, ...], cost_factor: float
) -> ThirdParty:
    values, rules = world.values, world.institution
    points, capability = state.points, state.capability
    alignment = growing(dist(points[k], points[a])) - growing(dist(points[k], points[b]))
    bound = rules.obligation.strength * state.legitimacy
    spared = 1 - rules.obligation.exempt_permanent * state.great[a]
    hegemony = values["crisis.hegemony"]
    threat = max(0.0, capability[a] + values["dynamics.spoils"] * capability[b] - hegemony) / (1 - hegemony)
    interest = values["response.interest_weight"] * alignment
    tie = bound * _closeness(world, state, k, a) if rules.obligation.scope == "allies" else 0.0
    joining_cost = values["response.joining_cost"] * cost_factor

    def cost(opponent: int) -> float:
        share = power[opponent] / (power[opponent] + power[k])
        return joining_cost * (1 + values["response.power_cost"] * share)

    return ThirdParty(
        index=k,
        power=power[k],
        helping=interest + rules.balancing.hegemon_weight * threat,
        joining=-interest + tie - rules.forum.norm * state.legitimacy,
        obligation=bound * _match(world, state, k, b) * spared,
        cost_helping=cost(a),
        cost_joining=cost(b),
    )


def _closeness(world: World, state: State, k: int, other: int) -> float:
    return max(0.0, 1 - dist(state.points[k], state.points[other]) / world.institution.obligation.ally_radius)


def _match(world: World, state: State, k: int, b: int) -> float:
    scope = world.institution.obligation.scope
    if scope == "allies":
        return _closeness(world, state, k, b)
    bound = state.member[k] and state.member[b] and (scope == "members" or (scope == "great_powers" and state.great[k]))
    return 1 - growing(dist(state.points[k], state.points[b])) if bound else 0.0


def subsets(items: tuple[ThirdParty, ...]) -> Iterator[tuple[bool, ...]]:
    """Every way in which some take part."""
    return itertools.product((True, False), repeat=len(items))

"""The start of a history, and the drift of interests and capability (docs/model.md, initialisation and step 1)."""

import math
from dataclasses import dataclass

from .codes import STRIDE, Distribution, Layout, Purpose
from .mathematics import Comparisons
from .philox import Draws
from .records import Point, System

GAMMA_ATTEMPTS = 16


@dataclass
class World:
    """The states; interests are indexed [state][dimension]. A state without capability is dead."""

    capability: list[float]
    base_interests: list[list[float]]
    deviations: list[list[float]]
    distance: list[list[float]]
    great_power: list[bool]
    member: list[bool]

    @property
    def living(self) -> list[int]:
        """The living states, in index order."""
        return [state for state, capability in enumerate(self.capability) if capability > 0.0]

    @property
    def ideal_points(self) -> list[list[float]]:
        """x = mu + y (E19)."""
        return [
            [base + deviation for base, deviation in zip(*interests, strict=True)]
            for interests in zip(self.base_interests, self.deviations, strict=True)
        ]

    def is_permanent(self, state: int) -> bool:
        """A permanent member is a great power and a member."""
        return self.great_power[state] and self.member[state]


def start(point: Point, system: System, draws: Draws, comparisons: Comparisons) -> World:
    """The world before episode 0; `draws` are those of episode 0."""
    capability = shares(draw_capabilities(point, system, draws, comparisons))
    great_power = great_powers(point, system, capability, comparisons)
    return World(
        capability=capability,
        base_interests=draw_base_interests(point, system, draws),
        deviations=draw_first_deviations(point, draws),
        distance=distances(point, system, draws),
        great_power=great_power,
        member=draw_members(point, system, great_power, draws),
    )


def shares(capability: list[float]) -> list[float]:
    """Capabilities normalised to sum to one (E15)."""
    total = sum(capability)
    return [entry / total for entry in capability]


def draw_capabilities(point: Point, system: System, draws: Draws, comparisons: Comparisons) -> list[float]:
    """Capabilities by the distribution, not yet normalised (E13)."""
    states = range(point.n_states)
    if point.capability_distribution == Distribution.EQUAL:
        return [1.0 for _ in states]
    if point.capability_distribution == Distribution.LOGNORMAL:
        return [math.exp(point.capability_sigma * draws.normal(Purpose.CAPABILITY_NORMAL, k)) for k in states]
    if point.capability_distribution == Distribution.PARETO:
        return [draws.uniform(Purpose.CAPABILITY_UNIFORM, k) ** (-1.0 / point.capability_alpha) for k in states]
    if point.capability_distribution == Distribution.DIRICHLET:
        return [draw_gamma(point.capability_concentration, k, draws, comparisons) for k in states]
    return [
        float(system.capability[k]) * math.exp(point.capability_noise * draws.normal(Purpose.CAPABILITY_NORMAL, k))
        for k in states
    ]


def draw_gamma(concentration: float, state: int, draws: Draws, comparisons: Comparisons) -> float:
    """A gamma variate by Marsaglia and Tsang (2000), boosted for a shape below one (E14)."""
    boosted = concentration < 1.0
    d = (concentration + 1.0 if boosted else concentration) - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    gamma = d * _accepted_cube(d, c, state, draws, comparisons)
    if boosted:
        gamma *= draws.uniform(Purpose.CAPABILITY_UNIFORM, state) ** (1.0 / concentration)
    return gamma


def _accepted_cube(d: float, c: float, state: int, draws: Draws, comparisons: Comparisons) -> float:
    for attempt in range(GAMMA_ATTEMPTS):
        x = draws.normal(Purpose.GAMMA_NORMAL, attempt * STRIDE + state)
        u = draws.uniform(Purpose.GAMMA_UNIFORM, attempt * STRIDE + state)
        v = (1.0 + c * x) ** 3
        if v > 0.0 and comparisons.less(math.log(u), x * x / 2.0 + d - d * v + d * math.log(v)):
            return v
    return v if v > 0.0 else 1.0


def great_powers(point: Point, system: System, capability: list[float], comparisons: Comparisons) -> list[bool]:
    """The flagged states, else those with the largest initial capability (E16)."""
    states = range(point.n_states)
    if _is_flagged(system.great_power):
        return [int(system.great_power[k]) == 1 for k in states]
    largest = comparisons.first(states, min(point.great_powers, point.n_states), key=lambda k: -capability[k])
    return [k in largest for k in states]


def draw_members(point: Point, system: System, great_power: list[bool], draws: Draws) -> list[bool]:
    """The flagged states, else each state with its group's probability (E11, E17)."""
    states = range(point.n_states)
    if _is_flagged(system.member):
        return [int(system.member[k]) == 1 for k in states]
    return [
        draws.uniform(Purpose.MEMBERSHIP, k) < (point.great_power_members if great_power[k] else point.members)
        for k in states
    ]


def _is_flagged(flags: list[int]) -> bool:
    return all(int(flag) >= 0 for flag in flags)


def draw_base_interests(point: Point, system: System, draws: Draws) -> list[list[float]]:
    """mu: noise of s.d. delta, plus the bloc on the first dimension, plus the table's ideal point (E18)."""
    interests = []
    for k in range(point.n_states):
        ideal = [
            point.divergence * draws.normal(Purpose.BASE_INTEREST, dimension * STRIDE + k)
            for dimension in range(point.dimensions)
        ]
        side = 1.0 if draws.uniform(Purpose.BLOC, k) < 0.5 else -1.0
        ideal[0] += side * point.polarization / 2.0
        interests.append([entry + float(system.ideal_points[dimension][k]) for dimension, entry in enumerate(ideal)])
    return interests


def draw_first_deviations(point: Point, draws: Draws) -> list[list[float]]:
    """y in episode 0, from its stationary distribution (E19)."""
    return [[point.volatility * shock for shock in interest_shocks(point, k, draws)] for k in range(point.n_states)]


def interest_shocks(point: Point, state: int, draws: Draws) -> list[float]:
    """One normal per dimension."""
    return [draws.normal(Purpose.INTEREST_SHOCK, dimension * STRIDE + state) for dimension in range(point.dimensions)]


def distances(point: Point, system: System, draws: Draws) -> list[list[float]]:
    """D, between all pairs of states (E20)."""
    n = point.n_states
    states = range(n)
    if point.layout == Layout.RING:
        return [[min(abs(i - j), n - abs(i - j)) / (n / 2) for j in states] for i in states]
    if point.layout == Layout.PLANE:
        positions = [[draws.uniform(Purpose.POSITION, axis * STRIDE + k) for axis in range(2)] for k in states]
        return [[math.dist(positions[i], positions[j]) for j in states] for i in states]
    if point.layout == Layout.TABLE:
        return [[float(system.distance[i][j]) for j in states] for i in states]
    return [[0.0 for _ in states] for _ in states]


def drift(world: World, point: Point, draws: Draws) -> None:
    """Step 1: deviations regress and are shocked, living states grow, shares are renormalised (E23, E24)."""
    spread = point.volatility * math.sqrt(1.0 - point.persistence**2)
    for k in world.living:
        world.deviations[k] = [
            point.persistence * deviation + spread * shock
            for deviation, shock in zip(world.deviations[k], interest_shocks(point, k, draws), strict=True)
        ]
        world.capability[k] *= math.exp(point.growth * draws.normal(Purpose.GROWTH, k))
    world.capability = shares(world.capability)

"""The world of the plain objects: states, and the crisis that one of them starts."""

import math
import random
from dataclasses import dataclass, field

from bench.peers import default_parameters

P = default_parameters()


@dataclass(eq=False)
class State:
    """A member of the system."""

    capability: float  # share of the system's
    interests: tuple[float, ...]
    great_power: bool
    joining_cost: float
    seat_draw: float


@dataclass(eq=False)
class Crisis:
    """A challenge and what the parties know: the same under every institution."""

    challenger: State
    target: State
    thirds: list[State]
    stake: float
    status_quo: float  # the challenger's share of the good today
    challenger_cost: float
    target_cost: float
    misperception: float  # the factor on the strength that the challenger thinks it faces
    hegemony: float = field(init=False)

    def __post_init__(self) -> None:
        gain = self.challenger.capability + P.spoils * self.target.capability
        self.hegemony = max(0.0, gain - P.hegemony) / (1 - P.hegemony)


def draw_states(rng: random.Random, n: int) -> list[State]:
    """The start of a history."""
    sizes = [draw_size(rng) for _ in range(n)]
    total, threshold = sum(sizes), smallest_great(sizes)
    return [
        State(size / total, draw_interests(rng), size >= threshold, draw_joining_cost(rng), rng.random())
        for size in sizes
    ]


def draw_size(rng: random.Random) -> float:
    """Capability before it is made a share."""
    return math.exp(rng.gauss(0, P.capability_sigma))


def smallest_great(sizes: list[float]) -> float:
    """The size of the smallest great power."""
    return sorted(sizes, reverse=True)[min(P.great_powers, len(sizes)) - 1]


def draw_interests(rng: random.Random) -> tuple[float, ...]:
    """An ideal point: lasting interests and what deviates from them today."""
    return tuple(rng.gauss(0, P.divergence) + rng.gauss(0, P.volatility) for _ in range(P.dimensions))


def draw_joining_cost(rng: random.Random) -> float:
    return P.joining_cost * math.exp(rng.gauss(0, P.cost_heterogeneity))


def draw_crisis(rng: random.Random, states: list[State]) -> Crisis:
    """Steps 2 and 3: who challenges whom, over what."""
    order = [sum(s.capability * s.interests[d] for s in states) for d in range(P.dimensions)]
    eagerness = [s.capability**P.onset_power * (P.onset_floor + gap(s.interests, order)) for s in states]
    challenger = rng.choices(states, eagerness)[0]
    others = [s for s in states if s is not challenger]
    target = rng.choices(others, [P.onset_floor + gap(challenger.interests, s.interests) for s in others])[0]
    stake = P.stake_floor + (1 - P.stake_floor) * gap(challenger.interests, target.interests)
    share = contest(challenger.capability, target.capability) + rng.gauss(0, P.revisionism)
    return Crisis(
        challenger=challenger,
        target=target,
        thirds=[s for s in others if s is not target],
        stake=stake,
        status_quo=min(max(share, 0.0), 1.0),
        challenger_cost=rng.uniform(0, P.war_cost / stake),
        target_cost=rng.uniform(0, P.war_cost / stake),
        misperception=math.exp(rng.gauss(0, P.misperception)),
    )


def gap(x: tuple[float, ...], y: tuple[float, ...] | list[float]) -> float:
    """How far two positions are apart, in [0, 1)."""
    return saturate(math.dist(x, y))


def saturate(distance: float) -> float:
    return distance / (1 + distance)


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def contest(attack: float, defence: float) -> float:
    """The chance that the attacker prevails."""
    return 1 / (1 + (defence / attack) ** P.decisiveness)

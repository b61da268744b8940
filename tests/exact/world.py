"""A tiny world: what is fixed in it, the states in which it may start, and the same world as the kernel takes it."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from csmc.institutions import Institution, pack_institutions
from csmc.kernel import Plan, Tallies, tally
from csmc.parameters import defaults, pack_point
from csmc.system import DistanceTable, StateTable, System, build_system


@dataclass(frozen=True)
class World:
    """A world whose only continuous shocks are those of the bargain (and of the costs of joining, if they vary).

    great_power, member: flags of the states; None: the largest, and drawn. distance: None unless a table gives it.
    """

    name: str
    institution: Institution
    capability: tuple[float, ...]
    points: tuple[tuple[float, ...], ...]
    changes: dict[str, Any] = field(default_factory=dict)
    great_power: tuple[int, ...] | None = None
    member: tuple[int, ...] | None = None
    distance: tuple[tuple[float, ...], ...] | None = None

    @property
    def n(self) -> int:
        return len(self.capability)

    @property
    def values(self) -> dict[str, Any]:
        """Every parameter by path: no noise about the table, no drift, no growth."""
        fixed = {
            "system.n_states": self.n,
            "system.capability.distribution": "table",
            "system.great_powers": 0 if self.great_power is None else sum(self.great_power),
            "system.geography.layout": "none" if self.distance is None else "table",
            "interests.dimensions": len(self.points[0]),
            "interests.divergence": 0.0,
            "interests.volatility": 0.0,
            "interests.persistence": 0.0,
            "response.cost_heterogeneity": 0.0,
            "dynamics.growth": 0.0,
        }
        return {**defaults(), **fixed, **self.changes}


@dataclass(frozen=True)
class State:
    """All that an episode needs to know of the past."""

    capability: tuple[float, ...]
    points: tuple[tuple[float, ...], ...]
    great: tuple[bool, ...]
    member: tuple[bool, ...]
    trust: float
    legitimacy: float

    @property
    def living(self) -> tuple[int, ...]:
        return tuple(i for i, share in enumerate(self.capability) if share > 0)


def renormalised(state: State) -> State:
    """The state at the start of the next episode: shares again, rounded so that equal states compare equal."""
    total = sum(state.capability)
    shares = tuple(round(share / total, 14) for share in state.capability)
    return replace(state, capability=shares, trust=round(state.trust, 14), legitimacy=round(state.legitimacy, 14))


def initial_states(world: World) -> Iterator[tuple[float, State]]:
    """Every start of a history with its probability: memberships and sides of the blocs, where they are drawn."""
    great = _great_powers(world)
    for (p_member, member), (p_side, points) in itertools.product(_memberships(world, great), _sides(world)):
        start = State(
            world.capability, points, great, member, world.values["dynamics.trust"], world.institution.forum.legitimacy
        )
        yield p_member * p_side, renormalised(start)


def _great_powers(world: World) -> tuple[bool, ...]:
    if world.great_power is not None:
        return tuple(map(bool, world.great_power))
    by_size = sorted(range(world.n), key=lambda i: (-world.capability[i], i))
    return tuple(i in by_size[: world.values["system.great_powers"]] for i in range(world.n))


def _memberships(world: World, great: tuple[bool, ...]) -> Iterator[tuple[float, tuple[bool, ...]]]:
    if world.member is not None:
        yield 1.0, tuple(map(bool, world.member))
        return
    share = [world.values["system.great_power_members" if is_great else "system.members"] for is_great in great]
    for member in itertools.product((True, False), repeat=world.n):
        probability = np.prod([p if m else 1 - p for p, m in zip(share, member, strict=True)])
        if probability > 0:
            yield float(probability), member


def _sides(world: World) -> Iterator[tuple[float, tuple[tuple[float, ...], ...]]]:
    half = world.values["interests.polarization"] / 2
    if half == 0:
        yield 1.0, world.points
        return
    for side in itertools.product((half, -half), repeat=world.n):
        moved = tuple((first + s, *rest) for (first, *rest), s in zip(world.points, side, strict=True))
        yield 0.5**world.n, moved


def distances(world: World) -> np.ndarray:
    """(n, n) distances between the states."""
    layout = world.values["system.geography.layout"]
    if layout == "ring":
        hops = [[min(abs(i - j), world.n - abs(i - j)) for j in range(world.n)] for i in range(world.n)]
        return np.array(hops) / (world.n / 2)
    return np.zeros((world.n, world.n)) if world.distance is None else np.array(world.distance)


def packed(world: World) -> tuple[Any, System, Any]:
    """The world as the kernel takes it: records of the point (1,) and of the institution (1,), and the system."""
    values = world.values
    names = tuple(f"state_{i}" for i in range(world.n))
    columns = tuple(zip(*world.points, strict=True))
    states = StateTable(names, world.capability, columns, world.great_power, world.member)
    table = None if world.distance is None else DistanceTable(names, world.distance)
    return pack_point(values), build_system(values, states, table), pack_institutions([world.institution])


def simulated(world: World, replicates: int, seed: int, pairs: list[tuple[int, int]] | None = None) -> Tallies:
    """The kernel's tallies of the world, and the sums of products of the `pairs` of tallies."""
    plan = Plan(own_pairs=np.array(pairs or [], dtype=np.int64).reshape(-1, 2), joint="none")
    return tally(*packed(world), seed, 0, replicates, plan)

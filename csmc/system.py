"""What a table of real states fixes about a system; edit when a table can say something new about a state."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from csmc.parameters import MAX_DISTANCE_DECAY, Values

#: Ideal points are stored for this many dimensions, whatever interests.dimensions says.
MAX_DIMENSIONS = 3


@dataclass(frozen=True, eq=False)
class System:
    """The arrays of one design point that are no single numbers; n states, all C-contiguous.

    names: of the states. capability (n,), ideal_points (3, n): zeros unless a table gives them. distance (n, n): zeros
    for layouts none and plane. great_power, member (n,): 1 or 0 as flagged, -1 unflagged.
    """

    names: tuple[str, ...]
    capability: NDArray[np.float64]
    ideal_points: NDArray[np.float64]
    distance: NDArray[np.float64]
    great_power: NDArray[np.int64]
    member: NDArray[np.int64]

    @property
    def n_states(self) -> int:
        """How many states there are."""
        return len(self.names)

    @cached_property
    def contents(self) -> bytes:
        """All numbers, one array after the other."""
        arrays = (self.capability, self.ideal_points, self.distance, self.great_power, self.member)
        return b"".join(array.tobytes() for array in arrays)


@dataclass(frozen=True)
class StateTable:
    """The columns of a table of states; None for a column that it does not have."""

    names: tuple[str, ...]
    capability: tuple[float, ...] | None = None
    ideal_points: tuple[tuple[float, ...], ...] | None = None
    great_power: tuple[int, ...] | None = None
    member: tuple[int, ...] | None = None

    def contents(self) -> dict[str, Any]:
        """The table as JSON values: what identifies it, whatever its file is called."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class DistanceTable:
    """A symmetric matrix of distances between the named states, with a zero diagonal."""

    names: tuple[str, ...]
    distances: tuple[tuple[float, ...], ...]

    @property
    def largest(self) -> float:
        """The distance between the two states that are farthest apart."""
        return max(map(max, self.distances))

    def contents(self) -> dict[str, Any]:
        """The table as JSON values."""
        return dict(vars(self))


def ring_distance(n_states: int) -> NDArray[np.float64]:
    """Hops around a ring of `n_states`, as a share of half its length."""
    index = np.arange(n_states)
    hops = np.abs(index[:, None] - index[None, :])
    return np.asarray(np.minimum(hops, n_states - hops) / (n_states / 2), dtype=np.float64)


def build_system(values: Values, states: StateTable | None = None, distances: DistanceTable | None = None) -> System:
    """The system of a point with parameter `values` that `system_problems` accepts."""
    n = values["system.n_states"]
    names = states.names if states else distances.names if distances else tuple(f"state_{i + 1}" for i in range(n))
    ideal_points = np.zeros((MAX_DIMENSIONS, n))
    if states and states.ideal_points:
        ideal_points[: len(states.ideal_points)] = states.ideal_points
    return System(
        names=names,
        capability=_column(states.capability if states else None, n, 0.0, np.float64),
        ideal_points=ideal_points,
        distance=_distance(values["system.geography.layout"], n, names, distances),
        great_power=_column(states.great_power if states else None, n, -1, np.int64),
        member=_column(states.member if states else None, n, -1, np.int64),
    )


def system_problems(
    values: Values, states: StateTable | None = None, distances: DistanceTable | None = None
) -> list[tuple[str, str]]:
    """The parameters at fault and why, if `values` that are legal one by one do not make a system together."""
    n = values["system.n_states"]
    problems: list[tuple[str, str]] = []
    if values["dynamics.survival"] >= n:
        problems.append(("dynamics.survival", f"must be below system.n_states, which is {n}"))
    if values["system.capability.distribution"] == "table" and not (states and states.capability):
        message = "is table, but there is no system.table with a capability column"
        problems.append(("system.capability.distribution", message))
    if values["system.geography.layout"] == "table" and distances is None:
        problems.append(("system.geography.layout", "is table, but there is no system.geography.table"))
    if states:
        problems += _state_table_problems(values, states, n)
    if distances:
        problems += _distance_table_problems(values, states, distances, n)
    return problems


def _state_table_problems(values: Values, states: StateTable, n: int) -> Iterator[tuple[str, str]]:
    if len(states.names) != n:
        yield "system.n_states", f"is {n}, but the table has {len(states.names)} states; leave n_states out"
    if states.great_power and values["system.great_powers"] != sum(states.great_power):
        yield "system.great_powers", f"must be left out: the table flags the great powers ({sum(states.great_power)})"
    if states.ideal_points and len(states.ideal_points) > values["interests.dimensions"]:
        yield "interests.dimensions", f"must be at least the {len(states.ideal_points)} of the table's ideal points"


def _distance_table_problems(
    values: Values, states: StateTable | None, distances: DistanceTable, n: int
) -> Iterator[tuple[str, str]]:
    if len(distances.names) != n:
        yield "system.geography.table", f"has {len(distances.names)} states, but the system has {n}"
    elif states and set(states.names) != set(distances.names):
        yield "system.geography.table", "does not name the same states as system.table"
    decay = values["system.geography.loss_of_strength"] * distances.largest
    if values["system.geography.layout"] == "table" and decay > MAX_DISTANCE_DECAY:
        message = f"times the largest distance is {decay:g}, above {MAX_DISTANCE_DECAY:g}; use another unit of distance"
        yield "system.geography.loss_of_strength", message


def _column(values: tuple[Any, ...] | None, n: int, absent: float, dtype: type[Any]) -> NDArray[Any]:
    return np.full(n, absent, dtype=dtype) if values is None else np.array(values, dtype=dtype)


def _distance(layout: str, n: int, names: tuple[str, ...], distances: DistanceTable | None) -> NDArray[np.float64]:
    if layout == "ring":
        return ring_distance(n)
    if layout == "table" and distances is not None:
        order = [distances.names.index(name) for name in names]
        matrix = np.array(distances.distances, dtype=np.float64)
        return np.ascontiguousarray(matrix[np.ix_(order, order)])
    return np.zeros((n, n))

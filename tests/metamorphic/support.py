"""Runs of systems that tables describe, as a whole and replicate by replicate."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from csmc.estimate import Moments
from csmc.institutions import Institution, get, pack_institutions
from csmc.kernel import Plan, Tallies, tally
from csmc.kernel.codes import Outcome
from csmc.parameters import defaults, pack_point
from csmc.system import DistanceTable, StateTable, build_system
from tests.kernel.support import PRESETS, SEED, institution
from tests.stacked import stack

__all__ = ["PRESETS", "SEED", "distances", "institution", "moments", "names", "play", "replicates", "states"]

WARS = [Outcome.BILATERAL_WAR, Outcome.LIMITED_WAR, Outcome.GENERAL_WAR]


def names(n: int) -> tuple[str, ...]:
    """Names for n states."""
    return tuple(f"state_{i}" for i in range(n))


def states(
    capability: Sequence[float] | None = None,
    ideal_points: Any = None,
    great_power: Sequence[int] | None = None,
    member: Sequence[int] | None = None,
) -> StateTable:
    """A table of states; ideal points are given as (dimension, state)."""
    points = None if ideal_points is None else np.asarray(ideal_points, dtype=float)
    columns = [column for column in (capability, great_power, member) if column is not None]
    n = len(columns[0]) if columns else len(points[0])
    return StateTable(
        names=names(n),
        capability=None if capability is None else tuple(map(float, capability)),
        ideal_points=None if points is None else tuple(map(tuple, points.tolist())),
        great_power=None if great_power is None else tuple(map(int, great_power)),
        member=None if member is None else tuple(map(int, member)),
    )


def distances(matrix: Any) -> DistanceTable:
    """A table of distances."""
    rows = np.asarray(matrix, dtype=float)
    return DistanceTable(names(len(rows)), tuple(map(tuple, rows.tolist())))


def play(
    changes: dict[str, Any] | None = None,
    institutions: Sequence[str | Institution] = PRESETS,
    *,
    count: int,
    first: int = 0,
    seed: int = SEED,
    plan: Plan | None = None,
    states: StateTable | None = None,
    distances: DistanceTable | None = None,
) -> Tallies:
    """Tallies of one point; a table sets what a configuration with that table would set."""
    values = {**defaults(), **(changes or {})}
    if states:
        values["system.n_states"] = len(states.names)
        if states.capability:
            values["system.capability.distribution"] = "table"
        if states.great_power:
            values["system.great_powers"] = sum(states.great_power)
    if distances:
        values |= {"system.n_states": len(distances.names), "system.geography.layout": "table"}
    records = [get(entry) if isinstance(entry, str) else entry for entry in institutions]
    system = build_system(values, states, distances)
    chosen = Plan() if plan is None else plan
    return tally(pack_point(values), system, pack_institutions(records), seed, first, count, chosen)


def moments(tallies: Tallies, plan: Plan, count: int, changes: dict[str, Any], n: int | None = None) -> Moments:
    """Moments of one point, played with `changes` (n states, if a table says how many)."""
    values = {**defaults(), **changes}
    numbers = (count, values["dynamics.episodes"], n or values["system.n_states"])
    return Moments(stack([tallies]), plan, *(np.array([number]) for number in numbers))


def replicates(*arguments: Any, count: int, **options: Any) -> NDArray[np.int64]:
    """Every replicate's own tallies, (replicate, institution, tally)."""
    none = Plan(joint="none")
    runs = [play(*arguments, count=1, first=i, plan=none, **options).sums for i in range(count)]
    return np.array(runs)


def outcome_codes(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The outcome of each one-shot replicate under each institution."""
    return rows[:, :, : len(Outcome)].argmax(axis=2)

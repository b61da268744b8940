"""The tables that an experiment names, read once; and what they decide when the configuration leaves it open."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from csmc.config.files import is_file
from csmc.config.tables import read_distances, read_states
from csmc.errors import ConfigError
from csmc.parameters import Value, Values
from csmc.system import DistanceTable, StateTable, System, build_system, system_problems

STATES = "system.table"
DISTANCES = "system.geography.table"

#: Paths whose values can be wrong together though each is legal alone.
COMBINING = frozenset(
    (
        STATES,
        DISTANCES,
        "system.n_states",
        "system.great_powers",
        "system.capability.distribution",
        "system.geography.layout",
        "system.geography.loss_of_strength",
        "interests.dimensions",
        "dynamics.survival",
    )
)

#: Paths that `Tables.complete` decides, and those that decide them.
DECIDED = frozenset(
    ("system.n_states", "system.great_powers", "system.capability.distribution", "system.geography.layout")
)
DECIDING = frozenset((STATES, DISTANCES, "system.n_states"))


@dataclass
class Tables:
    """Tables by the name that the configuration gives them."""

    states: dict[str, StateTable] = field(default_factory=dict)
    distances: dict[str, DistanceTable] = field(default_factory=dict)

    def read(self, path: str, names: Iterable[str], folder: Path) -> list[str]:
        """Read the files `names`, values of the parameter `path`, that exist in `folder`; all their problems."""
        problems: list[str] = []
        for name in dict.fromkeys(names):
            if not is_file(folder / name):
                continue
            try:
                if path == STATES:
                    self.states[name] = read_states(folder / name)
                else:
                    self.distances[name] = read_distances(folder / name)
            except ConfigError as error:
                problems += error.problems
        return problems

    @classmethod
    def from_contents(cls, contents: Mapping[str, Mapping[str, Any]]) -> "Tables":
        """The tables that `contents` once were."""
        states = {name: StateTable(**_tuples(table)) for name, table in contents[STATES].items()}
        distances = {name: DistanceTable(**_tuples(table)) for name, table in contents[DISTANCES].items()}
        return cls(states, distances)

    def contents(self) -> dict[str, Any]:
        """What identifies the tables: all they say."""
        return {
            STATES: {name: table.contents() for name, table in self.states.items()},
            DISTANCES: {name: table.contents() for name, table in self.distances.items()},
        }

    def of(self, values: Mapping[str, Value]) -> tuple[StateTable | None, DistanceTable | None]:
        """The two tables that `values` name."""
        return self.states.get(str(values[STATES])), self.distances.get(str(values[DISTANCES]))

    def complete(self, values: dict[str, Value], explicit: Iterable[str]) -> dict[str, Value]:
        """`values` with everything that is not `explicit` and that the tables, or the number of states, decide."""
        states, distances = self.of(values)
        decided: dict[str, Value] = {}
        if states:
            decided["system.n_states"] = len(states.names)
            if states.capability:
                decided["system.capability.distribution"] = "table"
        if distances:
            decided["system.geography.layout"] = "table"
        values.update((path, value) for path, value in decided.items() if path not in explicit)
        if "system.great_powers" not in explicit:
            flagged = sum(states.great_power) if states and states.great_power else values["system.great_powers"]
            values["system.great_powers"] = min(flagged, values["system.n_states"])  # type: ignore[type-var]
        return values

    def problems(self, values: Values) -> list[tuple[str, str]]:
        """The parameters at fault and why, if the values do not go together."""
        return system_problems(values, *self.of(values))

    def system(self, values: Values) -> System:
        """The system of a point."""
        return build_system(values, *self.of(values))


def _tuples(value: Any) -> Any:
    """Lists, which JSON has, as tuples."""
    if isinstance(value, Mapping):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value

"""The three things a history is made from: a design point, a system of states, an institution."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol, Self

from .codes import Seating


class System(Protocol):
    """A table of states; a flag of -1 is absent, ideal points are indexed [dimension][state]."""

    @property
    def capability(self) -> Any: ...
    @property
    def ideal_points(self) -> Any: ...
    @property
    def distance(self) -> Any: ...
    @property
    def great_power(self) -> Any: ...
    @property
    def member(self) -> Any: ...


class Record:
    """A frozen dataclass that can be read from a mapping with exactly its fields."""

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """Copy `values` into plain Python numbers; a missing or unknown field is an error."""
        kinds = {field.name: field.type for field in fields(cls)}  # type: ignore[arg-type]
        if set(values) != set(kinds):
            raise ValueError(f"fields of {cls.__name__} differ: {sorted(set(values) ^ set(kinds))}")
        return cls(**{name: _plain(values[name], kind) for name, kind in kinds.items()})


def _plain(value: Any, kind: Any) -> Any:
    if kind is int:
        return int(value)
    if kind is float:
        return float(value)
    return tuple(float(entry) for entry in value)


@dataclass(frozen=True)
class Point(Record):
    """The parameters of the model (docs/model.md, parameters), one value each."""

    n_states: int
    great_powers: int
    capability_distribution: int
    capability_sigma: float
    capability_alpha: float
    capability_concentration: float
    capability_noise: float
    layout: int
    loss_of_strength: float
    members: float
    great_power_members: float
    dimensions: int
    divergence: float
    polarization: float
    volatility: float
    persistence: float
    onset_power: float
    onset_floor: float
    stake_floor: float
    decisiveness: float
    revisionism: float
    war_cost: float
    audience_cost: float
    challenge_cost: float
    misperception: float
    hegemony: float
    general_war: float
    interest_weight: float
    efficacy_weight: float
    assurance_weight: float
    joining_cost: float
    power_cost: float
    cost_heterogeneity: float
    noise: float
    rounds: int
    vote_cost: float
    episodes: int
    growth: float
    war_loss: float
    spoils: float
    survival: float
    trust: float
    trust_learning: float
    legitimacy_learning: float
    double_standard: float


@dataclass(frozen=True)
class Institution(Record):
    """The rules (docs/model.md, institutions); `severity` and `cost` by item: force is 0, the lower rungs 1, 2, 3."""

    scope: int
    strength: float
    ally_radius: float
    residual: float
    exempt_permanent: float
    weight: float
    hegemon_weight: float
    bandwagon_weight: float
    seating: int
    seats: int
    quota: float
    veto: int
    parties_abstain: int
    abstention: float
    legitimacy: float
    mediation: float
    condemnation: float
    norm: float
    rungs: int
    severity: tuple[float, ...]
    cost: tuple[float, ...]

    @property
    def has_council(self) -> bool:
        """Whether measures need an authorisation."""
        return self.seating != Seating.NO_COUNCIL

    @property
    def lower_rungs(self) -> range:
        """The items of the lower rungs, in the order of the ladder."""
        return range(1, self.rungs)

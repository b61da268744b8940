"""Default parameters, systems without a table, and the presets, typed in from the tables of docs/model.md."""

from dataclasses import dataclass
from typing import Any

from .codes import Distribution, Layout, Scope, Seating, Veto

POINT: dict[str, Any] = {
    "n_states": 8,
    "great_powers": 3,
    "capability_distribution": Distribution.LOGNORMAL,
    "capability_sigma": 1.0,
    "capability_alpha": 1.5,
    "capability_concentration": 1.0,
    "capability_noise": 0.0,
    "layout": Layout.NONE,
    "loss_of_strength": 0.0,
    "members": 1.0,
    "great_power_members": 1.0,
    "dimensions": 2,
    "divergence": 0.8,
    "polarization": 0.0,
    "volatility": 0.5,
    "persistence": 0.9,
    "onset_power": 0.5,
    "onset_floor": 0.1,
    "stake_floor": 0.2,
    "decisiveness": 0.7,
    "revisionism": 0.25,
    "war_cost": 0.4,
    "audience_cost": 0.1,
    "challenge_cost": 0.02,
    "misperception": 0.2,
    "hegemony": 0.5,
    "general_war": 0.5,
    "interest_weight": 1.5,
    "efficacy_weight": 1.0,
    "assurance_weight": 0.75,
    "joining_cost": 1.0,
    "power_cost": 1.0,
    "cost_heterogeneity": 0.3,
    "noise": 0.4,
    "rounds": 3,
    "vote_cost": 0.5,
    "episodes": 1,
    "growth": 0.1,
    "war_loss": 0.1,
    "spoils": 0.3,
    "survival": 0.1,
    "trust": 0.5,
    "trust_learning": 0.1,
    "legitimacy_learning": 0.1,
    "double_standard": 0.5,
}

ANARCHY: dict[str, Any] = {
    "scope": Scope.NONE,
    "strength": 0.0,
    "ally_radius": 1.0,
    "residual": 1.0,
    "exempt_permanent": 0.0,
    "weight": 0.0,
    "hegemon_weight": 0.0,
    "bandwagon_weight": 0.0,
    "seating": Seating.NO_COUNCIL,
    "seats": 0,
    "quota": 0.0,
    "veto": Veto.NONE,
    "parties_abstain": 0,
    "abstention": 0.0,
    "legitimacy": 1.0,
    "mediation": 0.0,
    "condemnation": 0.0,
    "norm": 0.0,
    "rungs": 1,
    "severity": [0.0, 0.0, 0.0, 0.0],
    "cost": [1.0, 0.0, 0.0, 0.0],
}

SANCTIONS: dict[str, Any] = {"rungs": 3, "severity": [0.0, 0.20, 0.10, 0.0], "cost": [1.0, 0.30, 0.45, 0.0]}

BALANCE_OF_POWER = ANARCHY | {
    "scope": Scope.ALLIES,
    "strength": 1.5,
    "weight": 2.0,
    "hegemon_weight": 2.0,
    "bandwagon_weight": 0.5,
}

ALLIANCE = ANARCHY | {
    "scope": Scope.ALLIES,
    "strength": 3.0,
    "ally_radius": 1.5,
    "weight": 0.7,
    "hegemon_weight": 1.0,
    "bandwagon_weight": 0.2,
}

COLLECTIVE_SECURITY = (
    ANARCHY | SANCTIONS | {"scope": Scope.MEMBERS, "strength": 3.0, "mediation": 0.2, "condemnation": 0.05, "norm": 1.0}
)

LEAGUE_OF_NATIONS = (
    ANARCHY
    | SANCTIONS
    | {
        "scope": Scope.MEMBERS,
        "strength": 2.0,
        "residual": 0.2,
        "weight": 0.5,
        "seating": Seating.ALL,
        "quota": 0.5,
        "veto": Veto.ALL,
        "parties_abstain": 1,
        "abstention": 0.25,
        "legitimacy": 0.7,
        "mediation": 0.15,
        "condemnation": 0.02,
        "norm": 0.5,
    }
)

UN_SECURITY_COUNCIL = (
    ANARCHY
    | SANCTIONS
    | {
        "scope": Scope.MEMBERS,
        "strength": 2.5,
        "residual": 0.3,
        "exempt_permanent": 0.5,
        "weight": 0.5,
        "seating": Seating.NUMBER,
        "seats": 15,
        "quota": 0.6,
        "veto": Veto.PERMANENT,
        "abstention": 0.25,
        "legitimacy": 0.8,
        "mediation": 0.2,
        "condemnation": 0.05,
        "norm": 0.8,
    }
)

UN_WITHOUT_VETO = UN_SECURITY_COUNCIL | {"veto": Veto.NONE, "exempt_permanent": 0.0}

CONCERT_OF_POWERS = (
    ANARCHY
    | SANCTIONS
    | {
        "scope": Scope.GREAT_POWERS,
        "strength": 2.5,
        "residual": 0.3,
        "weight": 1.0,
        "hegemon_weight": 1.0,
        "seating": Seating.GREAT_POWERS,
        "quota": 0.5,
        "veto": Veto.ALL,
        "parties_abstain": 1,
        "abstention": 0.25,
        "legitimacy": 0.8,
        "mediation": 0.3,
        "condemnation": 0.03,
        "norm": 0.5,
    }
)

PRESETS: dict[str, dict[str, Any]] = {
    "anarchy": ANARCHY,
    "balance_of_power": BALANCE_OF_POWER,
    "alliance": ALLIANCE,
    "collective_security": COLLECTIVE_SECURITY,
    "league_of_nations": LEAGUE_OF_NATIONS,
    "un_security_council": UN_SECURITY_COUNCIL,
    "un_without_veto": UN_WITHOUT_VETO,
    "concert_of_powers": CONCERT_OF_POWERS,
}


@dataclass(frozen=True)
class TableSystem:
    """A system given by plain lists."""

    capability: list[float]
    ideal_points: list[list[float]]
    distance: list[list[float]]
    great_power: list[int]
    member: list[int]


def system_of(n: int, **columns: Any) -> TableSystem:
    """`n` states without a table, but for the `columns` given."""
    absent: dict[str, Any] = {
        "capability": [0.0] * n,
        "ideal_points": [[0.0] * n for _ in range(3)],
        "distance": [[0.0] * n for _ in range(n)],
        "great_power": [-1] * n,
        "member": [-1] * n,
    }
    return TableSystem(**(absent | columns))

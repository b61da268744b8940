"""Settings in which one mechanism of the model can be seen alone."""

from typing import Any

import numpy as np

from csmc.institutions import Institution
from csmc.system import DistanceTable, StateTable
from tests.metamorphic.support import distances, institution, states

#: Whether a crisis comes to a response depends on two private costs and on nothing else of the world: every crisis is
#: challenged, costs of war are far below any stake (so the ultimatum is interior, and a quarter of them is refused),
#: there is no misperception, and nobody ever yields. What responses show is then what all crises would show.
#: It holds for institutions without mediation and without pressure below force.
UNSELECTED: dict[str, Any] = {
    "crisis.war_cost": 1e-3,
    "crisis.misperception": 0.0,
    "crisis.challenge_cost": -1000.0,
    "crisis.audience_cost": 1000.0,
}

#: All interests are the same, and nobody's costs differ by chance.
ALIKE: dict[str, Any] = {
    "interests.divergence": 0.0,
    "interests.volatility": 0.0,
    "response.cost_heterogeneity": 0.0,
}

#: A norm that nobody breaks: third parties help the victim or abstain.
NOBODY_JOINS = 1000.0


def without_sanctions(name: str, **fields: Any) -> Institution:
    """A preset whose measures below force cost an aggressor nothing; its votes are held all the same."""
    lower = {f"ladder__{rung.name}__severity": 0.0 for rung in institution(name).ladder[:-1]}
    return institution(name, **lower, **fields)


def unpressing(name: str, **fields: Any) -> Institution:
    """A preset without mediation and without pressure below force, as UNSELECTED asks for."""
    return without_sanctions(name, forum__mediation=0.0, **fields)


def force_alone(name: str, **fields: Any) -> Institution:
    """A preset without mediation whose only rung is force."""
    changed = institution(name, forum__mediation=0.0, **fields)
    return changed.model_copy(update={"ladder": changed.ladder[-1:]})


#: The largest state always challenges, and space decides whom (see `theatre`).
STAGED: dict[str, Any] = {
    **UNSELECTED,
    **ALIKE,
    "system.geography.loss_of_strength": 10.0,
    "crisis.onset_power": 10.0,
    "crisis.onset_floor": 1.0,
}


def theatre(challenger: float, target: float, others: list[float]) -> tuple[StateTable, DistanceTable]:
    """Capabilities and distances with which, under STAGED, state 0 challenges state 1 at the doorstep of all others."""
    n = 2 + len(others)
    apart = np.zeros((n, n))
    apart[0, 2:] = apart[2:, 0] = 70.0
    return states(capability=[challenger, target, *others]), distances(apart)


def one_against_seven(share: float) -> StateTable:
    """State 0 with this share of capability, the rest divided evenly among seven others."""
    return states(capability=[share] + [(1 - share) / 7] * 7)

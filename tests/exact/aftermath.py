"""Step 10: the state after a crisis."""

from dataclasses import replace

from tests.exact.situation import Situation
from tests.exact.world import State, World


def after_backdown(world: World, state: State) -> State:
    """A bluff was called: a success for the institution."""
    return replace(state, legitimacy=_learnt(world, state, 1.0))


def after_response(
    world: World, state: State, situation: Situation, share: float, success: bool, authorised: bool
) -> State:
    """A response was called for, `share` of third-party capability took part in its last rung."""
    values = world.values
    double = values["dynamics.double_standard"] * (state.great[situation.aggressor] and not authorised)
    learning = values["dynamics.trust_learning"] if situation.third else 0.0
    trust = state.trust + learning * (share - state.trust)
    return replace(state, trust=trust, legitimacy=_learnt(world, state, success * (1 - double)))


def after_war(world: World, state: State, situation: Situation, won: bool) -> State:
    """Losses, spoils and perhaps death; `won`: by the aggressor."""
    values = world.values
    kept = 1 - values["dynamics.war_loss"]
    a, b = situation.aggressor, situation.victim
    winner, loser = (a, b) if won else (b, a)
    capability = list(state.capability)
    left = capability[loser] * kept
    ceded = values["dynamics.spoils"] * left
    if left - ceded < values["dynamics.survival"] / world.n - 1e-9:
        ceded = left
    capability[winner] = capability[winner] * kept + ceded
    capability[loser] = left - ceded
    return replace(state, capability=tuple(capability))


def _learnt(world: World, state: State, success: float) -> float:
    return state.legitimacy + world.values["dynamics.legitimacy_learning"] * (success - state.legitimacy)

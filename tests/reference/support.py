"""Short ways to simulate, for the tests of the reference."""

from functools import cache
from typing import Any

from .codes import Outcome
from .defaults import POINT, PRESETS, system_of
from .history import Episode, History
from .model import simulate_history
from .onset import Crisis

SEED = 20261122


def simulate(institution: dict[str, Any], replicate: int, system: Any = None, **changes: Any) -> History:
    """One history at the default point but for `changes`."""
    point = POINT | changes
    return simulate_history(point, system or system_of(point["n_states"]), institution, SEED, replicate)


def outcomes(history: History) -> list[Outcome]:
    """The outcomes of a history's episodes."""
    return [episode.outcome for episode in history.episodes]


@cache
def preset_histories(name: str) -> tuple[History, ...]:
    """Short histories under one preset."""
    return tuple(simulate(PRESETS[name], replicate, episodes=8) for replicate in range(60))


def crises(histories: tuple[History, ...]) -> list[tuple[Episode, Crisis]]:
    """All episodes with a crisis."""
    return [(episode, episode.crisis) for history in histories for episode in history.episodes if episode.crisis]

"""Mesa's way: states are agents of a model, a step is a crisis, and a data collector writes down how it ended.

What a state wants and does is the same as for plain objects; Mesa brings the agents, their set and the collector.
"""

from functools import partial

import mesa
import numpy as np
from numpy.typing import NDArray

from bench.peers import plain_world as world
from bench.peers.plain_objects import simulate
from csmc.institutions import Institution, get, names
from csmc.kernel.codes import Outcome


class StateAgent(mesa.Agent):
    """A state; between crises all its attributes change, because crises are independent."""

    size: float
    capability: float
    great_power: bool
    interests: tuple[float, ...]
    joining_cost: float
    seat_draw: float

    def draw(self) -> None:
        """What nature gives a state."""
        self.size = world.draw_size(self.random)
        self.interests = world.draw_interests(self.random)
        self.joining_cost = world.draw_joining_cost(self.random)
        self.seat_draw = self.random.random()

    def take_rank(self, total: float, smallest_great: float) -> None:
        """Its place among the others."""
        self.capability = self.size / total
        self.great_power = self.size >= smallest_great


class CrisisModel(mesa.Model):
    """A system of states; each step is one crisis, lived through under every institution."""

    def __init__(self, n_states: int, institutions: list[Institution], seed: int) -> None:
        super().__init__(rng=seed)
        self.institutions = institutions
        self.outcomes: dict[str, Outcome] = {}
        StateAgent.create_agents(self, n_states)
        reporters = {institution.name: partial(outcome_under, institution.name) for institution in institutions}
        self.datacollector = mesa.DataCollector(model_reporters=reporters)

    def step(self) -> None:
        """One crisis."""
        self.agents.do("draw")
        sizes = self.agents.get("size")
        self.agents.do("take_rank", sum(sizes), world.smallest_great(sizes))
        crisis = world.draw_crisis(self.random, list(self.agents))
        for institution in self.institutions:
            self.outcomes[institution.name] = simulate(self.random, institution, crisis)
        self.datacollector.collect(self)


def outcome_under(name: str, model: CrisisModel) -> int:
    return int(model.outcomes[name])


def rates(n_states: int, replicates: int, seed: int) -> NDArray[np.float64]:
    """Outcome frequencies (K, outcome) under all presets."""
    model = CrisisModel(n_states, [get(name) for name in names()], seed)
    for _ in range(replicates):
        model.step()
    outcomes = model.datacollector.get_model_vars_dataframe()
    return np.array([np.bincount(outcomes[name], minlength=len(Outcome)) for name in names()]) / replicates

"""Step 5: the seats and the votes, by enumeration of every council and every vote."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy.special import expit

from tests.exact.situation import Situation
from tests.exact.world import State, World


@dataclass(frozen=True)
class Ballot:
    """What comes of putting one measure to the council. No council: it counts as passed, and there is no vote."""

    passed: float
    vetoed: float
    votes: int


def councils(world: World, state: State) -> Iterator[tuple[float, frozenset[int]]]:
    """Every set of seated states with its probability; one empty set if there is no council."""
    rules = world.institution.council
    members = [i for i in state.living if state.member[i]]
    permanent = sorted((i for i in members if state.great[i]), key=lambda i: (-state.capability[i], i))
    if rules is None:
        yield 1.0, frozenset()
    elif rules.seats == "all":
        yield 1.0, frozenset(members)
    elif rules.seats == "great_powers":
        yield 1.0, frozenset(permanent)
    else:
        seats = int(rules.seats)
        others = [i for i in members if not state.great[i]]
        elected = list(itertools.combinations(others, min(max(0, seats - len(permanent)), len(others))))
        for chosen in elected:
            yield 1 / len(elected), frozenset(permanent[:seats]) | frozenset(chosen)


def ballot(world: World, state: State, situation: Situation, seated: frozenset[int], cost_factor: float) -> Ballot:
    """The vote on a measure whose cost is `cost_factor` times that of force."""
    rules = world.institution.council
    if rules is None:
        return Ballot(1.0, 0.0, 0)
    parties = {situation.aggressor: "no", situation.victim: "yes"}
    choices = {i: {vote: 1.0} for i, vote in parties.items() if i in seated and not rules.parties_abstain}
    for k in situation.third:
        if k.index in seated:
            weight = world.values["response.vote_cost"] * cost_factor * k.cost_helping
            choices[k.index] = _choice(k.helping + k.obligation - weight, rules.abstention, world)
    holders = {i for i in choices if rules.veto == "all" or (rules.veto == "permanent" and state.great[i])}
    need = ceil(rules.quota * len(choices) - 1e-9)
    passed = vetoed = 0.0
    for votes in itertools.product(*(choice.items() for choice in choices.values())):
        cast = dict(zip(choices, (vote for vote, _ in votes), strict=True))
        probability = float(np.prod([p for _, p in votes]))
        if any(cast[i] == "no" for i in holders):
            vetoed += probability
        elif sum(vote == "yes" for vote in cast.values()) >= need and (choices or rules.quota == 0):
            passed += probability
    return Ballot(passed, vetoed, 1)


def _choice(value: float, abstention: float, world: World) -> dict[str, float]:
    noise = world.values["response.noise"]
    yes, no = float(expit((value - abstention) / noise)), float(expit((-value - abstention) / noise))
    return {"yes": yes, "no": no, "neither": 1 - yes - no}

"""Step 6: what third parties are expected to do, and the probabilities with which they then do it."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax

from tests.exact.offer import Contest
from tests.exact.situation import Situation, ThirdParty, growing
from tests.exact.world import State, World


@dataclass(frozen=True)
class Expectation:
    """The strengths of the two sides, and the share of third-party capability that helps, as all expect them."""

    aggressor_strength: float
    victim_strength: float
    help: float


def expectation(world: World, state: State, situation: Situation, mandate: float) -> Expectation:
    """The expectation after the last round, given the expected `mandate` for force."""
    own, theirs = situation.power[situation.aggressor], situation.power[situation.victim]
    trust = state.trust if situation.third else 0.0
    promised = sum(growing(k.obligation) * k.power for k in situation.third)
    now = Expectation(own, theirs + trust * mandate * promised, trust)
    for _ in range(world.values["response.rounds"]):
        chances = [force_choice(world, situation, now, k, mandate) for k in situation.third]
        helped = sum(p * k.power for (p, _), k in zip(chances, situation.third, strict=True))
        joined = sum(p * k.power for (_, p), k in zip(chances, situation.third, strict=True))
        share = helped / situation.third_power if situation.third else 0.0
        now = Expectation(own + joined, theirs + helped, share)
    return now


def force_choice(
    world: World, situation: Situation, expected: Expectation, k: ThirdParty, mandate: float
) -> tuple[float, float]:
    """Probabilities that `k` helps the victim by force and that it joins the aggressor."""
    values, rules = world.values, world.institution
    ours, theirs = expected.aggressor_strength, expected.victim_strength
    balance = (ours - theirs) / (ours + theirs)
    wins = float(Contest(values["crisis.decisiveness"], 0.0).success(ours, theirs))
    efficacy = min(1.0, values["crisis.decisiveness"] * wins * (1 - wins) * k.power / theirs)
    cost = rules.ladder[-1].cost
    helping = k.helping + mandate * k.obligation + rules.balancing.weight * balance
    helping += values["response.efficacy_weight"] * efficacy + _assurance(world, expected) - cost * k.cost_helping
    joining = k.joining + rules.balancing.bandwagon_weight * balance - cost * k.cost_joining
    _, helps, joins = softmax(np.array([0.0, helping, joining]) / values["response.noise"])
    return float(helps), float(joins)


def measure_choice(world: World, expected: Expectation, k: ThirdParty, cost_factor: float) -> float:
    """Probability that `k` takes part in an authorised lower rung."""
    value = k.helping + k.obligation + _assurance(world, expected) - cost_factor * k.cost_helping
    return float(expit(value / world.values["response.noise"]))


def expected_share(world: World, situation: Situation, expected: Expectation, cost_factor: float) -> float:
    """Share of third-party capability expected to take part in an authorised lower rung."""
    if situation.third_power == 0:
        return 0.0
    return (
        sum(k.power * measure_choice(world, expected, k, cost_factor) for k in situation.third) / situation.third_power
    )


def _assurance(world: World, expected: Expectation) -> float:
    return float(world.values["response.assurance_weight"]) * (2 * expected.help - 1)

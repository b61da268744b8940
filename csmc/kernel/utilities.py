"""MODEL 3, step 4: what third parties stand to gain and to pay, before and under an institution."""

from typing import NamedTuple

import numpy as np

from csmc._jit import stage
from csmc.kernel.codes import Scope
from csmc.kernel.lanes import third_party
from csmc.kernel.mathematics import saturate

_ALLIES = int(Scope.ALLIES)
_MEMBERS = int(Scope.MEMBERS)
_GREAT_POWERS = int(Scope.GREAT_POWERS)


class Utilities(NamedTuple):
    """Third parties' utilities under one institution, each (third, lane)."""

    victim: np.ndarray  # U^b_k, of helping the victim
    challenger: np.ndarray  # U^a_k, of joining the challenger
    obligation: np.ndarray  # B_k


@stage
def new_utilities(n, lanes):
    """An uninitialised Utilities."""
    return Utilities(np.zeros((n - 2, lanes)), np.zeros((n - 2, lanes)), np.zeros((n - 2, lanes)))


@stage
def describe_third_parties(point, world, capability, crisis, scratch):
    """The third parties as any institution finds them: power, alignment, distances and costs.

    Reads what `onset.set_stage` left in `scratch`.
    """
    thirds = point.n_states - 2
    lanes = crisis.target.shape[0]
    power, target_distance, challenger_distance = scratch.first, scratch.second, scratch.third
    power_cost = point.power_cost
    for lane in range(lanes):
        crisis.third_power[lane] = 0.0
    for j in range(thirds):
        for lane in range(lanes):
            lower = min(crisis.challenger[lane], crisis.target[lane])
            upper = max(crisis.challenger[lane], crisis.target[lane])
            e = third_party(power, j, lane, lower, upper)
            to_challenger = third_party(challenger_distance, j, lane, lower, upper)
            to_target = third_party(target_distance, j, lane, lower, upper)
            cost = third_party(world.joining_cost, j, lane, lower, upper)
            facing_challenger = crisis.challenger_power[lane] + e
            facing_target = crisis.target_power[lane] + e
            weaker = crisis.challenger_power[lane] / facing_challenger if facing_challenger > 0.0 else 0.5
            stronger = crisis.target_power[lane] / facing_target if facing_target > 0.0 else 0.5
            crisis.power[j, lane] = e
            crisis.challenger_distance[j, lane] = to_challenger
            crisis.target_distance[j, lane] = to_target
            crisis.alignment[j, lane] = saturate(to_challenger) - saturate(to_target)
            crisis.victim_side_cost[j, lane] = cost * (1.0 + power_cost * weaker)
            crisis.challenger_side_cost[j, lane] = cost * (1.0 + power_cost * stronger)
            crisis.third_power[lane] += e
    for j in range(thirds):
        for lane in range(lanes):
            lower = min(crisis.challenger[lane], crisis.target[lane])
            upper = max(crisis.challenger[lane], crisis.target[lane])
            crisis.great_power[j, lane] = third_party(world.great_power, j, lane, lower, upper)
            crisis.member[j, lane] = third_party(world.member, j, lane, lower, upper)
            crisis.living[j, lane] = 1.0 if third_party(capability, j, lane, lower, upper) > 0.0 else 0.0


@stage
def weigh(point, institution, crisis, legitimacy, utilities):
    """Utilities of helping the victim and of joining the challenger, and the pull of obligation, under an institution."""
    thirds = point.n_states - 2
    lanes = legitimacy.shape[0]
    scope, strength, radius = institution.scope, institution.strength, institution.ally_radius
    exempt, norm, hegemon_weight = institution.exempt_permanent, institution.norm, institution.hegemon_weight
    interest_weight = point.interest_weight
    allies = 1.0 if scope == _ALLIES else 0.0
    bound = 1.0 if scope == _MEMBERS or scope == _GREAT_POWERS else 0.0  # noqa: PLR1714
    great_only = 1.0 if scope == _GREAT_POWERS else 0.0
    for j in range(thirds):
        for lane in range(lanes):
            pull = strength * legitimacy[lane]
            distance = crisis.target_distance[j, lane]
            ally = max(0.0, 1.0 - distance / radius)
            fellow = (1.0 - saturate(distance)) * crisis.member[j, lane] * crisis.target_member[lane]
            fellow *= 1.0 - great_only * (1.0 - crisis.great_power[j, lane])
            match = allies * ally + bound * fellow
            sympathy = interest_weight * crisis.alignment[j, lane]
            comrade = allies * pull * max(0.0, 1.0 - crisis.challenger_distance[j, lane] / radius)
            utilities.obligation[j, lane] = pull * match * (1.0 - exempt * crisis.challenger_great[lane])
            utilities.victim[j, lane] = sympathy + hegemon_weight * crisis.hegemony[lane]
            utilities.challenger[j, lane] = comrade - sympathy - norm * legitimacy[lane]

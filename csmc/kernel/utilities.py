"""docs/model.md, step 4: what third parties stand to gain and to pay, before and under an institution."""

from csmc._jit import stage
from csmc.kernel.codes import Scope
from csmc.kernel.lanes import (
    ALIGNMENT,
    CHALLENGER,
    CHALLENGER_DISTANCE,
    CHALLENGER_GREAT,
    CHALLENGER_POWER,
    CHALLENGER_SIDE_COST,
    FELLOWSHIP,
    FIRST,
    FOURTH,
    GREAT_POWER,
    HEGEMONY,
    HELP_UTILITY,
    JOIN_UTILITY,
    JOINING_COST,
    LIVING,
    MEMBER,
    OBLIGATION,
    POWER,
    SECOND,
    TARGET,
    TARGET_DISTANCE,
    TARGET_MEMBER,
    TARGET_POWER,
    THIRD,
    THIRD_GREAT,
    THIRD_MEMBER,
    THIRD_POWER,
    VICTIM_SIDE_COST,
    laned,
    third_party,
)
from csmc.kernel.mathematics import saturate

_ALLIES = int(Scope.ALLIES)
_MEMBERS = int(Scope.MEMBERS)
_GREAT_POWERS = int(Scope.GREAT_POWERS)


@stage
def describe_third_parties(point, world, capability, crisis, thirds, scratch):
    """The third parties as any institution finds them: power, alignment, distances and costs.

    Third parties are all states but the two parties. Reads what `onset` left in `scratch`.
    """
    world, capability, crisis = laned(world), laned(capability), laned(crisis)
    thirds, scratch = laned(thirds), laned(scratch)
    lanes = crisis.shape[1]
    powers, target_distances, challenger_distances = scratch[FIRST], scratch[SECOND], scratch[THIRD]
    apart, joining_costs = scratch[FOURTH], world[JOINING_COST]
    great_powers, members = world[GREAT_POWER], world[MEMBER]
    power_cost = point.power_cost
    for lane in range(lanes):
        crisis[THIRD_POWER, lane] = 0.0
    for j in range(thirds.shape[0]):
        for lane in range(lanes):
            a, b = crisis[CHALLENGER, lane], crisis[TARGET, lane]
            lower, upper = min(a, b), max(a, b)
            target_distance = third_party(target_distances, j, lane, lower, upper)
            near = third_party(apart, j, lane, lower, upper)
            far = saturate(target_distance)
            member = third_party(members, j, lane, lower, upper)
            living = third_party(capability, j, lane, lower, upper) > 0.0
            thirds[j, POWER, lane] = third_party(powers, j, lane, lower, upper)
            thirds[j, TARGET_DISTANCE, lane] = target_distance
            thirds[j, CHALLENGER_DISTANCE, lane] = third_party(challenger_distances, j, lane, lower, upper)
            thirds[j, THIRD_GREAT, lane] = third_party(great_powers, j, lane, lower, upper)
            thirds[j, THIRD_MEMBER, lane] = member
            thirds[j, LIVING, lane] = 1.0 if living else 0.0
            thirds[j, ALIGNMENT, lane] = near - far
            thirds[j, FELLOWSHIP, lane] = (1.0 - far) * member * crisis[TARGET_MEMBER, lane]
            thirds[j, VICTIM_SIDE_COST, lane] = third_party(joining_costs, j, lane, lower, upper)
        for lane in range(lanes):
            e, cost = thirds[j, POWER, lane], thirds[j, VICTIM_SIDE_COST, lane]
            challenger_power, target_power = crisis[CHALLENGER_POWER, lane], crisis[TARGET_POWER, lane]
            weaker = challenger_power / (challenger_power + e) if challenger_power + e > 0.0 else 0.5
            stronger = target_power / (target_power + e) if target_power + e > 0.0 else 0.5
            thirds[j, VICTIM_SIDE_COST, lane] = cost * (1.0 + power_cost * weaker)
            thirds[j, CHALLENGER_SIDE_COST, lane] = cost * (1.0 + power_cost * stronger)
            crisis[THIRD_POWER, lane] += e


@stage
def weigh(point, institution, crisis, thirds, legitimacy):
    """Utilities of helping the victim and of joining the challenger, and the pull of obligation."""
    strength, nearness, norm = institution.strength, 1.0 / institution.ally_radius, institution.norm
    exempt, hegemon_weight = institution.exempt_permanent, institution.hegemon_weight
    interest_weight = point.interest_weight
    allies = 1.0 if institution.scope == _ALLIES else 0.0
    great_only = 1.0 if institution.scope == _GREAT_POWERS else 0.0
    bound = max(great_only, 1.0 if institution.scope == _MEMBERS else 0.0)
    crisis, thirds, legitimacy = laned(crisis), laned(thirds), laned(legitimacy)
    for j in range(thirds.shape[0]):
        for lane in range(legitimacy.shape[0]):
            pull = strength * legitimacy[lane]
            ally = max(0.0, 1.0 - thirds[j, TARGET_DISTANCE, lane] * nearness)
            fellow = thirds[j, FELLOWSHIP, lane] * (1.0 - great_only * (1.0 - thirds[j, THIRD_GREAT, lane]))
            match = allies * ally + bound * fellow
            sympathy = interest_weight * thirds[j, ALIGNMENT, lane]
            comrade = allies * pull * max(0.0, 1.0 - thirds[j, CHALLENGER_DISTANCE, lane] * nearness)
            thirds[j, OBLIGATION, lane] = pull * match * (1.0 - exempt * crisis[CHALLENGER_GREAT, lane])
            thirds[j, HELP_UTILITY, lane] = sympathy + hegemon_weight * crisis[HEGEMONY, lane]
            thirds[j, JOIN_UTILITY, lane] = comrade - sympathy - norm * legitimacy[lane]

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
    third_party,
)
from csmc.kernel.mathematics import saturate

_ALLIES = int(Scope.ALLIES)
_MEMBERS = int(Scope.MEMBERS)
_GREAT_POWERS = int(Scope.GREAT_POWERS)


@stage
def _extract(rows, crisis, third_rows):
    """Third-party rows of a (state, lane) array: all states but the two parties."""
    for j in range(third_rows.shape[0]):
        for lane in range(third_rows.shape[1]):
            lower = min(crisis[CHALLENGER, lane], crisis[TARGET, lane])
            upper = max(crisis[CHALLENGER, lane], crisis[TARGET, lane])
            third_rows[j, lane] = third_party(rows, j, lane, lower, upper)


@stage
def describe_third_parties(point, world, capability, crisis, thirds, scratch):
    """The third parties as any institution finds them: power, alignment, distances and costs.

    Reads what `onset.set_stage` left in `scratch`.
    """
    n_thirds, lanes = thirds.shape[1], thirds.shape[2]
    power_cost = point.power_cost
    _extract(scratch[FIRST], crisis, thirds[POWER])
    _extract(scratch[SECOND], crisis, thirds[TARGET_DISTANCE])
    _extract(scratch[THIRD], crisis, thirds[CHALLENGER_DISTANCE])
    _extract(world[JOINING_COST], crisis, thirds[VICTIM_SIDE_COST])
    _extract(world[GREAT_POWER], crisis, thirds[THIRD_GREAT])
    _extract(world[MEMBER], crisis, thirds[THIRD_MEMBER])
    _extract(capability, crisis, thirds[LIVING])
    for lane in range(lanes):
        crisis[THIRD_POWER, lane] = 0.0
    for j in range(n_thirds):
        for lane in range(lanes):
            e = thirds[POWER, j, lane]
            cost = thirds[VICTIM_SIDE_COST, j, lane]
            facing_challenger = crisis[CHALLENGER_POWER, lane] + e
            facing_target = crisis[TARGET_POWER, lane] + e
            weaker = crisis[CHALLENGER_POWER, lane] / facing_challenger if facing_challenger > 0.0 else 0.5
            stronger = crisis[TARGET_POWER, lane] / facing_target if facing_target > 0.0 else 0.5
            near = saturate(thirds[CHALLENGER_DISTANCE, j, lane])
            far = saturate(thirds[TARGET_DISTANCE, j, lane])
            thirds[ALIGNMENT, j, lane] = near - far
            thirds[FELLOWSHIP, j, lane] = (1.0 - far) * thirds[THIRD_MEMBER, j, lane] * crisis[TARGET_MEMBER, lane]
            thirds[VICTIM_SIDE_COST, j, lane] = cost * (1.0 + power_cost * weaker)
            thirds[CHALLENGER_SIDE_COST, j, lane] = cost * (1.0 + power_cost * stronger)
            thirds[LIVING, j, lane] = 1.0 if thirds[LIVING, j, lane] > 0.0 else 0.0
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
    for j in range(thirds.shape[1]):
        for lane in range(thirds.shape[2]):
            pull = strength * legitimacy[lane]
            ally = max(0.0, 1.0 - thirds[TARGET_DISTANCE, j, lane] * nearness)
            fellow = thirds[FELLOWSHIP, j, lane] * (1.0 - great_only * (1.0 - thirds[THIRD_GREAT, j, lane]))
            match = allies * ally + bound * fellow
            sympathy = interest_weight * thirds[ALIGNMENT, j, lane]
            comrade = allies * pull * max(0.0, 1.0 - thirds[CHALLENGER_DISTANCE, j, lane] * nearness)
            thirds[OBLIGATION, j, lane] = pull * match * (1.0 - exempt * crisis[CHALLENGER_GREAT, lane])
            thirds[HELP_UTILITY, j, lane] = sympathy + hegemon_weight * crisis[HEGEMONY, lane]
            thirds[JOIN_UTILITY, j, lane] = comrade - sympathy - norm * legitimacy[lane]

"""docs/model.md, steps 7 and 8: the ultimatum under incomplete information (Fearon 1995), with mediation."""

from csmc._jit import inlined, stage
from csmc.kernel.codes import CrisisDraw, Outcome
from csmc.kernel.lanes import (
    BELIEF,
    CHALLENGER_COST,
    CHALLENGER_STRENGTH,
    CONCESSION,
    COST_RANGE,
    CRISIS_DRAW,
    DEMAND_VALUE,
    ESTIMATE,
    FIGHTING_VALUE,
    MEDIATED,
    MISPERCEPTION,
    OUTCOME,
    PREMIUM,
    PRESSURE,
    REFUSAL_VALUE,
    RETREAT_VALUE,
    STAKE,
    STATUS_QUO,
    TARGET_COST,
    TARGET_STRENGTH,
    WAR_DRAW,
    laned,
)
from csmc.kernel.mathematics import log_odds_against, logistic

_MEDIATION_DRAW = CRISIS_DRAW + int(CrisisDraw.MEDIATION)
_WAR = CRISIS_DRAW + int(CrisisDraw.WAR)
_NO_CHALLENGE = float(Outcome.NO_CHALLENGE)
_SETTLEMENT = float(Outcome.NEGOTIATED_SETTLEMENT)
_BACKDOWN = float(Outcome.BACKDOWN)

#: In place of an outcome: the demand was refused and the challenger stands by it.
RESPONSE = -1.0


@inlined
def _demand(
    m, error, mediation, legitimacy, inverse_war_cost, ours, theirs, stake, cost_range, cost, pressure, retreat
):
    """(p̄, p̂, p̂ - k_a, r, z, chance of mediation, EU'): what the challenger thinks, asks for and expects of it."""
    against = log_odds_against(theirs, ours, m)
    estimate = logistic(-against)
    belief = logistic(-against - error)
    fighting = belief - cost
    refused = max(fighting - pressure, retreat)
    z = min(max(0.5 * (cost_range - belief + refused), 0.0), min(cost_range, 1.0 - belief))
    risk = z * stake * inverse_war_cost
    bargained = (1.0 - risk) * (belief + z) + risk * refused
    chance = mediation * legitimacy
    value = (1.0 - chance) * bargained + chance * (belief + 0.5 * z)
    return estimate, belief, fighting, refused, z, chance, value


@stage
def negotiate(point, institution, shocks, legitimacy, crisis):
    """Challenge or not; demand; settlement, backdown, or a call for a response."""
    shocks, legitimacy, crisis = laned(shocks), laned(legitimacy), laned(crisis)
    m, audience_cost, entry_cost = point.decisiveness, point.audience_cost, point.challenge_cost
    mediation, condemnation = institution.mediation, institution.condemnation
    inverse_war_cost = 1.0 / point.war_cost
    for lane in range(crisis.shape[1]):
        stake, q = crisis[STAKE, lane], crisis[STATUS_QUO, lane]
        per_stake = 1.0 / stake
        retreat = q - audience_cost * per_stake
        estimate, belief, fighting, _, z, chance, value = _demand(
            m, crisis[MISPERCEPTION, lane], mediation, legitimacy[lane], inverse_war_cost,
            crisis[TARGET_STRENGTH, lane], crisis[CHALLENGER_STRENGTH, lane], stake, crisis[COST_RANGE, lane],
            crisis[CHALLENGER_COST, lane], crisis[PRESSURE, lane], retreat,
        )  # fmt: skip
        deterred = value - (entry_cost + condemnation * legitimacy[lane]) * per_stake <= q
        mediated = shocks[_MEDIATION_DRAW, lane] < chance
        accepted = crisis[TARGET_COST, lane] >= belief + z - estimate
        settlement = belief + (0.5 * z if mediated else z)
        refusal = _BACKDOWN if fighting - crisis[PRESSURE, lane] < retreat else RESPONSE
        settled = mediated or accepted
        outcome = _SETTLEMENT if settled else refusal
        crisis[OUTCOME, lane] = _NO_CHALLENGE if deterred else outcome
        crisis[CONCESSION, lane] = settlement - q if (settled and not deterred) else 0.0
        crisis[FIGHTING_VALUE, lane] = fighting
        crisis[RETREAT_VALUE, lane] = retreat
        crisis[WAR_DRAW, lane] = shocks[_WAR, lane]


@stage
def describe_demand(point, institution, shocks, legitimacy, crisis):
    """What `negotiate` weighed and did not keep; only a trace asks for it (more stores would slow that loop down)."""
    shocks, legitimacy, crisis = laned(shocks), laned(legitimacy), laned(crisis)
    inverse_war_cost = 1.0 / point.war_cost
    for lane in range(crisis.shape[1]):
        estimate, belief, _, refused, z, chance, value = _demand(
            point.decisiveness, crisis[MISPERCEPTION, lane], institution.mediation, legitimacy[lane], inverse_war_cost,
            crisis[TARGET_STRENGTH, lane], crisis[CHALLENGER_STRENGTH, lane], crisis[STAKE, lane],
            crisis[COST_RANGE, lane], crisis[CHALLENGER_COST, lane], crisis[PRESSURE, lane],
            crisis[RETREAT_VALUE, lane],
        )  # fmt: skip
        crisis[ESTIMATE, lane] = estimate
        crisis[BELIEF, lane] = belief
        crisis[REFUSAL_VALUE, lane] = refused
        crisis[PREMIUM, lane] = z
        crisis[DEMAND_VALUE, lane] = value
        crisis[MEDIATED, lane] = 1.0 if shocks[_MEDIATION_DRAW, lane] < chance else 0.0

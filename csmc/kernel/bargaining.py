"""MODEL 3, steps 7 and 8: the ultimatum under incomplete information (Fearon 1995), with mediation."""

from csmc._jit import stage
from csmc.kernel.codes import CrisisDraw, Outcome
from csmc.kernel.lanes import (
    CHALLENGER_COST,
    CHALLENGER_STRENGTH,
    CONCESSION,
    COST_RANGE,
    CRISIS_DRAW,
    FIGHTING_VALUE,
    MISPERCEPTION,
    OUTCOME,
    PRESSURE,
    RETREAT_VALUE,
    STAKE,
    STATUS_QUO,
    TARGET_COST,
    TARGET_STRENGTH,
    WAR_DRAW,
)
from csmc.kernel.mathematics import log_odds_against, logistic

_MEDIATION_DRAW = CRISIS_DRAW + int(CrisisDraw.MEDIATION)
_WAR = CRISIS_DRAW + int(CrisisDraw.WAR)
_NO_CHALLENGE = float(Outcome.NO_CHALLENGE)
_SETTLEMENT = float(Outcome.NEGOTIATED_SETTLEMENT)
_BACKDOWN = float(Outcome.BACKDOWN)

#: In place of an outcome: the demand was refused and the challenger stands by it.
RESPONSE = -1.0


@stage
def negotiate(point, institution, shocks, legitimacy, crisis):
    """Challenge or not; demand; settlement, backdown, or a call for a response."""
    m, audience_cost, entry_cost = point.decisiveness, point.audience_cost, point.challenge_cost
    mediation, condemnation = institution.mediation, institution.condemnation
    inverse_war_cost = 1.0 / point.war_cost
    for lane in range(crisis.shape[1]):
        stake, q, cost_range = crisis[STAKE, lane], crisis[STATUS_QUO, lane], crisis[COST_RANGE, lane]
        per_stake = 1.0 / stake
        against = log_odds_against(crisis[CHALLENGER_STRENGTH, lane], crisis[TARGET_STRENGTH, lane], m)
        estimate = logistic(-against)
        belief = logistic(-against - crisis[MISPERCEPTION, lane])
        retreat = q - audience_cost * per_stake
        fighting = belief - crisis[CHALLENGER_COST, lane]
        refused = max(fighting - crisis[PRESSURE, lane], retreat)
        z = min(max(0.5 * (cost_range - belief + refused), 0.0), min(cost_range, 1.0 - belief))
        risk = z * stake * inverse_war_cost
        bargained = (1.0 - risk) * (belief + z) + risk * refused
        chance = mediation * legitimacy[lane]
        value = (1.0 - chance) * bargained + chance * (belief + 0.5 * z)
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

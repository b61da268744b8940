"""MODEL 3, steps 7 and 8: the ultimatum under incomplete information (Fearon 1995), with mediation."""

from typing import NamedTuple

import numpy as np

from csmc._jit import stage
from csmc.kernel.codes import CrisisDraw, Outcome
from csmc.kernel.mathematics import log_odds_against, logistic

_MEDIATION = int(CrisisDraw.MEDIATION)
_NO_CHALLENGE = int(Outcome.NO_CHALLENGE)
_SETTLEMENT = int(Outcome.NEGOTIATED_SETTLEMENT)
_BACKDOWN = int(Outcome.BACKDOWN)

#: In place of an outcome: the demand was refused and the challenger stands by it.
RESPONSE = -1


class Bargain(NamedTuple):
    """What the negotiation left."""

    outcome: np.ndarray  # (lane,) int64: an Outcome, or RESPONSE
    concession: np.ndarray  # (lane,) settlement - q; 0 where nothing was settled
    fighting_value: np.ndarray  # (lane,) p̂ - k_a, the challenger's value of war before any sanction
    retreat_value: np.ndarray  # (lane,) q - A', its value of backing down


@stage
def new_bargain(lanes):
    """An uninitialised Bargain."""
    return Bargain(np.zeros(lanes, dtype=np.int64), np.zeros(lanes), np.zeros(lanes), np.zeros(lanes))


@stage
def negotiate(point, institution, crisis, response, legitimacy, crisis_draw, bargain):
    """Challenge or not; demand; settlement, backdown, or a call for a response."""
    lanes = legitimacy.shape[0]
    m, audience_cost, entry_cost = point.decisiveness, point.audience_cost, point.challenge_cost
    mediation, condemnation = institution.mediation, institution.condemnation
    for lane in range(lanes):
        stake, q, cost_range = crisis.stake[lane], crisis.status_quo[lane], crisis.cost_range[lane]
        ours, theirs = response.challenger_strength[lane], response.target_strength[lane]
        against = log_odds_against(ours, theirs, m)
        estimate = logistic(-against)
        belief = logistic(-against - crisis.misperception[lane])
        retreat = q - audience_cost / stake
        fighting = belief - crisis.challenger_cost[lane]
        refused = max(fighting - response.pressure[lane], retreat)
        z = min(max(0.5 * (cost_range - belief + refused), 0.0), min(cost_range, 1.0 - belief))
        risk = z / cost_range
        bargained = (1.0 - risk) * (belief + z) + risk * refused
        chance = mediation * legitimacy[lane]
        value = (1.0 - chance) * bargained + chance * (belief + 0.5 * z)
        price = (entry_cost + condemnation * legitimacy[lane]) / stake
        deterred = value - price <= q
        mediated = crisis_draw[_MEDIATION, lane] < chance
        accepted = crisis.target_cost[lane] >= belief + z - estimate
        settlement = belief + (0.5 * z if mediated else z)
        settled = (not deterred) and (mediated or accepted)
        outcome = _BACKDOWN if fighting - response.pressure[lane] < retreat else RESPONSE
        outcome = _SETTLEMENT if mediated or accepted else outcome
        bargain.outcome[lane] = _NO_CHALLENGE if deterred else outcome
        bargain.concession[lane] = settlement - q if settled else 0.0
        bargain.fighting_value[lane] = fighting
        bargain.retreat_value[lane] = retreat

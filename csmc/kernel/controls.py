"""Control variates: sums over a history that go together with its outcomes and have the mean 0 exactly.

Two kinds, each a sum over the episodes. A refusal less its probability given all that has been drawn before the
target's cost and the chance of mediation, which decide it, are: whatever came before, its mean is 0 (a martingale
difference), counted apart where the challenger would stand by its demand and where it would yield. And draws of the
crisis less their mean. Edit to add a control; its row is in `csmc.kernel.codes.Control`.
"""

from csmc._jit import stage
from csmc.kernel.codes import N_CONTROLS, N_TALLIES, Assessment, Control, CrisisDraw, Outcome
from csmc.kernel.lanes import (
    ASSESSMENT,
    BELIEF,
    COST_RANGE,
    CRISIS_DRAW,
    ESTIMATE,
    FIGHTING_VALUE,
    OUTCOME,
    PREMIUM,
    PRESSURE,
    RETREAT_VALUE,
    laned,
)
from csmc.kernel.tallies import units

_NO_CHALLENGE = float(Outcome.NO_CHALLENGE)
_SETTLEMENT = float(Outcome.NEGOTIATED_SETTLEMENT)
_STOOD_BY = int(Control.REFUSAL_STOOD_BY) - N_TALLIES
_YIELDED_TO = int(Control.REFUSAL_YIELDED_TO) - N_TALLIES
_CHALLENGER_COST = int(Control.CHALLENGER_COST) - N_TALLIES
_TARGET_COST = int(Control.TARGET_COST) - N_TALLIES
_STATUS_QUO = int(Control.STATUS_QUO) - N_TALLIES
_MISPERCEPTION = int(Control.MISPERCEPTION) - N_TALLIES
_CHALLENGER_COST_DRAW = CRISIS_DRAW + int(CrisisDraw.CHALLENGER_COST)
_TARGET_COST_DRAW = CRISIS_DRAW + int(CrisisDraw.TARGET_COST)
_STATUS_QUO_ERROR = ASSESSMENT + int(Assessment.STATUS_QUO)
_MISPERCEPTION_ERROR = ASSESSMENT + int(Assessment.MISPERCEPTION)


@stage
def add_episode(institution, shocks, legitimacy, active, crisis, controls):
    """Add what an episode gives, after `csmc.kernel.bargaining.describe_demand`; a history that is over only draws."""
    shocks, legitimacy, active = laned(shocks), laned(legitimacy), laned(active)
    crisis, controls = laned(crisis), laned(controls)
    mediation = institution.mediation
    for lane in range(active.shape[0]):
        outcome = crisis[OUTCOME, lane]
        premium = crisis[BELIEF, lane] + crisis[PREMIUM, lane] - crisis[ESTIMATE, lane]
        too_cheap = min(max(premium / crisis[COST_RANGE, lane], 0.0), 1.0)  # of the target's costs, to accept
        unmediated = 1.0 - mediation * legitimacy[lane]
        refused = 0.0 if outcome == _SETTLEMENT else 1.0
        challenged = active[lane] > 0.0 and outcome != _NO_CHALLENGE
        surprise = refused - unmediated * too_cheap if challenged else 0.0
        stands = crisis[FIGHTING_VALUE, lane] - crisis[PRESSURE, lane] >= crisis[RETREAT_VALUE, lane]
        controls[_STOOD_BY, lane] += surprise if stands else 0.0
        controls[_YIELDED_TO, lane] += 0.0 if stands else surprise
    for lane in range(active.shape[0]):
        controls[_CHALLENGER_COST, lane] += shocks[_CHALLENGER_COST_DRAW, lane] - 0.5
        controls[_TARGET_COST, lane] += shocks[_TARGET_COST_DRAW, lane] - 0.5
        controls[_STATUS_QUO, lane] += shocks[_STATUS_QUO_ERROR, lane]
        controls[_MISPERCEPTION, lane] += shocks[_MISPERCEPTION_ERROR, lane]


@stage
def record(scales, controls, counts):
    """Round the sums of histories that have ended to their units, and begin anew."""
    controls, counts = laned(controls), laned(counts)
    for row in range(N_CONTROLS):
        for lane in range(counts.shape[1]):
            counts[N_TALLIES + row, lane] = units(controls[row, lane], scales[N_TALLIES + row])
            controls[row, lane] = 0.0

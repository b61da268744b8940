"""docs/model.md, step 10: what a crisis does to capability, trust and legitimacy."""

from csmc._jit import inlined, stage
from csmc.kernel.codes import Outcome
from csmc.kernel.lanes import (
    CHALLENGER,
    CHALLENGER_GREAT,
    LIVING,
    MANDATES,
    OUTCOME,
    SHARE,
    TARGET,
    THIRD_POWER,
    WON,
)

_BACKDOWN = float(Outcome.BACKDOWN)
_BILATERAL_WAR = float(Outcome.BILATERAL_WAR)


@stage
def remember_backdowns(point, outcome, active, legitimacy):
    """A called bluff is a success for legitimacy; nobody was asked to respond, so trust stays."""
    learning = point.legitimacy_learning
    for lane in range(active.shape[0]):
        learns = outcome[lane] == _BACKDOWN and active[lane] > 0.0
        legitimacy[lane] += learning * (1.0 - legitimacy[lane]) if learns else 0.0


@inlined
def _third_parties_exist(survivors, survivor_thirds, s):
    """Whether any third party lives, be it that distance has taken all its capability."""
    exist = survivors[THIRD_POWER, s] > 0.0
    if not exist:
        for j in range(survivor_thirds.shape[0]):
            exist = exist or survivor_thirds[j, LIVING, s] > 0.0
    return exist


@stage
def remember_responses(point, chosen, survivors, survivor_thirds, capability, trust, legitimacy):
    """Update the lane of each survivor: losses and spoils of war, trust by participation, legitimacy by success."""
    trust_learning, learning = point.trust_learning, point.legitimacy_learning
    loss, spoils = point.war_loss, point.spoils
    threshold = point.survival / point.n_states - 1e-9
    for s in range(chosen.shape[0]):
        lane = chosen[s]
        war, won = survivors[OUTCOME, s] >= _BILATERAL_WAR, survivors[WON, s] > 0.0
        spared = survivors[CHALLENGER_GREAT, s] > 0.0 and survivors[MANDATES, s] == 0.0
        success = 0.0 if (war and won) else 1.0
        regard = success * (1.0 - point.double_standard) if spared else success
        legitimacy[lane] += learning * (regard - legitimacy[lane])
        if _third_parties_exist(survivors, survivor_thirds, s):
            trust[lane] += trust_learning * (survivors[SHARE, s] - trust[lane])
        if war:
            a, b = int(survivors[CHALLENGER, s]), int(survivors[TARGET, s])
            winner, loser = (a, b) if won else (b, a)
            left = capability[loser, lane] * (1.0 - loss)
            kept = left * (1.0 - spoils)
            kept = 0.0 if kept < threshold else kept
            capability[winner, lane] = capability[winner, lane] * (1.0 - loss) + (left - kept)
            capability[loser, lane] = kept

"""MODEL 3, step 10: what a crisis does to capability, trust and legitimacy."""

from csmc._jit import stage
from csmc.kernel.codes import Outcome

_BACKDOWN = int(Outcome.BACKDOWN)
_BILATERAL_WAR = int(Outcome.BILATERAL_WAR)


@stage
def remember_backdowns(point, bargain, active, legitimacy):
    """A called bluff is a success for legitimacy; nobody was asked to respond, so trust stays."""
    learning = point.legitimacy_learning
    for lane in range(active.shape[0]):
        learns = bargain.outcome[lane] == _BACKDOWN and active[lane] > 0.0
        legitimacy[lane] += learning * (1.0 - legitimacy[lane]) if learns else 0.0


@stage
def remember_responses(point, crisis, count, c, capability, trust, legitimacy):
    """Update each survivor's lane: spoils and losses of war, trust by participation, legitimacy by success."""
    trust_learning, learning = point.trust_learning, point.legitimacy_learning
    double_standard = point.double_standard
    loss, spoils = point.war_loss, point.spoils
    threshold = point.survival / point.n_states - 1e-9
    for s in range(count):
        lane = c.lane[s]
        war = c.outcome[s] >= _BILATERAL_WAR
        if c.third_power[s] > 0.0:
            trust[lane] += trust_learning * (c.share[s] - trust[lane])
        spared = crisis.challenger_great[lane] > 0.0 and c.mandates[s] == 0.0
        success = 0.0 if war and c.won[s] > 0.0 else 1.0
        legitimacy[lane] += learning * (success * (1.0 - (double_standard if spared else 0.0)) - legitimacy[lane])
        if war:
            a, b = crisis.challenger[lane], crisis.target[lane]
            winner, loser = (a, b) if c.won[s] > 0.0 else (b, a)
            left = capability[loser, lane] * (1.0 - loss)
            kept = left * (1.0 - spoils)
            kept = 0.0 if kept < threshold else kept
            capability[winner, lane] = capability[winner, lane] * (1.0 - loss) + (left - kept)
            capability[loser, lane] = kept

"""The variance that a paired difference would have if the episodes of a history did not go together."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

import numpy as np

from csmc.estimate.intervals import Floats, design_effect
from csmc.estimate.metrics import Constant, Metric
from csmc.estimate.ratios import Influence, Moments
from csmc.kernel.codes import N_OUTCOMES, Outcome, Tally

_WARS = {Outcome.BILATERAL_WAR, Outcome.LIMITED_WAR, Outcome.GENERAL_WAR}
_CHALLENGES = set(Outcome) - {Outcome.NO_CHALLENGE}
_REFUSALS = _CHALLENGES - {Outcome.NEGOTIATED_SETTLEMENT}

#: Tallies that count episodes by their outcome alone, so that the joint table of outcomes says how pairs differ.
OUTCOMES: Mapping[Tally | Constant, AbstractSet[Outcome]] = {
    **{Tally(outcome.value): {outcome} for outcome in Outcome},
    Tally.WARS: _WARS,
    Tally.PEACE: set(Outcome) - _WARS,
    Tally.CHALLENGES: _CHALLENGES,
    Tally.REFUSALS: _REFUSALS,
    Tally.DETERRED: _REFUSALS - _WARS,
    Constant.EPISODES: set(Outcome),
}


def independent_variance(metric: Metric, moments: Moments, own: Influence, se: Floats, difference_se: Floats) -> Floats:
    """Variance of the paired difference of a proportion from the reference, episodes taken as independent pairs.

    Exact where outcomes decide the metric and they were tabulated. Elsewhere the difference is taken to go together in
    histories as the metric itself does, under the institution or the reference, whichever is the more.
    """
    ratio = metric.ratio
    if ratio.numerator in OUTCOMES and ratio.denominator in OUTCOMES and moments.plan.joint != "none":
        return _tabulated(metric, moments, own)
    return _presumed(moments, own, se, difference_se)


def _tabulated(metric: Metric, moments: Moments, own: Influence) -> Floats:
    """Sum over pairs of episodes of the squared difference of their influences on the two estimates."""
    plan = moments.plan
    joint = moments.tallies.joint[:, :, plan.reference if plan.joint == "all" else 0]
    counted, among = (_indicator(row) for row in (metric.ratio.numerator, metric.ratio.denominator))
    influence = (counted - own.value[..., None] * among) / own.trials[..., None]
    theirs = influence[:, [plan.reference]]
    apart = (influence[..., :, None] - theirs[..., None, :]) ** 2
    return np.asarray((joint * apart).sum(axis=(2, 3)))


def _indicator(row: Tally | Constant) -> Floats:
    return np.array([float(Outcome(code) in OUTCOMES[row]) for code in range(N_OUTCOMES)])


def _presumed(moments: Moments, own: Influence, se: Floats, difference_se: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = se**2 * (own.informative - 1) / own.informative
        events = own.trials * np.minimum(own.value, 1 - own.value)
        binomial = own.value * (1 - own.value) / own.trials
        effect = design_effect(plain, binomial, events, own.trials, own.informative)
        larger = np.maximum(effect, effect[:, [moments.plan.reference]])
        informative = np.minimum(own.informative, own.informative[:, [moments.plan.reference]])
        return np.asarray(difference_se**2 * (informative - 1) / informative / larger)

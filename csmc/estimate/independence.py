"""The variance that a paired difference would have if the episodes of a history did not go together."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

import numpy as np

from csmc.estimate.intervals import Floats, design_effect
from csmc.estimate.metrics import Constant, Metric, Ratio
from csmc.estimate.ratios import Influence, Moments, Pairs
from csmc.kernel.codes import N_OUTCOMES, Outcome, Tally

#: Outcomes that are wars.
WARS = {Outcome.BILATERAL_WAR, Outcome.LIMITED_WAR, Outcome.GENERAL_WAR}
_CHALLENGES = set(Outcome) - {Outcome.NO_CHALLENGE}
_REFUSALS = _CHALLENGES - {Outcome.NEGOTIATED_SETTLEMENT}

#: Tallies that count episodes by their outcome alone, so that the joint table of outcomes says how pairs differ.
OUTCOMES: Mapping[Tally | Constant, AbstractSet[Outcome]] = {
    **{Tally(outcome.value): {outcome} for outcome in Outcome},
    Tally.WARS: WARS,
    Tally.PEACE: set(Outcome) - WARS,
    Tally.CHALLENGES: _CHALLENGES,
    Tally.REFUSALS: _REFUSALS,
    Tally.DETERRED: _REFUSALS - WARS,
    Constant.EPISODES: set(Outcome),
}


def independent_variance(
    metric: Metric, moments: Moments, own: Influence, se: Floats, difference_se: Floats, pairs: Pairs
) -> Floats:
    """Variance of the paired difference of a proportion, episodes taken as independent pairs, (point, pair).

    Exact where outcomes decide the metric and they were tabulated. Elsewhere the difference is taken to go together in
    histories as the metric itself does, under one institution or the other, whichever is the more.
    """
    rows = {row for _, ratio in metric.terms for row in (ratio.numerator, ratio.denominator)}
    if rows <= OUTCOMES.keys() and moments.plan.joint != "none":
        return _tabulated(metric, moments, pairs)
    return _presumed(own, se, difference_se, pairs)


def _tabulated(metric: Metric, moments: Moments, pairs: Pairs) -> Floats:
    """Sum over pairs of episodes of the squared difference of their influences on the two estimates."""
    joint = moments.tallies.joint[:, pairs.one, moments.places(pairs.other)]
    influence = np.sum([sign * _influence(ratio, moments) for sign, ratio in metric.terms], axis=0)
    one, other = (influence[:, which] for which in pairs)
    apart = (one[..., :, None] - other[..., None, :]) ** 2
    return np.asarray((joint * apart).sum(axis=(2, 3)))


def _influence(ratio: Ratio, moments: Moments) -> Floats:
    """What an episode with each outcome adds to the error of a ratio, (point, institution, outcome)."""
    numerator, trials = moments.total(ratio.numerator), moments.total(ratio.denominator)
    counted, among = indicator(ratio.numerator), indicator(ratio.denominator)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((counted - (numerator / trials)[..., None] * among) / trials[..., None])


def indicator(row: Tally | Constant) -> Floats:
    """Whether a tally of `OUTCOMES` counts an episode with each outcome, (outcome,), 0 or 1."""
    return np.array([float(Outcome(code) in OUTCOMES[row]) for code in range(N_OUTCOMES)])


def _presumed(own: Influence, se: Floats, difference_se: Floats, pairs: Pairs) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = se**2 * (own.informative - 1) / own.informative
        events = own.trials * np.minimum(own.value, 1 - own.value)
        binomial = own.value * (1 - own.value) / own.trials
        effect = design_effect(plain, binomial, events, own.trials, own.informative)
        larger = np.maximum(effect[:, pairs.one], effect[:, pairs.other])
        informative = np.minimum(own.informative[:, pairs.one], own.informative[:, pairs.other])
        return np.asarray(difference_se**2 * (informative - 1) / informative / larger)

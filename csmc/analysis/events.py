"""One-shot crises with an event of interest: the metrics that count one, and counts of both of every two institutions.

Edit here when other tallies are exact for pairs of institutions.
"""

from typing import NamedTuple

import numpy as np

from csmc.estimate import Metric, Moments
from csmc.estimate.discordance import together
from csmc.estimate.independence import OUTCOMES, indicator
from csmc.estimate.intervals import Floats
from csmc.estimate.metrics import Constant
from csmc.kernel.codes import N_OUTCOMES, Tally
from csmc.kernel.result import Integers

_WARS = indicator(Tally.WARS)


class Together(NamedTuple):
    """Crises with the event under both of two institutions, (point, K, K), and its patterns (point, 2**K) if known."""

    both: Floats
    patterns: Integers | None


def exception(moments: Moments) -> str:
    """In what cases pairs without the reference need not be counted, in words for whom they have not been."""
    if moments.plan.group > 1 or moments.plan.controls:
        return (
            "war and peace in one-shot crises can do without, but not with sampling.replication other than plain, nor "
            "with sampling.controls"
        )
    return "war and peace in one-shot crises can do without, for up to 10 institutions"


def event_of(metric: Metric) -> Floats | None:
    """The outcomes that a metric counts per episode, as 0 or 1 for each outcome; None if it does not count those."""
    event = np.zeros(N_OUTCOMES)
    for sign, ratio in metric.terms:
        if ratio.denominator is not Constant.EPISODES or ratio.numerator not in OUTCOMES:
            return None
        event += sign * indicator(ratio.numerator)
    return event


def together_in(event: Floats, moments: Moments) -> Together | None:
    """Count the crises with an event under both of every two institutions; None where that has not been counted.

    It has been for every event in one-shot crises with outputs.joint: all; for war and its absence also against the
    reference alone, of up to 10 institutions. Crises of groups of replicates are not independent, and controls tell
    more than counts: what they tell is in second moments.
    """
    n_institutions = moments.tallies.sums.shape[1]
    told_by_moments = moments.plan.group > 1 or moments.plan.controls
    if (moments.episodes != 1).any() or moments.plan.joint == "none" or told_by_moments:
        return None
    patterns = moments.tallies.patterns if moments.tallies.patterns.shape[1] == 1 << n_institutions else None
    if patterns is not None and (event == _WARS).all():
        return Together(together(patterns), patterns)
    if patterns is not None and (event == 1 - _WARS).all():
        absent = patterns[:, ::-1]
        return Together(together(absent), absent)
    if moments.plan.joint == "all":
        return Together(np.einsum("pijab,a,b->pij", moments.tallies.joint, event, event), None)
    return None

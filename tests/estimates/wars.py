"""What becomes of the wars of one institution under another, from single histories and episodes, in plain numbers."""

import math
from collections.abc import Sequence

from csmc.kernel.codes import Outcome
from tests.estimates import intervals
from tests.estimates.estimates import Fraction, ratio
from tests.estimates.intervals import MISSING, Ends, Known

#: outcomes[i][t][k]: history i, episode t, institution k.
Outcomes = Sequence[Sequence[Sequence[int]]]
#: What a war is under the other institution: an outcome, or no war of any kind.
FATES = tuple([outcome] for outcome in Outcome), tuple(range(Outcome.BILATERAL_WAR))


def at_war(outcome: int) -> bool:
    return outcome >= Outcome.BILATERAL_WAR


def wars(outcomes: Outcomes, k: int) -> list[int]:
    """Wars under an institution, history by history."""
    return [sum(at_war(episode[k]) for episode in history) for history in outcomes]


def ended(outcomes: Outcomes, one: int, other: int, fate: Sequence[int]) -> list[int]:
    """Wars under the one that end in a set of outcomes under the other, history by history."""
    return [sum(at_war(episode[one]) and episode[other] in fate for episode in history) for history in outcomes]


def by_hand(outcomes: Outcomes, one: int, other: int) -> dict[str, list[Known]]:
    """All that is said of two institutions, in the order of csmc's Prevention."""
    mine, theirs = wars(outcomes, one), wars(outcomes, other)
    every = [*FATES[0], FATES[1]]
    fates = [ratio(ended(outcomes, one, other, fate), mine) for fate in every]
    origins = [ratio(ended(outcomes, other, one, fate), theirs) for fate in every]
    added = [ratio(ended(outcomes, other, one, fate), mine) for fate in every]
    episodes = len(outcomes) * len(outcomes[0])
    new = [_new(part, len(outcomes), episodes) for part in added]
    shares = [_share(part) for part in fates]
    net = ratio([a - b for a, b in zip(mine, theirs, strict=True)], mine)
    return {
        "fates": shares,
        "origins": [_share(part) for part in origins],
        "added": new,
        "net": [_net(net, shares[-1], new[-1], fates[-1], added[-1])],
    }


def _share(part: Fraction) -> Known:
    ends = MISSING if math.isnan(part.value) else intervals.proportion(part.value, part.se, part.trials, part.histories)
    return Known(part.value, part.se, *ends)


def _new(part: Fraction, histories: int, episodes: int) -> Known:
    """Between 0 and the episodes per war; any history may have more."""
    if math.isnan(part.value):
        return Known(part.value, part.se, *MISSING)
    ends = intervals.mean(part.value, part.se, histories, part.histories, 0.0, episodes / part.trials)
    return Known(part.value, part.se, *ends)


def _net(net: Fraction, prevented: Known, new: Known, lost: Fraction, won: Fraction) -> Known:
    if math.isnan(net.se):
        return Known(net.value, net.se, *MISSING)
    shared = math.fsum(a * b for a, b in zip(lost.errors, won.errors, strict=True))
    low, high = intervals.mover(prevented, new, shared)
    return Known(net.value, net.se, *Ends(low, min(high, 1.0)))

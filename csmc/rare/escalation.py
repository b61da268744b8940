"""How far a history climbed towards an event, from its trace: the score of splitting; edit to guide it better.

The score is the highest of a history's crises. Only its order matters, and only how it ends at `EVENT` decides what is
counted: whatever lies below leads particles well or badly, and never changes what is estimated.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from csmc.kernel import lanes as field
from csmc.kernel.codes import Outcome
from csmc.kernel.tracing import ACTIVE, LEGITIMACY, Trace
from csmc.parameters import Record
from csmc.rare.splitting import EVENT

Floats = NDArray[np.float64]

#: What can be asked for: an outcome by its name, or any war; the outcomes of each.
EVENTS: Mapping[str, tuple[Outcome, ...]] = {
    **{outcome.name.lower(): (outcome,) for outcome in Outcome},
    "war": (Outcome.BILATERAL_WAR, Outcome.LIMITED_WAR, Outcome.GENERAL_WAR),
}


def escalation(trace: Trace, point: Record, institution: Record, outcomes: tuple[Outcome, ...]) -> Floats:
    """(history,): `EVENT` for histories in which one of the outcomes was seen, else how near to it they came, below.

    `trace` is of one institution, whose record (1,) is `institution`; `point` (1,) is the point's.
    """
    crisis = np.moveaxis(trace.crisis[0], 1, 0)
    active = trace.standing[0, :, ACTIVE] > 0
    happened = np.isin(crisis[field.OUTCOME], outcomes) & active
    wide = min(outcomes) > Outcome.BILATERAL_WAR
    place = _ladder(crisis, _price(trace, point, institution), point.general_war[0], wide)
    nearest = np.minimum(place, min(outcomes)) / (max(Outcome) + 1)
    return np.asarray(np.where(happened, EVENT, np.where(active, nearest, 0.0)).max(axis=0))


def _price(trace: Trace, point: Record, institution: Record) -> Floats:
    """(episode, history): what a challenge costs its author beside the war, in units of the stake."""
    legitimacy = np.roll(trace.standing[0, :, LEGITIMACY], 1, axis=0)  # that of the end of the episode before
    legitimacy[0] = institution.legitimacy[0]
    price = point.challenge_cost[0] + institution.condemnation[0] * legitimacy
    return np.asarray(price / trace.crisis[0, :, field.STAKE])


def _ladder(crisis: Floats, price: Floats, general_war: float, wide: bool) -> Floats:
    """(episode, history): the rung, an Outcome's number, plus how near the next one is, in [0, 1].

    Deterred: how far a challenge was from paying. Settled: how far the target's cost was from refusal; lower if
    mediators settled it. Yielded: how far the challenger was from holding on; at the rung of force also, if the event
    is wider than a bilateral war, what share of all capability would have fought. At war: that share.
    """
    outcome = crisis[field.OUTCOME]
    holding = crisis[field.FIGHTING_VALUE] - crisis[field.RETREAT_VALUE]
    retreat = crisis[field.RETREAT_VALUE] + crisis[field.CHALLENGER_COST] + crisis[field.SANCTIONS]
    engaged = np.minimum(crisis[field.ENGAGED] / general_war, 1.0)
    asked = crisis[field.BELIEF] + crisis[field.PREMIUM] - crisis[field.ESTIMATE]
    spared = _nearness(np.maximum(crisis[field.TARGET_COST] - asked, 0.0))
    forced = _nearness(retreat - crisis[field.BELIEF_BEFORE_WAR])
    within = [
        _nearness(crisis[field.STATUS_QUO] + price - crisis[field.DEMAND_VALUE]),
        0.5 * spared + np.where(crisis[field.MEDIATED] > 0, 0.0, 0.5),
        _nearness(crisis[field.PRESSURE] - holding),
        *3 * [_nearness(crisis[field.SANCTIONS] - holding)],
        0.5 * (forced + engaged) if wide else forced,
        engaged,
        engaged,
        np.ones_like(outcome),
    ]
    return np.asarray(outcome + np.choose(outcome.astype(np.int64), within))


def _nearness(gap: Floats) -> Floats:
    """1 where nothing is missing, falling towards 0 the more is."""
    return np.asarray(1.0 / (1.0 + np.maximum(gap, 0.0)))

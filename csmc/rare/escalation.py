"""How far a history climbed towards an event, from its trace: the score of splitting; edit to guide it better.

The score is the highest of a history's crises. Only its order matters, and only how it ends at `EVENT` decides what is
counted: whatever lies below leads particles well or badly, and never changes what is estimated.
"""

from collections.abc import Mapping

import numpy as np

from csmc.estimate.independence import WARS
from csmc.kernel import lanes as field
from csmc.kernel.codes import Outcome
from csmc.kernel.tracing import ACTIVE, LEGITIMACY, Floats, Trace
from csmc.parameters import Record
from csmc.rare.splitting import EVENT

#: What can be asked for: an outcome by its name, or any war; the outcomes of each.
EVENTS: Mapping[str, tuple[Outcome, ...]] = {
    **{outcome.name.lower(): (outcome,) for outcome in Outcome},
    "war": tuple(sorted(WARS)),
}


def escalation(trace: Trace, point: Record, institution: Record, outcomes: tuple[Outcome, ...]) -> Floats:
    """(history,): `EVENT` for histories in which one of the outcomes was seen, else how near to it they came, below.

    `trace` is of one institution, whose record (1,) is `institution`; `point` (1,) is the point's.
    """
    crisis, thirds = np.moveaxis(trace.crisis[0], 1, 0), np.moveaxis(trace.thirds[0], (1, 2), (0, 1))
    active = trace.standing[0, :, ACTIVE] > 0
    happened = np.isin(crisis[field.OUTCOME], outcomes) & active
    resolve = _resolve(crisis)
    joining = resolve
    if min(outcomes) == Outcome.GENERAL_WAR:
        joining = _nearness(_cost_to_engage(crisis, thirds, point.general_war[0]))
    elif min(outcomes) == Outcome.LIMITED_WAR:
        joining = _nearness(_cost_of_each(thirds).min(axis=0))
    place = _ladder(crisis, _price(trace, point, institution), 0.5 * (resolve + joining), joining)
    nearest = np.minimum(place, min(outcomes)) / (max(Outcome) + 1)
    return np.asarray(np.where(happened, EVENT, np.where(active, nearest, 0.0)).max(axis=0))


def _price(trace: Trace, point: Record, institution: Record) -> Floats:
    """(episode, history): what a challenge costs its author beside the war, in units of the stake."""
    legitimacy = np.roll(trace.standing[0, :, LEGITIMACY], 1, axis=0)  # that of the end of the episode before
    legitimacy[0] = institution.legitimacy[0]
    price = point.challenge_cost[0] + institution.condemnation[0] * legitimacy
    return np.asarray(price / trace.crisis[0, :, field.STAKE])


def _ladder(crisis: Floats, price: Floats, forced: Floats, war: Floats) -> Floats:
    """(episode, history): the rung, an Outcome's number, plus how near the next one is, in [0, 1].

    Deterred: how far a challenge was from paying. Settled: how far the target's cost was from refusal; lower if
    mediators settled it. Yielded at a lower rung: how far the challenger was from holding on. `forced`, `war`: how near
    the next rung is from force, and from a war that is not general. Such wars are one rung: what matters is not that
    somebody has joined, but how probable it is that enough do.
    """
    outcome = crisis[field.OUTCOME]
    holding = crisis[field.FIGHTING_VALUE] - crisis[field.RETREAT_VALUE]
    asked = crisis[field.BELIEF] + crisis[field.PREMIUM] - crisis[field.ESTIMATE]
    spared = _nearness(crisis[field.TARGET_COST] - asked)
    within = [
        _nearness(crisis[field.STATUS_QUO] + price - crisis[field.DEMAND_VALUE]),
        0.5 * spared + np.where(crisis[field.MEDIATED] > 0, 0.0, 0.5),
        _nearness(crisis[field.PRESSURE] - holding),
        *3 * [_nearness(crisis[field.SANCTIONS] - holding)],
        forced,
        2.0 * war,
        2.0 * war - 1.0,
        np.ones_like(outcome),
    ]
    return np.asarray(outcome + np.choose(outcome.astype(np.int64), within))


def _resolve(crisis: Floats) -> Floats:
    """(episode, history): how near the challenger is to holding on against the coalition that has formed."""
    retreat = crisis[field.RETREAT_VALUE] + crisis[field.CHALLENGER_COST] + crisis[field.SANCTIONS]
    return _nearness(retreat - crisis[field.BELIEF_BEFORE_WAR])


def _cost_of_each(thirds: Floats) -> Floats:
    """(third party, episode, history): by how much the logarithm of the draw that decided missed a fight; 0 if none."""
    return np.asarray(-np.log(np.clip(thirds[field.READINESS], 1e-300, 1.0)))


def _cost_to_engage(crisis: Floats, thirds: Floats, general_war: float) -> Floats:
    """(episode, history): what the third parties that a general war takes cost together, the cheapest first.

    The cheapest by power are enough: their sum is minus the logarithm of the probability that all fight, as far as
    their draws have not come nearer yet.
    """
    costs, power = _cost_of_each(thirds), np.maximum(thirds[field.POWER], 1e-12)
    parties = crisis[field.CHALLENGER_POWER] + crisis[field.TARGET_POWER]
    missing = general_war * (parties + crisis[field.THIRD_POWER]) - 1e-9 - parties
    order = np.argsort(costs / power, axis=0)
    costs, power = np.take_along_axis(costs, order, axis=0), np.take_along_axis(power, order, axis=0)
    needed = np.cumsum(power, axis=0) - power < missing
    return np.asarray((costs * needed).sum(axis=0))


def _nearness(gap: Floats) -> Floats:
    """1 where nothing is missing, falling towards 0 the more is."""
    return np.asarray(1.0 / (1.0 + np.maximum(gap, 0.0)))

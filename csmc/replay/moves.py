"""One episode of a trace by the names of the model: numbers, lists and mappings, keyed by state where states differ.

The reference implementation is compared under the names of `moves` (tests/reference/moves.py). Edit here when a trace
has something new to tell.
"""

from typing import Any

import numpy as np

from csmc.kernel import lanes as field
from csmc.kernel.codes import Outcome, Seating
from csmc.kernel.tracing import ACTIVE, LEGITIMACY, TRUST, Trace

#: Names of one number each, and where a crisis has them.
_STAGE = {
    "stake": field.STAKE,
    "status_quo": field.STATUS_QUO,
    "war_cost": field.COST_RANGE,
    "challenger_war_cost": field.CHALLENGER_COST,
    "target_war_cost": field.TARGET_COST,
    "hegemony": field.HEGEMONY,
    "mandate_expected": field.EXPECTED_MANDATE,
    "challenger_strength": field.CHALLENGER_STRENGTH,
    "target_strength": field.TARGET_STRENGTH,
    "support": field.SUPPORT,
    "pressure_expected": field.PRESSURE,
    "estimate": field.ESTIMATE,
    "belief": field.BELIEF,
    "refusal_value": field.REFUSAL_VALUE,
    "premium": field.PREMIUM,
    "demand_value": field.DEMAND_VALUE,
}
_THIRD_PARTY = {
    "alignment": field.ALIGNMENT,
    "obligation": field.OBLIGATION,
    "helping": field.HELP_UTILITY,
    "joining": field.JOIN_UTILITY,
    "helping_cost": field.VICTIM_SIDE_COST,
    "joining_cost": field.CHALLENGER_SIDE_COST,
}
_WAR = {
    "engaged": field.ENGAGED,
    "chance": field.CHANCE,
}

Moves = dict[str, Any]
Fields = list[float]
Rows = list[list[float]]


def moves(trace: Trace, point: Any, institution: Any, k: int, episode: int, replicate: int) -> Moves:
    """Everything that happened in one episode under one institution.

    `point` and `institution` are the records that were traced; `k`, `episode` and `replicate` are positions in `trace`.
    An episode after the end of its history has an outcome, trust and legitimacy only.
    """
    crisis = trace.crisis[k, episode, :, replicate].tolist()
    thirds = trace.thirds[k, episode, :, :, replicate].tolist()
    standing = trace.standing[k, episode, :, replicate].tolist()
    told: Moves = {
        "outcome": int(crisis[field.OUTCOME]),
        "trust": standing[TRUST],
        "legitimacy": standing[LEGITIMACY],
    }
    if standing[ACTIVE] == 0.0:
        return told
    rows = _third_parties(crisis, thirds)
    axes = slice(field.INTEREST, field.INTEREST + point.dimensions)
    ideal_points = trace.world[episode, axes, :, replicate].T.tolist()
    told["capability"] = trace.before[k, episode, :, replicate].tolist()
    told["capability_after"] = trace.after[k, episode, :, replicate].tolist()
    told["ideal_points"] = {i: ideal_points[i] for i, share in enumerate(told["capability"]) if share > 0.0}
    told |= _crisis(crisis, thirds, rows, int(institution.rungs))
    if institution.seating != Seating.NO_COUNCIL:
        seats = trace.seats[k, episode, :, replicate].tolist()
        told["council"] = _council(crisis, thirds, rows, seats, bool(institution.parties_abstain))
    if told["called"]:
        told |= _response(crisis, thirds, rows, int(institution.rungs))
        if institution.seating != Seating.NO_COUNCIL:
            told["votes"] = {item: _vote(crisis, thirds, rows, item) for item in told["authorised"]}
    return told


def surroundings(trace: Trace, point: Any, institution: Any, k: int, episode: int, replicate: int) -> Moves:
    """What `moves` leaves out of the same episode: who is what, trust and legitimacy before it, why anybody yields.

    The first traced episode must be that before, or the first of its history. The last four are of living histories.
    """
    first = episode == 0
    past = trace.standing[k, episode - 1, :, replicate].tolist()
    told: Moves = {
        "trust_before": float(point.trust) if first else past[TRUST],
        "legitimacy_before": float(institution.legitimacy) if first else past[LEGITIMACY],
    }
    if trace.standing[k, episode, ACTIVE, replicate] == 0.0:
        return told
    crisis = trace.crisis[k, episode, :, replicate]
    challenged = crisis[field.OUTCOME] != Outcome.NO_CHALLENGE
    return told | {
        **{
            name: np.flatnonzero(trace.world[episode, mask, :, replicate] > 0.0).tolist()
            for name, mask in (("great_powers", field.GREAT_POWER), ("members", field.MEMBER))
        },
        "demand": float(crisis[field.BELIEF] + crisis[field.PREMIUM]) if challenged else None,
        "fighting_value": float(crisis[field.FIGHTING_VALUE]),
        "retreat_value": float(crisis[field.RETREAT_VALUE]),
    }


def _third_parties(crisis: Fields, thirds: Rows) -> dict[int, int]:
    """Row of each living third party, by state."""
    parties = (crisis[field.CHALLENGER], crisis[field.TARGET])
    states = [k for k in range(len(thirds[0]) + 2) if k not in parties]
    return {k: row for row, k in enumerate(states) if thirds[field.LIVING][row] > 0.0}


def _crisis(crisis: Fields, thirds: Rows, rows: dict[int, int], rungs: int) -> Moves:
    """Who, what, what was expected, and the negotiation."""
    a, b = int(crisis[field.CHALLENGER]), int(crisis[field.TARGET])
    outcome = int(crisis[field.OUTCOME])
    settled = outcome == Outcome.NEGOTIATED_SETTLEMENT
    mediated = settled and crisis[field.MEDIATED] > 0.0
    settlement = crisis[field.BELIEF] + crisis[field.PREMIUM] * (0.5 if mediated else 1.0)
    powers = {a: crisis[field.CHALLENGER_POWER], b: crisis[field.TARGET_POWER]}
    powers |= {k: thirds[field.POWER][row] for k, row in rows.items()}
    return {
        "challenger": a,
        "target": b,
        "great_challenger": crisis[field.CHALLENGER_GREAT] > 0.0,
        "effective": {k: powers[k] for k in sorted(powers)},
        **{name: crisis[row] for name, row in _STAGE.items()},
        "third_parties": {
            k: {name: thirds[entry][row] for name, entry in _THIRD_PARTY.items()} for k, row in rows.items()
        },
        "mandates": crisis[field.MANDATE : field.MANDATE + rungs],
        "mediated": mediated,
        "settlement": settlement if settled else None,
        "concession": crisis[field.CONCESSION] if settled else None,
        "called": outcome > Outcome.BACKDOWN,
    }


def _response(crisis: Fields, thirds: Rows, rows: dict[int, int], rungs: int) -> Moves:
    """Votes, rungs, coalitions and what came of them."""
    ladder = [*range(1, rungs), 0]
    reached = [item for item in ladder if crisis[field.REACHED + item] > 0.0]
    authorised = {item: crisis[field.AUTHORISED + item] > 0.0 for item in reached}
    taken = [item for item in reached if authorised[item] or item == 0]
    war = crisis[field.OUTCOME] >= Outcome.BILATERAL_WAR
    return {
        "authorised": authorised,
        "helpers": {item: _states(thirds, rows, item, 1.0) for item in taken},
        "joiners": _states(thirds, rows, 0, -1.0) if 0 in taken else [],
        "participation": crisis[field.SHARE],
        "free_riding": crisis[field.RIDING],
        "pressure": crisis[field.SANCTIONS],
        "belief_before_war": crisis[field.BELIEF_BEFORE_WAR] if 0 in taken else None,
        **{name: crisis[entry] if war else None for name, entry in _WAR.items()},
        "won": war and crisis[field.WON] > 0.0,
        "enforced": war and crisis[field.MANDATED] > 0.0 and crisis[field.HELPERS] > 0.0,
    }


def _council(crisis: Fields, thirds: Rows, rows: dict[int, int], seats: Fields, abstain: bool) -> Moves:
    """Who sits, who may vote, whose no is a veto, and how many yes votes pass a measure (-1: none can)."""
    sitting = [k for k, seat in enumerate(seats) if seat > 0.0]
    excluded = (crisis[field.CHALLENGER], crisis[field.TARGET]) if abstain else ()
    return {
        "seats": sitting,
        "voters": [k for k in sitting if k not in excluded],
        "third_parties_with_veto": [k for k, row in rows.items() if thirds[field.VETO][row] > 0.0],
        "challenger_vetoes": crisis[field.CHALLENGER_VETOES] > 0.0,
        "need": int(crisis[field.NEED]),
    }


def _vote(crisis: Fields, thirds: Rows, rows: dict[int, int], item: int) -> Moves:
    """One vote: how third parties voted (1 yes, -1 no, 0 abstained), the yes votes of all, whether anybody vetoed."""
    ballots = {k: int(thirds[field.BALLOT + item][row]) for k, row in rows.items() if thirds[field.VOTER][row] > 0.0}
    return {
        "ballots": ballots,
        "yes": int(crisis[field.YES_VOTES + item]),
        "vetoed": crisis[field.VETOES + item] > 0.0,
    }


def _states(thirds: Rows, rows: dict[int, int], item: int, choice: float) -> list[int]:
    return [k for k, row in rows.items() if thirds[field.CHOICE + item][row] == choice]

"""An episode of the reference under the names of `csmc.replay`, and the comparison of the two."""

from collections.abc import Iterator, Mapping
from typing import Any

from .bargaining import Bargain
from .council import Council, Vote
from .enforcement import Enforcement
from .history import Episode
from .onset import Crisis
from .records import Point
from .response import ThirdParty, hegemonic_threat

Moves = dict[str, Any]


def moves(episode: Episode, point: Point) -> Moves:
    """All that happened in the episode."""
    told: Moves = {
        "outcome": int(episode.outcome),
        "trust": episode.trust,
        "legitimacy": episode.legitimacy,
    }
    if episode.crisis is None:
        return told
    assert episode.bargain is not None
    told |= _crisis(episode, episode.crisis, point) | _bargain(episode.bargain)
    if episode.council is not None:
        told["council"] = _council(episode.council, episode.crisis)
    told["called"] = episode.enforcement is not None
    if episode.enforcement is not None:
        told |= _response(episode.enforcement)
        told["free_riding"] = episode.free_riding
        if episode.council is not None:
            told["votes"] = {vote.item: _vote(vote, episode.crisis) for vote in episode.enforcement.votes}
    return told


def _crisis(episode: Episode, crisis: Crisis, point: Point) -> Moves:
    assert episode.expectation is not None
    return {
        "ideal_points": {k: crisis.ideal_points[k] for k, share in enumerate(crisis.capability) if share > 0.0},
        "capability": crisis.capability,
        "capability_after": list(episode.capability),
        "challenger": crisis.challenger,
        "target": crisis.target,
        "great_challenger": episode.great_challenger,
        "effective": {
            k: crisis.effective[k] for k in sorted((crisis.challenger, crisis.target, *crisis.third_parties))
        },
        "stake": crisis.stake,
        "status_quo": crisis.status_quo,
        "war_cost": crisis.war_cost,
        "challenger_war_cost": crisis.challenger_war_cost,
        "target_war_cost": crisis.target_war_cost,
        "hegemony": hegemonic_threat(crisis, point),
        "third_parties": {party.state: _third_party(party) for party in episode.third_parties},
        "mandates": list(episode.mandates),
        "mandate_expected": episode.mandate_expected,
        "challenger_strength": episode.expectation.aggressor,
        "target_strength": episode.expectation.victim,
        "support": episode.expectation.helping,
        "pressure_expected": episode.pressure_expected,
    }


def _third_party(party: ThirdParty) -> Moves:
    return {
        "alignment": party.alignment,
        "obligation": party.obligation,
        "helping": party.helping,
        "joining": party.joining,
        "helping_cost": party.helping_cost,
        "joining_cost": party.joining_cost,
    }


def _council(council: Council, crisis: Crisis) -> Moves:
    parties = (crisis.challenger, crisis.target)
    return {
        "seats": list(council.seats),
        "voters": sorted(council.eligible),
        "third_parties_with_veto": [k for k in council.veto_holders if k not in parties],
        "challenger_vetoes": crisis.challenger in council.veto_holders,
        "need": council.need if council.can_act else -1,
    }


def _bargain(bargain: Bargain) -> Moves:
    return {
        "estimate": bargain.odds_common,
        "belief": bargain.odds_believed,
        "refusal_value": bargain.refusal_value,
        "premium": bargain.premium,
        "demand_value": bargain.demand_value,
        "mediated": bargain.mediated,
        "settlement": bargain.settlement,
        "concession": bargain.concession,
    }


def _response(enforcement: Enforcement) -> Moves:
    force = enforcement.force
    war = enforcement.outcome.is_war
    return {
        "authorised": enforcement.authorised,
        "helpers": {rung.item: list(rung.helpers) for rung in enforcement.rungs},
        "joiners": list(enforcement.last.joiners),
        "participation": enforcement.last.participation,
        "pressure": enforcement.last.pressure,
        "belief_before_war": force.odds_believed if force is not None else None,
        "chance": force.odds if war and force is not None else None,
        "engaged": enforcement.engaged,
        "won": enforcement.aggressor_won,
        "enforced": enforcement.enforced,
    }


def _vote(vote: Vote, crisis: Crisis) -> Moves:
    parties = (crisis.challenger, crisis.target)
    return {
        "ballots": {k: ballot for k, ballot in vote.votes.items() if k not in parties},
        "yes": sum(ballot == 1 for ballot in vote.votes.values()),
        "vetoed": vote.vetoed,
    }


#: Numbers may differ by this part of the larger one,
RELATIVE = 1e-12
#: or by this much: many are differences of numbers of about 1, the most that could be at stake.
ABSOLUTE = 1e-13


def differences(got: Any, want: Any, slack: Mapping[str, float] | None = None, path: str = "") -> Iterator[str]:
    """Where two episodes differ: discrete values at all, numbers by more than the tolerances and `slack` by path."""
    if isinstance(want, Mapping) and isinstance(got, Mapping):
        if set(got) != set(want):
            yield f"{path}: {sorted(map(str, got))} instead of {sorted(map(str, want))}"
            return
        for key in want:
            yield from differences(got[key], want[key], slack, f"{path}.{key}")
    elif isinstance(want, list) and isinstance(got, list):
        if len(got) != len(want):
            yield f"{path}: {got} instead of {want}"
            return
        for position, (mine, theirs) in enumerate(zip(got, want, strict=True)):
            yield from differences(mine, theirs, slack, f"{path}.{position}")
    elif isinstance(want, float) and isinstance(got, float):
        tolerance = max(ABSOLUTE, RELATIVE * max(abs(got), abs(want))) + (slack or {}).get(path, 0.0)
        if not abs(got - want) <= tolerance:
            yield f"{path}: {got!r} instead of {want!r}"
    elif got != want or type(got) is not type(want):
        yield f"{path}: {got!r} instead of {want!r}"


def numbers(told: Any, path: str = "") -> dict[str, float]:
    """All numbers of an episode by the paths that `differences` uses."""
    if isinstance(told, float):
        return {path: told}
    if isinstance(told, Mapping | list):
        entries = told.items() if isinstance(told, Mapping) else enumerate(told)
        return {inner: x for key, entry in entries for inner, x in numbers(entry, f"{path}.{key}").items()}
    return {}

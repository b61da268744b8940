"""MODEL 3, step 5: who sits, how they vote, and the exact probability of a mandate."""

import math
from typing import NamedTuple

import numpy as np

from csmc._jit import inlined, stage
from csmc.kernel.codes import Seating, Veto
from csmc.kernel.lanes import third_party
from csmc.kernel.mathematics import logistic

_NO_COUNCIL = int(Seating.NO_COUNCIL)
_GREAT_POWERS = int(Seating.GREAT_POWERS)
_NUMBER = int(Seating.NUMBER)
_VETO_PERMANENT = int(Veto.PERMANENT)
_VETO_ALL = int(Veto.ALL)


class Council(NamedTuple):
    """Who may vote on the measures of this episode."""

    seat: np.ndarray  # (row, lane) mask over all states
    voter: np.ndarray  # (third, lane) mask: seated and not excluded
    veto: np.ndarray  # (third, lane) mask
    victim_votes: np.ndarray  # (lane,) mask
    challenger_vetoes: np.ndarray  # (lane,) mask
    need: np.ndarray  # (lane,) int64: yes votes that pass a measure; -1: nothing can pass
    mandate: np.ndarray  # (item, lane): probability Π that the measure passes, as everybody expects
    odds: np.ndarray  # (remaining, lane) room for the tail of the Poisson-binomial distribution


@stage
def new_council(n, lanes):
    """An uninitialised Council."""
    return Council(
        np.zeros((n, lanes)),
        np.zeros((n - 2, lanes)),
        np.zeros((n - 2, lanes)),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes, dtype=np.int64),
        np.zeros((4, lanes)),
        np.zeros((n + 2, lanes)),
    )


@stage
def _seat_everyone(n, great_only, world, capability, seat):
    """All living members, or those of them that are great powers."""
    for i in range(n):
        for lane in range(seat.shape[1]):
            eligible = world.member[i, lane] * (world.great_power[i, lane] if great_only else 1.0)
            seat[i, lane] = eligible if capability[i, lane] > 0.0 else 0.0


@stage
def _seat_number(n, seats, world, capability, seat, scratch):
    """`seats` seats: living permanent members first (the largest, if too many), the rest by the smallest draws."""
    lanes = seat.shape[1]
    permanent, elected = scratch.first, scratch.second  # masks of who stands for each kind of seat
    free = scratch.total
    for lane in range(lanes):
        free[lane] = seats
    for i in range(n):
        for lane in range(lanes):
            standing = world.member[i, lane] if capability[i, lane] > 0.0 else 0.0
            permanent[i, lane] = standing * world.great_power[i, lane]
            elected[i, lane] = standing * (1.0 - world.great_power[i, lane])
            free[lane] -= permanent[i, lane]
    for i in range(n):
        for lane in range(lanes):
            seat[i, lane] = 0.0  # counts those who stand before i, then becomes the mask
        for j in range(n):
            for lane in range(lanes):
                larger = capability[j, lane] > capability[i, lane] or (
                    capability[j, lane] == capability[i, lane] and j < i
                )
                sooner = world.seat_draw[j, lane] < world.seat_draw[i, lane] or (
                    world.seat_draw[j, lane] == world.seat_draw[i, lane] and j < i
                )
                rival = permanent[j, lane] if permanent[i, lane] > 0.0 else elected[j, lane]
                ahead = larger if permanent[i, lane] > 0.0 else sooner
                seat[i, lane] += rival if ahead else 0.0
        for lane in range(lanes):
            places = float(seats) if permanent[i, lane] > 0.0 else free[lane]
            stands = permanent[i, lane] + elected[i, lane]
            seat[i, lane] = stands if seat[i, lane] < places else 0.0


@stage
def convene(point, institution, world, capability, crisis, council, scratch):
    """Seat the council and say who may vote, who holds a veto and how many yes votes are needed."""
    n = point.n_states
    lanes = council.need.shape[0]
    if institution.seating == _NUMBER and institution.seats < n:
        _seat_number(n, institution.seats, world, capability, council.seat, scratch)
    else:
        _seat_everyone(n, institution.seating == _GREAT_POWERS, world, capability, council.seat)
    quota, parties_vote = institution.quota, 0.0 if institution.parties_abstain else 1.0
    veto_permanent = 1.0 if institution.veto == _VETO_PERMANENT else 0.0
    veto_all = 1.0 if institution.veto == _VETO_ALL else 0.0
    eligible = scratch.total
    for lane in range(lanes):
        challenger_votes = council.seat[crisis.challenger[lane], lane] * parties_vote
        council.victim_votes[lane] = council.seat[crisis.target[lane], lane] * parties_vote
        holds_veto = max(veto_all, veto_permanent * crisis.challenger_great[lane])
        council.challenger_vetoes[lane] = challenger_votes * holds_veto
        eligible[lane] = challenger_votes + council.victim_votes[lane]
    for j in range(n - 2):
        for lane in range(lanes):
            lower = min(crisis.challenger[lane], crisis.target[lane])
            upper = max(crisis.challenger[lane], crisis.target[lane])
            voter = third_party(council.seat, j, lane, lower, upper)
            council.voter[j, lane] = voter
            council.veto[j, lane] = voter * max(veto_all, veto_permanent * crisis.great_power[j, lane])
            eligible[lane] += voter
    for lane in range(lanes):
        need = int(math.ceil(quota * eligible[lane] - 1e-9))
        powerless = quota > 0.0 and eligible[lane] == 0.0
        council.need[lane] = -1 if powerless else max(need, 0)


@inlined
def vote_probabilities(value, abstention, noise):
    """(P(yes), 1 - P(no)) of a voter to whom the measure is worth `value`."""
    return logistic((value - abstention) / noise), logistic((value + abstention) / noise)


@stage
def expect_mandate(point, institution, item, crisis, utilities, council, scratch):
    """Π of one item: no veto is cast, and the yes votes reach the need (the exact Poisson-binomial tail).

    The tail is a countdown of the votes still needed, so that lanes with different needs share one loop.
    """
    thirds = point.n_states - 2
    lanes = council.need.shape[0]
    mandate = council.mandate[item]
    odds = council.odds
    abstention, noise = institution.abstention, point.noise
    price = point.vote_cost * institution.cost[item]
    unblocked = scratch.total
    highest = 0
    for lane in range(lanes):
        unblocked[lane] = 1.0 - council.challenger_vetoes[lane]
        highest = max(highest, council.need[lane])
    for row in range(highest + 2):
        for lane in range(lanes):
            remaining = max(council.need[lane] - int(council.victim_votes[lane]), 0)
            odds[row, lane] = 1.0 if row == remaining else 0.0
    for j in range(thirds):
        yes_votes = scratch.partial
        for lane in range(lanes):
            value = utilities.victim[j, lane] + utilities.obligation[j, lane] - price * crisis.victim_side_cost[j, lane]
            yes, not_no = vote_probabilities(value, abstention, noise)
            holds_veto = council.veto[j, lane] > 0.0
            conditional = min(yes / not_no, 1.0) if not_no > 0.0 else 0.0
            unblocked[lane] *= not_no if holds_veto else 1.0
            yes_votes[lane] = council.voter[j, lane] * (conditional if holds_veto else yes)
        reachable = min(highest, thirds - j)
        if reachable > 0:
            for lane in range(lanes):
                odds[0, lane] += odds[1, lane] * yes_votes[lane]
            for row in range(1, reachable + 1):
                for lane in range(lanes):
                    p = yes_votes[lane]
                    odds[row, lane] = odds[row, lane] * (1.0 - p) + odds[row + 1, lane] * p
    for lane in range(lanes):
        mandate[lane] = 0.0 if council.need[lane] < 0 else unblocked[lane] * odds[0, lane]


@stage
def expect_mandates(point, institution, crisis, utilities, council, scratch):
    """Π of every rung; 1 where there is no council."""
    lanes = council.need.shape[0]
    for item in range(institution.rungs):
        if institution.seating == _NO_COUNCIL:
            for lane in range(lanes):
                council.mandate[item, lane] = 1.0
        else:
            expect_mandate(point, institution, item, crisis, utilities, council, scratch)

"""docs/model.md, step 5: who sits, how they vote, and the exact probability of a mandate."""

import numpy as np

from csmc._jit import stage
from csmc.kernel.codes import Seating, Veto
from csmc.kernel.lanes import (
    CHALLENGER,
    CHALLENGER_GREAT,
    CHALLENGER_VETOES,
    FIRST,
    GREAT_POWER,
    HELP_UTILITY,
    MANDATE,
    MEMBER,
    NEED,
    OBLIGATION,
    SEAT_DRAW,
    SECOND,
    TARGET,
    THIRD,
    THIRD_GREAT,
    VETO,
    VICTIM_SIDE_COST,
    VICTIM_VOTES,
    VOTER,
    third_party,
)
from csmc.kernel.mathematics import exp, logistic

_NO_COUNCIL = int(Seating.NO_COUNCIL)
_GREAT_POWERS = int(Seating.GREAT_POWERS)
_NUMBER = int(Seating.NUMBER)
_VETO_NONE = int(Veto.NONE)
_VETO_PERMANENT = int(Veto.PERMANENT)
_VETO_ALL = int(Veto.ALL)


@stage
def _seat_everyone(n, great_only, world, capability, seat):
    """All living members, or those of them that are great powers."""
    for i in range(n):
        for lane in range(seat.shape[1]):
            eligible = world[MEMBER, i, lane] * (world[GREAT_POWER, i, lane] if great_only else 1.0)
            seat[i, lane] = eligible if capability[i, lane] > 0.0 else 0.0


@stage
def _seat_first(n, candidates, rivals, order, places, seat):
    """Seat each of `candidates` whom fewer than `places` of them precede: smaller `order`, ties to the lower index.

    `rivals` is room for a count.
    """
    lanes = seat.shape[1]
    for i in range(n):
        for lane in range(lanes):
            rivals[lane] = 0.0
        for j in range(n):
            tie = 1.0 if j < i else 0.0
            for lane in range(lanes):
                mine, theirs = order[i, lane], order[j, lane]
                rivals[lane] += candidates[j, lane] * (1.0 if theirs < mine else (tie if theirs == mine else 0.0))
        for lane in range(lanes):
            seat[i, lane] += candidates[i, lane] if rivals[lane] < places[lane] else 0.0


@stage
def _seat_number(n, seats, world, capability, seat, scratch, room):
    """`seats` seats: living permanent members first (the largest, if too many), the rest by the smallest draws."""
    lanes = seat.shape[1]
    candidates, smallness, free, rivals = scratch[FIRST], scratch[SECOND], room[FIRST], room[SECOND]
    most_permanent = 0.0
    for lane in range(lanes):
        free[lane] = 0.0
    for i in range(n):
        for lane in range(lanes):
            candidates[i, lane] = world[MEMBER, i, lane] * world[GREAT_POWER, i, lane]
            candidates[i, lane] *= 1.0 if capability[i, lane] > 0.0 else 0.0
            smallness[i, lane] = -capability[i, lane]
            seat[i, lane] = 0.0
            free[lane] += candidates[i, lane]
    for lane in range(lanes):
        most_permanent = max(most_permanent, free[lane])
        free[lane] = seats
    if most_permanent <= seats:
        for i in range(n):
            for lane in range(lanes):
                seat[i, lane] = candidates[i, lane]
    else:
        _seat_first(n, candidates, rivals, smallness, free, seat)
    for i in range(n):
        for lane in range(lanes):
            free[lane] -= seat[i, lane]
            others = world[MEMBER, i, lane] * (1.0 - world[GREAT_POWER, i, lane])
            candidates[i, lane] = others if capability[i, lane] > 0.0 else 0.0
    _seat_first(n, candidates, rivals, world[SEAT_DRAW], free, seat)


@stage
def convene(point, institution, world, capability, crisis, thirds, scratch, room):
    """Seat the council and say who may vote, who holds a veto and how many yes votes are needed.

    Leaves who sits, as a mask, in scratch[THIRD].
    """
    n = point.n_states
    lanes = crisis.shape[1]
    seat, eligible = scratch[THIRD], room[SECOND]
    if institution.seating == _NUMBER and institution.seats < n:
        _seat_number(n, institution.seats, world, capability, seat, scratch, room)
    else:
        _seat_everyone(n, institution.seating == _GREAT_POWERS, world, capability, seat)
    quota, parties_vote = institution.quota, 0.0 if institution.parties_abstain else 1.0
    veto_permanent = 1.0 if institution.veto == _VETO_PERMANENT else 0.0
    veto_all = 1.0 if institution.veto == _VETO_ALL else 0.0
    for lane in range(lanes):
        challenger_votes = seat[int(crisis[CHALLENGER, lane]), lane] * parties_vote
        holds_veto = max(veto_all, veto_permanent * crisis[CHALLENGER_GREAT, lane])
        crisis[VICTIM_VOTES, lane] = seat[int(crisis[TARGET, lane]), lane] * parties_vote
        crisis[CHALLENGER_VETOES, lane] = challenger_votes * holds_veto
        eligible[lane] = challenger_votes + crisis[VICTIM_VOTES, lane]
    for j in range(n - 2):
        for lane in range(lanes):
            lower = min(crisis[CHALLENGER, lane], crisis[TARGET, lane])
            upper = max(crisis[CHALLENGER, lane], crisis[TARGET, lane])
            voter = third_party(seat, j, lane, lower, upper)
            thirds[VOTER, j, lane] = voter
            thirds[VETO, j, lane] = voter * max(veto_all, veto_permanent * thirds[THIRD_GREAT, j, lane])
            eligible[lane] += voter
    for lane in range(lanes):
        powerless = quota > 0.0 and eligible[lane] == 0.0
        need = max(np.ceil(quota * eligible[lane] - 1e-9), 0.0)
        crisis[NEED, lane] = -1.0 if powerless else need


@stage
def vote_probabilities(point, institution, item, thirds, j, count, yes, not_no):
    """P(yes) and 1 - P(no) of third party j on an item, (lane,) for the first `count` lanes.

    Both are logistic in the same utility, shifted by the abstention: one exponential serves for both unless the shift
    is so large that the product of two exponentials might over- or underflow.
    """
    inverse_noise = 1.0 / point.noise
    price = point.vote_cost * institution.cost[item]
    shift = institution.abstention * inverse_noise
    if shift <= 150.0:
        narrower = exp(-2.0 * shift)
        for lane in range(count):
            value = thirds[HELP_UTILITY, j, lane] + thirds[OBLIGATION, j, lane]
            value = (value - price * thirds[VICTIM_SIDE_COST, j, lane]) * inverse_noise
            odds = exp(shift - value)
            yes[lane] = 1.0 / (1.0 + odds)
            not_no[lane] = 1.0 / (1.0 + odds * narrower)
    else:
        for lane in range(count):
            value = thirds[HELP_UTILITY, j, lane] + thirds[OBLIGATION, j, lane]
            value = (value - price * thirds[VICTIM_SIDE_COST, j, lane]) * inverse_noise
            yes[lane] = logistic(value - shift)
            not_no[lane] = logistic(value + shift)


@stage
def _expect_mandate(point, institution, item, crisis, thirds, scratch, room):
    """Π of one item: no veto is cast, and the yes votes reach the need (the exact Poisson-binomial tail).

    The tail is a countdown of the votes still needed, so that lanes with different needs share one loop; the part from
    which zero cannot be reached any more is left out.
    """
    n_thirds, lanes = thirds.shape[1], thirds.shape[2]
    odds, next_odds = scratch[FIRST], scratch[SECOND]  # two: a loop that updates rows in place does not vectorise
    unblocked, yes, not_no = room[FIRST], room[SECOND], room[THIRD]
    most = 0.0
    for lane in range(lanes):
        unblocked[lane] = 1.0 - crisis[CHALLENGER_VETOES, lane]
        most = max(most, crisis[NEED, lane])
    highest = int(most)
    for row in range(highest + 2):
        for lane in range(lanes):
            remaining = max(crisis[NEED, lane] - crisis[VICTIM_VOTES, lane], 0.0)
            odds[row, lane] = 1.0 if row == remaining else 0.0
            next_odds[row, lane] = 0.0
    for j in range(n_thirds):
        vote_probabilities(point, institution, item, thirds, j, lanes, yes, not_no)
        if institution.veto != _VETO_NONE:
            for lane in range(lanes):  # a veto holder's yes is conditional on its not voting no
                holds_veto = thirds[VETO, j, lane] > 0.0
                unblocked[lane] *= not_no[lane] if holds_veto else 1.0
                yes[lane] = min(yes[lane] / not_no[lane], 1.0) if holds_veto else yes[lane]
        for lane in range(lanes):
            yes[lane] *= thirds[VOTER, j, lane]
            next_odds[0, lane] = odds[0, lane] + odds[1, lane] * yes[lane]
        for row in range(1, min(highest, n_thirds - j) + 1):
            for lane in range(lanes):
                p = yes[lane]
                next_odds[row, lane] = odds[row, lane] * (1.0 - p) + odds[row + 1, lane] * p
        odds, next_odds = next_odds, odds
    for lane in range(lanes):
        crisis[MANDATE + item, lane] = 0.0 if crisis[NEED, lane] < 0.0 else unblocked[lane] * odds[0, lane]


@stage
def expect_mandates(point, institution, crisis, thirds, scratch, room):
    """Π of every rung; 1 where there is no council."""
    for item in range(institution.rungs):
        if institution.seating == _NO_COUNCIL:
            for lane in range(crisis.shape[1]):
                crisis[MANDATE + item, lane] = 1.0
        else:
            _expect_mandate(point, institution, item, crisis, thirds, scratch, room)

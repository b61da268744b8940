"""docs/model.md, step 5: who sits, how they vote, and the exact probability of a mandate."""

import numpy as np

from csmc._jit import inlined, stage
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
    laned,
    third_party,
)
from csmc.kernel.mathematics import exp

_NO_COUNCIL = int(Seating.NO_COUNCIL)
_GREAT_POWERS = int(Seating.GREAT_POWERS)
_NUMBER = int(Seating.NUMBER)
_VETO_PERMANENT = int(Veto.PERMANENT)
_VETO_ALL = int(Veto.ALL)

#: Votes with log odds beyond this are certain.
_CERTAIN = 150.0


@stage
def _seat_everyone(n, great_only, world, capability, seat):
    """All living members, or those of them that are great powers."""
    world, capability, seat = laned(world), laned(capability), laned(seat)
    for i in range(n):
        for lane in range(seat.shape[1]):
            member, great_power = world[MEMBER, i, lane], world[GREAT_POWER, i, lane]
            eligible = member * great_power if great_only else member
            seat[i, lane] = eligible if capability[i, lane] > 0.0 else 0.0


@stage
def _seat_first(n, order, places, seat, ahead):
    """Seat every candidate whom fewer than `places` precede: smaller `order`, ties to the lower index.

    Who is no candidate has an infinite order. `ahead` is room for a count.
    """
    order, places, seat, ahead = laned(order), laned(places), laned(seat), laned(ahead)
    lanes = places.shape[0]
    for i in range(n):
        for lane in range(lanes):
            ahead[lane] = 0.0
        for j in range(i):
            for lane in range(lanes):
                ahead[lane] += 1.0 if order[j, lane] <= order[i, lane] else 0.0
        for j in range(i + 1, n):
            for lane in range(lanes):
                ahead[lane] += 1.0 if order[j, lane] < order[i, lane] else 0.0
        for lane in range(lanes):
            candidate = order[i, lane] < np.inf
            seat[i, lane] += 1.0 if ahead[lane] < places[lane] and candidate else 0.0


@stage
def _seat_number(n, seats, world, capability, seat, order, room):
    """`seats` seats: living permanent members first (the largest, if too many), the rest by the smallest draws."""
    world, capability, seat = laned(world), laned(capability), laned(seat)
    order, room = laned(order), laned(room)
    lanes = seat.shape[1]
    free, ahead = room[FIRST], room[SECOND]
    most_permanent = 0.0
    for lane in range(lanes):
        free[lane] = 0.0
    for i in range(n):
        for lane in range(lanes):
            share = capability[i, lane]
            permanent = world[MEMBER, i, lane] * world[GREAT_POWER, i, lane]
            permanent = permanent if share > 0.0 else 0.0
            order[i, lane] = -share if permanent > 0.0 else np.inf
            seat[i, lane] = permanent
            free[lane] += permanent
    for lane in range(lanes):
        most_permanent = max(most_permanent, free[lane])
        free[lane] = seats
    if most_permanent > seats:
        for i in range(n):
            for lane in range(lanes):
                seat[i, lane] = 0.0
        _seat_first(n, order, free, seat, ahead)
    for i in range(n):
        for lane in range(lanes):
            draw = world[SEAT_DRAW, i, lane]
            other = world[MEMBER, i, lane] * (1.0 - world[GREAT_POWER, i, lane])
            free[lane] -= seat[i, lane]
            order[i, lane] = draw if other > 0.0 and capability[i, lane] > 0.0 else np.inf
    _seat_first(n, order, free, seat, ahead)


@stage
def seat_alike(institution, other):
    """Whether two councils have the same members in the same world."""
    return institution.seating == other.seating and institution.seats == other.seats


@stage
def take_seats(point, institution, world, capability, scratch, room):
    """Seat the council. Leaves who sits, as a mask, in scratch[THIRD]."""
    n = point.n_states
    if institution.seating == _NUMBER and institution.seats < n:
        _seat_number(n, institution.seats, world, capability, scratch[THIRD], scratch[FIRST], room)
    else:
        _seat_everyone(n, institution.seating == _GREAT_POWERS, world, capability, scratch[THIRD])


@stage
def convene(point, institution, crisis, thirds, scratch, room):
    """Say who may vote, who holds a veto and how many yes votes are needed, given who sits."""
    n = point.n_states
    crisis, thirds, scratch, room = laned(crisis), laned(thirds), laned(scratch), laned(room)
    lanes = crisis.shape[1]
    seat, eligible = scratch[THIRD], room[SECOND]
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
            thirds[j, VOTER, lane] = voter
            thirds[j, VETO, lane] = voter * max(veto_all, veto_permanent * thirds[j, THIRD_GREAT, lane])
            eligible[lane] += voter
    for lane in range(lanes):
        powerless = quota > 0.0 and eligible[lane] == 0.0
        need = max(np.ceil(quota * eligible[lane] - 1e-9), 0.0)
        crisis[NEED, lane] = -1.0 if powerless else need


@inlined
def vote_probabilities(value, shift):
    """(P(yes), 1 - P(no), P(yes) given no no) of a voter, given V / σ_u and the abstention / σ_u.

    The odds of both votes follow from one exponential, all three probabilities from one division. Odds beyond e^±150
    are taken as certain, so that no product over- or underflows: an abstention of more than that takes V nearer to 0.
    """
    excess = max(shift - _CERTAIN, 0.0)
    shift = min(shift, _CERTAIN)
    value -= min(max(value, -excess), excess)
    odds = exp(min(shift - value, 3.0 * _CERTAIN))
    not_yes, no = 1.0 + odds, 1.0 + odds * exp(-2.0 * shift)
    share = 1.0 / (not_yes * no)
    yes = no * share
    return yes, not_yes * share, min(no * yes, 1.0)


@stage
def _expect_mandate(point, institution, item, crisis, thirds, odds, room):
    """Π of one item: no veto is cast, and the yes votes reach the need (the exact Poisson-binomial tail).

    The tail is a countdown of the votes still needed, so that lanes with different needs share one loop. Rows that no
    lane has reached yet, and rows from which zero cannot be reached any more, are left out. Two rows at a time share
    what they read; the second may be one too many, which counts for nothing.
    """
    crisis, thirds, odds, room = laned(crisis), laned(thirds), laned(odds), laned(room)
    n_thirds, lanes = thirds.shape[0], thirds.shape[2]
    inverse_noise = 1.0 / point.noise
    price, shift = point.vote_cost * institution.cost[item], institution.abstention * inverse_noise
    unblocked, remaining, p = room[FIRST], room[SECOND], room[THIRD]
    highest, lowest = 0.0, float(n_thirds)
    for lane in range(lanes):
        need, victim = crisis[NEED, lane], crisis[VICTIM_VOTES, lane]
        unblocked[lane] = 1.0 - crisis[CHALLENGER_VETOES, lane]
        remaining[lane] = max(need - victim, 0.0)
        highest = max(highest, remaining[lane])
        lowest = min(lowest, remaining[lane])
    for row in range(int(highest) + 3):
        for lane in range(lanes):
            odds[row, lane] = 1.0 if row == remaining[lane] else 0.0
    for j in range(n_thirds):
        for lane in range(lanes):
            voter, veto, passable = thirds[j, VOTER, lane], thirds[j, VETO, lane], unblocked[lane]
            value = thirds[j, HELP_UTILITY, lane] + thirds[j, OBLIGATION, lane]
            value = (value - price * thirds[j, VICTIM_SIDE_COST, lane]) * inverse_noise
            yes, not_no, yes_if_not_no = vote_probabilities(value, shift)
            holds_veto = veto > 0.0
            unblocked[lane] = passable * not_no if holds_veto else passable
            p[lane] = voter * (yes_if_not_no if holds_veto else yes)
        if lowest - j <= 1.0:
            for lane in range(lanes):
                odds[0, lane] += odds[1, lane] * p[lane]
        for row in range(max(int(lowest) - j - 1, 1), min(int(highest) + 1, n_thirds - j), 2):
            for lane in range(lanes):
                here, above, beyond = odds[row, lane], odds[row + 1, lane], odds[row + 2, lane]
                odds[row, lane] = here * (1.0 - p[lane]) + above * p[lane]
                odds[row + 1, lane] = above * (1.0 - p[lane]) + beyond * p[lane]
    for lane in range(lanes):
        passing = unblocked[lane] * odds[0, lane]
        p[lane] = 0.0 if crisis[NEED, lane] < 0.0 else passing
    for lane in range(lanes):  # apart: a row that depends on the item would need checks in the loop above
        crisis[MANDATE + item, lane] = p[lane]


@stage
def expect_mandates(point, institution, crisis, thirds, scratch, room):
    """Π of every rung; 1 where there is no council."""
    crisis = laned(crisis)
    for item in range(institution.rungs):
        if institution.seating == _NO_COUNCIL:
            for lane in range(crisis.shape[1]):
                crisis[MANDATE + item, lane] = 1.0
        else:
            _expect_mandate(point, institution, item, crisis, thirds, scratch[FIRST], room)

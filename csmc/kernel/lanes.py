"""The arrays of one batch of lanes: lane l is one replicate, and the lane is always the last, contiguous axis.

Four float64 arrays hold everything; their first axis is a field, named by the constants below:

- `world[field, state, lane]`: the exogenous course of each history, shared by all institutions. Its rows are padded to
  a multiple of 4 (draws come in fours; the rows beyond n_states hold nothing of meaning).
- `shocks[field, lane]`: the draws of an episode that are not per state.
- `crisis[field, lane]`: who confronts whom over what, what is expected, and how it ends.
- `thirds[third, field, lane]`: the states other than the two parties, in index order.

The crises that call for a response are compacted into a second pair of `crisis` and `thirds` arrays of the same fields.
Masks, counts and codes are float64 too, so that every loop keeps one vector width.
"""

import numpy as np

from csmc._jit import INTERPRETED, inlined, last_axis_of, stage

#: Lanes of a compiled batch.
MOST_LANES = 128

#: Lanes of a batch; it never shows in a result. Plain Python gains nothing by many, and tests of it by several batches.
LANES = 4 if INTERPRETED else MOST_LANES

#: The same array, known to have LANES lanes: for every stage that reads and writes rows of one array.
laned = last_axis_of(LANES)

#: Lane loops over the compacted crises are padded to a multiple of this, the widest vector.
PADDING = 8

#: Bytes of a line of the cache.
_LINE = 64

# world[field, state, lane]; BASE, DEVIATION and INTEREST have a field per dimension, POSITION one per axis
BASE = 0  # lasting ideal points μ
DEVIATION = 3  # passing deviations y
INTEREST = 6  # ideal points x = μ + y of this episode
POSITION = 9  # in the unit square; only for layout `plane`
CAPABILITY = 11  # shares at the start of the history
GREAT_POWER = 12  # mask
MEMBER = 13  # mask
GROWTH = 14  # factor of this episode's growth
JOINING_COST = 15  # κ_j e^{σ_κ ε}
SEAT_DRAW = 16  # uniforms that elect the council
WORLD_FIELDS = 17

# shocks[field, lane]: the uniforms of purpose CRISIS by their index (codes.CrisisDraw), then the normals of ASSESSMENT
CRISIS_DRAW = 0
ASSESSMENT = 8
SHOCK_FIELDS = 12

# crisis[field, lane]: the two parties and what they fight over
CHALLENGER = 0  # a, a state's index
TARGET = 1  # b
STAKE = 2  # v
STATUS_QUO = 3  # q, the challenger's share of the good today
COST_RANGE = 4  # K = κ / v
CHALLENGER_COST = 5  # k_a
TARGET_COST = 6  # k_b
MISPERCEPTION = 7  # m σ_m ε: the challenger's error about its log odds
CHALLENGER_POWER = 8  # e_a
TARGET_POWER = 9  # e_b
THIRD_POWER = 10  # Σ e_k over third parties
HEGEMONY = 11  # H
CHALLENGER_GREAT = 12  # mask
TARGET_MEMBER = 13  # mask
# what everybody expects of the council and of third parties
VICTIM_VOTES = 14  # mask
CHALLENGER_VETOES = 15  # mask
NEED = 16  # yes votes that pass a measure; -1: nothing can pass
MANDATE = 17  # Π of each item, four fields
EXPECTED_MANDATE = 21  # M̂
CHALLENGER_STRENGTH = 22  # S_a
TARGET_STRENGTH = 23  # S_b
SUPPORT = 24  # E, the share of third-party capability that helps the victim
PRESSURE = 25  # Ĉ, the cost expected from the lower rungs
# the negotiation
OUTCOME = 26  # an Outcome, or RESPONSE
CONCESSION = 27  # settlement - q; 0 where nothing was settled
FIGHTING_VALUE = 28  # p̂ - k_a
RETREAT_VALUE = 29  # q - A'
WAR_DRAW = 30  # uniform that decides the war
EXPECTED_FIELDS = 31
# the response
SANCTIONS = 31  # C, what the lower rungs have cost the challenger so far
SHARE = 32  # Q of the last rung taken
RIDING = 33  # free riding on the last rung taken
MANDATES = 34  # measures authorised so far
VOTES = 35
PASSED = 36
VETOED = 37
FORCED = 38  # mask: force was reached
HELPERS = 39  # third parties that fight for the victim
JOINERS = 40
JOINED = 41  # share of third-party capability that joins the challenger
ENGAGED = 42  # share of all effective capability that fights
WON = 43  # mask: the challenger won the war
MANDATED = 44  # mask: force was authorised, by a council or by an obligation of all members
AUTHORISED = 45  # mask: the measure is authorised; by item, four fields, as the next three
# of what follows nothing is read again but by a trace
REACHED = 49  # mask: the item was put to the vote, or authorised as a matter of course
YES_VOTES = 53
VETOES = 57
BELIEF_BEFORE_WAR = 61  # what the challenger thinks of its chance against the coalition that has formed
CHANCE = 62  # the true one
RESPONSE_END = 63
# of the negotiation, in every lane; filled for a trace alone
ESTIMATE = 63  # p̄
BELIEF = 64  # p̂
REFUSAL_VALUE = 65  # r
PREMIUM = 66  # z
DEMAND_VALUE = 67  # EU'
MEDIATED = 68  # mask: mediation would succeed
CRISIS_FIELDS = 69

# thirds[third, field, lane]
POWER = 0  # effective capability e_k at the target's theatre
LIVING = 1  # mask
VICTIM_SIDE_COST = 2  # C_k
CHALLENGER_SIDE_COST = 3  # C^a_k
HELP_UTILITY = 4  # U^b_k
JOIN_UTILITY = 5  # U^a_k
OBLIGATION = 6  # B_k
VOTER = 7  # mask: seated and not excluded
VETO = 8  # mask
COMPACTED_FIELDS = 9
ALIGNMENT = 9  # g(|x_k - x_a|) - g(|x_k - x_b|)
CHALLENGER_DISTANCE = 10  # |x_k - x_a|
TARGET_DISTANCE = 11  # |x_k - x_b|
THIRD_GREAT = 12  # mask
THIRD_MEMBER = 13  # mask
FIXED_HELP = 14  # the part of W^b / σ_u that does not change between rounds
FIXED_JOIN = 15  # the same of W^a / σ_u
FELLOWSHIP = 16  # 1 - g(|x_k - x_b|) if k and b are members, else 0
THIRD_FIELDS = 17
# decisions[field, third, lane] of survivors; in a trace they follow the fields above
BALLOT = 17  # 1 yes, -1 no, 0 abstention or no vote; by item, four fields
CHOICE = 21  # 1 takes part or helps the victim, -1 joins the challenger, 0 neither; by item, four fields
READINESS = 25  # how probable it was to fight on either side, over the draw that decided: at least 1 if it does
TRACED_THIRD_FIELDS = 26

# scratch[field, state, lane] and room[field, lane]: nothing is handed on from one stage to the next except as said
FIRST, SECOND, THIRD, FOURTH, FIFTH = 0, 1, 2, 3, 4
SCRATCH_FIELDS = 4
ROOM_FIELDS = 5


@stage
def padded_rows(n):
    """Rows of an array of n states that is filled by fours, with room for a count of votes from 0 to n + 1."""
    return (n + 2 + 3) // 4 * 4


@stage
def aligned(shape):
    """Zeros in an array of floats whose rows of LANES begin at a line of the cache: no vector then spans two lines."""
    size = 1
    for extent in shape:
        size *= extent
    room = np.zeros(size + _LINE // 8)
    start = -room.ctypes.data % _LINE // 8
    return room[start : start + size].reshape(shape)


@stage
def new_arrays(n, lanes):
    """(world, shocks, crisis, thirds, survivors' crisis, survivors' thirds, decisions, scratch, room), all zero."""
    rows = padded_rows(n)
    return (
        aligned((WORLD_FIELDS, rows, lanes)),
        aligned((SHOCK_FIELDS, lanes)),
        aligned((CRISIS_FIELDS, lanes)),
        aligned((n - 2, THIRD_FIELDS, lanes)),
        aligned((CRISIS_FIELDS, lanes)),
        aligned((n - 2, COMPACTED_FIELDS, lanes)),
        aligned((TRACED_THIRD_FIELDS - THIRD_FIELDS, n - 2, lanes)),
        aligned((SCRATCH_FIELDS, rows, lanes)),
        aligned((ROOM_FIELDS, lanes)),
    )


@inlined
def third_party(rows, third, lane, lower, upper):
    """Value of (state, lane) array `rows` for third party number `third`, given the parties' indices in order."""
    here = rows[third, lane]
    past_one = rows[third + 1, lane]
    past_two = rows[third + 2, lane]
    after = past_one if third + 1.0 < upper else past_two
    return here if third < lower else after

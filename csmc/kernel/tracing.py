"""What the kernel holds at the end of each episode, copied out: the kernel's own trace, so it cannot disagree.

The compiled block has one entry point for counting and for tracing. It copies its arrays into those of a `Trace`
wherever that has room, and into none when it only counts.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc._jit import stage
from csmc.kernel.lanes import (
    CRISIS_FIELDS,
    EXPECTED_FIELDS,
    OUTCOME,
    RESPONSE_END,
    SHOCK_FIELDS,
    THIRD_FIELDS,
    TRACED_THIRD_FIELDS,
    WORLD_FIELDS,
)

#: standing[field]: what a history carries from one episode to the next, beside the world.
ACTIVE, TRUST, LEGITIMACY = 0, 1, 2
STANDING_FIELDS = 3

Floats = NDArray[np.float64]


class Trace(NamedTuple):
    """Episodes move by move; the last axis is the replicate. Fields are numbered in `csmc.kernel.lanes`.

    world (episode, field, state, replicate) and shocks (episode, field, replicate) are shared by all institutions.
    crisis (institution, episode, field, replicate) and thirds (institution, episode, field, third party, replicate)
    are those of the episode's end; the fields of the response are 0 where none was called for. before, after
    (institution, episode, state, replicate): capability at the episode's start and end; seats, of the same shape: who
    sits on the council (means nothing where there is none). standing (institution,
    episode, field, replicate): whether the history goes on, then trust and legitimacy at the episode's end.
    """

    world: Floats
    shocks: Floats
    crisis: Floats
    thirds: Floats
    before: Floats
    after: Floats
    seats: Floats
    standing: Floats


def empty_trace(n: int, n_institutions: int, episodes: int, replicates: int) -> Trace:
    """Zeros of the shapes above."""
    states = (n_institutions, episodes, n, replicates)
    return Trace(
        np.zeros((episodes, WORLD_FIELDS, n, replicates)),
        np.zeros((episodes, SHOCK_FIELDS, replicates)),
        np.zeros((n_institutions, episodes, CRISIS_FIELDS, replicates)),
        np.zeros((n_institutions, episodes, TRACED_THIRD_FIELDS, n - 2, replicates)),
        np.zeros(states),
        np.zeros(states),
        np.zeros(states),
        np.zeros((n_institutions, episodes, STANDING_FIELDS, replicates)),
    )


def crisis_trace(n: int, episodes: int, replicates: int) -> Trace:
    """Room for `crisis`, `thirds` and `standing` under one institution, and for nothing else."""
    room, nothing = empty_trace(n, 1, episodes, replicates), empty_trace(n, 1, episodes, 0)
    return nothing._replace(crisis=room.crisis, thirds=room.thirds, standing=room.standing)


#: Room for nothing.
NO_TRACE = empty_trace(2, 0, 0, 0)


@stage
def _copy(source, out):
    """Rows of `source` to `out` (row, lane); numba's own assignment of arrays takes seconds to compile."""
    for row in range(out.shape[0]):
        for lane in range(out.shape[1]):
            out[row, lane] = source[row, lane]


@stage
def trace_expectations(trace, k, episode, world, shocks, capability, active, crisis, thirds, seat):
    """Copy all that is known of institution k's episode when the demand has been answered."""
    for field in range(world.shape[0]):
        _copy(world[field], trace.world[episode, field])
    _copy(shocks, trace.shocks[episode])
    _copy(capability, trace.before[k, episode])
    _copy(seat, trace.seats[k, episode])
    _copy(crisis, trace.crisis[k, episode])
    for j in range(thirds.shape[0]):
        for field in range(thirds.shape[1]):
            for lane in range(trace.thirds.shape[4]):
                trace.thirds[k, episode, field, j, lane] = thirds[j, field, lane]
    for lane in range(trace.standing.shape[3]):
        trace.standing[k, episode, ACTIVE, lane] = active[lane]
        for field in range(EXPECTED_FIELDS, RESPONSE_END):
            trace.crisis[k, episode, field, lane] = 0.0
        for field in range(THIRD_FIELDS, TRACED_THIRD_FIELDS):
            for j in range(thirds.shape[0]):
                trace.thirds[k, episode, field, j, lane] = 0.0


@stage
def trace_response(trace, k, episode, chosen, survivors, decisions):
    """Copy what happened in the crises that reached a response."""
    for s in range(chosen.shape[0]):
        lane = chosen[s]
        for field in range(EXPECTED_FIELDS, RESPONSE_END):
            trace.crisis[k, episode, field, lane] = survivors[field, s]
        for field in range(decisions.shape[0]):
            for j in range(decisions.shape[1]):
                trace.thirds[k, episode, THIRD_FIELDS + field, j, lane] = decisions[field, j, s]


@stage
def trace_aftermath(trace, k, episode, outcome, capability, trust, legitimacy):
    """Copy how institution k's episode ended and what it left behind."""
    for lane in range(trace.standing.shape[3]):
        trace.crisis[k, episode, OUTCOME, lane] = outcome[lane]
        trace.standing[k, episode, TRUST, lane] = trust[lane]
        trace.standing[k, episode, LEGITIMACY, lane] = legitimacy[lane]
    _copy(capability, trace.after[k, episode])

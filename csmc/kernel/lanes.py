"""The arrays of one batch of lanes: lane l is one replicate, and the lane is always the last, contiguous axis.

State arrays are (row, lane) with a row per state, padded to a multiple of 4 (draws come in fours; the rows beyond
n_states hold nothing of meaning). Third-party arrays have a row per state other than the two parties, in index order.
Masks are float64 0 or 1, so that loops keep one vector width.
"""

from typing import NamedTuple

import numpy as np

from csmc._jit import inlined, stage

#: Lanes of a batch, by default; it never shows in a result.
LANES = 128

#: Lane loops over survivors are padded to a multiple of this, so that no lane is left to scalar code.
PADDING = 32

DIMENSIONS = 3


class World(NamedTuple):
    """What all institutions share: the exogenous course of one history per lane."""

    base: np.ndarray  # (dimension, row, lane) lasting ideal points μ
    deviation: np.ndarray  # (dimension, row, lane) passing deviations y
    interest: np.ndarray  # (dimension, row, lane) ideal points x = μ + y of this episode
    position: np.ndarray  # (axis, row, lane) in the unit square; only for layout `plane`
    capability: np.ndarray  # (row, lane) shares at the start of the history
    great_power: np.ndarray  # (row, lane) mask
    member: np.ndarray  # (row, lane) mask
    growth: np.ndarray  # (row, lane) factor of this episode's growth
    joining_cost: np.ndarray  # (row, lane) κ_j e^{σ_κ ε}
    seat_draw: np.ndarray  # (row, lane) uniforms that elect the council
    crisis_draw: np.ndarray  # (index, lane) uniforms of purpose CRISIS
    assessment: np.ndarray  # (index, lane) normals of purpose ASSESSMENT


class Crisis(NamedTuple):
    """Who confronts whom over what, and the third parties as any institution finds them."""

    challenger: np.ndarray  # (lane,) int64, a
    target: np.ndarray  # (lane,) int64, b
    stake: np.ndarray  # (lane,) v
    status_quo: np.ndarray  # (lane,) q, the challenger's share of the good today
    cost_range: np.ndarray  # (lane,) K = κ / v
    challenger_cost: np.ndarray  # (lane,) k_a
    target_cost: np.ndarray  # (lane,) k_b
    misperception: np.ndarray  # (lane,) m σ_m ε: the challenger's error about its log odds
    challenger_power: np.ndarray  # (lane,) e_a
    target_power: np.ndarray  # (lane,) e_b
    third_power: np.ndarray  # (lane,) Σ e_k over third parties
    hegemony: np.ndarray  # (lane,) H
    challenger_great: np.ndarray  # (lane,) mask
    challenger_member: np.ndarray  # (lane,) mask
    target_great: np.ndarray  # (lane,) mask
    target_member: np.ndarray  # (lane,) mask
    power: np.ndarray  # (third, lane) effective capability e_k at the target's theatre
    living: np.ndarray  # (third, lane) mask
    great_power: np.ndarray  # (third, lane) mask
    member: np.ndarray  # (third, lane) mask
    alignment: np.ndarray  # (third, lane) g(|x_k - x_a|) - g(|x_k - x_b|)
    challenger_distance: np.ndarray  # (third, lane) |x_k - x_a|
    target_distance: np.ndarray  # (third, lane) |x_k - x_b|
    victim_side_cost: np.ndarray  # (third, lane) C_k
    challenger_side_cost: np.ndarray  # (third, lane) C^a_k


class Scratch(NamedTuple):
    """Room for intermediate values; nothing is carried from one stage to another here."""

    first: np.ndarray  # (row, lane)
    second: np.ndarray  # (row, lane)
    third: np.ndarray  # (row, lane)
    choice: np.ndarray  # (lane,) int64
    total: np.ndarray  # (lane,)
    partial: np.ndarray  # (lane,)
    other: np.ndarray  # (lane,)


@stage
def padded_rows(n):
    """Rows of an array that is filled by fours."""
    return (n + 3) // 4 * 4


@stage
def new_world(n, lanes):
    """An uninitialised World."""
    rows = padded_rows(n)
    return World(
        np.zeros((DIMENSIONS, rows, lanes)),
        np.zeros((DIMENSIONS, rows, lanes)),
        np.zeros((DIMENSIONS, rows, lanes)),
        np.zeros((2, rows, lanes)),
        np.zeros((rows, lanes)),
        np.zeros((rows, lanes)),
        np.zeros((rows, lanes)),
        np.zeros((rows, lanes)),
        np.zeros((rows, lanes)),
        np.zeros((rows, lanes)),
        np.zeros((8, lanes)),
        np.zeros((4, lanes)),
    )


@stage
def new_crisis(n, lanes):
    """An uninitialised Crisis."""
    thirds = n - 2
    return Crisis(
        np.zeros(lanes, dtype=np.int64),
        np.zeros(lanes, dtype=np.int64),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros((thirds, lanes)),
        np.zeros((thirds, lanes)),
        np.zeros((thirds, lanes)),
        np.zeros((thirds, lanes)),
        np.zeros((thirds, lanes)),
        np.zeros((thirds, lanes)),
        np.zeros((thirds, lanes)),
        np.zeros((thirds, lanes)),
        np.zeros((thirds, lanes)),
    )


@stage
def new_scratch(n, lanes):
    """An uninitialised Scratch."""
    rows = padded_rows(n)
    return Scratch(
        np.zeros((rows, lanes)),
        np.zeros((rows, lanes)),
        np.zeros((rows, lanes)),
        np.zeros(lanes, dtype=np.int64),
        np.zeros(lanes),
        np.zeros(lanes),
        np.zeros(lanes),
    )


@inlined
def third_party(rows, third, lane, lower, upper):
    """Value of (row, lane) array `rows` for the third party number `third`, given the two parties' indices in order."""
    here = rows[third, lane]
    past_one = rows[third + 1, lane]
    past_two = rows[third + 2, lane]
    after = past_one if third + 1 < upper else past_two
    return here if third < lower else after

"""What is counted, per replicate and institution, and its exact sums over replicates."""

import math

import numpy as np

from csmc._jit import stage
from csmc.kernel.codes import N_TALLIES, Outcome, Tally, row_scale
from csmc.kernel.lanes import (
    CHALLENGER_GREAT,
    CONCESSION,
    ENGAGED,
    FIRST,
    FORCED,
    HELPERS,
    JOINED,
    JOINERS,
    MANDATED,
    OUTCOME,
    PASSED,
    RIDING,
    SECOND,
    SHARE,
    THIRD,
    THIRD_POWER,
    VETOED,
    VOTES,
    WON,
)
from csmc.kernel.result import LIMB_BITS

_NO_CHALLENGE = int(Outcome.NO_CHALLENGE)
_SETTLEMENT = int(Outcome.NEGOTIATED_SETTLEMENT)
_BACKDOWN = int(Outcome.BACKDOWN)
_BILATERAL_WAR = int(Outcome.BILATERAL_WAR)
_GENERAL_WAR = int(Outcome.GENERAL_WAR)

_WARS = int(Tally.WARS)
_PEACE = int(Tally.PEACE)
_CHALLENGES = int(Tally.CHALLENGES)
_REFUSALS = int(Tally.REFUSALS)
_DETERRED = int(Tally.DETERRED)
_GAINS = int(Tally.GAINS)
_WARS_WON = int(Tally.WARS_WON)
_SUCCESSES = int(Tally.SUCCESSES)
_VOTES = int(Tally.VOTES)
_PASSED = int(Tally.PASSED)
_VETOED = int(Tally.VETOED)
_RESPONSES = int(Tally.RESPONSES)
_RESPONSES_GREAT = int(Tally.RESPONSES_GREAT)
_RESPONSES_OTHER = int(Tally.RESPONSES_OTHER)
_PARTICIPATION = int(Tally.PARTICIPATION)
_PARTICIPATION_GREAT = int(Tally.PARTICIPATION_GREAT)
_PARTICIPATION_OTHER = int(Tally.PARTICIPATION_OTHER)
_ENFORCED = int(Tally.ENFORCED)
_BELLIGERENTS = int(Tally.BELLIGERENTS)
_ENGAGED = int(Tally.ENGAGED)
_FORCE_RESPONSES = int(Tally.FORCE_RESPONSES)
_AGGRESSOR_JOINING = int(Tally.AGGRESSOR_JOINING)
_FREE_RIDING = int(Tally.FREE_RIDING)
_CONCESSION = int(Tally.CONCESSION)
_SURVIVORS = int(Tally.SURVIVORS)
_HHI = int(Tally.CONCENTRATION_HHI)
_CON = int(Tally.CONCENTRATION_CON)
_TRUST = int(Tally.TRUST)
_LEGITIMACY = int(Tally.LEGITIMACY)
_NO_WAR = int(Tally.NO_WAR)
_NO_GENERAL_WAR = int(Tally.NO_GENERAL_WAR)
_TIME_TO_WAR = int(Tally.TIME_TO_WAR)

_LIMB_BITS = np.int64(LIMB_BITS)
_LOW_LIMB = np.int64((1 << LIMB_BITS) - 1)


def tally_scales(episodes: int) -> np.ndarray:
    """Fixed-point scale of every tally row as float64, (tally,)."""
    return np.array([float(row_scale(row, episodes)) for row in range(N_TALLIES)])


@stage
def record_bargains(crisis, active, outcome, sums):
    """Count what ended at the negotiating table; a history that is over counts as no challenge."""
    for lane in range(active.shape[0]):
        going_on = active[lane] > 0.0
        concession = crisis[CONCESSION, lane] if going_on else 0.0
        sums[_CONCESSION, lane] += concession
        sums[_GAINS, lane] += 1.0 if concession > 0.0 else 0.0
        outcome[lane] = int(crisis[OUTCOME, lane]) if going_on else _NO_CHALLENGE


@stage
def record_responses(chosen, survivors, outcome, sums):
    """Count the crises that reached a response."""
    for s in range(chosen.shape[0]):
        lane = chosen[s]
        outcome[lane] = int(survivors[OUTCOME, s])
        sums[_VOTES, lane] += survivors[VOTES, s]
        sums[_PASSED, lane] += survivors[PASSED, s]
        sums[_VETOED, lane] += survivors[VETOED, s]
        if survivors[THIRD_POWER, s] > 0.0:
            great = survivors[CHALLENGER_GREAT, s] > 0.0
            sums[_RESPONSES, lane] += 1.0
            sums[_RESPONSES_GREAT if great else _RESPONSES_OTHER, lane] += 1.0
            sums[_PARTICIPATION, lane] += survivors[SHARE, s]
            sums[_PARTICIPATION_GREAT if great else _PARTICIPATION_OTHER, lane] += survivors[SHARE, s]
            sums[_FREE_RIDING, lane] += survivors[RIDING, s]
            sums[_FORCE_RESPONSES, lane] += survivors[FORCED, s]
            sums[_AGGRESSOR_JOINING, lane] += survivors[FORCED, s] * survivors[JOINED, s]
        if outcome[lane] >= _BILATERAL_WAR:
            sums[_BELLIGERENTS, lane] += 2.0 + survivors[HELPERS, s] + survivors[JOINERS, s]
            sums[_ENGAGED, lane] += survivors[ENGAGED, s]
            sums[_WARS_WON, lane] += survivors[WON, s]
            sums[_ENFORCED, lane] += survivors[MANDATED, s] if survivors[HELPERS, s] > 0.0 else 0.0


@stage
def record_outcomes(episode, outcome, sums):
    """Count the outcome of every lane, and the time of its first war."""
    for lane in range(outcome.shape[0]):
        code = outcome[lane]
        sums[code, lane] += 1.0
        if code >= _BILATERAL_WAR and sums[_TIME_TO_WAR, lane] == 0.0:
            sums[_TIME_TO_WAR, lane] = episode + 1.0


@stage
def record_ends(point, capability, trust, legitimacy, sums, room):
    """Read the state at the end of the histories and derive the compound counts."""
    n = point.n_states
    episodes = float(point.episodes)
    lanes = trust.shape[0]
    total, squares, living = room[FIRST], room[SECOND], room[THIRD]
    for lane in range(lanes):
        total[lane] = 0.0
        squares[lane] = 0.0
        living[lane] = 0.0
    for i in range(n):
        for lane in range(lanes):
            share = capability[i, lane]
            total[lane] += share
            squares[lane] += share * share
            living[lane] += 1.0 if share > 0.0 else 0.0
    for lane in range(lanes):
        even = 1.0 / n
        hhi = squares[lane] / (total[lane] * total[lane])
        wars = sums[_BILATERAL_WAR, lane] + sums[_BILATERAL_WAR + 1, lane] + sums[_GENERAL_WAR, lane]
        yielded = sums[_BACKDOWN, lane]
        for code in range(_BACKDOWN + 1, _BILATERAL_WAR):
            yielded += sums[code, lane]
        sums[_SURVIVORS, lane] = living[lane]
        sums[_HHI, lane] = hhi
        sums[_CON, lane] = math.sqrt(max(0.0, (hhi - even) / (1.0 - even)))
        sums[_TRUST, lane] = trust[lane]
        sums[_LEGITIMACY, lane] = legitimacy[lane]
        sums[_WARS, lane] = wars
        sums[_PEACE, lane] = episodes - wars
        sums[_DETERRED, lane] = yielded
        sums[_REFUSALS, lane] = yielded + wars
        sums[_CHALLENGES, lane] = episodes - sums[_NO_CHALLENGE, lane]
        sums[_SUCCESSES, lane] = sums[_GAINS, lane] + sums[_WARS_WON, lane]
        sums[_NO_WAR, lane] = 1.0 if wars == 0.0 else 0.0
        sums[_NO_GENERAL_WAR, lane] = 1.0 if sums[_GENERAL_WAR, lane] == 0.0 else 0.0
        sums[_TIME_TO_WAR, lane] = episodes if wars == 0.0 else sums[_TIME_TO_WAR, lane]


@stage
def quantise(sums, scales, integers):
    """Round every replicate's tallies to their fixed-point units."""
    for row in range(sums.shape[0]):
        scale = scales[row]
        for lane in range(sums.shape[1]):
            integers[row, lane] = np.int32(np.floor(sums[row, lane] * scale + 0.5))


@stage
def add_sums(integers, count, out):
    """Add the first `count` lanes of every tally to `out` (tally,)."""
    for row in range(integers.shape[0]):
        total = np.int64(0)
        for lane in range(count):
            total += np.int64(integers[row, lane])
        out[row] += total


@stage
def add_products(left, right, pairs, count, high, low):
    """Add Σ left[i] right[j] over the first `count` lanes for every pair to the two limbs: high * 2**32 + low.

    Each sum stays below 2**63 for batches of up to 256 lanes.
    """
    for pair in range(pairs.shape[0]):
        i, j = pairs[pair, 0], pairs[pair, 1]
        total = np.int64(0)
        for lane in range(count):
            total += np.int64(left[i, lane]) * np.int64(right[j, lane])
        high[pair] += total >> _LIMB_BITS
        low[pair] += total & _LOW_LIMB


@stage
def add_joint(outcomes, partners, count, joint):
    """Cross-tabulate each institution's outcomes with its partners' in the same episodes."""
    for k in range(outcomes.shape[0]):
        for p in range(partners.shape[0]):
            partner = partners[p]
            for lane in range(count):
                joint[k, p, outcomes[k, lane], outcomes[partner, lane]] += 1


@stage
def add_patterns(outcomes, count, patterns):
    """Count in which institutions the same episode is a war: bit k for institution k."""
    n_bits = 0
    while (1 << n_bits) < patterns.shape[0]:
        n_bits += 1
    for lane in range(count):
        pattern = 0
        for k in range(n_bits):
            pattern |= (1 if outcomes[k, lane] >= _BILATERAL_WAR else 0) << k
        patterns[pattern] += 1

"""What is counted, per replicate and institution, and its exact sums over replicates."""

import math

import numpy as np

from csmc._jit import inlined, stage
from csmc.kernel.codes import EPISODE_FRACTIONS, N_CONTROLS, N_OUTCOMES, N_TALLIES, Outcome, Tally, row_scale
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
    laned,
)
from csmc.kernel.result import LIMB_BITS, N_FATES, PREVENTED

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
_ENFORCED = int(Tally.ENFORCED)
_BELLIGERENTS = int(Tally.BELLIGERENTS)
_FORCE_RESPONSES = int(Tally.FORCE_RESPONSES)
_SURVIVORS = int(Tally.SURVIVORS)
_HHI = int(Tally.CONCENTRATION_HHI)
_CON = int(Tally.CONCENTRATION_CON)
_TRUST = int(Tally.TRUST)
_LEGITIMACY = int(Tally.LEGITIMACY)
_NO_WAR = int(Tally.NO_WAR)
_NO_GENERAL_WAR = int(Tally.NO_GENERAL_WAR)
_TIME_TO_WAR = int(Tally.TIME_TO_WAR)

# rows of `shares`: the fractions that are summed over the episodes of a history
N_SHARES = len(EPISODE_FRACTIONS)
_SHARE_TALLIES = np.array(EPISODE_FRACTIONS, dtype=np.int64)
_PARTICIPATION = EPISODE_FRACTIONS.index(Tally.PARTICIPATION)
_PARTICIPATION_GREAT = EPISODE_FRACTIONS.index(Tally.PARTICIPATION_GREAT)
_PARTICIPATION_OTHER = EPISODE_FRACTIONS.index(Tally.PARTICIPATION_OTHER)
_ENGAGED = EPISODE_FRACTIONS.index(Tally.ENGAGED)
_AGGRESSOR_JOINING = EPISODE_FRACTIONS.index(Tally.AGGRESSOR_JOINING)
_FREE_RIDING = EPISODE_FRACTIONS.index(Tally.FREE_RIDING)
_CONCESSION = EPISODE_FRACTIONS.index(Tally.CONCESSION)

#: Histories of up to so many episodes have counts whose products, summed over a batch, stay below 2**31: no count is
#: more than 64 per episode (belligerents), no batch has more than MOST_LANES = 2**7 lanes.
_SHORT = 32

#: Pairs of rows for `add_products`: of fates with themselves, and with the wars. Fates are counts, and the tallies of
#: the same numbers are so too: scale 1.
_FATES = [*range(N_FATES)]
_SQUARES = np.array([(fate, fate) for fate in _FATES], dtype=np.int64)
_WITH_WARS = np.array([(fate, _WARS) for fate in _FATES], dtype=np.int64)

_LIMB_BITS = np.int64(LIMB_BITS)
_LOW_LIMB = np.int64((1 << LIMB_BITS) - 1)


def tally_scales(episodes: int) -> np.ndarray:
    """Fixed-point scale of every tally, and then of every control, as float64."""
    return np.array([float(row_scale(row, episodes)) for row in range(N_TALLIES + N_CONTROLS)])


@stage
def record_bargains(crisis, active, outcome, counts, shares):
    """Count what ended at the negotiating table; a history that is over counts as no challenge."""
    crisis, active, outcome = laned(crisis), laned(active), laned(outcome)
    counts, shares = laned(counts), laned(shares)
    for lane in range(active.shape[0]):
        going_on, ended_as, conceded = active[lane] > 0.0, crisis[OUTCOME, lane], crisis[CONCESSION, lane]
        concession = conceded if going_on else 0.0
        shares[_CONCESSION, lane] += concession
        counts[_GAINS, lane] += 1 if concession > 0.0 else 0
        outcome[lane] = np.int32(ended_as if going_on else _NO_CHALLENGE)


@stage
def record_responses(chosen, survivors, outcome, counts, shares):
    """Count the crises that reached a response."""
    for s in range(chosen.shape[0]):
        lane = chosen[s]
        outcome[lane] = int(survivors[OUTCOME, s])
        counts[_VOTES, lane] += int(survivors[VOTES, s])
        counts[_PASSED, lane] += int(survivors[PASSED, s])
        counts[_VETOED, lane] += int(survivors[VETOED, s])
        if survivors[THIRD_POWER, s] > 0.0:
            great = survivors[CHALLENGER_GREAT, s] > 0.0
            counts[_RESPONSES, lane] += 1
            counts[_RESPONSES_GREAT if great else _RESPONSES_OTHER, lane] += 1
            counts[_FORCE_RESPONSES, lane] += int(survivors[FORCED, s])
            shares[_PARTICIPATION, lane] += survivors[SHARE, s]
            shares[_PARTICIPATION_GREAT if great else _PARTICIPATION_OTHER, lane] += survivors[SHARE, s]
            shares[_FREE_RIDING, lane] += survivors[RIDING, s]
            shares[_AGGRESSOR_JOINING, lane] += survivors[FORCED, s] * survivors[JOINED, s]
        if outcome[lane] >= _BILATERAL_WAR:
            counts[_BELLIGERENTS, lane] += 2 + int(survivors[HELPERS, s] + survivors[JOINERS, s])
            counts[_WARS_WON, lane] += int(survivors[WON, s])
            counts[_ENFORCED, lane] += int(survivors[MANDATED, s]) if survivors[HELPERS, s] > 0.0 else 0
            shares[_ENGAGED, lane] += survivors[ENGAGED, s]


@stage
def record_outcomes(episode, outcome, counts):
    """Count the outcome of every lane, and the time of its first war."""
    outcome, counts = laned(outcome), laned(counts)
    for code in range(N_OUTCOMES):
        for lane in range(outcome.shape[0]):
            counts[code, lane] += 1 if outcome[lane] == code else 0
    for lane in range(outcome.shape[0]):
        time = counts[_TIME_TO_WAR, lane]
        first = outcome[lane] >= _BILATERAL_WAR and time == 0
        counts[_TIME_TO_WAR, lane] = episode + 1 if first else time


@inlined
def units(value, scale):
    """A fraction in fixed-point units."""
    return np.int32(np.floor(value * scale + 0.5))


@stage
def record_ends(point, scales, capability, trust, legitimacy, counts, shares, room):
    """Read the state at the end of the histories, derive the compound counts, round fractions to their units."""
    capability, trust, legitimacy = laned(capability), laned(trust), laned(legitimacy)
    counts, shares, room = laned(counts), laned(shares), laned(room)
    n, episodes = point.n_states, np.int32(point.episodes)
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
    even = 1.0 / n
    for lane in range(lanes):
        hhi = squares[lane] / (total[lane] * total[lane])
        con = math.sqrt(max(0.0, (hhi - even) / (1.0 - even)))
        counts[_SURVIVORS, lane] = np.int32(living[lane])
        counts[_HHI, lane] = units(hhi, scales[_HHI])
        counts[_CON, lane] = units(con, scales[_CON])
        counts[_TRUST, lane] = units(trust[lane], scales[_TRUST])
        counts[_LEGITIMACY, lane] = units(legitimacy[lane], scales[_LEGITIMACY])
    for lane in range(lanes):
        wars = counts[_BILATERAL_WAR, lane] + counts[_BILATERAL_WAR + 1, lane] + counts[_GENERAL_WAR, lane]
        yielded = counts[_BACKDOWN, lane] + counts[_BACKDOWN + 1, lane] + counts[_BACKDOWN + 2, lane]
        yielded += counts[_BACKDOWN + 3, lane] + counts[_BACKDOWN + 4, lane]
        time = counts[_TIME_TO_WAR, lane]
        counts[_WARS, lane] = wars
        counts[_PEACE, lane] = episodes - wars
        counts[_DETERRED, lane] = yielded
        counts[_REFUSALS, lane] = yielded + wars
        counts[_CHALLENGES, lane] = episodes - counts[_NO_CHALLENGE, lane]
        counts[_SUCCESSES, lane] = counts[_GAINS, lane] + counts[_WARS_WON, lane]
        counts[_NO_WAR, lane] = 1 if wars == 0 else 0
        counts[_NO_GENERAL_WAR, lane] = 1 if counts[_GENERAL_WAR, lane] == 0 else 0
        counts[_TIME_TO_WAR, lane] = episodes if wars == 0 else time
    for row in range(N_SHARES):
        tally = _SHARE_TALLIES[row]
        for lane in range(lanes):
            counts[tally, lane] = units(shares[row, lane], scales[tally])


@stage
def drop(counts, count):
    """Forget the lanes beyond the first `count`: they stand for no replicate of the block."""
    for row in range(counts.shape[0]):
        for lane in range(count, counts.shape[1]):
            counts[row, lane] = 0


@stage
def add_sums(counts, out):
    """Add the lanes of every tally to `out` (tally,)."""
    counts = laned(counts)
    for row in range(counts.shape[0]):
        total = np.int64(0)
        for lane in range(counts.shape[1]):
            total += np.int64(counts[row, lane])
        out[row] += total


@stage
def add_products(left, right, pairs, episodes, scales, high, low):
    """Add Σ left[i] right[j] over the lanes for every pair to the two limbs: high * 2**32 + low.

    Each sum stays below 2**63; those of two counts (scale 1) of short histories are taken in 32 bits, at half the cost.
    """
    left, right = laned(left), laned(right)
    for pair in range(pairs.shape[0]):
        i, j = pairs[pair, 0], pairs[pair, 1]
        total = np.int64(0)
        if episodes <= _SHORT and scales[i] == 1.0 and scales[j] == 1.0:
            narrow = np.int32(0)
            for lane in range(left.shape[1]):
                narrow = np.int32(narrow + left[i, lane] * right[j, lane])
            total = np.int64(narrow)
        else:
            for lane in range(left.shape[1]):
                total += np.int64(left[i, lane]) * np.int64(right[j, lane])
        high[pair] += total >> _LIMB_BITS
        low[pair] += total & _LOW_LIMB


@stage
def fold(counts, group):
    """Put the sums of groups of neighbouring lanes into the first lanes, and 0 into the rest: by halves, as vectors."""
    counts = laned(counts)
    half = counts.shape[1] // 2
    sums = np.zeros(half, dtype=np.int32)
    while group > 1:
        for row in range(counts.shape[0]):
            for place in range(half):
                first = np.uint64(2) * np.uint64(place)  # unsigned: an index that may be negative is no vector's
                sums[place] = np.int32(counts[row, first] + counts[row, first + np.uint64(1)])
            for place in range(half):
                counts[row, place] = sums[place]
            for place in range(half, counts.shape[1]):
                counts[row, place] = 0
        group //= 2


@stage
def add_group_products(left, right, pairs, high, low):
    """As `add_products`, of the sums of groups: 32 products of sums of up to 2**29 would not fit, each is cut in limbs.

    No more than half of the lanes hold one.
    """
    left, right = laned(left), laned(right)
    for pair in range(pairs.shape[0]):
        i, j = pairs[pair, 0], pairs[pair, 1]
        upper, lower = np.int64(0), np.int64(0)
        for place in range(left.shape[1] // 2):
            product = np.int64(left[i, place]) * np.int64(right[j, place])
            upper += product >> _LIMB_BITS
            lower += product & _LOW_LIMB
        high[pair] += upper + (lower >> _LIMB_BITS)
        low[pair] += lower & _LOW_LIMB


@stage
def add_joint(outcomes, partners, count, joint):
    """Cross-tabulate each institution's outcomes with its partners' in the same episodes."""
    for k in range(outcomes.shape[0]):
        for p in range(partners.shape[0]):
            partner = partners[p]
            for lane in range(count):
                joint[k, p, outcomes[k, lane], outcomes[partner, lane]] += 1


@stage
def follow_wars(outcomes, pairs, count, fates):
    """Count, for every lane, what the wars under the first institution of each pair are under the second."""
    for pair in range(pairs.shape[0]):
        one, other = pairs[pair, 0], pairs[pair, 1]
        for lane in range(count):
            if outcomes[one, lane] >= _BILATERAL_WAR:
                fate = outcomes[other, lane]
                fates[pair, fate, lane] += 1
                fates[pair, PREVENTED, lane] += 1 if fate < _BILATERAL_WAR else 0


@stage
def _forget(followed):
    for fate in range(followed.shape[0]):
        for lane in range(followed.shape[1]):
            followed[fate, lane] = 0


@stage
def add_fates(fates, pairs, counts, episodes, scales, high, low):
    """Add the second moments of the fates, see `csmc.kernel.result.Tallies`, and begin to count them anew."""
    for pair in range(pairs.shape[0]):
        followed, one, other = fates[pair], counts[pairs[pair, 0]], counts[pairs[pair, 1]]
        add_products(followed, followed, _SQUARES, episodes, scales, high[pair, 0], low[pair, 0])
        add_products(followed, one, _WITH_WARS, episodes, scales, high[pair, 1], low[pair, 1])
        add_products(followed, other, _WITH_WARS, episodes, scales, high[pair, 2], low[pair, 2])
        _forget(followed)


@stage
def add_group_fates(fates, pairs, counts, group, high, low):
    """As `add_fates`, of the sums of groups; those of `counts` have been folded."""
    for pair in range(pairs.shape[0]):
        followed, one, other = fates[pair], counts[pairs[pair, 0]], counts[pairs[pair, 1]]
        fold(followed, group)
        add_group_products(followed, followed, _SQUARES, high[pair, 0], low[pair, 0])
        add_group_products(followed, one, _WITH_WARS, high[pair, 1], low[pair, 1])
        add_group_products(followed, other, _WITH_WARS, high[pair, 2], low[pair, 2])
        _forget(followed)


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

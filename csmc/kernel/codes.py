"""Every integer that the kernel shares with its callers. Numbers are part of the stream: add, never renumber."""

from enum import IntEnum

#: Version of the mapping from (seed, replicate, parameters) to outcomes; it changes when any number may change.
STREAM_VERSION = 5

#: Draws of different items (rungs, dimensions, attempts) are this far apart; also the largest number of states.
STRIDE = 64

#: A replicate's number has so many bits; above them is the scheme of its draws: a Replication, or `CHAINED`.
NUMBER_BITS = 60

#: Scheme of a history with the draws of a chain of links (`csmc.kernel.draws`); its number is its column of the keys.
CHAINED = 3

#: A link's number has so many bits; the octave above them, 0 to 15, says which part of all draws it shifts: 2**-octave.
LINK_BITS = 56

#: In the place of a link: it shifts nothing.
NO_LINK = 17 << LINK_BITS

#: Bits of a fixed-point tally, so that products of two tallies stay exact in int64 over a batch of lanes.
TALLY_BITS = 27


class Purpose(IntEnum):
    """What a draw is for; with (seed, replicate, episode, index) its whole address."""

    CAPABILITY_NORMAL = 0
    CAPABILITY_UNIFORM = 1
    GAMMA_NORMAL = 2
    GAMMA_UNIFORM = 3
    BASE_INTEREST = 4
    BLOC = 5
    POSITION = 6
    MEMBERSHIP = 7
    INTEREST_SHOCK = 8
    GROWTH = 9
    CRISIS = 10
    ASSESSMENT = 11
    COST = 12
    SEAT = 13
    VOTE = 14
    PARTICIPATION = 15


class Replication(IntEnum):
    """How replicates go together in groups: by independent draws, in antithetic pairs, or by fours in strata."""

    PLAIN = 0
    ANTITHETIC = 1
    STRATIFIED = 2


#: A group's number is that of each of its replicates shifted by so many bits.
GROUP_SHIFTS = {Replication.PLAIN: 0, Replication.ANTITHETIC: 1, Replication.STRATIFIED: 2}


def group_size(replication: Replication) -> int:
    """Replicates that are drawn together, and are correlated."""
    return 1 << GROUP_SHIFTS[replication]


def numbered(replication: Replication, replicate: int) -> int:
    """The number under which the kernel knows replicate `replicate`, from 0, of a scheme."""
    return (replication << NUMBER_BITS) + replicate


class CrisisDraw(IntEnum):
    """Index of each uniform of purpose CRISIS."""

    CHALLENGER = 0
    TARGET = 1
    CHALLENGER_COST = 2
    TARGET_COST = 3
    MEDIATION = 4
    WAR = 5


class Assessment(IntEnum):
    """Index of each normal of purpose ASSESSMENT."""

    STATUS_QUO = 0
    MISPERCEPTION = 1


class Distribution(IntEnum):
    """How capability is distributed at the start of a history."""

    EQUAL = 0
    LOGNORMAL = 1
    PARETO = 2
    DIRICHLET = 3
    TABLE = 4


class Layout(IntEnum):
    """Geography."""

    NONE = 0
    RING = 1
    PLANE = 2
    TABLE = 3


class Scope(IntEnum):
    """Whom an obligation to help the victim binds."""

    NONE = 0
    ALLIES = 1
    MEMBERS = 2
    GREAT_POWERS = 3


class Seating(IntEnum):
    """Who sits on the council."""

    NO_COUNCIL = 0
    ALL = 1
    GREAT_POWERS = 2
    NUMBER = 3


class Veto(IntEnum):
    """Who can block the council."""

    NONE = 0
    PERMANENT = 1
    ALL = 2


class Outcome(IntEnum):
    """How an episode ended; exclusive and exhaustive. A coercion by a lower rung is coded by the rung's position."""

    NO_CHALLENGE = 0
    NEGOTIATED_SETTLEMENT = 1
    BACKDOWN = 2
    COERCED_BY_RUNG_1 = 3
    COERCED_BY_RUNG_2 = 4
    COERCED_BY_RUNG_3 = 5
    COERCED_BY_FORCE = 6
    BILATERAL_WAR = 7
    LIMITED_WAR = 8
    GENERAL_WAR = 9


class Tally(IntEnum):
    """What is summed per replicate and institution."""

    NO_CHALLENGE = 0
    NEGOTIATED_SETTLEMENT = 1
    BACKDOWN = 2
    COERCED_BY_RUNG_1 = 3
    COERCED_BY_RUNG_2 = 4
    COERCED_BY_RUNG_3 = 5
    COERCED_BY_FORCE = 6
    BILATERAL_WAR = 7
    LIMITED_WAR = 8
    GENERAL_WAR = 9
    WARS = 10
    PEACE = 11
    CHALLENGES = 12
    REFUSALS = 13
    DETERRED = 14
    GAINS = 15
    WARS_WON = 16
    SUCCESSES = 17
    VOTES = 18
    PASSED = 19
    VETOED = 20
    RESPONSES = 21
    RESPONSES_GREAT = 22
    RESPONSES_OTHER = 23
    PARTICIPATION = 24
    PARTICIPATION_GREAT = 25
    PARTICIPATION_OTHER = 26
    ENFORCED = 27
    BELLIGERENTS = 28
    ENGAGED = 29
    FORCE_RESPONSES = 30
    AGGRESSOR_JOINING = 31
    FREE_RIDING = 32
    CONCESSION = 33
    SURVIVORS = 34
    CONCENTRATION_HHI = 35
    CONCENTRATION_CON = 36
    TRUST = 37
    LEGITIMACY = 38
    NO_WAR = 39
    NO_GENERAL_WAR = 40
    TIME_TO_WAR = 41


N_OUTCOMES = len(Outcome)
N_TALLIES = len(Tally)


class Control(IntEnum):
    """What is summed beside the tallies, if it is asked for: each has the mean 0 (`csmc.kernel.controls`)."""

    REFUSAL_STOOD_BY = 42
    REFUSAL_YIELDED_TO = 43
    CHALLENGER_COST = 44
    TARGET_COST = 45
    STATUS_QUO = 46
    MISPERCEPTION = 47


N_CONTROLS = len(Control)
#: Controls that are sums of draws, which are the same under every institution.
DRAWN_CONTROLS = (Control.CHALLENGER_COST, Control.TARGET_COST, Control.STATUS_QUO, Control.MISPERCEPTION)
#: Normals are below 2**3: the largest that a uniform of 32 bits gives is 6.8.
_NORMAL_BITS = 3

#: Tallies that are fractions summed over the episodes of a history (each at most 1 per episode in absolute value).
EPISODE_FRACTIONS = (
    Tally.PARTICIPATION,
    Tally.PARTICIPATION_GREAT,
    Tally.PARTICIPATION_OTHER,
    Tally.ENGAGED,
    Tally.AGGRESSOR_JOINING,
    Tally.FREE_RIDING,
    Tally.CONCESSION,
)
#: Tallies that are fractions read once, at the end of a history.
HISTORY_FRACTIONS = (Tally.CONCENTRATION_HHI, Tally.CONCENTRATION_CON, Tally.TRUST, Tally.LEGITIMACY)


def row_scale(row: int, episodes: int) -> int:
    """Fixed-point units per 1 of tally or control `row` in histories of `episodes` episodes: a power of two.

    1 for a count. Others are scaled so that the largest possible value of a replicate is 2**27: the resolution is
    7.5e-9 of it.
    """
    if row in HISTORY_FRACTIONS:
        return 1 << TALLY_BITS
    whole = TALLY_BITS - (episodes - 1).bit_length()
    if row in (Control.STATUS_QUO, Control.MISPERCEPTION):
        return 1 << (whole - _NORMAL_BITS)
    if row in EPISODE_FRACTIONS or row >= N_TALLIES:
        return 1 << whole
    return 1

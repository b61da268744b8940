"""The integers that the reference shares with whoever compares against it."""

from enum import IntEnum

#: Draws of one purpose and item (or dimension, axis, attempt) are this far apart.
STRIDE = 64


class Purpose(IntEnum):
    """What a draw is for."""

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


class CrisisDraw(IntEnum):
    """Indices of the uniforms of `Purpose.CRISIS`."""

    CHALLENGER = 0
    TARGET = 1
    CHALLENGER_WAR_COST = 2
    TARGET_WAR_COST = 3
    MEDIATION = 4
    WAR = 5


class AssessmentDraw(IntEnum):
    """Indices of the normals of `Purpose.ASSESSMENT`."""

    STATUS_QUO = 0
    MISPERCEPTION = 1


class Distribution(IntEnum):
    """How initial capabilities are drawn."""

    EQUAL = 0
    LOGNORMAL = 1
    PARETO = 2
    DIRICHLET = 3
    TABLE = 4


class Layout(IntEnum):
    """Where states lie."""

    NONE = 0
    RING = 1
    PLANE = 2
    TABLE = 3


class Scope(IntEnum):
    """Whom an obligation binds."""

    NONE = 0
    ALLIES = 1
    MEMBERS = 2
    GREAT_POWERS = 3


class Seating(IntEnum):
    """Who sits in the council."""

    NO_COUNCIL = 0
    ALL = 1
    GREAT_POWERS = 2
    NUMBER = 3


class Veto(IntEnum):
    """Who holds a veto."""

    NONE = 0
    PERMANENT = 1
    ALL = 2


class Outcome(IntEnum):
    """How an episode ends; coercion by lower rung r is `COERCED_BY_RUNG_1` + r - 1."""

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

    @property
    def is_war(self) -> bool:
        """Whether this is a war of any kind."""
        return self >= Outcome.BILATERAL_WAR


class Tally(IntEnum):
    """What is counted or summed over a history; rows 0 to 9 are the outcomes."""

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


N_TALLIES = len(Tally) + len(Outcome)

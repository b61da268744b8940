"""What every metric divides by what, written down anew from docs/results.md (Variables), with the bounds of means."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from csmc.kernel.codes import Outcome, Tally

EPISODES, HISTORIES, STATES = "episodes", "histories", "states"
Divisor = Tally | str


class Mean(NamedTuple):
    """Least and greatest value of a mean, and the tally without which a history leaves it where it started."""

    low: float
    high: float | str
    changes: Tally | None = None


class Definition(NamedTuple):
    """One tally per another; without a mean, a rate. `minus` is subtracted."""

    numerator: Tally
    denominator: Divisor
    mean: Mean | None = None
    minus: tuple[Tally, Divisor] | None = None


_SHARE = Mean(0, 1)
DEFINITIONS: Mapping[str, Definition] = {
    **{outcome.name.lower(): Definition(Tally[outcome.name], EPISODES) for outcome in Outcome},
    "peace": Definition(Tally.PEACE, EPISODES),
    "war": Definition(Tally.WARS, EPISODES),
    "wider_war": Definition(Tally.WARS, EPISODES, minus=(Tally.BILATERAL_WAR, EPISODES)),
    "challenge": Definition(Tally.CHALLENGES, EPISODES),
    "war_given_challenge": Definition(Tally.WARS, Tally.CHALLENGES),
    "war_given_refusal": Definition(Tally.WARS, Tally.REFUSALS),
    "general_deterrence": Definition(Tally.NO_CHALLENGE, EPISODES),
    "immediate_deterrence": Definition(Tally.DETERRED, Tally.REFUSALS),
    "settlement": Definition(Tally.NEGOTIATED_SETTLEMENT, Tally.CHALLENGES),
    "concession": Definition(Tally.CONCESSION, Tally.NEGOTIATED_SETTLEMENT, Mean(-1, 1)),
    "aggressor_war_success": Definition(Tally.WARS_WON, Tally.WARS),
    "aggressor_success": Definition(Tally.SUCCESSES, Tally.CHALLENGES),
    "authorisation": Definition(Tally.PASSED, Tally.VOTES),
    "veto": Definition(Tally.VETOED, Tally.VOTES),
    "participation": Definition(Tally.PARTICIPATION, Tally.RESPONSES, _SHARE),
    "participation_great": Definition(Tally.PARTICIPATION_GREAT, Tally.RESPONSES_GREAT, _SHARE),
    "participation_other": Definition(Tally.PARTICIPATION_OTHER, Tally.RESPONSES_OTHER, _SHARE),
    "selectivity": Definition(
        Tally.PARTICIPATION_OTHER,
        Tally.RESPONSES_OTHER,
        Mean(-1, 1),
        minus=(Tally.PARTICIPATION_GREAT, Tally.RESPONSES_GREAT),
    ),
    "enforcement": Definition(Tally.ENFORCED, Tally.WARS),
    "belligerents": Definition(Tally.BELLIGERENTS, Tally.WARS, Mean(2, STATES)),
    "engaged": Definition(Tally.ENGAGED, Tally.WARS, _SHARE),
    "aggressor_joining": Definition(Tally.AGGRESSOR_JOINING, Tally.FORCE_RESPONSES, _SHARE),
    "free_riding": Definition(Tally.FREE_RIDING, Tally.RESPONSES, _SHARE),
    "survivors": Definition(Tally.SURVIVORS, HISTORIES, Mean(1, STATES)),
    "concentration_hhi": Definition(Tally.CONCENTRATION_HHI, HISTORIES, _SHARE),
    "concentration_con": Definition(Tally.CONCENTRATION_CON, HISTORIES, _SHARE),
    "final_trust": Definition(Tally.TRUST, HISTORIES, Mean(0, 1, Tally.RESPONSES)),
    "final_legitimacy": Definition(Tally.LEGITIMACY, HISTORIES, Mean(0, 1, Tally.REFUSALS)),
    "history_without_war": Definition(Tally.NO_WAR, HISTORIES),
    "history_without_general_war": Definition(Tally.NO_GENERAL_WAR, HISTORIES),
    "time_to_war": Definition(Tally.TIME_TO_WAR, HISTORIES, Mean(1, EPISODES)),
}

_WAR = range(Outcome.BILATERAL_WAR, Outcome.GENERAL_WAR + 1)
_YIELDED = range(Outcome.BACKDOWN, Outcome.COERCED_BY_FORCE + 1)
#: Which outcomes a tally counts, where the outcome alone decides.
COUNTED: Mapping[Divisor, Sequence[int]] = {
    **{Tally[outcome.name]: (outcome,) for outcome in Outcome},
    Tally.WARS: _WAR,
    Tally.PEACE: range(Outcome.NO_CHALLENGE, Outcome.BILATERAL_WAR),
    Tally.CHALLENGES: range(Outcome.NEGOTIATED_SETTLEMENT, Outcome.GENERAL_WAR + 1),
    Tally.REFUSALS: range(Outcome.BACKDOWN, Outcome.GENERAL_WAR + 1),
    Tally.DETERRED: _YIELDED,
    EPISODES: range(len(Outcome)),
}

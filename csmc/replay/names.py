"""What conditions can name: of each name what it means and where a trace has it. Edit to add one.

The names of measures, such as `sanctions`, are those of an institution's ladder and come on top.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.errors import ParameterError, suggestion
from csmc.institutions.record import Institution
from csmc.kernel import Trace
from csmc.kernel import lanes as field
from csmc.kernel.codes import Outcome
from csmc.kernel.tracing import ACTIVE, LEGITIMACY, TRUST
from csmc.replay.condition import Used

Floats = NDArray[np.float64]


class View(NamedTuple):
    """A trace under one institution: crisis, standing (episode, field, replicate); before, after the states' shares."""

    crisis: Floats
    standing: Floats
    before: Floats
    after: Floats

    @property
    def outcome(self) -> Floats:
        """Codes of `Outcome`; of episodes after the end of a history those of no challenge."""
        return self.crisis[:, field.OUTCOME]

    @property
    def lives(self) -> NDArray[np.bool_]:
        """Whether the history goes on: if not, the crisis has nothing of meaning but its outcome."""
        return self.standing[:, ACTIVE] > 0.0

    def where(self, condition: NDArray[np.bool_], entry: int) -> Floats:
        """A field of the crisis where a condition is met in a living history, else not a number."""
        return np.where(condition & self.lives, self.crisis[:, entry], np.nan)


class Kind(Enum):
    """How a name is used."""

    EVENT = "yes or no"
    COUNT = "a count: alone it says that there are some"
    NUMBER = "a number, to be compared"


@dataclass(frozen=True)
class Name:
    """A name of conditions; `read` gives (episode, replicate) of a view, not a number where there is nothing."""

    kind: Kind
    meaning: str
    read: Callable[[View], Floats]


def view(trace: Trace, k: int) -> View:
    """What conditions are read from, of institution k of a trace."""
    return View(trace.crisis[k], trace.standing[k], trace.before[k], trace.after[k])


def _event(meaning: str, happens: Callable[[View], NDArray[np.bool_]]) -> Name:
    return Name(Kind.EVENT, meaning, lambda v: happens(v).astype(np.float64))


def _mask(meaning: str, entry: int, among: Callable[[View], NDArray[np.bool_]]) -> Name:
    """An event that a field is a mask of, among the episodes where that means something."""
    return _event(meaning, lambda v: among(v) & v.lives & (v.crisis[:, entry] > 0.0))


def _count(meaning: str, entry: int, among: Callable[[View], NDArray[np.bool_]]) -> Name:
    return Name(Kind.COUNT, meaning, lambda v: np.where(among(v) & v.lives, v.crisis[:, entry], 0.0))


def _number(meaning: str, entry: int, among: Callable[[View], NDArray[np.bool_]]) -> Name:
    return Name(Kind.NUMBER, meaning, lambda v: v.where(among(v), entry))


def _always(v: View) -> NDArray[np.bool_]:
    return v.lives


def _challenged(v: View) -> NDArray[np.bool_]:
    return np.asarray(v.outcome != Outcome.NO_CHALLENGE)


def _settled(v: View) -> NDArray[np.bool_]:
    return np.asarray(v.outcome == Outcome.NEGOTIATED_SETTLEMENT)


def _called(v: View) -> NDArray[np.bool_]:
    return np.asarray(v.outcome > Outcome.BACKDOWN)


def _forced(v: View) -> NDArray[np.bool_]:
    return _called(v) & (v.crisis[:, field.FORCED] > 0.0)


def _war(v: View) -> NDArray[np.bool_]:
    return np.asarray(v.outcome >= Outcome.BILATERAL_WAR)


def _coerced(v: View) -> NDArray[np.bool_]:
    return _called(v) & ~_war(v)


def _ends_in(outcome: Outcome) -> Name:
    return _event(f"it ends in {outcome.name.lower()}", lambda v: v.outcome == outcome)


def _enforced(v: View) -> NDArray[np.bool_]:
    return _war(v) & (v.crisis[:, field.MANDATED] > 0.0) & (v.crisis[:, field.HELPERS] > 0.0)


def _death(v: View) -> NDArray[np.bool_]:
    return np.asarray(((v.before > 0.0) & (v.after == 0.0)).any(axis=1) & v.lives)


def _demand(v: View) -> Floats:
    return v.where(_challenged(v), field.BELIEF) + v.crisis[:, field.PREMIUM]


NAMES: Mapping[str, Name] = {
    **{outcome.name.lower(): _ends_in(outcome) for outcome in Outcome},
    "war": _event("it ends in a war of any kind", _war),
    "challenge": _event("the challenger makes a demand", _challenged),
    "refused": _event("the target refuses it", lambda v: v.outcome >= Outcome.BACKDOWN),
    "response": _event("a response is called for", _called),
    "coerced": _event("a measure, or the coalition's force, makes the challenger yield", _coerced),
    "mediated": _mask("mediation settles it", field.MEDIATED, _settled),
    "force": _event("force is reached: states decide whom to fight for", _forced),
    "won": _mask("the challenger wins a war", field.WON, _war),
    "enforced": _event("a war in which third parties help with a mandate", _enforced),
    "death": _event("a state dies", _death),
    "ended": _event("the history has ended before: fewer than two states live", lambda v: ~v.lives),
    "great_power_challenger": _mask("the challenger is a great power", field.CHALLENGER_GREAT, _always),
    "vote": _count("votes of the council", field.VOTES, _called),
    "passed": _count("measures that the council authorises", field.PASSED, _called),
    "veto": _count("votes in which somebody vetoes", field.VETOED, _called),
    "helpers": _count("third parties that fight for the victim", field.HELPERS, _forced),
    "joiners": _count("third parties that join the challenger", field.JOINERS, _forced),
    "stake": _number("the stake, as a share of the largest", field.STAKE, _always),
    "status_quo": _number("the challenger's share of the good today", field.STATUS_QUO, _always),
    "support": _number("share of third-party capability expected to help", field.SUPPORT, _always),
    "estimate": _number("the challenger's chance in a war by the common estimate", field.ESTIMATE, _always),
    "belief": _number("the same as the challenger sees it", field.BELIEF, _always),
    "mandate_expected": _number("the mandate expected for force", field.EXPECTED_MANDATE, _always),
    "pressure_expected": _number("pressure expected from lower rungs", field.PRESSURE, _always),
    "demand": Name(Kind.NUMBER, "the share that the challenger demands", _demand),
    "concession": _number("what the target concedes in a settlement", field.CONCESSION, _settled),
    "participation": _number("share of third-party capability in the last measure taken", field.SHARE, _called),
    "free_riding": _number("free riding on that measure", field.RIDING, _called),
    "pressure": _number("what lower rungs have cost the challenger", field.SANCTIONS, _called),
    "chance": _number("the challenger's true chance in a war that happens", field.CHANCE, _war),
    "engaged": _number("share of effective capability in a war", field.ENGAGED, _war),
    "trust": Name(Kind.NUMBER, "trust after the episode", lambda v: v.standing[:, TRUST]),
    "legitimacy": Name(Kind.NUMBER, "legitimacy after it", lambda v: v.standing[:, LEGITIMACY]),
}


def named(used: Used, institution: Institution) -> Name:
    """What a name of a condition is under an institution.

    Raises
    ------
    ParameterError
        There is no such name, or it is used as another kind of name.
    """
    lower = [rung.name for rung in institution.ladder[:-1]]
    if used.name in NAMES:
        found = NAMES[used.name]
    elif used.name in lower:
        found = _measure(used.name, 1 + lower.index(used.name))
    else:
        known = [*NAMES, *lower]
        near = suggestion(used.name, known) or f" (known: {', '.join(known)})"
        raise ParameterError(f"{used.name!r} is no name of a condition under {institution.name}{near}")
    if found.kind is Kind.NUMBER and not used.compared:
        raise ParameterError(f"{used.name} is a number ({found.meaning}): compare it, as in {used.name} > 0.5")
    if found.kind is Kind.EVENT and used.compared:
        raise ParameterError(f"{used.name} is yes or no: write {used.name}, or not {used.name}, without a number")
    return found


def _measure(name: str, item: int) -> Name:
    """A lower rung, which is taken if it is reached and authorised."""

    def taken(v: View) -> NDArray[np.bool_]:
        reached, authorised = (v.crisis[:, entry + item] > 0.0 for entry in (field.REACHED, field.AUTHORISED))
        return _called(v) & v.lives & reached & authorised

    return _event(f"{name}: the measure is taken", taken)

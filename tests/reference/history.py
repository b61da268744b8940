"""What is recorded of a history, and what is counted (docs/model.md, observation, and docs/results.md)."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from .bargaining import Bargain
from .codes import N_TALLIES, Outcome, Tally
from .council import Council
from .enforcement import FORCE, Enforcement
from .mathematics import share
from .onset import Crisis
from .response import Expectation, ThirdParty


@dataclass(frozen=True)
class Episode:
    """One episode, move by move; an episode after the end of its history has no crisis."""

    number: int
    outcome: Outcome
    trust: float  #: after the episode
    legitimacy: float  #: after the episode
    capability: tuple[float, ...]  #: after the episode
    margin: float = math.inf  #: of the closest comparison that decided something discrete
    crisis: Crisis | None = None
    great_challenger: bool = False
    third_parties: tuple[ThirdParty, ...] = ()
    council: Council | None = None
    mandates: tuple[float, ...] = ()  #: Pi by item
    mandate_expected: float | None = None  #: M_hat
    expectation: Expectation | None = None  #: S_a, S_b, E after the rounds
    pressure_expected: float | None = None  #: C_hat
    bargain: Bargain | None = None
    enforcement: Enforcement | None = None  #: if a response was called for
    free_riding: float | None = None  #: on the last rung taken


@dataclass(frozen=True)
class Final:
    """The end of a history."""

    capability: tuple[float, ...]  #: shares, 0 of the dead
    trust: float
    legitimacy: float
    survivors: int
    hhi: float
    con: float


@dataclass(frozen=True)
class History:
    """One history under one institution."""

    episodes: list[Episode]
    final: Final
    tallies: dict[int, float]
    margin: float  #: of the closest comparison at the start and in all episodes


def final_state(capability: Sequence[float], trust: float, legitimacy: float) -> Final:
    """The end of a history, from capabilities that need not sum to one (E8)."""
    n = len(capability)
    total = sum(capability)
    shares = tuple(entry / total for entry in capability)
    hhi = sum(entry * entry for entry in shares)
    return Final(
        capability=shares,
        trust=trust,
        legitimacy=legitimacy,
        survivors=sum(entry > 0.0 for entry in shares),
        hhi=hhi,
        con=math.sqrt(max(0.0, (hhi - 1.0 / n) / (1.0 - 1.0 / n))),
    )


def tally(episodes: Sequence[Episode], final: Final) -> dict[int, float]:
    """All tallies of one history, by row."""
    rows: defaultdict[int, float] = defaultdict(float)
    for episode in episodes:
        rows[episode.outcome] += 1
        rows[Tally.WARS if episode.outcome.is_war else Tally.PEACE] += 1
        if episode.outcome != Outcome.NO_CHALLENGE:
            tally_challenge(rows, episode)
    tally_history(rows, [episode.outcome for episode in episodes], final)
    return {row: rows[row] for row in range(N_TALLIES)}


def tally_challenge(rows: dict[int, float], episode: Episode) -> None:
    """A challenge: settled, or refused and then backed down from or answered."""
    assert episode.bargain is not None
    rows[Tally.CHALLENGES] += 1
    if episode.bargain.concession is not None:
        rows[Tally.CONCESSION] += episode.bargain.concession
        rows[Tally.GAINS] += episode.bargain.gained
        rows[Tally.SUCCESSES] += episode.bargain.gained
        return
    rows[Tally.REFUSALS] += 1
    rows[Tally.DETERRED] += not episode.outcome.is_war
    if episode.enforcement is not None:
        tally_votes(rows, episode.enforcement)
        tally_response(rows, episode, episode.enforcement)
        tally_war(rows, episode.enforcement)


def tally_votes(rows: dict[int, float], enforcement: Enforcement) -> None:
    """Each measure voted on."""
    for vote in enforcement.votes:
        rows[Tally.VOTES] += 1
        rows[Tally.PASSED] += vote.passed
        rows[Tally.VETOED] += vote.vetoed


def tally_response(rows: dict[int, float], episode: Episode, enforcement: Enforcement) -> None:
    """A response, counted where third parties have capability."""
    assert episode.crisis is not None
    assert episode.free_riding is not None
    third_party_total = episode.crisis.third_party_total
    if not third_party_total > 0.0:
        return
    rows[Tally.RESPONSES] += 1
    rows[Tally.RESPONSES_GREAT if episode.great_challenger else Tally.RESPONSES_OTHER] += 1
    participation = enforcement.last.participation
    rows[Tally.PARTICIPATION] += participation
    rows[Tally.PARTICIPATION_GREAT if episode.great_challenger else Tally.PARTICIPATION_OTHER] += participation
    rows[Tally.FREE_RIDING] += episode.free_riding
    if enforcement.last.item == FORCE:
        joined = sum(episode.crisis.effective[k] for k in enforcement.last.joiners)
        rows[Tally.FORCE_RESPONSES] += 1
        rows[Tally.AGGRESSOR_JOINING] += share(joined, third_party_total)


def tally_war(rows: dict[int, float], enforcement: Enforcement) -> None:
    """A war."""
    if not enforcement.outcome.is_war:
        return
    assert enforcement.engaged is not None
    rows[Tally.WARS_WON] += enforcement.aggressor_won
    rows[Tally.SUCCESSES] += enforcement.aggressor_won
    rows[Tally.ENFORCED] += enforcement.enforced
    rows[Tally.BELLIGERENTS] += 2 + len(enforcement.last.helpers) + len(enforcement.last.joiners)
    rows[Tally.ENGAGED] += enforcement.engaged


def tally_history(rows: dict[int, float], outcomes: Sequence[Outcome], final: Final) -> None:
    """The history as a whole."""
    rows[Tally.SURVIVORS] = final.survivors
    rows[Tally.CONCENTRATION_HHI] = final.hhi
    rows[Tally.CONCENTRATION_CON] = final.con
    rows[Tally.TRUST] = final.trust
    rows[Tally.LEGITIMACY] = final.legitimacy
    rows[Tally.NO_WAR] = not any(outcome.is_war for outcome in outcomes)
    rows[Tally.NO_GENERAL_WAR] = Outcome.GENERAL_WAR not in outcomes
    wars = [number for number, outcome in enumerate(outcomes, start=1) if outcome.is_war]
    rows[Tally.TIME_TO_WAR] = wars[0] if wars else len(outcomes)

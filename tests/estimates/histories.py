"""Made-up histories of crises, with what a kernel would have counted, that institutions meet under the same draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.kernel.codes import N_TALLIES, Outcome, Tally, row_scale

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Cumulative: below the first a general war, and so on to no challenge. What remains is coerced or settled.
_LADDER = (
    (Outcome.GENERAL_WAR, 0.2),
    (Outcome.LIMITED_WAR, 0.5),
    (Outcome.BILATERAL_WAR, 1.0),
    (Outcome.COERCED_BY_FORCE, 1.1),
    (Outcome.COERCED_BY_RUNG_3, 1.2),
    (Outcome.COERCED_BY_RUNG_2, 1.3),
    (Outcome.COERCED_BY_RUNG_1, 1.4),
    (Outcome.BACKDOWN, 1.6),
    (Outcome.NEGOTIATED_SETTLEMENT, 2.0),
)


@dataclass(frozen=True)
class Setting:
    """One point: how often there is war under each institution, and how far episodes of a history go together."""

    wars: tuple[float, ...]
    histories: int
    episodes: int = 1
    together: float = 0.0  #: chance that an episode repeats the one before it
    alone: float = 0.0  #: chance that an institution draws for itself
    states: int = 8


class Histories(NamedTuple):
    """Tallies (history, institution, row) and outcomes (history, episode, institution)."""

    rows: Integers
    outcomes: Integers


def simulate(setting: Setting, seed: int) -> Histories:
    """Draw all histories of a setting."""
    generator = np.random.default_rng(seed)
    outcomes = _outcomes(setting, generator)
    rows = np.zeros((setting.histories, len(setting.wars), N_TALLIES), np.int64)
    _count_outcomes(rows, outcomes)
    _count_events(rows, setting.states, generator)
    _add_shares(rows, outcomes, setting, generator)
    _read_the_end(rows, outcomes, setting, generator)
    return Histories(rows, outcomes)


def _outcomes(setting: Setting, generator: np.random.Generator) -> Integers:
    shape = (setting.histories, setting.episodes, len(setting.wars))
    draws = np.broadcast_to(generator.random((*shape[:2], 1)), shape).copy()
    apart = generator.random(shape) < setting.alone
    draws[apart] = generator.random(shape)[apart]
    repeats = generator.random(shape[:2]) < setting.together
    for episode in range(1, setting.episodes):
        draws[repeats[:, episode], episode] = draws[repeats[:, episode], episode - 1]
    outcomes = np.full(shape, Outcome.NO_CHALLENGE, np.int64)
    for outcome, share in reversed(_LADDER):
        outcomes[draws < share * np.array(setting.wars)] = outcome
    return outcomes


def _count_outcomes(rows: Integers, outcomes: Integers) -> None:
    groups: dict[Tally, Sequence[int]] = {Tally(outcome): [outcome] for outcome in Outcome}
    groups |= {Tally.WARS: [7, 8, 9], Tally.PEACE: range(7), Tally.CHALLENGES: range(1, 10)}
    groups |= {Tally.REFUSALS: range(2, 10), Tally.DETERRED: range(2, 7), Tally.RESPONSES: range(3, 10)}
    groups |= {Tally.FORCE_RESPONSES: range(6, 10)}
    for row, among in groups.items():
        rows[:, :, row] = np.isin(outcomes, among).sum(axis=1)


def _count_events(rows: Integers, states: int, generator: np.random.Generator) -> None:
    """Counts that outcomes only bound."""

    def part(whole: Tally | Integers, chance: float) -> Integers:
        return generator.binomial(rows[:, :, whole] if isinstance(whole, Tally) else whole, chance)

    rows[:, :, Tally.WARS_WON] = part(Tally.WARS, 0.6)
    rows[:, :, Tally.SUCCESSES] = rows[:, :, Tally.WARS_WON] + part(Tally.NEGOTIATED_SETTLEMENT, 0.5)
    rows[:, :, Tally.ENFORCED] = part(Tally.WARS, 0.3)
    rows[:, :, Tally.VOTES] = 2 * rows[:, :, Tally.RESPONSES]
    rows[:, :, Tally.PASSED] = part(Tally.VOTES, 0.4)
    rows[:, :, Tally.VETOED] = part(rows[:, :, Tally.VOTES] - rows[:, :, Tally.PASSED], 0.5)
    rows[:, :, Tally.BELLIGERENTS] = 2 * rows[:, :, Tally.WARS] + part((states - 2) * rows[:, :, Tally.WARS], 0.2)


def _add_shares(rows: Integers, outcomes: Integers, setting: Setting, generator: np.random.Generator) -> None:
    """Shares between 0 and 1 of every episode, alike under all institutions but for a power."""
    power = 1 + 0.5 * np.arange(len(setting.wars))
    share = generator.random((*outcomes.shape[:2], 1)) ** power
    great = generator.random((*outcomes.shape[:2], 1)) < 0.4
    response = outcomes >= Outcome.COERCED_BY_RUNG_1
    settled = outcomes == Outcome.NEGOTIATED_SETTLEMENT
    for row, where, size in (
        (Tally.PARTICIPATION_GREAT, response & great, share / 2),
        (Tally.PARTICIPATION_OTHER, response & ~great, share),
        (Tally.ENGAGED, outcomes >= Outcome.BILATERAL_WAR, 1 - share / 3),
        (Tally.AGGRESSOR_JOINING, outcomes >= Outcome.COERCED_BY_FORCE, share**4),
        (Tally.FREE_RIDING, response, 1 - share),
        (Tally.CONCESSION, settled, 2 * share - 1),
    ):
        units = (size * row_scale(row, setting.episodes)).astype(np.int64)
        rows[:, :, row] = np.where(where, units, 0).sum(axis=1)
    rows[:, :, Tally.PARTICIPATION] = rows[:, :, Tally.PARTICIPATION_GREAT] + rows[:, :, Tally.PARTICIPATION_OTHER]
    rows[:, :, Tally.RESPONSES_GREAT] = (response & great).sum(axis=1)
    rows[:, :, Tally.RESPONSES_OTHER] = (response & ~great).sum(axis=1)


def _read_the_end(rows: Integers, outcomes: Integers, setting: Setting, generator: np.random.Generator) -> None:
    """What is read at the end of a history."""
    war = outcomes >= Outcome.BILATERAL_WAR
    rows[:, :, Tally.NO_WAR] = ~war.any(axis=1)
    rows[:, :, Tally.NO_GENERAL_WAR] = rows[:, :, Tally.GENERAL_WAR] == 0
    rows[:, :, Tally.TIME_TO_WAR] = np.where(war.any(axis=1), war.argmax(axis=1) + 1, setting.episodes)
    rows[:, :, Tally.SURVIVORS] = np.maximum(setting.states - rows[:, :, Tally.GENERAL_WAR], 1)
    chance = generator.random((setting.histories, 1))
    for row, value in (
        (Tally.CONCENTRATION_HHI, 1 / setting.states + chance * rows[:, :, Tally.WARS] / setting.episodes / 2),
        (Tally.CONCENTRATION_CON, chance ** (1 + rows[:, :, Tally.NO_WAR])),
        (Tally.TRUST, 0.5 + 0.4 * (chance - 0.5) * np.minimum(rows[:, :, Tally.RESPONSES], 2)),
        (Tally.LEGITIMACY, 0.8 * 0.9 ** rows[:, :, Tally.REFUSALS]),
    ):
        rows[:, :, row] = (value * row_scale(row, setting.episodes)).astype(np.int64)

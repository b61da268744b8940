"""One episode, found by its address and played again. Edit here to change what identifies an episode.

The kernel's own trace is asked for, of a history that ends with the episode: the first episodes of a longer history are
the same (tests/metamorphic/test_prefixes.py), so that a late episode takes no longer than it must.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from csmc.config import Experiment
from csmc.config.experiment import Point
from csmc.design import Scalar
from csmc.errors import ParameterError
from csmc.institutions.record import FORCE, Institution
from csmc.kernel import Trace, trace
from csmc.kernel.codes import STREAM_VERSION, Outcome, Replication
from csmc.replay.moves import Moves, moves, surroundings
from csmc.replay.source import Run, Source, opened


@dataclass(frozen=True)
class Address:
    """Where an episode is: with the configuration, all that decides it."""

    point: int
    replicate: int
    episode: int
    institution: str
    seed: int
    replication: str
    stream_version: int = STREAM_VERSION


@dataclass(frozen=True)
class Episode:
    """One episode under one institution.

    moves: what happened, see `replay`. institution: as it is at the design point. states: their names, by index.
    varied: what the design sets at the point; of paths in `multiplied` the factors. parameters: all, by path. length:
    how many episodes the history has.
    """

    address: Address
    institution: Institution
    states: tuple[str, ...]
    varied: Mapping[str, Scalar]
    multiplied: frozenset[str]
    parameters: Mapping[str, Any]
    length: int
    moves: Moves

    @property
    def outcome(self) -> str:
        """How it ended, by the name of the outcome."""
        return Outcome(self.moves["outcome"]).name.lower()

    def rung(self, item: int) -> str:
        """The name of a measure by its number: 0 is force, the lower rungs follow in the order of the ladder."""
        return FORCE if item == 0 else self.institution.ladder[item - 1].name

    def as_data(self) -> dict[str, Any]:
        """All of it as JSON values; what is no number is None."""
        data = {
            "address": vars(self.address),
            "outcome": self.outcome,
            "varied": dict(self.varied),
            "parameters": dict(self.parameters),
            "states": list(self.states),
            "rungs": {item: self.rung(item) for item in range(len(self.institution.ladder))},
            "moves": self.moves,
        }
        return dict(_plain(data))


def replay(source: Source, institution: str, *, point: int = 0, replicate: int = 0, episode: int = 0) -> Moves:
    """One episode of an experiment, move by move, as the kernel plays it when it counts.

    Parameters
    ----------
    source
        An experiment, or the path of a run's output.
    institution
        Its name.
    point, replicate, episode
        Which design point, which history and which of its episodes, all from 0. Of an experiment the replicate need not
        have been run; of a run it must have.

    Returns
    -------
    The episode by the names of docs/model.md: who and what, what was expected, the demand, and if a response was called
    for, votes, rungs, coalitions and war; trust and legitimacy before and after. Shares and probabilities in [0, 1],
    costs relative to the stake, states by their numbers from 0.

    Raises
    ------
    ParameterError
        There is no such institution, point, replicate or episode.
    StoreError
        As `csmc.replay.opened`.
    """
    return play(source, [institution], point=point, replicate=replicate, episode=episode)[0].moves


def play(
    source: Source | Run, institutions: Sequence[str] = (), *, point: int = 0, replicate: int = 0, episode: int = 0
) -> list[Episode]:
    """One episode under each of some institutions, the first that is not the reference by default.

    All have the same draws. After the first episode their worlds can differ, by what past wars have done under each.
    Parameters and errors are those of `replay`.
    """
    run = opened(source)
    numbers = [run.institution(name) for name in institutions or [run.first_choice]]
    run.check_point(point)
    run.check_replicate(point, replicate)
    chosen = run.experiment.point(point)
    length = int(chosen.record[0].episodes)
    if not 0 <= episode < length:
        raise ParameterError(f"episode {episode} is outside [0, {length - 1}], the length of a history")
    before = min(episode, 1)  # the episode before tells trust and legitimacy at the start
    traced = traced_histories(chosen, numbers, replicate, 1, episode - before, episode + 1)
    return [
        Episode(
            address=_address(run.experiment, chosen, number, replicate, episode),
            institution=chosen.institutions[number],
            states=chosen.system.names,
            varied=run.experiment.design.assignment(point),
            multiplied=run.experiment.multiplied,
            parameters=chosen.values,
            length=length,
            moves=_all_moves(traced, chosen, number, k, before),
        )
        for k, number in enumerate(numbers)
    ]


def traced_histories(
    point: Point, numbers: Sequence[int], replicate: int, replicates: int, first: int, stop: int
) -> Trace:
    """Trace episodes `first` to `stop - 1` of some replicates (1..128) under institutions by number."""
    record, system, records = point.packed()
    shorter = record.copy()
    shorter["episodes"] = stop
    institutions = records[list(numbers)].view(np.recarray)
    start = point.number(replicate)
    return trace(
        shorter, system, institutions, point.seed, start,
        replicates=replicates, first_episode=first, episodes=stop - first,
    )  # fmt: skip


def _all_moves(traced: Trace, point: Point, number: int, k: int, place: int) -> Moves:
    records = point.record[0], point.institution_records[number]
    return moves(traced, *records, k, place, 0) | surroundings(traced, *records, k, place, 0)


def _address(experiment: Experiment, point: Point, number: int, replicate: int, episode: int) -> Address:
    scheme = Replication(point.scheme).name.lower()
    return Address(point.index, replicate, episode, experiment.institutions[number].name, point.seed, scheme)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

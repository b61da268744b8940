"""Looking for episodes that meet a condition, in order. Edit to change how much is traced at a time."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from csmc.config.experiment import Point
from csmc.config.sections import MAX_REPLICATES
from csmc.errors import ParameterError
from csmc.institutions.record import Institution
from csmc.kernel.lanes import CRISIS_FIELDS, MOST_LANES, SHOCK_FIELDS, TRACED_THIRD_FIELDS, WORLD_FIELDS
from csmc.replay.condition import Condition, Mask, parse
from csmc.replay.episode import traced_histories
from csmc.replay.names import Floats, Name, View, named, view
from csmc.replay.source import Run, Source, opened

#: A trace takes at most this many bytes, unless one episode of one replicate takes more.
MOST_BYTES = 1 << 28


class Search(NamedTuple):
    """What was found: `found` has replicate and episode of each, in order.

    replicates, episodes: how many were looked at, up to the last that was found, or all. complete: whether all
    replicates that were asked for at the point are there to be looked at.
    """

    condition: str
    institution: str
    point: int
    found: tuple[tuple[int, int], ...]
    replicates: int
    episodes: int
    complete: bool


def find(
    source: Source | Run,
    condition: str,
    institution: str | None = None,
    *,
    point: int = 0,
    first: int = 1,
    start: int = 0,
    within: int | None = None,
) -> Search:
    """Look for the first episodes of a design point that meet a condition, by replicate and then by episode.

    Parameters
    ----------
    source
        An experiment, or the path of a run's output; of a run, the replicates that it has are looked at.
    condition
        As in `veto and general_war`, or `war and not war[un_without_veto]` of another institution in the same episode;
        docs/replay.md has the names.
    institution
        Whose episodes; the first that is not the reference by default.
    point
        Which design point.
    first
        How many to find.
    start
        The first replicate to look at.
    within
        How many replicates from there on are looked at, at most; all by default.

    Raises
    ------
    ParameterError
        The condition cannot be read or names what there is not; no such institution, point or replicate.
    StoreError
        As `csmc.replay.opened`.
    """
    run, tree = opened(source), parse(condition)
    name = institution or run.first_choice
    run.institution(name)
    run.check_point(point)
    run.check_replicate(point, start)
    if first < 1:
        raise ParameterError(f"first={first} is below 1; it is how many episodes to find")
    chosen = run.experiment.point(point)
    if within is not None and within < 1:
        raise ParameterError(f"within={within} is below 1; it is how many replicates to look at, at most")
    end = MAX_REPLICATES if within is None else start + within
    ranges = [
        (max(begin, start), min(stop, end)) for begin, stop in run.finished(point) if stop > start and begin < end
    ]
    length, looked = int(chosen.record[0].episodes), 0
    found: list[tuple[int, int]] = []
    for begin, hits in _hits(run, chosen, tree, name, ranges):
        places = np.argwhere(hits)[: first - len(found)]
        found += [(begin + int(replicate), int(episode)) for replicate, episode in places]
        if len(found) == first:
            looked += found[-1][0] - begin + 1
            break
        looked += len(hits)
    episodes = looked * length - (length - 1 - found[-1][1] if len(found) == first else 0)
    return Search(condition, name, point, tuple(found), looked, episodes, run.is_complete(point))


def _hits(
    run: Run, point: Point, condition: Condition, name: str, ranges: list[tuple[int, int]]
) -> Iterator[tuple[int, Mask]]:
    """Yield where the condition is met, (replicate, episode), a batch at a time, and the batch's first replicate."""
    whose = list(dict.fromkeys([name, *(used.institution for used in condition.names() if used.institution)]))
    numbers = [run.institution(one) for one in whose]
    institutions = {one: point.institutions[number] for one, number in zip(whose, numbers, strict=True)}
    known = _known(condition, name, institutions)
    length = int(point.record[0].episodes)
    replicates, episodes = _batch(int(point.record[0].n_states), len(whose), length)
    for begin, end in ranges:
        for start in range(begin, end, replicates):
            count = min(replicates, end - start)
            hits = np.zeros((count, length), dtype=np.bool_)
            for since in range(0, length, episodes):
                stop = min(since + episodes, length)
                traced = traced_histories(point, numbers, start, count, since, stop)
                views = {one: view(traced, k) for k, one in enumerate(whose)}
                hits[:, since:stop] = condition.holds(partial(_value, known, views, name)).T
            yield start, hits


def _value(
    known: Mapping[tuple[str, str], Name], views: Mapping[str, View], name: str, word: str, institution: str | None
) -> Floats:
    """What a name of a condition is in every episode, (episode, replicate)."""
    one = institution or name
    return known[word, one].read(views[one])


def _known(condition: Condition, name: str, institutions: Mapping[str, Institution]) -> dict[tuple[str, str], Name]:
    """What each name of a condition is, by name and institution."""
    found = {}
    for used in condition.names():
        one = used.institution or name
        found[used.name, one] = named(used, institutions[one])
    return found


def _batch(n: int, institutions: int, length: int) -> tuple[int, int]:
    """How many replicates, and episodes of each, are traced at a time."""
    shared = WORLD_FIELDS * n + SHOCK_FIELDS
    own = CRISIS_FIELDS + TRACED_THIRD_FIELDS * (n - 2) + 3 * n + 3
    most = max(1, MOST_BYTES // (8 * (shared + institutions * own)))  # episodes of one replicate
    return min(MOST_LANES, max(1, most // length)), min(length, most)

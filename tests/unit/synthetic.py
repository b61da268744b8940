"""Made-up data for the tests of estimates, results and reports: per-replicate tallies, counted as a kernel would."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from csmc.config.sections import Sampling
from csmc.engine.records import Records, chunk_points
from csmc.estimate import Metric, Moments, plan
from csmc.estimate.metrics import cross_pairs, own_pairs
from csmc.institutions.record import title_of
from csmc.kernel.codes import N_OUTCOMES, N_TALLIES, Outcome, Tally
from csmc.kernel.result import N_FACTORS, N_FATES, Integers, Plan, Tallies, as_rows, tally_shapes
from tests.stacked import stack

WARS = (Outcome.BILATERAL_WAR, Outcome.LIMITED_WAR, Outcome.GENERAL_WAR)


#: Every made-up system has so many states.
STATES = 8


def empty(replicates: int, institutions: int) -> Integers:
    """Tallies of 0 as (replicate, institution, tally)."""
    return np.zeros((replicates, institutions, N_TALLIES), np.int64)


def count(rows: Integers, the_plan: Plan, outcomes: Integers | None = None) -> Tallies:
    """Count `rows` (replicate, institution, tally) and `outcomes` (episode, institution), replicate by replicate."""
    exact = rows.astype(object)
    own = (exact[:, :, the_plan.own_pairs[:, 0]] * exact[:, :, the_plan.own_pairs[:, 1]]).sum(axis=0)
    n = rows.shape[1]
    theirs = exact[:, None, the_plan.compared(n)][..., the_plan.cross_pairs[:, 1]]
    cross = (exact[:, :, None, the_plan.cross_pairs[:, 0]] * theirs).sum(axis=0)
    partners = the_plan.partners(n)
    joint = np.zeros((n, len(partners), N_OUTCOMES, N_OUTCOMES), np.int64)
    outcomes = np.zeros(rows.shape[:2], np.int64) if outcomes is None else outcomes
    for k in range(n):
        for place, partner in enumerate(partners):
            np.add.at(joint[k, place], (outcomes[:, k], outcomes[:, partner]), 1)
    patterns = np.bincount((np.isin(outcomes, WARS) << np.arange(n)).sum(axis=1), minlength=1 << n)
    patterns = patterns[:0] if the_plan.joint == "none" else patterns
    fates = _fates(outcomes.reshape(len(rows), len(outcomes) // max(len(rows), 1), n), the_plan.fates(n))
    words = [part.astype(np.int64) for moment in (own, cross, fates) for part in (moment >> 32, moment & 0xFFFFFFFF)]
    return Tallies(rows.sum(axis=0), *words[:4], joint, patterns, *words[4:])


def _fates(outcomes: Integers, pairs: Integers) -> Integers:
    """Second moments of the fates of wars in the histories `outcomes` (replicate, episode, institution)."""
    war = np.isin(outcomes, WARS)
    moments = np.zeros((len(pairs), N_FACTORS, N_FATES), np.int64)
    for place, (one, other) in enumerate(pairs):
        own, theirs = war[..., one], war[..., other]
        ended = [own & (outcomes[..., other] == code) for code in range(N_OUTCOMES)]
        count = np.stack([*ended, own & ~theirs], axis=-1).sum(axis=1)
        factors = count, own.sum(axis=1)[:, None], theirs.sum(axis=1)[:, None]
        moments[place] = [(count * factor).sum(axis=0) for factor in factors]
    return moments


def moments(rows: Integers, metrics: Sequence[Metric], episodes: int = 1, reference: int = 0) -> Moments:
    """Moments of one point."""
    the_plan = Plan(own_pairs(metrics), cross_pairs(metrics), reference, "none")
    return Moments(stack([count(rows, the_plan)]), the_plan, *(np.array([n]) for n in (len(rows), episodes, STATES)))


def one_shot(outcomes: Integers) -> Integers:
    """Tallies of one-shot crises with these outcomes (replicate, institution), as far as the outcomes fix them."""
    rows = empty(*outcomes.shape)
    for outcome in Outcome:
        rows[:, :, outcome] = outcomes == outcome
    war, challenge = np.isin(outcomes, WARS), outcomes != Outcome.NO_CHALLENGE
    rows[:, :, Tally.WARS], rows[:, :, Tally.PEACE], rows[:, :, Tally.CHALLENGES] = war, ~war, challenge
    rows[:, :, Tally.REFUSALS] = challenge & (outcomes != Outcome.NEGOTIATED_SETTLEMENT)
    rows[:, :, Tally.BELLIGERENTS], rows[:, :, Tally.NO_WAR] = 2 * war, ~war
    rows[:, :, Tally.SURVIVORS], rows[:, :, Tally.TIME_TO_WAR] = 8, 1
    return rows


def crises(replicates: int, war_rates: Sequence[float], seed: int = 1) -> Integers:
    """Outcomes (replicate, institution) from draws that the institutions share; war at the rates given."""
    generator = np.random.default_rng(seed)
    u, severity = generator.random((2, replicates, 1))
    outcomes = np.where(u < 0.6, Outcome.BACKDOWN, Outcome.NO_CHALLENGE)
    kind = np.where(severity < 0.3, Outcome.GENERAL_WAR, Outcome.BILATERAL_WAR)
    return np.where(u < np.asarray(war_rates), kind, outcomes)


@dataclass
class StandIn:
    """What results read of an experiment."""

    axes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    names: tuple[str, ...] = ("anarchy", "balance_of_power", "collective_security")
    titles: tuple[str, ...] = ()
    reference: str = "balance_of_power"
    replicates: int = 500
    metrics: Any = "all"
    joint: str = "reference"
    name: str = "stand-in"
    question: str = "When is there less war?"
    seed: int = 2**64 - 1
    seeding: str = "common"
    execution: Any = field(default_factory=lambda: SimpleNamespace(block=None))
    source_text: str = "name: stand-in\n"
    parameters: Mapping[str, Any] = field(default_factory=lambda: {"dynamics.episodes": 1, "system.n_states": STATES})

    def __post_init__(self) -> None:
        self.grid = [dict(zip(self.axes, values, strict=True)) for values in product(*self.axes.values())]
        self.n_points, self.varied = len(self.grid), tuple(self.axes)
        self.shape = tuple((path, tuple(values)) for path, values in self.axes.items())
        self.outputs = SimpleNamespace(metrics=self.metrics, joint=self.joint)
        self.sampling = Sampling(replicates=self.replicates)
        rungs = (SimpleNamespace(name="sanctions"), SimpleNamespace(name="force"))
        titles = self.titles or map(title_of, self.names)
        self.institutions = tuple(
            SimpleNamespace(name=name, title=title, ladder=rungs)
            for name, title in zip(self.names, titles, strict=True)
        )

    def coordinates(self) -> dict[str, list[Any]]:
        return {path: [point[path] for point in self.grid] for path in self.axes}

    @property
    def derived(self) -> dict[str, str]:
        return {}

    def layout(self) -> dict[str, list[int]]:
        return {}

    def values_of(self, path: str) -> list[Any]:
        return [point.get(path, self.parameters.get(path)) for point in self.grid]

    def resolved(self) -> dict[str, Any]:
        written = {path: {"multiply": list(values)} if "*" in path else values for path, values in self.axes.items()}
        return {"name": self.name, "design": {"grid": written}}

    def record(self, point: int, war_rates: Sequence[float], replicates: int | None = None) -> "StandInRecord":
        outcomes = crises(replicates or self.replicates, war_rates)
        return StandInRecord(point, len(outcomes), count(one_shot(outcomes), plan(self), outcomes))  # type: ignore[arg-type]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return tally_shapes(len(self.names), plan(self))  # type: ignore[arg-type]


class StandInRecord(NamedTuple):
    """All that has been counted at one design point."""

    point: int
    replicates: int
    tallies: Tallies


@dataclass
class StandInStore:
    """What results read of a store."""

    path: Path
    experiment: StandIn
    kept: Sequence[StandInRecord]
    ends: None = None

    def records(self) -> Iterator[Records]:
        size = chunk_points(self.experiment.shapes, self.experiment.n_points)
        for _, chunk in groupby(self.kept, key=lambda record: record.point // size):
            points, replicates, tallies = zip(*chunk, strict=True)
            rows = as_rows(stack(tallies))
            yield Records(np.array(points), np.array(replicates), rows, self.experiment.shapes)

    def digest(self) -> str:
        return hashlib.sha256(b"".join(records.contents for records in self.records())).hexdigest()

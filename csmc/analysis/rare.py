"""How probable events are that plain replication hardly ever sees, by multilevel splitting; edit what is answered."""

import os
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import xarray as xr

from csmc.analysis.refusals import require, require_level
from csmc.analysis.stored import design_points
from csmc.config import Experiment, load_experiment
from csmc.engine import choose
from csmc.engine.calls import call_all
from csmc.engine.tallies import Job
from csmc.errors import ParameterError, suggestion
from csmc.estimate import plan
from csmc.estimate.intervals import LEVEL
from csmc.kernel.codes import Outcome
from csmc.rare.answers import Cell, Question, dataset
from csmc.rare.chains import MOST_PARTICLES, MOST_RUNS
from csmc.rare.escalation import EVENTS
from csmc.rare.splitting import UnreachedError


def rare(
    experiment: Experiment | str | os.PathLike[str],
    event: str = "general_war",
    *,
    institutions: Sequence[str] | None = None,
    points: Sequence[int] | None = None,
    particles: int = 1000,
    runs: int = 20,
    moves: int = 8,
    level: float = LEVEL,
    seed: int = 0,
    threads: int | None = None,
    engine: str | None = None,
    address: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> xr.Dataset:
    """Estimate the probability that a history has an event at all, down to 1e-9 and less.

    Multilevel splitting with fixed effort. A pilot places levels of escalation; then independent runs carry particles,
    each a history, from level to level: those that reach it are copied in the place of the others and moved apart
    by shifting some of their draws. The product of the shares that reach each level is an unbiased estimate.
    Every point and institution has draws of its own: two answers are independent, and their ratio is one of two
    independent estimates; nothing is paired.

    Parameters
    ----------
    experiment
        An experiment, or the path of its YAML file. Only points and institutions are read, not the sampling.
    event
        An outcome, as `general_war`, or `war`: any of the three.
    institutions, points
        Names and numbers of those to answer for; all by default.
    particles
        Of each run, at least 2. What a run costs grows with it, and its variance falls with it.
    runs
        Independent runs, at least 2. The interval is made of how they differ; 10 and more are wanted.
    moves
        Of each particle between two levels, at least 1; more make copies less alike.
    level
        Confidence level of the interval.
    seed
        Another one gives another, independent estimate.
    threads, engine, address
        Where to compute, as in `csmc.run`; it never changes a number.
    progress
        Called with the number of pieces of work that are done and of all.

    Returns
    -------
    By (point, institution): `probability` per history, `low`, `high`, `relative_error` (standard error over the
    estimate), `levels` (their number) and `note`, what to mind, if anything. By run too: `hits` of each level out of
    `particles` (-1 beyond the last level) and `ancestors`, the particles of the start from which those at the event
    descend. By level: `threshold`, a score of which 1 is the event, `acceptance` and `movement`, the shares of moves
    that stayed above the level and that also changed the score.

    Raises
    ------
    ConfigError
        The configuration is wrong.
    ParameterError
        An event, institution or point that there is not, an event that cannot happen, or a number out of range.
    UnreachedError
        No pilot came to the event.
    KeyboardInterrupt
        Ctrl-C; nothing is kept.
    """
    if not isinstance(experiment, Experiment):
        experiment = load_experiment(Path(experiment))
    question = Question(event, particles, runs, moves, level, seed)
    _check_numbers(question)
    cells = _cells(experiment, event, institutions, points)
    job, where = Job(experiment, plan(experiment)), choose(experiment, engine=engine, threads=threads, address=address)
    total = len(cells) * (1 + runs)
    show = progress or (lambda done, total: None)
    fixed = event, particles, moves, seed
    pilots = [(*cell, *fixed) for cell in cells]
    found = call_all(where, job, "csmc.rare.work:pilot", pilots, lambda done: show(done, total))
    levels = dict(zip(cells, found, strict=True))
    reached = [cell for cell in cells if levels[cell]]
    if not reached:
        raise UnreachedError(
            f"no pilot came to the event {event!r}: it may be impossible here, or need more particles ({particles}) "
            f"or moves ({moves})"
        )
    calls = [(*cell, *fixed, levels[cell], number) for cell in reached for number in range(1, runs + 1)]
    before = total - len(calls)
    done = call_all(where, job, "csmc.rare.work:run", calls, lambda done: show(before + done, total))
    answers = {cell: done[place * runs : (place + 1) * runs] for place, cell in enumerate(reached)}
    return dataset(experiment, question, levels, answers)


def _check_numbers(question: Question) -> None:
    for name, least, most in (
        ("particles", 2, MOST_PARTICLES),
        ("runs", 2, MOST_RUNS - 1),
        ("moves", 1, 1000),
        ("seed", 0, 2**64 - 1),
    ):
        value = getattr(question, name)
        if not least <= value <= most:
            raise ParameterError(f"{name}={value} is outside [{least}, {most}]")
    require_level(question.level)


def _cells(
    experiment: Experiment, event: str, institutions: Sequence[str] | None, points: Sequence[int] | None
) -> list[Cell]:
    """Points x institutions, none of which makes the event impossible."""
    if event not in EVENTS:
        near = suggestion(event, EVENTS) or f" (known: {', '.join(EVENTS)})"
        raise ParameterError(f"{event!r} is no event{near}")
    names = [institution.name for institution in experiment.institutions]
    for name in institutions or ():
        require("institution", name, names, of="experiment")
    chosen = [k for k, name in enumerate(names) if not institutions or name in institutions]
    cells = [Cell(*pair) for pair in product(design_points(experiment, points).tolist(), chosen)]
    for cell in cells:
        why = _impossible(experiment, cell, event)
        if why:
            raise ParameterError(f"{event} cannot happen at point {cell.point} under {names[cell.institution]}: {why}")
    return cells


def _impossible(experiment: Experiment, cell: Cell, event: str) -> str:
    """Why an event cannot happen at all, as far as a glance can tell; empty if it may."""
    point = experiment.point(cell.point)
    if event in ("limited_war", "general_war") and point.record[0].n_states == 2:
        return "it takes third parties, and there are two states; choose `war`"
    rungs = int(point.institution_records[cell.institution].rungs)
    position = Outcome[event.upper()] - Outcome.COERCED_BY_RUNG_1 + 1 if event.startswith("coerced_by_rung") else 0
    return f"its ladder has {rungs - 1} rungs below force" if position >= rungs else ""

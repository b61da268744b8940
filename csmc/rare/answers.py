"""The answers about rare events as a labelled Dataset, with what to mind; edit what is told of an answer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from csmc.config import Experiment
from csmc.estimate.splitting import METHOD, RareEstimate, splitting_estimate
from csmc.rare.splitting import Run
from csmc.results.coordinates import TEXT, design_coordinates

#: A probability above this takes less work by plain replication; both take the same near 1e-7 (docs/analysis.md).
NOT_RARE = 1e-5
#: Fewer of the particles of the start than this, on average, are few ancestors: a run then knows little of its spread.
FEW_ANCESTORS = 10.0
#: Runs whose mean has a larger relative standard error than this disagree.
DISAGREEING = 0.3
#: What no level of a run may have: more, or fewer, of the particles than these.
ALMOST_ALL, ALMOST_NONE = 0.95, 0.02

_CELL = ("point", "institution")
_MEANING: dict[str, tuple[tuple[str, ...], str]] = {
    "probability": (_CELL, "probability that a history has the event at least once"),
    "low": (_CELL, "lower end of the interval of the probability"),
    "high": (_CELL, "upper end of the interval of the probability"),
    "relative_error": (_CELL, "standard error of the probability as a share of it"),
    "levels": (_CELL, "number of levels; the last is the event"),
    "note": (_CELL, "what to mind; empty if nothing"),
    "threshold": ((*_CELL, "level"), "score that reaches the level; 1 is the event"),
    "acceptance": ((*_CELL, "level"), "share of moves that stayed above the level"),
    "movement": ((*_CELL, "level"), "share of moves that stayed above the level and changed the score"),
    "hits": ((*_CELL, "run", "level"), "particles that reached the level; -1: there is no such level"),
    "ancestors": ((*_CELL, "run"), "particles of the start from which those at the event descend"),
}

#: What there is where the pilot never came to the event, and where there is no such level; NaN for all others.
_MISSING: dict[str, Any] = {"hits": -1, "levels": 0, "ancestors": 0, "note": "the pilot never came to the event"}


class Cell(NamedTuple):
    """Of what an answer is: the numbers of a point and of an institution."""

    point: int
    institution: int


class Question(NamedTuple):
    """What was asked, see `csmc.analysis.rare`."""

    event: str
    particles: int
    runs: int
    moves: int
    level: float
    seed: int


def dataset(
    experiment: Experiment,
    question: Question,
    levels: Mapping[Cell, Sequence[float]],
    answers: Mapping[Cell, Sequence[Run]],
) -> xr.Dataset:
    """The answers with their labels; `levels` has all points x institutions, `answers` those that came to the event."""
    points, institutions = (list(dict.fromkeys(numbers)) for numbers in zip(*levels, strict=True))
    sizes = {
        "point": len(points),
        "institution": len(institutions),
        "run": question.runs,
        "level": max(map(len, levels.values())),
    }
    values: dict[str, NDArray[Any]] = {}
    for name, (dims, _) in _MEANING.items():
        kind = object if name == "note" else None
        values[name] = np.full([sizes[dim] for dim in dims], _MISSING.get(name, np.nan), dtype=kind)
    for cell, runs in answers.items():
        at = points.index(cell.point), institutions.index(cell.institution)
        _fill({name: array[at] for name, array in values.items() if array.ndim > 2}, question, levels[cell], runs)
        hits = np.array([run.hits for run in runs])
        estimate = splitting_estimate(hits, question.particles, question.level)
        for name in RareEstimate._fields:
            values[name][at] = getattr(estimate, name)
        values["levels"][at] = len(levels[cell])
        values["note"][at] = "; ".join(_notes(estimate, hits / question.particles, values["ancestors"][at]))
    values["note"] = values["note"].astype(TEXT)
    variables = {
        name: (dims, values[name], {"long_name": meaning} | ({} if name == "note" else {"units": "1"}))
        for name, (dims, meaning) in _MEANING.items()
    }
    return xr.Dataset(variables, _labels(experiment, points, institutions, question), _attributes(experiment, question))


def _fill(here: Mapping[str, NDArray[Any]], question: Question, levels: Sequence[float], runs: Sequence[Run]) -> None:
    """Write what one point and institution has of each run and level."""
    depth = len(levels)
    hits = np.array([run.hits for run in runs])
    here["hits"][:, :depth] = hits
    here["ancestors"][:] = [run.ancestors for run in runs]
    here["threshold"][:depth] = levels
    tried = (hits[:, :-1] > 0).sum(axis=0) * question.particles * question.moves
    for name, made in (("acceptance", "accepted"), ("movement", "changed")):
        total = np.sum([getattr(run, made) for run in runs], axis=0)
        here[name][: depth - 1] = total / np.where(tried > 0, tried, np.nan)


def _labels(
    experiment: Experiment, points: list[int], institutions: list[int], question: Question
) -> dict[str, tuple[str, Any, dict[str, Any]]]:
    names = np.array([experiment.institutions[k].name for k in institutions], dtype=TEXT)
    labels: dict[str, tuple[str, Any, dict[str, Any]]] = {
        "point": ("point", points, {"units": "1", "long_name": "design point"}),
        "institution": ("institution", names, {"long_name": "institution"}),
        "run": ("run", np.arange(1, question.runs + 1), {"units": "1", "long_name": "independent run"}),
    }
    for varied in design_coordinates(experiment):
        labels[varied.name] = "point", varied.values[points], varied.attributes
    return labels


def _attributes(experiment: Experiment, question: Question) -> dict[str, Any]:
    asked = question._asdict()
    return {
        "method": METHOD,
        "confidence_level": asked.pop("level"),
        "n": question.particles * question.runs,
        **asked,
        "seed": str(question.seed),  # strings: most formats have no unsigned 64-bit attributes
        "experiment_seed": str(experiment.seed),
    }


def _notes(estimate: RareEstimate, shares: NDArray[np.float64], ancestors: NDArray[np.int64]) -> Iterator[str]:
    """What a reader should mind of one answer; `shares` (run, level) of the particles reached each level."""
    failed = int((shares[:, -1] == 0).sum())
    is_rare = estimate.probability <= NOT_RARE
    if failed:
        yield f"{failed} of {len(shares)} runs never came to the event: more particles"
    if not is_rare:
        yield "not rare: plain replication (`csmc run`) needs less work"
    if estimate.relative_error > DISAGREEING:
        yield f"runs disagree (relative error {estimate.relative_error:.0%}): more particles or runs"
    if is_rare and not failed and ancestors.mean() < FEW_ANCESTORS:
        yield f"few ancestors ({ancestors.mean():.1f} of a run's particles): more particles"
    mean = shares.mean(axis=0)
    idle, steep = int((mean[:-1] > ALMOST_ALL).sum()), int((mean < ALMOST_NONE).sum())
    if idle:
        yield f"{idle} levels that nearly all particles reached split nothing"
    if steep:
        yield f"{steep} levels that hardly a particle reached: more moves or particles"

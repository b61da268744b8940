"""Where in the space of parameters something happens: scenario discovery; edit to change what is reported."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from csmc.analysis import prim
from csmc.analysis.condition import judge
from csmc.analysis.estimands import parameters
from csmc.analysis.prim import END, Box
from csmc.errors import CsmcError, ParameterError
from csmc.results import refuse_other_stream

METHOD = "PRIM (Friedman and Fisher 1999), gain in density per point peeled off; pasted; limits of quasi-p > 0.05 off"
#: At most so probable by chance must be a box as balanced as the chosen one, for there to be any.
BY_CHANCE = 0.02
#: A limit with a larger quasi-p value is of no use.
OF_USE = 0.05
FEWEST = 20


def discover(
    result: xr.Dataset,
    where: str,
    *,
    mass: float = 0.05,
    peel: float = 0.05,
    step: int | None = None,
    permutations: int = 99,
    resamples: int = 20,
    seed: int = 1,
) -> xr.Dataset:
    """Find a box of parameters in which a condition holds, by the patient rule induction method.

    Parameters
    ----------
    result
        A result, as `csmc.open_results` gives it.
    where
        The condition: `war[collective_security] < 0.1`, or a difference from the reference, such as
        `war[collective_security - balance_of_power] > 0`. A point is a hit where its estimate meets it.
    mass
        The least share of the points in a box.
    peel
        The share of a box's points that a step takes off.
    step
        Which step of the peeling becomes the box, after widening it where that costs no density and taking off limits
        of no use; by default that of the best balance (harmonic mean) of density and coverage.
    permutations
        How often hits are dealt out at random to tell how probable such a balance is by chance.
    resamples
        How many random halves of the points tell which limits are found again.
    seed
        Fixes both.

    Returns
    -------
    A Dataset. By `step` of the peeling: `mass`, `density`, `coverage`, `points`, `hits`, and `step_limit`. For the box
    by parameter and end: `limit` (NaN where there is none), `quasi_p`, `reproduced`; `kept_values` of text. Attributes:
    the condition, points, hits and undecided points, and the box's own `box_density` and so on. Where `by_chance` is
    above 0.02 there is no evidence of any box, and the box is the whole space unless `step` was given.

    Raises
    ------
    ParameterError
        The condition or a number cannot be used.
    CsmcError
        The design has too few points, or the condition holds everywhere or nowhere.
    StoreError
        The result has another stream version.
    """
    refuse_other_stream(result)
    _check(mass, peel, permutations, resamples)
    names = parameters(result)
    judged = judge(result, where)
    hits = judged.hits[judged.computed]
    columns = [_column(result[name].values[judged.computed]) for name in names]
    if len(hits) < FEWEST:
        raise CsmcError(f"{len(hits)} computed points are too few to look for a box; at least {FEWEST}")
    if hits.all() or not hits.any():
        raise CsmcError(
            f"{judged.text} holds at {'all' if hits.all() else 'none'} of {len(hits)} points: nothing divides them"
        )
    settings = peel, mass
    boxes = prim.peel(columns, hits, *settings)
    chosen, balance = prim.best_step(boxes, columns, hits)
    by_chance = prim.chance(columns, hits, settings, balance, permutations, seed)
    if step is None:
        step = chosen if by_chance <= BY_CHANCE else 0
    elif not 0 <= step < len(boxes):
        raise ParameterError(f"step={step} is not a step of the peeling, which has 0 to {len(boxes) - 1}")
    box = prim.trim(prim.paste(boxes[step], columns, hits, peel), columns, hits, OF_USE)
    inside = prim.holds(box, columns)
    found = prim.quality(inside, hits)
    again = prim.reproduced(columns, hits, settings, found.mass, resamples, seed)
    dataset = _labelled(names, boxes, box, columns, hits)
    dataset["quasi_p"] = _by_end(prim.quasi_p(box, columns, hits), len(names), "quasi-p value of the limit")
    limited = {(place, end): again[place, end] for place, limit in enumerate(box) for end in limit.ends}
    dataset["reproduced"] = _by_end(limited, len(names), "share of random halves that limit this end, too")
    undecided = judged.undecided[judged.computed]
    dataset.attrs |= {
        "method": METHOD,
        "where": judged.text,
        "n": len(hits),
        "missing": int((~judged.computed).sum()),
        "hits": int(hits.sum()),
        "base_density": float(hits.mean()),
        "undecided": int(undecided.sum()),
        "undecided_in_box": int((undecided & inside).sum()),
        "mass": mass,
        "peel": peel,
        "permutations": permutations,
        "resamples": resamples,
        "seed": seed,
        "by_chance": by_chance,
        "best_step": chosen,
        "step": step,
        **{f"box_{name}": value for name, value in found._asdict().items()},
    }
    return dataset


def _check(mass: float, peel: float, permutations: int, resamples: int) -> None:
    for name, share in (("mass", mass), ("peel", peel)):
        if not 0 < share < 1:
            raise ParameterError(f"{name}={share} is not between 0 and 1; it is a share of the points, such as 0.05")
    if permutations < 49 or resamples < 1:
        raise ParameterError(
            f"permutations={permutations}, resamples={resamples}: at least 49 (to tell one in fifty) and 1 are needed"
        )


def _column(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(np.float64) if np.issubdtype(values.dtype, np.number) else values.astype(str)


def _labelled(
    names: Sequence[str], boxes: Sequence[Box], box: Box, columns: Sequence[NDArray[Any]], hits: NDArray[np.bool_]
) -> xr.Dataset:
    found = [prim.quality(prim.holds(one, columns), hits) for one in boxes]
    ends = ("parameter", "end")
    kept = ["" if limit.values is None else ", ".join(limit.values) for limit in box]
    variables: dict[str, Any] = {
        name: ("step", np.array(values), {"units": "1", "long_name": _MEANINGS[name]})
        for name, values in zip(_MEANINGS, zip(*found, strict=True), strict=True)
    }
    variables |= {
        "step_limit": (("step", *ends), np.stack([_limits(one) for one in boxes]), {"long_name": "limits of the box"}),
        "limit": (ends, _limits(box), {"long_name": "limits of the box, both ends included"}),
        "limited": (
            "step",
            [sum(len(limit.ends) for limit in one) for one in boxes],
            {"long_name": "limits it has"},
        ),
        "kept_values": ("parameter", np.array(kept, dtype=object), {"long_name": "values kept of text; empty for all"}),
    }
    return xr.Dataset(variables, {"step": np.arange(len(boxes)), "parameter": list(names), "end": list(END[:2])})


_MEANINGS = {
    "points": "points in the box",
    "hits": "hits in the box",
    "mass": "share of the points",
    "density": "share of its points that are hits",
    "coverage": "share of all hits that it holds",
}


def _limits(box: Box) -> NDArray[np.float64]:
    limits = np.array([(limit.low, limit.high) for limit in box])
    return np.where(np.isfinite(limits), limits, np.nan)


def _by_end(found: dict[tuple[int, str], float], parameters_: int, words: str) -> Any:
    """Values as (parameter, end); those of a text stand at its low end, it has no other."""
    values = np.full((parameters_, 2), np.nan)
    for (place, end), value in found.items():
        values[place, END.index(end) % 2] = value
    return (("parameter", "end"), values, {"units": "1", "long_name": words})

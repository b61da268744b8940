"""The coordinates of a result: varied parameters by their path, institutions, outcomes and rungs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.config import Experiment
from csmc.kernel.codes import Outcome
from csmc.kernel.result import PATTERN_INSTITUTIONS
from csmc.parameters import PARAMETERS
from csmc.results.variables import outcome_attributes, pattern_attributes

#: Text is stored with variable length, which every Zarr reader knows.
TEXT = np.dtypes.StringDType()

#: Positions of the ladder, in the order of the outcomes `coerced_by_*`.
RUNGS = ("rung_1", "rung_2", "rung_3", "force")


class Coordinate(NamedTuple):
    """One labelled axis, or a further label of one."""

    name: str
    dims: tuple[str, ...]
    values: NDArray[Any]
    attributes: dict[str, Any]


def coordinates(experiment: Experiment) -> Iterator[Coordinate]:
    """Yield every coordinate of the experiment's result."""
    names = [institution.name for institution in experiment.institutions]
    outcomes = [outcome.name.lower() for outcome in Outcome]
    yield Coordinate("point", ("point",), np.arange(experiment.n_points), {"units": "1", "long_name": "design point"})
    yield Coordinate("institution", ("institution",), _text(names), {"long_name": "institution"})
    titles = [institution.title for institution in experiment.institutions]
    yield Coordinate("institution_title", ("institution",), _text(titles), {"long_name": "institution, for readers"})
    yield Coordinate("outcome", ("outcome",), _text(outcomes), {"long_name": "how the episode ended"})
    codes = np.array([outcome.value for outcome in Outcome])
    yield Coordinate("outcome_code", ("outcome",), codes, outcome_attributes())
    if experiment.outputs.joint != "none":
        meaning = {"long_name": "how the same episode ended under the other institution"}
        yield Coordinate("other_outcome", ("other_outcome",), _text(outcomes), meaning)
        bits = names[:PATTERN_INSTITUTIONS]
        yield Coordinate("pattern", ("pattern",), np.arange(1 << len(bits)), pattern_attributes(bits))
    if experiment.outputs.joint == "all":
        yield Coordinate("other_institution", ("other_institution",), _text(names), {"long_name": "other institution"})
    yield Coordinate("rung", ("rung",), _text(RUNGS), {"long_name": "position on the ladder"})
    yield _rung_names(experiment)
    yield from design_coordinates(experiment)
    for name, places in experiment.layout().items():
        meaning = {"units": "1", "long_name": f"{name} of the design, for csmc.analysis"}
        yield Coordinate(name, ("point",), np.array(places), meaning)


def design_coordinates(experiment: Experiment) -> Iterator[Coordinate]:
    """Yield one coordinate per varied parameter; `path` in its attributes is what the configuration calls it."""
    known = {parameter.path: parameter for parameter in PARAMETERS}
    factors = set(_multiplied(experiment.resolved().get("design")))
    for path, values in experiment.coordinates().items():
        attributes: dict[str, Any] = {"long_name": path, "path": path, "units": "1"}
        if path in known:
            attributes |= {"long_name": known[path].meaning, "units": known[path].unit}
        if path in factors:
            attributes |= {"long_name": f"factor on {path}", "multiplies": 1}
        if path in experiment.derived:
            attributes["formula"] = experiment.derived[path]
        array = _values(values)
        if array.dtype == TEXT:
            del attributes["units"]
        yield Coordinate(coordinate_name(path, experiment.varied), ("point",), array, attributes)


def _multiplied(design: Any) -> Iterator[str]:
    """Yield the paths whose values in the design are factors on what each institution has."""
    for key, value in design.items() if isinstance(design, Mapping) else ():
        if isinstance(value, Mapping) and "multiply" in value:
            yield key
        else:
            yield from _multiplied(value)
    for part in design if isinstance(design, list | tuple) else ():
        yield from _multiplied(part)


def coordinate_name(path: str, varied: Sequence[str]) -> str:
    """Name of a varied parameter's coordinate: its path, with `all` for `*`, which not every file system can store."""
    portable = path.replace("*", "all")
    return path if portable != path and portable in varied else portable


def _rung_names(experiment: Experiment) -> Coordinate:
    rows = []
    for institution in experiment.institutions:
        *lower, force = [rung.name for rung in institution.ladder]
        rows.append([*lower, *[""] * (len(RUNGS) - 1 - len(lower)), force])
    return Coordinate(
        "rung_name", ("institution", "rung"), _text(rows), {"long_name": "name of the rung, empty if there is none"}
    )


def _values(values: Sequence[Any]) -> NDArray[Any]:
    """Numbers as numbers; text, or a mixture (such as seats of `all` or 15), as text."""
    if all(isinstance(value, int) for value in values):
        return np.array(values, dtype=np.int64)
    if all(isinstance(value, int | float) for value in values):
        return np.array(values, dtype=np.float64)
    return _text(["none" if value is None else str(value) for value in values])


def _text(values: Any) -> NDArray[Any]:
    return np.array(values, dtype=TEXT)

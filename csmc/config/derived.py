"""Parameters that follow from others by a formula, at every point; edit to change what formulas may read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from csmc.config.checking import ALL, Checker, is_institutional, is_whole, meet, split_path
from csmc.config.document import Route
from csmc.config.formulas import Floats, Formula, Undefined, parse
from csmc.config.spacing import twelve_digits
from csmc.config.tableset import DECIDED, DECIDING
from csmc.design import UNSET, Derived, Design, Scalar
from csmc.errors import ParameterError, Problem, shown
from csmc.institutions.fields import field_value
from csmc.parameters import Values

SECTION = "derived"
MAX_FORMULAS = 64
_SHOWN_INPUTS = 6


def read_formulas(section: Any, checker: Checker) -> dict[str, Formula]:
    """The formulas by the path that they set, in an order in which each comes after those that it reads."""
    if not isinstance(section, Mapping) or len(section) > MAX_FORMULAS:
        message = f"must be a mapping of at most {MAX_FORMULAS} paths to formulas, such as {_EXAMPLE}"
        checker.problems.append(Problem((SECTION,), message))
        return {}
    formulas: dict[str, Formula] = {}
    for path, text in section.items():
        route = (SECTION, path)
        checker.routes[path] = route
        try:
            formulas[path] = parse(text)
        except ParameterError as error:
            checker.problems.append(Problem(route, str(error), shown(text)))
            continue
        wrong = checker.path_problem(path)
        found = [wrong] if wrong else list(_path_problems(formulas[path], checker))
        checker.problems += [Problem(route, problem) for problem in found]
    try:
        order = [*TopologicalSorter({path: formula.paths for path, formula in formulas.items()}).static_order()]
    except CycleError as error:
        circle = " follows from ".join(reversed(error.args[1]))
        checker.problems.append(Problem((SECTION, error.args[1][0]), f"leads into a circle: {circle}"))
        return {}
    return {path: formulas[path] for path in order if path in formulas}


_EXAMPLE = '{crisis.audience_cost: "0.25 * crisis.war_cost"}'


def _path_problems(formula: Formula, checker: Checker) -> Iterator[str]:
    for path in formula.paths:
        problem = checker.path_problem(path)
        if problem:
            yield f"reads {path}, which {problem}"


def refuse_set_twice(formulas: Mapping[str, Formula], others: Mapping[str, str], checker: Checker) -> None:
    """What a formula sets has one source; `others` says where paths are set besides.

    Only what parameters say of all institutions may be said otherwise of one.
    """
    sources = dict.fromkeys(formulas, SECTION) | dict(others)
    for path, formula in formulas.items():
        twice = [other for other, source in sources.items() if _clash(path, other, source)]
        if twice:
            named = "" if twice[0] == path else f"by {twice[0]}, "
            message = f"is also set {named}in {sources[twice[0]]}; leave it out there, or here"
            checker.problems.append(Problem((SECTION, path), message, shown(formula.text)))


def _clash(path: str, other: str, source: str) -> bool:
    if path == other:
        return source != SECTION
    if not (is_institutional(path) and is_institutional(other) and meet(path, other)):
        return False
    return not (source == "parameters" and split_path(other)[0] == ALL != split_path(path)[0])


@dataclass(frozen=True)
class Base:
    """What formulas read: the values of all parameters, which of them are stated, and the design."""

    values: Values
    explicit: frozenset[str]
    design: Design
    multiplied: frozenset[str]


def derive(formulas: Mapping[str, Formula], base: Base, checker: Checker) -> tuple[dict[str, Scalar], Design]:
    """The values of formulas that are the same at all points, and the design with those of the others.

    Twelve digits are kept of each. Problems go to the checker, with the first point that has them.
    """
    constant: dict[str, Scalar] = {}
    varying: dict[str, Any] = {}
    found: dict[str, Floats] = {}
    for path, formula in formulas.items():
        before = len(checker.problems)
        inputs = {read: _input(read, found, formulas, base, path, checker) for read in formula.paths}
        if len(checker.problems) > before:
            break
        values = _checked(path, formula, {read: value for read, value in inputs.items() if value is not None}, checker)
        if values is None:
            break
        found[path] = values.astype(np.float64)
        if values.ndim:
            varying[path] = values
        else:
            constant[path] = values.item()
    return constant, Derived(base.design, varying) if varying else base.design


def _input(
    path: str, found: Mapping[str, Floats], formulas: Mapping[str, Formula], base: Base, target: str, checker: Checker
) -> Floats | None:
    """The numbers at `path`: one for each point, or one for all; None if there are none, and a new problem."""
    if path in found:
        return found[path]
    varied = {*base.design.paths, *formulas}
    problem = _unclear(path, varied, base)
    alone = _own_value(path, checker) if is_institutional(path) else base.values[path]
    if not problem:
        column = base.design.column(path) if path in base.design.paths else [alone]
        values = [alone if value is UNSET else value for value in column]
        kinds = set(map(type, values))
        if kinds <= {int, float}:
            return np.array(values if path in base.design.paths else alone, dtype=np.float64)
        other = next(value for value in values if type(value) not in (int, float))
        problem = "differs between institutions; name one" if other is UNSET else f"is {shown(other)}, no number"
    checker.problems.append(Problem((SECTION, target), f"reads {path}, which {problem}", shown(formulas[target].text)))
    return None


def _unclear(path: str, varied: set[str], base: Base) -> str | None:
    """Why what stands at `path` is not known before a point is put together."""
    deciding = sorted(DECIDING & varied)
    if path in DECIDED - base.explicit and deciding:
        return f"follows from {deciding[0]} at each point; state it in parameters or in the design"
    if path in base.multiplied:
        return "the design multiplies, so that it is another number for each institution"
    if not is_institutional(path):
        return None
    others = [other for other in varied if other != path and is_institutional(other) and meet(path, other)]
    return f"{min(others)} sets too; read that" if others else None


def _own_value(path: str, checker: Checker) -> Any:
    """What the institutions have at `path`; UNSET if they differ."""
    name, field = split_path(path)
    chosen = [institution for institution in checker.institutions if name in (ALL, institution.name)]
    own = [value for has, value in (field_value(institution, field) for institution in chosen) if has]
    return own[0] if all(value == own[0] for value in own) else UNSET


def _checked(path: str, formula: Formula, inputs: Mapping[str, Floats], checker: Checker) -> Any:
    """The values of a formula in the type that `path` has; None if one is illegal, and a new problem."""
    route: Route = (SECTION, path)
    values = formula.values(inputs)
    if isinstance(values, Undefined):
        message = f"{values.part} is {values.value}{_where(values.point, inputs)}; it must be a finite number"
        checker.problems.append(Problem(route, message, shown(formula.text)))
        return None
    rounded: NDArray[Any] = twelve_digits(values.reshape(-1)) + 0.0  # -0.0 is 0.0
    fractional = np.flatnonzero(rounded != np.floor(rounded))[: is_whole(path)].tolist()
    if is_whole(path) and not fractional and np.abs(rounded).max() < 2**53:
        rounded = rounded.astype(np.int64)
    for point in (*fractional, rounded.argmin(), rounded.argmax()):  # legal numbers are all between two ends
        problem = checker.problem(path, rounded[point].item())
        if problem:
            message = f"is {rounded[point].item():.12g}{_where(int(point), inputs)}: {problem}"
            checker.problems.append(Problem(route, message, shown(formula.text)))
            return None
    return rounded.reshape(values.shape)


def _where(point: int, inputs: Mapping[str, Floats]) -> str:
    """The point, if there are several, and what the formula reads there."""
    several = any(values.ndim for values in inputs.values())
    read = [f"{path} = {float(np.ravel(v)[point if v.ndim else 0]):.12g}" for path, v in inputs.items()]
    more = ", ..." if len(read) > _SHOWN_INPUTS else ""
    there = f" ({', '.join(read[:_SHOWN_INPUTS])}{more})" if read else ""
    return (f" at design point {point}" if several else "") + there

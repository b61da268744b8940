"""Whether one value may stand at one parameter path, and what it means there; edit to add a kind of path.

A path is that of a parameter, or `institutions.NAME.FIELD`, or `institutions.*.FIELD` for every institution that has
the field.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from csmc.config.document import Route
from csmc.design import Scalar
from csmc.errors import MAX_PROBLEMS, ParameterError, Problem, shown, suggestion
from csmc.institutions.fields import FIELD_PATHS, field_value, with_field
from csmc.institutions.record import Institution
from csmc.parameters import BY_PATH

ALL = "*"


def is_institutional(path: str) -> bool:
    """Whether `path` names a field of institutions."""
    return path.startswith("institutions.")


def split_path(path: str) -> tuple[str, str]:
    """The institution's name (or `*`) and the field of an institutional path."""
    _, name, field = path.split(".", 2)
    return name, field


def is_whole(path: str) -> bool:
    """Whether numbers at `path` are whole."""
    return path.endswith(".council.seats") if is_institutional(path) else BY_PATH[path].kind == "int"


def meet(path: str, other: str) -> bool:
    """Whether two institutional paths can be of one field of one institution."""
    (name, field), (other_name, other_field) = split_path(path), split_path(other)
    same_institution = name == other_name or ALL in (name, other_name)
    return same_institution and (f"{field}.".startswith(f"{other_field}.") or f"{other_field}.".startswith(f"{field}."))


def apply_path(
    institutions: Sequence[Institution], path: str, value: Scalar, multiply: bool = False
) -> tuple[Institution, ...]:
    """The institutions with the field at `path` set to `value`, or multiplied by it."""
    name, field = split_path(path)
    changed = list(institutions)
    for index, institution in enumerate(institutions):
        if institution.name == name or (name == ALL and field_value(institution, field)[0]):
            own = field_value(institution, field)[1]
            if multiply and (isinstance(own, bool) or not isinstance(own, int | float)):
                raise ParameterError(f"{field} of {institution.name} is {shown(own)}: it cannot be multiplied")
            changed[index] = with_field(institution, field, _product(own, value) if multiply else value)
    return tuple(changed)


def _product(own: Any, factor: Any) -> float:
    try:
        return float(own * factor) if isinstance(own, float) else own * factor
    except OverflowError:
        return math.inf


def apply_all(
    institutions: Sequence[Institution], values: Mapping[str, Scalar], multiplied: frozenset[str]
) -> tuple[Institution, ...]:
    """All institutional `values` applied: those for every institution first, then those for single ones."""
    paths = sorted((path for path in values if is_institutional(path)), key=lambda path: split_path(path)[0] != ALL)
    changed = tuple(institutions)
    for path in paths:
        changed = apply_path(changed, path, values[path], path in multiplied)
    return changed


class Checker:
    """Checks values one by one, converts the legal ones, and keeps what is wrong with the others."""

    def __init__(self, institutions: Sequence[Institution], institutions_are_complete: bool) -> None:
        self.institutions = tuple(institutions)
        self.institutions_are_complete = institutions_are_complete
        self.problems: list[Problem] = []
        #: Where each path was set last, for problems that only show when values meet.
        self.routes: dict[str, Route] = {}

    def value(self, path: str, value: Any, route: Route, multiply: bool = False) -> Any:
        """`value` in the type that `path` has, unchanged if it is illegal (then there is a new problem)."""
        self.routes[path] = route
        problem = self.problem(path, value, multiply)
        if problem:
            self.problems.append(Problem(route, problem, shown(value)))
            return value
        return value if is_institutional(path) or multiply else BY_PATH[path].convert(value)

    def problem(self, path: str, value: Any, multiply: bool = False) -> str | None:
        """Why `value` may not stand at `path`, to be read after it."""
        if is_institutional(path):
            return self._institutional_problem(path, value, multiply)
        return self._parameter_problem(path, value, multiply)

    def path_problem(self, path: str) -> str | None:
        """Why `path` is no path at all, with the nearest that is."""
        if not is_institutional(path):
            return None if path in BY_PATH else f"is not a known parameter{self._suggestion(path, BY_PATH)}"
        parts = path.split(".", 2)
        names = [institution.name for institution in self.institutions]
        if len(parts) < 3 or not parts[2]:
            return "must be institutions.NAME.FIELD or institutions.*.FIELD"
        if parts[1] != ALL and parts[1] not in names:
            if not self.institutions_are_complete:
                return None
            known = ", ".join([ALL, *names])
            return f"{parts[1]} is not one of the institutions{self._suggestion(parts[1], names)} (known: {known})"
        return self._field_problem(parts[1], parts[2])

    def _suggestion(self, word: str, known: Iterable[str]) -> str:
        """A suggestion takes a fraction of a millisecond: not where there are more problems than are shown."""
        return suggestion(word, known) if len(self.problems) <= MAX_PROBLEMS else ""

    def _field_problem(self, name: str, field: str) -> str | None:
        chosen = [institution for institution in self.institutions if name in (ALL, institution.name)]
        try:
            present = [institution for institution in chosen if field_value(institution, field)[0]]
        except ParameterError:
            known = [*FIELD_PATHS, *(f"ladder.{rung.name}.{key}" for i in chosen for rung in i.ladder for key in _RUNG)]
            return f"{field} is not a field of an institution{self._suggestion(field, known)}"
        if present or not chosen:
            return None
        part = "council" if field.startswith("council") else f"rung {field.split('.')[1]}"
        return f"no institution has a {part}" if name == ALL else f"{name} has no {part}; extend it in institutions"

    def _parameter_problem(self, path: str, value: Any, multiply: bool) -> str | None:
        problem = self.path_problem(path)
        if problem:
            return problem
        if multiply:
            return "multiply works on fields of institutions only; write the values"
        parameter = BY_PATH[path]
        if parameter.accepts(value):
            return None
        near = self._suggestion(value, parameter.choices) if isinstance(value, str) and parameter.choices else ""
        hint = (
            "; leave the quotes out" if isinstance(value, str) and _is_number(value) and not parameter.choices else ""
        )
        return f"must be {parameter.rule}{near}{hint}"

    def _institutional_problem(self, path: str, value: Any, multiply: bool) -> str | None:
        problem = self.path_problem(path)
        if problem:
            return problem
        if not isinstance(value, Scalar):
            return "must be a single value"
        if multiply and (isinstance(value, bool) or not isinstance(value, int | float)):
            return "must be a number, because it multiplies"
        try:
            apply_path(self.institutions, path, value, multiply)
        except ParameterError as error:
            return str(error)
        return None


_RUNG = ("severity", "cost")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

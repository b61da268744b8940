"""Formulas over parameters: text to a checked tree, and its values at many points; edit to allow another operation.

A formula is parsed by Python's own parser and nothing of it is ever executed: what is not on the closed list below is
refused, and the rest is walked.
"""

import ast
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.errors import ParameterError, suggestion

Floats = NDArray[np.float64]

MAX_LENGTH = 500
MAX_DEPTH = 20

_OPERATORS: Mapping[type[ast.operator], Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
#: Functions of one number.
_SINGLE: Mapping[str, Callable[..., Any]] = {
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "floor": np.floor,
}
#: Functions of two or more.
_SEVERAL: Mapping[str, Callable[..., Any]] = {"min": np.minimum, "max": np.maximum}
FUNCTIONS = (*_SEVERAL, *_SINGLE)
_LIST = f"numbers, paths of parameters, + - * / **, parentheses and {', '.join(FUNCTIONS)}"

#: The name of an institution in a path, which need not be a name in Python's grammar.
_INSTITUTION = re.compile(r"\binstitutions\.(\*|[A-Za-z][A-Za-z0-9_-]*)\.")


class Undefined(NamedTuple):
    """Where a formula is no finite number: the part at fault, the first point, and what it is there."""

    part: str
    point: int
    value: float


@dataclass(frozen=True)
class Formula:
    """A formula that may be computed: its text, its tree, and the paths that it reads."""

    text: str
    tree: ast.expr
    paths: tuple[str, ...]
    #: What stands in the tree for the names of institutions.
    names: Mapping[str, str]

    def values(self, inputs: Mapping[str, Floats]) -> Floats | Undefined:
        """Its values at all points, where `inputs` are those of its paths: arrays (point,), or () for all points.

        Every part must be finite everywhere, also where the whole would be.
        """
        with np.errstate(all="ignore"):
            return self._compute(self.tree, inputs)

    def _compute(self, node: ast.expr, inputs: Mapping[str, Floats]) -> Floats | Undefined:
        if isinstance(node, ast.Constant):
            return np.array(float(node.value))  # type: ignore[arg-type]  # checked by `parse`
        if isinstance(node, ast.Attribute):
            return inputs[_path(node, self.names)]
        parts = []
        for part in _parts(node):
            found = self._compute(part, inputs)
            if isinstance(found, Undefined):
                return found
            parts.append(found)
        values = np.asarray(_operation(node)(*parts))
        wrong = np.flatnonzero(~np.isfinite(values))
        if len(wrong):
            return Undefined(self._written(node), int(wrong[0]), float(values.flat[wrong[0]]))
        return values

    def _written(self, node: ast.expr) -> str:
        return re.sub("é[0-9]+", lambda name: self.names[name[0]], ast.unparse(node))


def parse(text: Any) -> Formula:
    """The formula that `text` states.

    Raises
    ------
    ParameterError
        What the text has that a formula may not, to be read after it.
    """
    if not isinstance(text, str):
        raise ParameterError(f"must be a formula: text of {_LIST}; a fixed value belongs in parameters")
    if len(text) > MAX_LENGTH or not text.isascii():
        raise ParameterError(f"must be at most {MAX_LENGTH} letters long, all of them ASCII")
    names: dict[str, str] = {}

    def stand_in(found: re.Match[str]) -> str:
        name = f"é{len(names)}"  # no letter of a formula
        names[name] = found[1]
        return f"institutions.{name}."

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what Python's grammar will lose, and formulas do not have
            tree = ast.parse(_INSTITUTION.sub(stand_in, text.strip()), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ParameterError(f"cannot be read as a formula: {getattr(error, 'msg', None) or error}") from error
    paths: dict[str, None] = {}
    _check(tree, names, paths, MAX_DEPTH)
    return Formula(text, tree, tuple(paths), names)


def _check(node: ast.expr, names: Mapping[str, str], paths: dict[str, None], depth: int) -> None:
    """Refuse what is not on the list; note the paths."""
    if depth == 0:
        raise ParameterError(f"is nested deeper than {MAX_DEPTH} levels")
    if isinstance(node, ast.Constant):
        _check_number(node.value)
    elif isinstance(node, ast.Attribute):
        paths[_path(node, names)] = None
    elif isinstance(node, ast.Name):
        raise ParameterError(f"{node.id} is no path of a parameter, such as crisis.war_cost{_near(node.id)}")
    else:
        _operation(node)
        for part in _parts(node):
            _check(part, names, paths, depth - 1)


def _check_number(value: Any) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not abs(value) <= 1e300:
        raise ParameterError(f"may have {_LIST}, not {str(value)[:20]!r}")


def _operation(node: ast.expr) -> Callable[..., Any]:
    """What computes a node from its parts."""
    match node:
        case ast.BinOp(op=operator) if type(operator) in _OPERATORS:
            return _OPERATORS[type(operator)]
        case ast.UnaryOp(op=ast.USub()):
            return np.negative
        case ast.UnaryOp(op=ast.UAdd()):
            return np.positive
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return _function(name, len(arguments))
        case ast.Call(func=ast.Name(id=name)):
            raise ParameterError(
                f"{name}(...) is no function of a formula{_near(name)} (known: {', '.join(FUNCTIONS)})"
            )
    raise ParameterError(f"may have {_LIST}, nothing else")


def _function(name: str, count: int) -> Callable[..., Any]:
    if name in _SINGLE and count == 1:
        return _SINGLE[name]
    if name in _SEVERAL and count >= 2:
        return lambda *values: reduce(_SEVERAL[name], values)
    raise ParameterError(f"{name}(...) takes {'one number' if name in _SINGLE else 'two or more numbers'}, not {count}")


def _parts(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.Call(args=arguments):
            return arguments
    return []


def _path(node: ast.expr, names: Mapping[str, str]) -> str:
    """The dotted path that attributes of attributes of a name are."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=last):
            return f"{_path(value, names)}.{names.get(last, last)}"
    raise ParameterError(f"may have {_LIST}, nothing else")


def _near(name: str) -> str:
    return suggestion(name, FUNCTIONS)

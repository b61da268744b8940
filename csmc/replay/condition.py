"""Conditions on episodes such as `veto and not war[un_without_veto]`: text to a tree. Edit to allow another form.

    condition   = alternatives, joined by `or`
    alternative = single ones, joined by `and`
    single      = `not` single, `(` condition `)`, or NAME, NAME[INSTITUTION], either perhaps compared with a number

Nothing of a condition is ever executed.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.errors import ParameterError

Mask = NDArray[np.bool_]
#: What a name is in every episode, under an institution or the one that is replayed; not a number where it is nothing.
Values = Callable[[str, str | None], NDArray[np.float64]]

MAX_LENGTH = 500
MAX_DEPTH = 20
FORM = "names, and, or, not, parentheses and comparisons with a number, as in: veto and stake > 0.5"

_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
}
_TOKEN = re.compile(
    r"\s*(?:(?P<sign>>=|<=|==|>|<|\(|\))"
    r"|\[\s*(?P<institution>[A-Za-z][A-Za-z0-9_-]*)\s*\]"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?![A-Za-z0-9_.])))"
)


class Used(NamedTuple):
    """A name in a condition, and how it is used."""

    name: str
    institution: str | None
    compared: bool


@dataclass(frozen=True)
class Test:
    """A name alone, which must not be 0, or one compared with a number; what is not there meets neither."""

    used: Used
    sign: str = ">"
    number: float = 0.0

    def holds(self, values: Values) -> Mask:
        """Where it is met."""
        found = values(self.used.name, self.used.institution)
        return np.asarray(_COMPARED[self.sign](found, self.number) & ~np.isnan(found))

    def names(self) -> Iterator[Used]:
        """The names that it has."""
        yield self.used


@dataclass(frozen=True)
class Not:
    """Where another is not met."""

    part: "Condition"

    def holds(self, values: Values) -> Mask:
        """Where it is met."""
        return ~self.part.holds(values)

    def names(self) -> Iterator[Used]:
        """The names that it has."""
        yield from self.part.names()


@dataclass(frozen=True)
class Joined:
    """Where all of several are met, or any."""

    parts: tuple["Condition", ...]
    every: bool

    def holds(self, values: Values) -> Mask:
        """Where it is met."""
        join = np.logical_and if self.every else np.logical_or
        return np.asarray(join.reduce([part.holds(values) for part in self.parts]))

    def names(self) -> Iterator[Used]:
        """The names that it has."""
        for part in self.parts:
            yield from part.names()


Condition = Test | Not | Joined


def parse(text: str) -> Condition:
    """The condition that `text` states; which names there are is for others to say.

    Raises
    ------
    ParameterError
        It cannot be read; with where, and what may be there.
    """
    if len(text) > MAX_LENGTH:
        raise ParameterError(f"a condition may have at most {MAX_LENGTH} characters, not {len(text)}")
    reader = _Reader(text)
    condition = reader.any_of(MAX_DEPTH)
    if reader.kind:
        raise reader.refusal("this does not belong there")
    return condition


class _Reader:
    """The tokens of a text, one by one: `kind` and `word` are those of the next, empty at the end."""

    def __init__(self, text: str) -> None:
        self._text, self._place, self._end = text, 0, 0
        self.kind, self.word = "", ""
        self._advance()

    def any_of(self, depth: int) -> Condition:
        if depth == 0:
            raise ParameterError(f"{self._text!r} is nested deeper than {MAX_DEPTH} levels")
        return self._joined("or", lambda: self._joined("and", lambda: self._single(depth)))

    def _joined(self, word: str, read: Callable[[], Condition]) -> Condition:
        parts = [read()]
        while self._take("name", word):
            parts.append(read())
        return parts[0] if len(parts) == 1 else Joined(tuple(parts), every=word == "and")

    def _single(self, depth: int) -> Condition:
        if self._take("name", "not"):
            if depth == 1:
                raise ParameterError(f"{self._text!r} is nested deeper than {MAX_DEPTH} levels")
            return Not(self._single(depth - 1))
        if self._take("sign", "("):
            inner = self.any_of(depth - 1)
            if not self._take("sign", ")"):
                raise self.refusal("a parenthesis is not closed")
            return inner
        if self.kind != "name" or self.word in ("and", "or"):
            raise self.refusal("a name is missing")
        name = self._next()
        institution = self._next() if self.kind == "institution" else None
        if self.kind != "sign" or self.word not in _COMPARED:
            return Test(Used(name, institution, compared=False))
        sign = self._next()
        if self.kind != "number":
            raise self.refusal(f"a number is missing after {sign}")
        return Test(Used(name, institution, compared=True), sign, float(self._next()))

    def _take(self, kind: str, word: str) -> bool:
        found = (self.kind, self.word) == (kind, word)
        if found:
            self._advance()
        return found

    def _next(self) -> str:
        word = self.word
        self._advance()
        return word

    def _advance(self) -> None:
        self._place = self._end
        found = _TOKEN.match(self._text, self._end)
        if found:
            self.kind, self._end = str(found.lastgroup), found.end()
            self.word = found[self.kind]
        elif self._text[self._end :].strip():
            raise self.refusal("this cannot be read")
        else:
            self.kind, self.word = "", ""

    def refusal(self, why: str) -> ParameterError:
        rest = self._text[self._place :].strip()
        where = f"at {rest[:40]!r}" if rest else "at its end"
        return ParameterError(f"{self._text!r} is no condition: {why}, {where}; write {FORM}")

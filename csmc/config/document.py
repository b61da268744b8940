"""YAML 1.2 with the line of every value, as strict as a configuration can be; edit to accept or refuse YAML features.

Built on the events of ruamel.yaml, so that aliases, anchors, tags and repeated keys are seen and refused before
anything is constructed. Only `true`, `false` and `null` are special words: `NO` is Norway. `1e-3` is a number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from ruamel.yaml.reader import ReaderError

from csmc.errors import ConfigError, Problem, dotted, shown

#: A configuration is written by hand; anything larger is a mistake or an attack.
MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_DIGITS = 40

_INTEGER = re.compile(r"[-+]?[0-9][0-9_]*")
_FLOAT = re.compile(r"[-+]?(\.[0-9][0-9_]*|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}

Route = tuple[str | int, ...]


class Place(NamedTuple):
    """Where a value was written: a file and a line, or an option of the command line."""

    source: str
    #: 0 for an option of the command line.
    line: int

    def __str__(self) -> str:
        """`file:line`."""
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass
class Document:
    """Plain data, where each part of it was written, the folder that its paths start from, and its text."""

    data: Any
    folder: Path
    places: dict[Route, Place] = field(default_factory=dict)
    text: str = ""

    def place(self, path: Route) -> Place | None:
        """Where the value at `path` was written, or else the nearest thing around it."""
        route = normal_route(path)
        for length in range(len(route), -1, -1):
            if route[:length] in self.places:
                return self.places[route[:length]]
        return None

    def describe(self, problem: Problem) -> str:
        """`file:line: path = value: message`."""
        place = self.place(problem.path)
        return f"{place}: {problem}" if place else str(problem)


def normal_route(path: Route) -> Route:
    """`path` with dotted keys opened, so that `a.b: 1` and `a: {b: 1}` are the same place."""
    return tuple(part for key in path for part in (key.split(".") if isinstance(key, str) else (key,)))


def read_text(path: Path) -> str:
    """The text of a small UTF-8 file.

    Raises
    ------
    ConfigError
        The file cannot be read, is larger than 1 MiB, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path}: is larger than 1 MiB, too large for a file written by hand")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError(f"{path}: is UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"{path}:{line}: is not UTF-8 (byte {content[error.start]:#04x}); save it as UTF-8"
        ) from error


def read_document(path: Path) -> Document:
    """The one mapping that a YAML file holds; ConfigError with everything that is wrong with its syntax."""
    text = read_text(path)
    document = Document(None, path.parent, text=text)
    parser = _Parser(str(path))
    document.data = parser.parse(text)
    document.places = parser.places
    if not parser.problems and not isinstance(document.data, dict):
        parser.problems.append(f"{path}: must hold a mapping of keys to values, such as `name: my-experiment`")
    if parser.problems:
        raise ConfigError(parser.problems)
    return document


def parse_value(text: str, source: str) -> Any:
    """The YAML value in `text`, given as `source`."""
    parser = _Parser(source, has_lines=False)
    value = parser.parse(text)
    if parser.problems:
        raise ConfigError(parser.problems)
    return value


class _Parser:
    """Turns the events of one YAML text into plain data, places and problems."""

    def __init__(self, source: str, has_lines: bool = True) -> None:
        self.source = source
        self.has_lines = has_lines
        self.places: dict[Route, Place] = {}
        self.problems: list[str] = []
        self._events: Iterator[Any] = iter(())

    def parse(self, text: str) -> Any:
        self._events = iter(YAML(pure=True).parse(text))
        try:
            return self._document()
        except _TooDeepError as error:
            self.problems.append(f"{error}: is nested deeper than {MAX_DEPTH} levels")
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = self._place(mark.line if mark else 0)
            self.problems.append(f"{place}: is not YAML: {error.problem or error.context}")
        except ReaderError as error:
            line = text[: error.position].count("\n") if isinstance(error.position, int) else 0
            self.problems.append(f"{self._place(line)}: holds a character that YAML does not allow")
        except YAMLError as error:
            self.problems.append(f"{self.source}: is not YAML: {str(error).splitlines()[0]}")
        return None

    def _place(self, line: int) -> Place:
        return Place(self.source, line + 1 if self.has_lines else 0)

    def _document(self) -> Any:
        value, n_documents = None, 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                n_documents += 1
                if n_documents > 1:
                    self.problems.append(f"{self._place(event.start_mark.line)}: starts a second document; use one")
                    return value
                value = self._value(next(self._events), ())
            elif not isinstance(event, StreamStartEvent | StreamEndEvent):
                continue
        return value

    def _value(self, event: Any, route: Route) -> Any:
        place = self._place(event.start_mark.line)
        self.places.setdefault(normal_route(route), place)
        if len(route) > MAX_DEPTH:
            raise _TooDeepError(str(place))
        if isinstance(event, AliasEvent) or event.anchor is not None:
            self.problems.append(
                f"{place}: {dotted(route)}: anchors and aliases (& and *) are not allowed; write it out"
            )
        if isinstance(event, AliasEvent):
            return None
        if getattr(event, "ctag", None) is not None and str(event.ctag) not in ("None", "!"):
            self.problems.append(f"{place}: {dotted(route)}: tags such as {event.ctag} are not allowed")
        if isinstance(event, ScalarEvent):
            return self._scalar(event, route, place)
        return self._sequence(route) if isinstance(event, SequenceStartEvent) else self._mapping(route)

    def _sequence(self, route: Route) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self._value(event, (*route, len(items))))
        return items

    def _mapping(self, route: Route) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            line = event.start_mark.line
            key = self._key(event, route)
            value_event = next(self._events)
            place = self._place(line)
            inner = (*route, key)
            if key in mapping:
                self.problems.append(f"{place}: {dotted(inner)}: is set a second time (first at line {lines[key] + 1})")
            self.places[normal_route(inner)] = place
            lines.setdefault(key, line)
            mapping[key] = self._value(value_event, inner)
        return mapping

    def _key(self, event: Any, route: Route) -> str:
        if isinstance(event, ScalarEvent) and event.anchor is None:
            return str(event.value)
        self.problems.append(f"{self._place(event.start_mark.line)}: {dotted(route)}: a key must be plain text")
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._value(event, (*route, "?"))
        return "?"

    def _scalar(self, event: Any, route: Route, place: Place) -> Any:
        text = str(event.value)
        if event.style is not None:
            return text
        if text in _SPECIAL:
            return _SPECIAL[text]
        if _INTEGER.fullmatch(text):
            if len(text) > MAX_DIGITS:
                self.problems.append(f"{place}: {dotted(route)} = {shown(text)}: has more than {MAX_DIGITS} digits")
                return None
            return int(text.replace("_", ""))
        return float(text.replace("_", "")) if _FLOAT.fullmatch(text) else text


class _TooDeepError(Exception):
    """A document is nested too deeply; its text is the place."""

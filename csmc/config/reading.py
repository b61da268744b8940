"""YAML 1.2 with the line of every value, as strict as a configuration can be; edit to accept or refuse YAML features.

Built on the events of ruamel.yaml, so that aliases, anchors, tags and repeated keys are seen and refused before
anything is constructed. Only `true`, `false` and `null` are special words: `NO` is Norway. `1e-3` is a number.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
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

from csmc.config.document import MAX_DEPTH, Document, Place, Route, normal_route
from csmc.config.files import read_text
from csmc.errors import MAX_PROBLEMS, ConfigError, dotted, shown

MAX_DIGITS = 40
#: Keys and values of a document. Long lists of values have shorter ways to be written: linspace, lhs.
MAX_NODES = 30_000

#: A line that starts with % before anything else has.
_DIRECTIVE = re.compile(r"\ufeff?(?:[ \t]*(?:#.*)?\r?\n)*%")

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
        self._nodes = 0

    def parse(self, text: str) -> Any:
        directive = _DIRECTIVE.match(text)
        if directive:
            line = directive.group().count("\n")
            self.problems.append(f"{self._place(line)}: directives (lines that start with %) are not allowed")
            return None
        self._events = _events(text)
        try:
            return self._document()
        except _RefusedError as error:
            self.problems.append(str(error))
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
        self._count(place)
        self.places.setdefault(normal_route(route), place)
        if isinstance(event, AliasEvent) or event.anchor is not None:
            self.problems.append(
                f"{place}: {dotted(route)}: anchors and aliases (& and *) are not allowed; write it out"
            )
        if isinstance(event, AliasEvent):
            return None
        if event.tag is not None:
            self.problems.append(f"{place}: {dotted(route)}: tags such as {event.tag} are not allowed")
        if isinstance(event, ScalarEvent):
            return self._scalar(event, route, place)
        return self._sequence(route) if isinstance(event, SequenceStartEvent) else self._mapping(route)

    def _sequence(self, route: Route) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            place = self._place(event.start_mark.line)
            items.append(self._value(event, self._deeper(route, len(items), place)))
        return items

    def _mapping(self, route: Route) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            line = event.start_mark.line
            key = self._key(event, route)
            value_event = next(self._events)
            place = self._place(line)
            inner = self._deeper(route, key, place)
            if key in mapping:
                self.problems.append(f"{place}: {dotted(inner)}: is set a second time (first at line {lines[key] + 1})")
            self.places[normal_route(inner)] = place
            lines.setdefault(key, line)
            mapping[key] = self._value(value_event, inner)
        return mapping

    def _count(self, place: Place) -> None:
        """Refuse what would take long to read, and not collect more problems than anybody reads."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _RefusedError(
                f"{place}: holds more than {MAX_NODES:,} keys and values; write long lists as linspace, lhs or sobol"
            )
        if len(self.problems) > MAX_PROBLEMS:
            raise _RefusedError(f"{place}: what follows has not been read")

    def _deeper(self, route: Route, key: str | int, place: Place) -> Route:
        """The route of what `key` holds; the dots of a key count as levels, because they are opened."""
        inner = (*route, key)
        depth = sum(part.count(".") + 1 if isinstance(part, str) else 1 for part in inner)
        if depth > MAX_DEPTH:
            raise _RefusedError(f"{place}: is nested deeper than {MAX_DEPTH} levels")
        return inner

    def _key(self, event: Any, route: Route) -> str:
        self._count(self._place(event.start_mark.line))
        if isinstance(event, ScalarEvent) and event.anchor is None and event.tag is None:
            return str(event.value)
        self.problems.append(f"{self._place(event.start_mark.line)}: {dotted(route)}: a key must be plain text")
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._value(event, self._deeper(route, "?", self._place(event.start_mark.line)))
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


def _events(text: str) -> Iterator[Any]:
    """The parser's events; what its own functions raise beside its errors (an escape can overflow) is one too."""
    line = 0
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            line = event.end_mark.line
            yield event
    except YAMLError:
        raise
    except Exception as error:
        mark = StringMark("", 0, line, 0, "", 0)
        raise MarkedYAMLError(problem=f"cannot be read ({error})", problem_mark=mark) from error


class _RefusedError(Exception):
    """Reading stops here; the text says where and why."""

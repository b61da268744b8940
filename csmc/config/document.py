"""A configuration as plain data that remembers where each part was written; edit when places are told differently."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from csmc.errors import Problem

#: Levels of a document, counting those that dots in a key open.
MAX_DEPTH = 32

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
    """Plain data, where each part of it was written, the folder that its paths start from, and its text.

    `tables` holds the contents of tables by parameter and name, if they are known and no file need be read.
    """

    data: Any
    folder: Path
    places: dict[Route, Place] = field(default_factory=dict)
    text: str = ""
    tables: Mapping[str, Mapping[str, Any]] | None = None

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

"""Tables of real states and of their distances, read from CSV; edit when such a table can have another column."""

import csv
import io
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from csmc.config.files import read_text
from csmc.errors import ConfigError, shown, suggestion
from csmc.parameters import MAX_STATES
from csmc.system import MAX_DIMENSIONS, DistanceTable, StateTable

_IDEAL_POINTS = tuple(f"ideal_point_{dimension}" for dimension in range(1, MAX_DIMENSIONS + 1))
COLUMNS = ("name", "capability", "ideal_point", *_IDEAL_POINTS, "great_power", "member")
_FLAGS = {"true": 1, "1": 1, "yes": 1, "false": 0, "0": 0, "no": 0}

Cell = TypeVar("Cell", int, float)


class _Rows:
    """The cells of a CSV file with their lines, and the problems found so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[str] = []
        self.header: list[str] = []
        self.header_line = 1
        self.lines: list[int] = []
        self.cells: list[list[str]] = []
        for line, text in enumerate(read_text(path).splitlines(), 1):
            if text.strip() and not text.lstrip().startswith("#"):
                self._add(line, [cell.strip() for cell in next(csv.reader([text]))])
            if len(self.cells) > MAX_STATES or len(self.header) > MAX_STATES + 1:
                size = f"{len(self.header)} columns" if len(self.header) > MAX_STATES + 1 else f"over {MAX_STATES} rows"
                raise ConfigError(f"{path}:{line}: has {size}; a system has 2 to {MAX_STATES} states")
        if not self.header:
            self.problem(1, "is empty; the first line must name the columns")
        elif len(self.cells) < 2:
            self.problem(self.header_line, f"has {len(self.cells)} states; a system has 2 to {MAX_STATES}")

    def _add(self, line: int, cells: list[str]) -> None:
        if not self.header:
            self.header, self.header_line = cells, line
        elif len(cells) != len(self.header):
            self.problem(line, f"has {len(cells)} cells, but the header has {len(self.header)}")
        else:
            self.lines.append(line)
            self.cells.append(cells)

    def problem(self, line: int, message: str) -> None:
        self.problems.append(f"{self.path}:{line}: {message}")

    def column(self, name: str) -> list[str]:
        index = self.header.index(name)
        return [cells[index] for cells in self.cells]

    def names(self, name_column: list[str]) -> tuple[str, ...]:
        """The names of the states, which must be there and differ."""
        first_line: dict[str, int] = {}
        for line, name in zip(self.lines, name_column, strict=True):
            if not name or len(name) > 64 or not name.isprintable():
                self.problem(line, f"name {shown(name)}: must be 1 to 64 printable characters")
            elif first_line.setdefault(name, line) != line:
                self.problem(line, f"name {shown(name)}: is already at line {first_line[name]}; names must differ")
        return tuple(name_column)

    def values(self, name: str, read: Callable[[str], Cell | str]) -> tuple[Cell, ...] | None:
        """A column filled in every row, or None if it is empty; `read` gives a value or the rule that is broken."""
        if name not in self.header or not any(self.column(name)):
            return None
        values: list[Any] = []
        for line, text in zip(self.lines, self.column(name), strict=True):
            value = read(text)
            if not text:
                self.problem(line, f"{name}: is empty, but other rows have one; fill all rows or none")
            elif isinstance(value, str):
                self.problem(line, f"{name} = {shown(text)}: {value}")
            values.append(value)
        return tuple(values)


def read_states(path: Path) -> StateTable:
    """The table of states at `path`; ConfigError with all its problems, by line."""
    rows = _Rows(path)
    unknown = [name for name in rows.header if name not in COLUMNS]
    for name in unknown:
        known = f"{suggestion(name, COLUMNS)} (known: {', '.join(COLUMNS)})"
        rows.problem(rows.header_line, f"column {shown(name)} is not known{known}")
    for name in sorted({name for name in rows.header if rows.header.count(name) > 1}):
        rows.problem(rows.header_line, f"column {name} occurs twice")
    if rows.header and "name" not in rows.header:
        rows.problem(rows.header_line, "column name is missing")
        raise ConfigError(rows.problems)
    if not rows.header:
        raise ConfigError(rows.problems)
    table = StateTable(
        names=rows.names(rows.column("name")),
        capability=rows.values("capability", _capability),
        ideal_points=_ideal_points(rows),
        great_power=rows.values("great_power", _flag),
        member=rows.values("member", _flag),
    )
    if rows.problems:
        raise ConfigError(rows.problems)
    return table


def read_distances(path: Path) -> DistanceTable:
    """The distance matrix at `path`: a header of names, then a row of numbers per state, a name first or not."""
    rows = _Rows(path)
    labelled = bool(rows.header) and rows.header[0].lower() in ("", "name")
    names = tuple(rows.header[labelled:])
    if len(set(names)) < len(names) or not all(names):
        rows.problem(rows.header_line, "the header must name every state once")
    if len(rows.cells) != len(names):
        rows.problem(rows.header_line, f"has {len(names)} columns and {len(rows.cells)} rows; they must be equal")
    matrix = [[_distance(rows, line, cell) for cell in cells[labelled:]] for line, cells in _by_line(rows)]
    if labelled and not rows.problems and tuple(cells[0] for cells in rows.cells) != names:
        rows.problem(rows.header_line, "the rows must name the states in the order of the header")
    if not rows.problems:
        _check_symmetry(rows, names, matrix)
    if rows.problems:
        raise ConfigError(rows.problems)
    return DistanceTable(names, tuple(map(tuple, matrix)))


def states_text(table: StateTable) -> str:
    """The CSV that `read_states` reads as this table."""
    points = dict(zip(_IDEAL_POINTS, table.ideal_points or (), strict=False))
    columns = {"name": table.names, "capability": table.capability, **points}
    columns |= {"great_power": table.great_power, "member": table.member}
    filled = {name: column for name, column in columns.items() if column is not None}
    return _csv([*filled], zip(*filled.values(), strict=True))


def distances_text(table: DistanceTable) -> str:
    """The CSV that `read_distances` reads as this table."""
    rows = ([name, *distances] for name, distances in zip(table.names, table.distances, strict=True))
    return _csv(["name", *table.names], rows)


def _csv(header: list[str], rows: Iterable[Iterable[Any]]) -> str:
    """Quoted text, so that no name is taken for a comment; numbers to the last digit."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerows([header, *rows])
    return text.getvalue()


def _by_line(rows: _Rows) -> list[tuple[int, list[str]]]:
    return list(zip(rows.lines, rows.cells, strict=True))


def _check_symmetry(rows: _Rows, names: tuple[str, ...], matrix: list[list[float]]) -> None:
    for row, line in enumerate(rows.lines):
        if matrix[row][row] != 0:
            rows.problem(line, f"the distance of {names[row]} to itself is {matrix[row][row]:g}; it must be 0")
        for column in range(row):
            if matrix[row][column] != matrix[column][row]:
                pair = f"{names[row]} and {names[column]}"
                both = f"{matrix[row][column]:g} here and {matrix[column][row]:g} at line {rows.lines[column]}"
                rows.problem(line, f"the distance of {pair} is {both}; it must be the same")


def _ideal_points(rows: _Rows) -> tuple[tuple[float, ...], ...] | None:
    """One row per dimension; the columns are ideal_point, or ideal_point_1 and so on without gaps."""
    present = [name for name in ("ideal_point", *_IDEAL_POINTS) if name in rows.header]
    if "ideal_point" in present and len(present) > 1:
        rows.problem(rows.header_line, "has ideal_point and numbered ideal points; use one kind")
        return None
    if "ideal_point" not in present and present != list(_IDEAL_POINTS[: len(present)]):
        rows.problem(rows.header_line, f"ideal points must be numbered from ideal_point_1 without gaps, not {present}")
        return None
    columns = [rows.values(name, _ideal_point) for name in present]
    if any(column is None for column in columns) and any(column is not None for column in columns):
        rows.problem(rows.header_line, "one of the ideal point columns is empty; fill all or none")
    return tuple(column for column in columns if column is not None) or None


def _number(text: str) -> float:
    try:
        return float(text) + 0.0 if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return math.nan


def _capability(text: str) -> float | str:
    value = _number(text)
    return value if 1e-100 <= value <= 1e100 else "must be a number above 0"


def _ideal_point(text: str) -> float | str:
    value = _number(text)
    return value if abs(value) <= 1e6 else "must be a number"


def _flag(text: str) -> int | str:
    return _FLAGS.get(text.lower(), "must be true or false (also yes or no, 1 or 0)")


def _distance(rows: _Rows, line: int, text: str) -> float:
    value = _number(text)
    if not 0 <= value <= 1e9:
        rows.problem(line, f"distance {shown(text)}: must be a number, 0 or larger")
    return value

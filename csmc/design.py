"""Which design points an experiment has; edit to add a way of choosing points.

A design is a mapping with one key: `grid` or `zip` (paths and their values), `cases` (a list of points), `product` or
`concat` (a list of designs); samples that fill a space (`lhs`, `sobol`) become zips, or `samples`: several zips. Points
are computed from their index when they are asked for, never all at once.
"""

import math
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

from numpy.typing import NDArray

Scalar = float | int | str | bool | None
Assignment = dict[str, Scalar]
Shape = tuple[tuple[str, tuple[Scalar, ...]], ...]

#: What a path has at a point that does not set it.
UNSET: Any = object()

#: Which of several independent samples a point is of, in `Design.layout`.
RANDOMIZATION = "randomization"


@dataclass(frozen=True)
class Factor:
    """A path that varies and its values; `multiply` if they multiply what the path would be without them."""

    path: str
    values: tuple[Scalar, ...]
    multiply: bool = False

    def as_data(self) -> Any:
        """The values as a configuration states them."""
        return {"multiply": list(self.values)} if self.multiply else list(self.values)


class Design(ABC):
    """Points by index, each an assignment of values to paths."""

    @property
    @abstractmethod
    def n_points(self) -> int:
        """How many points there are."""

    @property
    @abstractmethod
    def paths(self) -> tuple[str, ...]:
        """Every path that any point sets, in the order of the design."""

    @abstractmethod
    def assignment(self, index: int) -> Assignment:
        """What point `index` sets."""

    def column(self, path: str) -> list[Any]:
        """What every point sets `path` to, in order; UNSET where it does not."""
        return [self.assignment(index).get(path, UNSET) for index in range(self.n_points)]

    @abstractmethod
    def as_data(self) -> dict[str, Any]:
        """The design as a configuration states it, with all values written out."""

    @property
    def shape(self) -> Shape | None:
        """The axes, the last one fastest, if the design is one full grid."""
        return None

    @property
    def layout(self) -> dict[str, list[int]]:
        """Where every point stands in a design that a method reads by places: names of the places, whole numbers."""
        return {}


@dataclass(frozen=True)
class Grid(Design):
    """Every combination of the values of the factors, the last factor fastest."""

    factors: tuple[Factor, ...] = ()

    @cached_property
    def n_points(self) -> int:
        """The product of the numbers of values."""
        return math.prod(len(factor.values) for factor in self.factors)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The paths of the factors."""
        return tuple(factor.path for factor in self.factors)

    def assignment(self, index: int) -> Assignment:
        """The digits of `index` in the mixed base of the factors' lengths, as values."""
        values: list[Scalar] = []
        for factor in reversed(self.factors):
            index, digit = divmod(index, len(factor.values))
            values.append(factor.values[digit])
        return dict(zip(self.paths, reversed(values), strict=True))

    def column(self, path: str) -> list[Any]:
        """The values of a factor, repeated as the grid is walked."""
        return _crossed([(len(f.values), f.values if f.path == path else None) for f in self.factors])

    def as_data(self) -> dict[str, Any]:
        """Paths and values."""
        return {"grid": {factor.path: factor.as_data() for factor in self.factors}}

    @property
    def shape(self) -> Shape:
        """The factors."""
        return tuple((factor.path, factor.values) for factor in self.factors)


@dataclass(frozen=True)
class Zip(Design):
    """The first values of all factors together, then the second, and so on."""

    factors: tuple[Factor, ...]

    @property
    def n_points(self) -> int:
        """The common number of values."""
        return len(self.factors[0].values)

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the factors."""
        return tuple(factor.path for factor in self.factors)

    def assignment(self, index: int) -> Assignment:
        """Value `index` of every factor."""
        return {factor.path: factor.values[index] for factor in self.factors}

    def column(self, path: str) -> list[Any]:
        """The values of a factor."""
        return next((list(factor.values) for factor in self.factors if factor.path == path), [UNSET] * self.n_points)

    def as_data(self) -> dict[str, Any]:
        """Paths and values."""
        return {"zip": {factor.path: factor.as_data() for factor in self.factors}}


@dataclass(frozen=True)
class Cases(Design):
    """Points written out one by one; they need not set the same paths."""

    cases: tuple[Mapping[str, Scalar], ...]

    @property
    def n_points(self) -> int:
        """The number of cases."""
        return len(self.cases)

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of all cases, in order of appearance."""
        return _union(tuple(case) for case in self.cases)

    def assignment(self, index: int) -> Assignment:
        """Case `index`."""
        return dict(self.cases[index])

    def as_data(self) -> dict[str, Any]:
        """The cases."""
        return {"cases": [dict(case) for case in self.cases]}


@dataclass(frozen=True)
class Product(Design):
    """Every combination of the points of the parts, the last part fastest."""

    parts: tuple[Design, ...]

    @property
    def n_points(self) -> int:
        """The product of the parts' numbers of points."""
        return math.prod(part.n_points for part in self.parts)

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of all parts."""
        return _union(part.paths for part in self.parts)

    def assignment(self, index: int) -> Assignment:
        """What all parts set; no two of them set the same path."""
        found: list[Assignment] = []
        for part in reversed(self.parts):
            index, digit = divmod(index, part.n_points)
            found.append(part.assignment(digit))
        return {path: value for assignment in reversed(found) for path, value in assignment.items()}

    def column(self, path: str) -> list[Any]:
        """The column of the part that sets the path, repeated as the parts are walked."""
        return _crossed([(part.n_points, part.column(path) if path in part.paths else None) for part in self.parts])

    def as_data(self) -> dict[str, Any]:
        """The parts."""
        return {"product": [part.as_data() for part in self.parts]}

    @property
    def shape(self) -> Shape | None:
        """The axes of all parts, if each is a full grid."""
        shapes = [part.shape for part in self.parts]
        if any(shape is None for shape in shapes):
            return None
        return tuple(axis for shape in shapes if shape is not None for axis in shape)

    @property
    def layout(self) -> dict[str, list[int]]:
        """That of the only part that has one: places in several cannot be told from their combinations."""
        owners = [part for part in self.parts if part.layout]
        if len(owners) != 1:
            return {}
        return {
            name: _crossed([(part.n_points, places if part is owners[0] else None) for part in self.parts])
            for name, places in owners[0].layout.items()
        }


@dataclass(frozen=True)
class Concat(Design):
    """The points of the first part, then those of the second, and so on."""

    parts: tuple[Design, ...]

    @cached_property
    def n_points(self) -> int:
        """The sum of the parts' numbers of points."""
        return sum(part.n_points for part in self.parts)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The paths of all parts."""
        return _union(part.paths for part in self.parts)

    def assignment(self, index: int) -> Assignment:
        """The point of the part that `index` falls into."""
        part = bisect_right(self._ends, index)
        start = self._ends[part - 1] if part else 0
        return self.parts[part].assignment(index - start)

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(part.n_points for part in self.parts))

    def column(self, path: str) -> list[Any]:
        """The columns of the parts, one after the other."""
        return [value for part in self.parts for value in part.column(path)]

    def as_data(self) -> dict[str, Any]:
        """The parts."""
        return {"concat": [part.as_data() for part in self.parts]}

    @property
    def shape(self) -> Shape | None:
        """The axes of the part, if there is only one and it is a full grid."""
        return self.parts[0].shape if len(self.parts) == 1 else None


@dataclass(frozen=True)
class Samples(Concat):
    """Independent samples of one distribution, equally many points each, one after the other."""

    def as_data(self) -> dict[str, Any]:
        """The samples."""
        return {"samples": [part.as_data() for part in self.parts]}

    @property
    def layout(self) -> dict[str, list[int]]:
        """The number of each point's sample."""
        return {RANDOMIZATION: [number for number, part in enumerate(self.parts) for _ in range(part.n_points)]}


@dataclass(frozen=True)
class Derived(Design):
    """A design whose points also set paths that follow from what they are; `values` (point,) are numbers."""

    whole: Design
    values: Mapping[str, NDArray[Any]]

    @property
    def n_points(self) -> int:
        """That of the design."""
        return self.whole.n_points

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the design, then those that follow."""
        return (*self.whole.paths, *self.values)

    def assignment(self, index: int) -> Assignment:
        """What the design sets, and what follows."""
        return self.whole.assignment(index) | {path: values[index].item() for path, values in self.values.items()}

    def column(self, path: str) -> list[Any]:
        """Values that follow, or the column of the design."""
        return self.values[path].tolist() if path in self.values else self.whole.column(path)

    def as_data(self) -> dict[str, Any]:
        """The design: what follows is stated apart from it."""
        return self.whole.as_data()

    @property
    def shape(self) -> Shape | None:
        """That of the design."""
        return self.whole.shape

    @property
    def layout(self) -> dict[str, list[int]]:
        """That of the design."""
        return self.whole.layout


def _crossed(parts: Sequence[tuple[int, Sequence[Any] | None]]) -> list[Any]:
    """The only column among `parts` (length, column), over all combinations of the parts, the last one fastest."""
    before, values, after = 1, [UNSET], 1
    for length, column in parts:
        if column is not None:
            before, values, after = before * after, list(column), 1
        else:
            after *= length
    return [value for value in values for _ in range(after)] * before


def _union(groups: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for group in groups for path in group))

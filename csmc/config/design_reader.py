"""The design of a configuration as a `csmc.design.Design`; edit when a design can be written in a new way."""

import math
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from csmc.config import arranged, space_filling
from csmc.config.checking import Checker
from csmc.config.document import Route
from csmc.config.loading import flatten
from csmc.config.spacing import same_type, spread_evenly, spread_geometrically
from csmc.design import (
    Cases,
    Concat,
    Design,
    Factor,
    Grid,
    Product,
    Samples,
    Scalar,
    Zip,
)
from csmc.errors import Problem, shown, suggestion
from csmc.parameters import BY_PATH

KINDS = ("grid", "zip", "cases", "product", "concat", "samples", *space_filling.KINDS, *arranged.KINDS)
SPREADS = ("linspace", "logspace", "multiply")
#: The values of a design's factors are held in memory; points are not, but each leaves some 10 kB on disk.
MAX_VALUES = 400_000
MAX_POINTS = 10_000_000


class DesignReader:
    """Reads one design; problems go to the checker that also judges the values.

    Of a design that has been read before, `written_out`, samples are lists of values too, as long as they may be.
    """

    def __init__(self, checker: Checker, *, written_out: bool = False) -> None:
        self.checker = checker
        self._most_values = math.inf if written_out else MAX_VALUES
        self._n_values = 0
        #: For every path, whether its values multiply: it must not do both.
        self._multiplies: dict[str, bool] = {}

    @property
    def multiplied(self) -> frozenset[str]:
        """The paths whose values multiply."""
        return frozenset(path for path, multiplies in self._multiplies.items() if multiplies)

    def read(self, data: Any, route: Route = ("design",)) -> Design | None:
        """The design that `data` states, or None if it has problems."""
        if not isinstance(data, Mapping) or len(data) != 1:
            given = f", not {', '.join(map(str, data))}" if isinstance(data, Mapping) and data else ""
            self._refuse(route, f"must be a mapping with one key out of {', '.join(KINDS)}{given}")
            return None
        kind, content = next(iter(data.items()))
        readers: dict[str, Callable[[Any, Route], Design | None]] = {
            "grid": self._grid,
            "zip": self._zip,
            "cases": self._cases,
            "product": self._product,
            "concat": self._concat,
            "samples": self._samples,
            **{filling: partial(self._fill, filling) for filling in space_filling.KINDS},
            **{kept: partial(self._arrange, kept) for kept in arranged.KINDS},
        }
        if kind not in readers:
            self._refuse(
                (*route, kind), f"is not a kind of design{suggestion(kind, KINDS)} (known: {', '.join(KINDS)})"
            )
            return None
        if not content:
            self._refuse((*route, kind), "is empty; a design needs at least one point (or leave design out)")
            return None
        design = readers[kind](content, (*route, kind))
        if design and design.n_points > MAX_POINTS:
            self._refuse(route, f"has {float(design.n_points):.3g} points; a design has at most {MAX_POINTS:,}")
            return None
        return design

    def _fill(self, kind: str, content: Any, route: Route) -> Design | None:
        return self._replacing(space_filling.read_space_filling(kind, content, route, self.checker))

    def _replacing(self, design: Design | None) -> Design | None:
        """A sample: its values replace what they vary."""
        for path in design.paths if design else ():
            self._multiplies.setdefault(path, False)
        return design

    def _arrange(self, kind: str, content: Any, route: Route) -> Design | None:
        if route != ("design", kind):
            self._refuse(route, f"stands alone: {kind} is no part of another design, whose points would part its own")
            return None
        if isinstance(content, Mapping) and "values" in content:
            written = self._zip(content["values"], (*route, "values"))
            return arranged.check(kind, written, content, route, self.checker) if isinstance(written, Zip) else None
        return self._replacing(arranged.read_arranged(kind, content, route, self.checker))

    def _refuse(self, route: Route, message: str, value: Any = ()) -> None:
        self.checker.problems.append(Problem(route, message, shown(value)))

    def _grid(self, content: Any, route: Route) -> Design | None:
        factors = self._factors(content, route) or ()
        for factor in factors:
            twice = [shown(value) for value, count in Counter(factor.values).items() if count > 1]
            if twice:
                self._refuse(
                    (*route, factor.path), f"has {', '.join(twice)} more than once; the points of a grid differ"
                )
        return Grid(factors) if factors else None

    def _zip(self, content: Any, route: Route) -> Design | None:
        factors = self._factors(content, route)
        if not factors:
            return None
        lengths = {factor.path: len(factor.values) for factor in factors}
        if len(set(lengths.values())) > 1:
            counts = ", ".join(f"{path} has {count}" for path, count in lengths.items())
            self._refuse(route, f"the factors of a zip must have equally many values: {counts}")
            return None
        return Zip(factors)

    def _cases(self, content: Any, route: Route) -> Design | None:
        if not isinstance(content, list):
            self._refuse(route, "must be a list of points, each a mapping of paths to values")
            return None
        cases: list[dict[str, Any]] = []
        for index, case in enumerate(content):
            place = (*route, index)
            if not isinstance(case, Mapping) or not case:
                self._refuse(place, "must be a mapping of paths to values", case)
                continue
            flat = flatten(case)
            if len(flat) < _n_leaves(case):
                self._refuse(place, "sets a path a second time")
            cases.append({path: self._value(path, value, (*place, path), False) for path, value in flat.items()})
        return Cases(tuple(cases)) if len(cases) == len(content) else None

    def _product(self, content: Any, route: Route) -> Design | None:
        parts = self._parts(content, route)
        if parts is None:
            return None
        counts = Counter(path for part in parts for path in part.paths)
        twice = [path for path, count in counts.items() if count > 1]
        for path in twice:
            self._refuse(route, f"{path} is set by two parts, so points would set it twice")
        return None if twice else Product(parts)

    def _concat(self, content: Any, route: Route) -> Design | None:
        parts = self._parts(content, route)
        return Concat(parts) if parts else None

    def _samples(self, content: Any, route: Route) -> Design | None:
        parts = self._parts(content, route)
        if not parts:
            return None
        if len(parts) < 2 or len({(part.n_points, frozenset(part.paths)) for part in parts}) > 1:
            self._refuse(route, "must be two or more samples of equally many points that set the same paths")
            return None
        return Samples(parts)

    def _parts(self, content: Any, route: Route) -> tuple[Design, ...] | None:
        if not isinstance(content, list):
            self._refuse(route, "must be a list of designs")
            return None
        parts = [self.read(part, (*route, index)) for index, part in enumerate(content)]
        return tuple(part for part in parts if part) if all(parts) else None

    def _factors(self, content: Any, route: Route) -> tuple[Factor, ...] | None:
        if not isinstance(content, Mapping):
            self._refuse(route, "must be a mapping of paths to values")
            return None
        flat = _flat_factors(content)
        for path, count in Counter(path for path, _ in flat).items():
            if count > 1:
                self._refuse((*route, path), "is set a second time")
        factors = [self._factor(path, spec, (*route, path)) for path, spec in flat]
        return tuple(factor for factor in factors if factor) if all(factors) else None

    def _factor(self, path: str, spec: Any, route: Route) -> Factor | None:
        multiply = isinstance(spec, Mapping) and "multiply" in spec
        values = self._values(spec, route)
        if values is None:
            return None
        path_problem = self.checker.path_problem(path)
        if path_problem:
            self._refuse(route, path_problem)
            return None
        within: Callable[[int], Route] = (lambda index: (*route, index)) if isinstance(spec, list) else lambda _: route
        converted = tuple(self._value(path, value, within(index), multiply) for index, value in enumerate(values))
        return Factor(path, same_type(converted), multiply)

    def _value(self, path: str, value: Any, route: Route, multiply: bool) -> Any:
        if self._multiplies.setdefault(path, multiply) != multiply:
            self._refuse(route, "multiplies in one part of the design and replaces in another; write it one way")
        if isinstance(value, list | dict):
            self._refuse(route, "must be a single value")
            return None
        return self.checker.value(path, value, route, multiply)

    def _values(self, spec: Any, route: Route) -> list[Any] | None:
        if isinstance(spec, list):
            return self._listed(spec, route)
        if not isinstance(spec, Mapping) or len(spec) != 1 or next(iter(spec)) not in SPREADS:
            known = "a list of values, {linspace: [first, last, count]}, {logspace: [...]} or {multiply: [...]}"
            self._refuse(route, f"must be {known}", spec)
            return None
        kind, content = next(iter(spec.items()))
        if kind != "multiply":
            return self._spread(kind, content, (*route, kind))
        if isinstance(content, Mapping) and "multiply" not in content:
            return self._values(content, (*route, kind))
        return self._listed(content, (*route, kind))

    def _listed(self, values: Any, route: Route) -> list[Any] | None:
        if not isinstance(values, list):
            self._refuse(route, "must be a list of values")
            return None
        if not values:
            self._refuse(route, "is empty; a factor needs at least one value")
            return None
        if not all(isinstance(value, Scalar) for value in values):
            self._refuse(route, "must be a list of single values")
            return None
        return values if self._fits(len(values), route) else None

    def _fits(self, count: int, route: Route) -> bool:
        """Whether `count` more values may be held in memory."""
        self._n_values += count
        if self._n_values <= self._most_values:
            return True
        self._refuse(route, f"is where the design's factors come to have more than {MAX_VALUES:,} values")
        return False

    def _spread(self, kind: str, content: Any, route: Route) -> list[Any] | None:
        if not isinstance(content, list) or len(content) != 3 or not all(_is_finite(value) for value in content):
            self._refuse(route, "must be [first, last, count], three numbers")
            return None
        first, last, count = content
        if not isinstance(count, int) or not 2 <= count <= MAX_VALUES:
            self._refuse(route, f"count must be a whole number in [2, {MAX_VALUES}]", count)
            return None
        if first == last:
            self._refuse(route, "first and last value must differ", first)
            return None
        if not self._fits(count, route):
            return None
        if kind == "linspace":
            return list(spread_evenly(first, last, count))
        if first <= 0 or last <= 0:
            self._refuse(route, "first and last are the end values themselves and must both be above 0")
            return None
        return list(spread_geometrically(first, last, count))


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _flat_factors(content: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Paths and what states their values; a mapping is a group of paths unless it is a way to state values."""
    flat: list[tuple[str, Any]] = []
    for key, spec in content.items():
        path = f"{prefix}{key}"
        is_group = isinstance(spec, Mapping) and spec and not spec.keys() & set(SPREADS) and path not in BY_PATH
        flat += _flat_factors(spec, f"{path}.") if is_group else [(path, spec)]
    return flat


def _n_leaves(mapping: Mapping[str, Any]) -> int:
    return sum(_n_leaves(value) if isinstance(value, Mapping) and value else 1 for value in mapping.values())

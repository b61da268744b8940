"""Designs that fill a space of parameters: Latin hypercubes and Sobol' sequences; edit to add another sequence."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from csmc.config.checking import Checker, is_institutional
from csmc.config.document import Route
from csmc.config.loading import flatten_all
from csmc.design import Factor, Zip
from csmc.errors import MAX_PROBLEMS, Problem, shown, suggestion
from csmc.parameters import BY_PATH

KINDS = ("lhs", "sobol")
KEYS = ("points", "seed", "ranges")
MAX_POINTS = 1_000_000
#: Points times ranges: they are held in memory.
MAX_NUMBERS = 4_000_000
#: Digits kept of a value, so that the last bits of a machine's logarithm do not make another design.
_DIGITS = 12


Interval = tuple[float, float, bool]


def read_space_filling(kind: str, content: Any, route: Route, checker: Checker) -> Zip | None:
    """The design {points, seed, ranges: {path: [low, high] or {log: [low, high]}}}; problems go to the checker."""
    before = len(checker.problems)
    if not has_keys(content, KEYS, route, checker):
        return None
    points = read_whole(content.get("points"), 2, MAX_POINTS, (*route, "points"), checker)
    if kind == "sobol":
        check_balanced(points, (*route, "points"), checker)
    seed = read_whole(content.get("seed", 0), 0, 2**32 - 1, (*route, "seed"), checker)
    intervals = read_ranges(content.get("ranges"), (*route, "ranges"), checker)
    check_size(points * len(intervals), points, (*route, "points"), checker)
    if len(checker.problems) > before:
        return None
    columns = _unit_cube(kind, points, len(intervals), seed)
    return Zip(factors_at(intervals, columns))


def has_keys(content: Any, keys: Sequence[str], route: Route, checker: Checker) -> bool:
    """Whether `content` is a mapping; keys of it that are not among `keys` go to the checker."""
    if not isinstance(content, Mapping):
        checker.problems.append(Problem(route, f"must be a mapping of {', '.join(keys)}"))
        return False
    for position, unknown in enumerate(str(key) for key in content if key not in keys):
        near = suggestion(unknown, keys) if position < MAX_PROBLEMS else ""
        message = f"is not a known key{near} (known: {', '.join(keys)})"
        checker.problems.append(Problem((*route, unknown), message))
    return True


def read_whole(value: Any, low: int, high: int, route: Route, checker: Checker) -> int:
    """A whole number in [low, high]; `low` if it is none, and then there is a new problem."""
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    checker.problems.append(Problem(route, f"must be a whole number in [{low}, {high}]", shown(value)))
    return low


def check_balanced(points: int, route: Route, checker: Checker) -> None:
    """A Sobol' sequence is balanced at powers of two only."""
    if points & (points - 1):
        balanced = 1 << points.bit_length()
        message = f"must be a power of two for a Sobol' sequence to be balanced, such as {balanced}"
        checker.problems.append(Problem(route, message, shown(points)))


def check_size(numbers: int, given: int, route: Route, checker: Checker) -> None:
    """Points times ranges must fit in memory; `given` is what the configuration says at `route`."""
    if numbers > MAX_NUMBERS:
        message = f"and ranges come to {numbers:,} numbers; at most {MAX_NUMBERS:,} fit in memory"
        checker.problems.append(Problem(route, message, shown(given)))


def read_ranges(ranges: Any, route: Route, checker: Checker) -> dict[str, Interval]:
    """The ranges by path, in their order; empty if there is none, and then there is a new problem."""
    if not isinstance(ranges, Mapping) or not ranges:
        checker.problems.append(Problem(route, "must be a mapping of paths to [low, high]"))
        return {}
    intervals: dict[str, Interval] = {}
    for path, spec in flatten_all(ranges):
        own = path.removesuffix(".log")
        if own in intervals:
            checker.problems.append(Problem((*route, path), "is set a second time"))
        intervals[own] = _interval(path, spec, (*route, path), checker)
    return intervals


def factors_at(intervals: Mapping[str, Interval], columns: Iterable[Iterable[float]]) -> tuple[Factor, ...]:
    """The factors whose values stand at these shares of their ranges: one column of shares in [0, 1] per range."""
    return tuple(
        Factor(path, tuple(_value(path, share, *interval) for share in column))
        for (path, interval), column in zip(intervals.items(), columns, strict=True)
    )


def _interval(path: str, spec: Any, route: Route, checker: Checker) -> Interval:
    """(low, high, whether the logarithm is uniform)."""
    logarithmic = path.endswith(".log")
    path = path.removesuffix(".log")
    before = len(checker.problems)
    if not isinstance(spec, list) or len(spec) != 2:
        checker.problems.append(Problem(route, "must be [low, high] or {log: [low, high]}", shown(spec)))
        return 0.0, 1.0, False
    low, high = (checker.value(path, end, route) for end in spec)
    if len(checker.problems) > before:
        return 0.0, 1.0, False
    if any(isinstance(end, bool) or not isinstance(end, int | float) for end in (low, high)):
        checker.problems.append(Problem(route, "is not a number, so it has no range; use a grid"))
    elif not low < high:
        checker.problems.append(Problem(route, f"low must be below high, not {low:g} and {high:g}"))
    elif logarithmic and low <= 0:
        checker.problems.append(Problem(route, "must be above 0 to be uniform in its logarithm", shown(low)))
    return low, high, logarithmic


def _unit_cube(kind: str, points: int, dimensions: int, seed: int) -> Any:
    """Columns of points in the unit cube, one per dimension."""
    from scipy.stats import qmc  # slow to import, and few designs need it

    engine = qmc.LatinHypercube(dimensions, rng=seed) if kind == "lhs" else qmc.Sobol(dimensions, rng=seed)
    return engine.random(points).T.tolist()


def _value(path: str, share: float, low: float, high: float, logarithmic: bool) -> float | int:
    if _is_whole(path):
        value = _between(share, low, high + 1, logarithmic)
        return min(int(high), max(int(low), math.floor(value)))
    return min(high, max(low, _between(share, low, high, logarithmic)))


def _is_whole(path: str) -> bool:
    return path.endswith(".council.seats") if is_institutional(path) else BY_PATH[path].kind == "int"


def _between(share: float, low: float, high: float, logarithmic: bool) -> float:
    if logarithmic:
        value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    else:
        value = low + share * (high - low)
    return float(f"{value:.{_DIGITS}g}")

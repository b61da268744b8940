"""Designs that fill a space of parameters: Latin hypercubes and Sobol' sequences; edit to add another sequence."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from csmc.config.checking import Checker
from csmc.config.distributions import Range, Shares
from csmc.config.document import Route
from csmc.config.ranges import WAYS, read_range
from csmc.design import Factor, Samples, Zip
from csmc.errors import MAX_PROBLEMS, Problem, shown, suggestion
from csmc.parameters import BY_PATH

KINDS = ("lhs", "sobol")
KEYS = ("points", "randomizations", "seed", "ranges")
MAX_POINTS = 1_000_000
MAX_RANDOMIZATIONS = 10_000
#: Points times ranges: they are held in memory.
MAX_NUMBERS = 4_000_000


def read_space_filling(kind: str, content: Any, route: Route, checker: Checker) -> Zip | Samples | None:
    """The design {points, randomizations, seed, ranges: {path: range}}; problems go to the checker."""
    before = len(checker.problems)
    if not has_keys(content, KEYS, route, checker):
        return None
    points = read_whole(content.get("points"), 2, MAX_POINTS, (*route, "points"), checker)
    if kind == "sobol":
        check_balanced(points, (*route, "points"), checker)
    place = (*route, "randomizations")
    randomizations = read_whole(content.get("randomizations", 1), 1, MAX_RANDOMIZATIONS, place, checker)
    if points * randomizations > MAX_POINTS:
        message = f"comes to {points * randomizations:,} points; at most {MAX_POINTS:,} are drawn"
        checker.problems.append(Problem(place, message, shown(randomizations)))
    seed = read_whole(content.get("seed", 0), 0, 2**32 - 1, (*route, "seed"), checker)
    ranges = read_ranges(content.get("ranges"), (*route, "ranges"), checker)
    check_size(points * randomizations * len(ranges), points, (*route, "points"), checker)
    if len(checker.problems) > before:
        return None
    cubes = (unit_cube(kind, points, len(ranges), seed, number) for number in range(randomizations))
    samples = tuple(Zip(factors_at(ranges, cube.T)) for cube in cubes)
    return Samples(samples) if randomizations > 1 else samples[0]


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


def read_ranges(ranges: Any, route: Route, checker: Checker) -> dict[str, Range]:
    """The ranges by path, in their order; if one is wrong it is missing, and there is a new problem."""
    if not isinstance(ranges, Mapping) or not ranges:
        checker.problems.append(Problem(route, "must be a mapping of paths to [low, high]"))
        return {}
    found: dict[str, Range | None] = {}
    for path, spec in _flat_ranges(ranges):
        if path in found:
            checker.problems.append(Problem((*route, path), "is set a second time"))
        found[path] = read_range(path, spec, (*route, path), checker)
    return {path: read for path, read in found.items() if read}


def _flat_ranges(ranges: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield paths and what states their ranges; a mapping is a group of paths unless it states a range."""
    for key, spec in ranges.items():
        path = f"{prefix}{key}"
        own, _, last = path.rpartition(".")
        if isinstance(spec, Mapping) and spec and not _is_range(path, spec):
            yield from _flat_ranges(spec, f"{path}.")
        elif last in WAYS and path not in BY_PATH:
            yield own, {last: spec}
        else:
            yield path, spec


def _is_range(path: str, spec: Mapping[str, Any]) -> bool:
    """Whether a mapping states a range: `distribution` is the last part of a parameter's path, too."""
    is_group = any(f"{path}.{way}" in BY_PATH for way in WAYS)
    return path in BY_PATH or path.endswith(WAYS) or bool(spec.keys() & set(WAYS) and not is_group)


def factors_at(ranges: Mapping[str, Range], columns: Iterable[Any]) -> tuple[Factor, ...]:
    """The factors whose values stand at these shares of their ranges: one column of shares in [0, 1] per range."""
    return tuple(
        Factor(path, drawn_from.values(column))
        for (path, drawn_from), column in zip(ranges.items(), columns, strict=True)
    )


def unit_cube(kind: str, points: int, dimensions: int, seed: int, number: int = 0) -> Shares:
    """Points (points, dimensions) in the unit cube; an independent sample for each `number`, 0 that of `seed`."""
    from scipy.stats import qmc  # slow to import, and few designs need it

    rng = seed if number == 0 else np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
    engine = qmc.LatinHypercube(dimensions, rng=rng) if kind == "lhs" else qmc.Sobol(dimensions, rng=rng)
    shares: Shares = engine.random(points)
    return shares

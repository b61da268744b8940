"""Ranges of a design as a configuration states them; edit when a distribution can be written in a new way."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from csmc.config.checking import Checker, is_institutional, is_whole
from csmc.config.distributions import SHAPES, Choice, Kind, Numbers, Range, conditioned, logarithmic, uniform
from csmc.config.document import Route
from csmc.config.spacing import same_type
from csmc.errors import Problem, shown, suggestion
from csmc.parameters import BY_PATH

#: Ways to state a range beside [low, high].
WAYS = ("log", "distribution")
KINDS = ("uniform", "log", *SHAPES, "choice")
#: A condition must leave this much of a distribution: a smaller part is a mistake, and hard to compute.
LEAST_MASS = 1e-3
_TEXT = "[low, high], {log: [low, high]} or {distribution: {KIND: {...}, within: [low, high]}}"


def read_range(path: str, spec: Any, route: Route, checker: Checker) -> Range | None:
    """What `path` is drawn from: [low, high], {log: [low, high]} or {distribution: ...}; problems go to the checker."""
    problem = checker.path_problem(path)
    if problem:
        checker.problems.append(Problem(route, problem))
        return None
    if isinstance(spec, list):
        return _uniform(path, spec, route, checker)
    if not isinstance(spec, Mapping) or len(spec) != 1 or next(iter(spec)) not in WAYS:
        checker.problems.append(Problem(route, f"must be {_TEXT}", shown(spec)))
        return None
    ((way, content),) = spec.items()
    if way == "log":
        return _uniform(path, content, (*route, way), checker, log=True)
    return _distribution(path, content, (*route, way), checker)


def _uniform(path: str, ends: Any, route: Route, checker: Checker, *, log: bool = False) -> Range | None:
    pair = _ends(path, ends, route, checker)
    if pair is None:
        return None
    if log and pair[0] <= 0:
        checker.problems.append(Problem(route, "must be above 0 to be uniform in its logarithm", shown(pair[0])))
        return None
    return (logarithmic if log else uniform)(*pair, is_whole(path))


def _ends(path: str, ends: Any, route: Route, checker: Checker) -> tuple[float, float] | None:
    """Two legal numbers, the first below the second."""
    if not isinstance(ends, list) or len(ends) != 2:
        checker.problems.append(Problem(route, "must be [low, high]", shown(ends)))
        return None
    before = len(checker.problems)
    low, high = (checker.value(path, end, route) for end in ends)
    if len(checker.problems) > before:
        return None
    if any(isinstance(end, bool) or not isinstance(end, int | float) for end in (low, high)):
        message = "is not a number, so it has no range; use {distribution: {choice: [...]}} or a grid"
        checker.problems.append(Problem(route, message))
        return None
    if not low < high:
        checker.problems.append(Problem(route, f"low must be below high, not {low:g} and {high:g}"))
        return None
    return low, high


def _distribution(path: str, content: Any, route: Route, checker: Checker) -> Range | None:
    kinds = [key for key in content if key != "within"] if isinstance(content, Mapping) else []
    if len(kinds) != 1 or kinds[0] not in KINDS:
        near = suggestion(str(kinds[0]), KINDS) if len(kinds) == 1 else ""
        checker.problems.append(Problem(route, f"must be one of {', '.join(KINDS)}, with or without within{near}"))
        return None
    kind = kinds[0]
    inner = (*route, kind)
    if kind not in SHAPES:
        if "within" in content:
            checker.problems.append(
                Problem((*route, "within"), f"cannot stand beside {kind}, which says where it ends")
            )
            return None
        if kind == "choice":
            return _choice(path, content[kind], inner, checker)
        return _uniform(path, content[kind], inner, checker, log=kind == "log")
    if _is_no_number(path, checker):
        checker.problems.append(Problem(route, f"is for numbers, which {path} does not take; use choice"))
        return None
    numbers = _numbers(SHAPES[kind], content[kind], inner, checker)
    if numbers is None:
        return None
    from scipy import stats  # slow to import, and few designs need it

    frozen = SHAPES[kind].frozen(stats, numbers)
    if "within" in content:
        within = _ends(path, content["within"], (*route, "within"), checker)
    else:
        within = _support(path, frozen, route, checker)
    return _conditioned(frozen, within, is_whole(path), route, checker) if within else None


def _is_no_number(path: str, checker: Checker) -> bool:
    """Whether no number at all is legal at `path`."""
    if not is_institutional(path):
        return BY_PATH[path].kind in ("choice", "path")
    return all(checker.problem(path, number) for number in (0.5, 1))


def _numbers(kind: Kind, content: Any, route: Route, checker: Checker) -> dict[str, float] | None:
    """The numbers of a distribution by name, if they make one."""
    given = content if isinstance(content, Mapping) else {}
    wrong = [name for name in kind.numbers if name not in given and name not in kind.optional]
    if wrong or not set(given) <= set(kind.numbers):
        checker.problems.append(Problem(route, f"must be a mapping of {', '.join(kind.numbers)}", shown(content)))
        return None
    numbers = {**kind.optional, **given}
    for name, value in numbers.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e100
        if not is_number or (name in kind.positive and value <= 0):
            rule = "a number above 0" if name in kind.positive else "a number"
            checker.problems.append(Problem((*route, name), f"must be {rule}", shown(value)))
            return None
    if "high" in numbers and not numbers["low"] < numbers["high"]:
        checker.problems.append(
            Problem(route, f"low must be below high, not {numbers['low']:g} and {numbers['high']:g}")
        )
        return None
    if "mode" in numbers and not numbers["low"] <= numbers["mode"] <= numbers["high"]:
        checker.problems.append(Problem((*route, "mode"), "must be from low to high", shown(numbers["mode"])))
        return None
    return numbers


def _support(path: str, frozen: Any, route: Route, checker: Checker) -> tuple[float, float] | None:
    """Where the distribution ends by itself, if all of it is legal."""
    ends = (float(end) for end in frozen.support())
    low, high = (math.floor(end + 0.5) if is_whole(path) and math.isfinite(end) else end for end in ends)
    for end in (low, high):
        problem = checker.problem(path, end)
        if problem:
            message = f"reaches to {end:g}, but {problem}; add within: [low, high] to condition it on legal values"
            checker.problems.append(Problem(route, message))
            return None
    checker.routes[path] = route
    return low, high


def _conditioned(frozen: Any, within: tuple[float, float], whole: bool, route: Route, checker: Checker) -> Range | None:
    numbers, mass = conditioned(frozen, *within, whole)
    if not mass >= LEAST_MASS:
        message = (
            f"leaves {max(mass, 0):.2g} of the distribution; at least {LEAST_MASS:g} must be within, or take another"
        )
        checker.problems.append(Problem((*route, "within"), message))
        return None
    if not _is_inverted(frozen, numbers, mass):
        checker.problems.append(Problem(route, "is too extreme to be computed; take numbers nearer to 1"))
        return None
    return numbers


def _is_inverted(frozen: Any, numbers: Numbers, mass: float) -> bool:
    """Whether the quantiles are where the distribution has these shares."""
    shares = np.linspace(0.0, 1.0, 101)
    half = 0.5 if numbers.whole else 0.0
    reached = frozen.cdf(numbers.quantile(shares) - half) - frozen.cdf(numbers.low - half)
    return bool((np.abs(reached - shares * mass) <= 1e-6).all())


def _choice(path: str, content: Any, route: Route, checker: Checker) -> Range | None:
    """One of several values: a list, or {values, weights}."""
    given = content if isinstance(content, Mapping) else {"values": content}
    options = given.get("values")
    if not set(given) <= {"values", "weights"} or not isinstance(options, list) or len(options) < 2:
        checker.problems.append(
            Problem(route, "must be a list of two or more values, or {values: [...], weights: [...]}")
        )
        return None
    before = len(checker.problems)
    converted = same_type(tuple(checker.value(path, option, route) for option in options))
    if len(checker.problems) > before:
        return None
    if len({(type(option), option) for option in converted}) < len(converted):
        checker.problems.append(Problem(route, "has a value more than once; give it a larger weight"))
        return None
    weights = given.get("weights", [1] * len(options))
    if not _are_weights(weights, len(options)):
        message = f"must be a list of {len(options)} numbers above 0, one for each value"
        checker.problems.append(Problem((*route, "weights"), message))
        return None
    return Choice(converted, tuple((np.cumsum(weights) / np.sum(weights)).tolist()))


def _are_weights(weights: Any, count: int) -> bool:
    return (
        isinstance(weights, Sequence)
        and not isinstance(weights, str)
        and len(weights) == count
        and all(isinstance(w, int | float) and not isinstance(w, bool) and 0 < w <= 1e100 for w in weights)
    )

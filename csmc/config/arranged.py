"""Designs whose points are arranged for a sensitivity analysis: Saltelli's and Morris'; edit to add such a method."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from csmc.config.checking import Checker
from csmc.config.document import Route
from csmc.config.space_filling import (
    MAX_POINTS,
    check_balanced,
    check_size,
    factors_at,
    has_keys,
    read_ranges,
    read_whole,
)
from csmc.design import Factor, Zip
from csmc.errors import Problem, shown

Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Arranged(Zip):
    """Points in groups of equal size that belong together; a point's place follows from its index alone."""

    #: The key in a configuration, the names of the group and of the place in it, and points of a group besides one
    #: per factor.
    kind = ""
    places = ("", "")
    beside = 0

    @property
    def group(self) -> int:
        """How many points a group has."""
        return len(self.factors) + self.beside

    @property
    def layout(self) -> dict[str, list[int]]:
        """Number of the group, and place in it, of every point."""
        numbers = range(self.n_points)
        group, place = self.places
        return {group: [i // self.group for i in numbers], place: [i % self.group for i in numbers]}

    def as_data(self) -> dict[str, Any]:
        """Paths and values."""
        return {self.kind: {"values": {factor.path: factor.as_data() for factor in self.factors}}}


@dataclass(frozen=True)
class Saltelli(Arranged):
    """Samples of two independent points each, A and B, and of A with one value after the other from B.

    Places (`matrix`): 0 is A, 1 is B, 2 + i is A with B's value of factor i. Saltelli et al. (2010),
    doi:10.1016/j.cpc.2009.09.018.
    """

    kind = "saltelli"
    places = ("sample", "matrix")
    beside = 2


@dataclass(frozen=True)
class Morris(Arranged):
    """Trajectories in which each factor changes once, one per step. Morris (1991), doi:10.1080/00401706.1991.10484804.

    Places (`step`): 0 is the start; each later point differs from the one before in one factor.
    """

    kind = "morris"
    places = ("trajectory", "step")
    beside = 1


DESIGNS: Mapping[str, type[Arranged]] = {design.kind: design for design in (Saltelli, Morris)}
KINDS = tuple(DESIGNS)
#: What a configuration says; `values`, written out, takes the place of all others.
KEYS = {"saltelli": ("points", "seed", "ranges"), "morris": ("trajectories", "levels", "seed", "ranges")}
MAX_LEVELS = 1000


def read_arranged(kind: str, content: Any, route: Route, checker: Checker) -> Arranged | None:
    """The design {points, seed, ranges} or {trajectories, levels, seed, ranges}; problems go to the checker."""
    before = len(checker.problems)
    count_key, *_ = keys = KEYS[kind]
    if not has_keys(content, keys, route, checker):
        return None
    count = read_whole(content.get(count_key), 2, MAX_POINTS, (*route, count_key), checker)
    seed = read_whole(content.get("seed", 0), 0, 2**32 - 1, (*route, "seed"), checker)
    ranges = read_ranges(content.get("ranges"), (*route, "ranges"), checker)
    points = count * (len(ranges) + DESIGNS[kind].beside)
    check_size(points * len(ranges), count, (*route, count_key), checker)
    if kind == "saltelli":
        check_balanced(count, (*route, count_key), checker)
        levels = 0
    else:
        levels = _read_levels(content.get("levels", 4), (*route, "levels"), checker)
    if len(checker.problems) > before:
        return None
    dimensions = len(ranges)
    if kind == "saltelli":
        shares = saltelli_shares(count, dimensions, seed)
    else:
        shares = morris_shares(count, dimensions, levels, seed)
    design = DESIGNS[kind](factors_at(ranges, shares.T))
    return _with_directions(design, route, checker) if kind == "morris" else design


def _with_directions(design: Arranged, route: Route, checker: Checker) -> Arranged | None:
    """The design, unless a step of it leads neither up nor down."""
    for factor in design.factors:
        others = [value for value in factor.values if isinstance(value, bool) or not isinstance(value, int | float)]
        if others:
            message = "is no number, so a step of morris leads neither up nor down; leave it out, or use saltelli"
            checker.problems.append(Problem((*route, "ranges", factor.path), message, shown(others[0])))
            return None
    return design


def _read_levels(value: Any, route: Route, checker: Checker) -> int:
    levels = read_whole(value, 2, MAX_LEVELS, route, checker)
    if levels % 2:
        message = "must be even, so that a step of half the range leads from every level to another"
        checker.problems.append(Problem(route, message, shown(levels)))
    return levels


def saltelli_shares(samples: int, dimensions: int, seed: int) -> Shares:
    """Shares of the ranges as (samples * (dimensions + 2), dimensions), a scrambled Sobol' sequence in 2 x dimensions.

    Samples follow one another, so that a design of twice as many begins with this one.
    """
    from scipy.stats import qmc  # slow to import, and few designs need it

    both = qmc.Sobol(2 * dimensions, rng=seed).random(samples).reshape(samples, 2, dimensions)
    mixed = np.repeat(both[:, :1], dimensions, axis=1)
    own = np.arange(dimensions)
    mixed[:, own, own] = both[:, 1]
    return np.concatenate([both, mixed], axis=1).reshape(-1, dimensions)


def morris_shares(trajectories: int, dimensions: int, levels: int, seed: int) -> Shares:
    """Shares of the ranges as (trajectories * (dimensions + 1), dimensions).

    The levels are the middles of `levels` equal parts of a range, and a step is half of the range, up or down: every
    level is met equally often, as with Morris' own (whose first and last levels are the ends of the range), and a
    range without ends has all of them.
    """
    generator = np.random.default_rng(seed)
    start = generator.integers(levels, size=(trajectories, 1, dimensions))
    order = generator.permuted(np.tile(np.arange(dimensions), (trajectories, 1)), axis=1)
    rank = np.argsort(order, axis=1)[:, None, :]  # at which step a factor changes, from 0
    changed = np.arange(dimensions + 1)[None, :, None] > rank
    level = (start + changed * (levels // 2)) % levels
    shares: Shares = ((level + 0.5) / levels).reshape(-1, dimensions)
    return shares


def check(kind: str, written: Zip, content: Mapping[str, Any], route: Route, checker: Checker) -> Arranged | None:
    """The design of values that are written out, if they are arranged as this kind demands."""
    design = DESIGNS[kind](written.factors)
    problems = [Problem((*route, key), "cannot stand beside values") for key in content if key != "values"]
    problems += [Problem((*route, "values"), text) for text in _misplaced(design)]
    checker.problems += problems
    return None if problems else design


def _misplaced(design: Arranged) -> Iterator[str]:
    """Yield what keeps the values from being the design that they are said to be."""
    groups, rest = divmod(design.n_points, design.group)
    if rest or groups < 2:
        yield f"must have 2 or more groups of {design.group} values, not {design.n_points} values"
        return
    changes = _saltelli_changes if design.kind == "saltelli" else _morris_changes
    wrong = np.flatnonzero(~changes([_in_groups(factor, design.group) for factor in design.factors]))
    if len(wrong):
        yield f"{design.places[0]} {wrong[0]} is none of a {design.kind} design"


def _in_groups(factor: Factor, group: int) -> NDArray[Any]:
    return np.array(factor.values).reshape(-1, group)


def _saltelli_changes(columns: list[NDArray[Any]]) -> NDArray[np.bool_]:
    """For each sample, whether each mixed point has its own factor from B and the others from A."""
    right = []
    for own, column in enumerate(columns):
        expected = np.repeat(column[:, :1], len(columns), axis=1)
        expected[:, own] = column[:, 1]
        right.append((column[:, 2:] == expected).all(axis=1))
    return np.asarray(np.all(right, axis=0))


def _morris_changes(columns: list[NDArray[Any]]) -> NDArray[np.bool_]:
    """For each trajectory, whether no step changes two factors, and no factor changes twice.

    None may change: the whole numbers of a range can be so few that half of it leads to the same.
    """
    changed = np.array([column[:, 1:] != column[:, :-1] for column in columns])
    return np.asarray((changed.sum(axis=0) <= 1).all(axis=1) & (changed.sum(axis=2) <= 1).all(axis=0))

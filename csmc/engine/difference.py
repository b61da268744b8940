"""How two documents of plain values differ, place by place; edit to change what counts as one difference."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

Kind = Literal["value", "only one", "only other", "order", "length"]


class Change(NamedTuple):
    """One difference of two documents: what the one and the other have at a place, None for nothing.

    kind: another value; a named part (an institution, a rung) that only the one, or only the other has; named parts in
    another order, which are then their names; or lists of other lengths.
    """

    place: str
    name: str  #: of a part that only one of the two has, else empty
    one: Any
    other: Any
    kind: Kind

    @property
    def path(self) -> str:
        """Where the difference is, as in `institutions.league_of_nations.council.veto`."""
        return f"{self.place}.{self.name}" if self.name else self.place


def changes(one: Any, other: Any, place: str = "") -> Iterator[Change]:
    """Yield the differences of two documents in the order of their places; named parts are compared by name."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from changes(one.get(key), other.get(key), f"{place}.{key}" if place else key)
    elif _all_named(one) and _all_named(other):
        yield from _changes_of_named(one, other, place)
    elif isinstance(one, list) and isinstance(other, list) and len(one) != len(other):
        yield Change(place, "", one, other, "length")
    elif isinstance(one, list) and isinstance(other, list):
        for number, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            yield from changes(mine, theirs, f"{place}[{number}]")
    elif one != other:
        yield Change(place, "", one, other, "value")


def leaves(document: Any) -> int:
    """How many single values a document has."""
    if isinstance(document, dict | list):
        return sum(map(leaves, document.values() if isinstance(document, dict) else document))
    return 1


def same(one: Any, other: Any) -> int:
    """How many single values two documents have at the same places, named parts by name."""
    if isinstance(one, dict) and isinstance(other, dict):
        return sum(same(one[key], other[key]) for key in one.keys() & other.keys())
    if _all_named(one) and _all_named(other):
        mine, theirs = _by_name(one), _by_name(other)
        return sum(same(mine[name], theirs[name]) for name in mine.keys() & theirs.keys())
    if isinstance(one, list) and isinstance(other, list):
        alike = len(one) == len(other)
        return sum(same(mine, theirs) for mine, theirs in zip(one, other, strict=True)) if alike else 0
    return leaves(one) if one == other else 0


def _all_named(values: Any) -> bool:
    return isinstance(values, list) and all(
        isinstance(value, dict) and isinstance(value.get("name"), str) for value in values
    )


def _by_name(values: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {value["name"]: value for value in values}


def _changes_of_named(one: list[dict[str, Any]], other: list[dict[str, Any]], place: str) -> Iterator[Change]:
    """Institutions and rungs are compared by name, so that one more is one difference."""
    mine, theirs = _by_name(one), _by_name(other)
    yield from (Change(place, name, mine[name], None, "only one") for name in mine if name not in theirs)
    yield from (Change(place, name, None, theirs[name], "only other") for name in theirs if name not in mine)
    orders = [name for name in mine if name in theirs], [name for name in theirs if name in mine]
    if orders[0] != orders[1]:
        yield Change(place, "", *orders, "order")
    for name in orders[0]:
        yield from changes(mine[name], theirs[name], f"{place}.{name}")

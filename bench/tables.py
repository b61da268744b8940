"""Rows and tables of the page on performance."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Figure(NamedTuple):
    """One row of the page's first table. The goal is a bound from above, or from below (`at_least`)."""

    name: str
    value: float
    unit: str
    command: str
    goal: float | None = None
    at_least: bool = False

    def cells(self) -> tuple[str, str, str, str]:
        """The row; a goal that is missed is said in bold."""
        value = f"{number(self.value)} {self.unit}".rstrip()
        if self.goal is None:
            return self.name, value, "", self.command
        goal = f"{'≥' if self.at_least else '≤'} {number(self.goal)}"
        met = self.value >= self.goal if self.at_least else self.value <= self.goal
        return self.name, value, goal if met else f"**{goal}, missed**", self.command


def number(value: float) -> str:
    """At least three digits."""
    return f"{value:,.0f}" if abs(value) >= 99.5 else f"{value:.{max(0, 2 - math.floor(math.log10(abs(value) or 1)))}f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)

"""Tables and paragraphs on a terminal of any width; edit to change how they are laid out."""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from csmc.cli.console import say
from csmc.errors import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as Grid

#: Columns of text that are pleasant to read; tables may be wider where there is no terminal to wrap them.
TEXT_WIDTH = 100
WIDEST_TABLE = 200
#: Blanks between two columns of a table, and the least width that is left for numbers beside long names.
GAP, LEAST = 2, 12


def screen(width: int | None = None, *, stderr: bool = False) -> "Console":
    """What writes to the terminal: without colour or weight for NO_COLOR, and plain text where there is no terminal."""
    from rich.console import Console

    plain = bool(os.environ.get("NO_COLOR"))
    return Console(
        width=width,
        stderr=stderr,
        color_system=None if plain else "auto",
        highlight=False,
        markup=False,  # a title's [x] is no style
        emoji=False,
    )


def print_paragraphs(paragraphs: list[str]) -> None:
    """Print text, wrapped, with an empty line after it."""
    for paragraph in paragraphs:
        say(textwrap.fill(paragraph, min(TEXT_WIDTH, shutil.get_terminal_size().columns)))
    say()


def print_rows(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, names: int = 1) -> None:
    """Print a table: what names a row to the left, numbers to the right.

    If it is wider than the terminal, its columns go below each other, each time with the first ones, which are `names`.
    """
    from rich.text import Text

    headings = [*map(printable, columns)]
    cells = [[*map(printable, row)] for row in rows]
    console = screen(None if sys.stdout.isatty() else WIDEST_TABLE)
    with console.capture() as drawn:
        if title:
            console.print(Text(printable(title), style="italic"))
        for number, widths in enumerate(panels(headings, cells, console.width, names)):
            if number:
                console.print()
            console.print(_grid(headings, cells, widths, names))
    print("\n".join(line.rstrip() for line in drawn.get().splitlines()), end="\n\n")


def panels(headings: Sequence[str], cells: Sequence[Sequence[str]], width: int, names: int) -> Iterator[dict[int, int]]:
    """Yield which columns stand next to each other, and how wide each is: the first `names` and what else fits."""
    from rich.cells import cell_len

    longest = [max((cell_len(row[k]) for row in cells), default=0) for k in range(len(headings))]
    whole = {k: max(longest[k], cell_len(heading)) for k, heading in enumerate(headings)}
    if sum(whole.values()) + GAP * (len(whole) - 1) <= width:
        yield whole
        return
    least = {k: max(longest[k], *map(cell_len, heading.split()), 1) for k, heading in enumerate(headings)}
    left = dict.fromkeys(range(names), 1)
    for k in left:
        left[k] = max(min(least[k], (width - LEAST) // names - GAP), 1)
    room = max(width - sum(left.values()) - GAP * names, 1)
    taken: dict[int, int] = {}
    for k in range(names, len(headings)):
        wanted = min(least[k], room)
        if taken and sum(taken.values()) + GAP * len(taken) + wanted > room:
            yield left | taken
            taken = {}
        taken[k] = wanted
    yield left | taken


def _grid(headings: Sequence[str], cells: Sequence[Sequence[str]], widths: dict[int, int], names: int) -> "Grid":
    from rich.table import Table as Grid

    grid = Grid(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for k, width in widths.items():
        justify: Literal["left", "right"] = "left" if k < names else "right"
        grid.add_column(headings[k], justify=justify, header_style="bold", width=width, overflow="fold")
    for row in cells:
        grid.add_row(*(row[k] for k in widths))
    return grid

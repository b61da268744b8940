"""`csmc report`: the comparison as a table, in words, and as figures."""

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from csmc.cli.console import say, tell_figures, warn_if_partial
from csmc.cli.options import Result
from csmc.errors import printable

if TYPE_CHECKING:
    import xarray as xr

    from csmc.report import Table

#: Columns of text that are pleasant to read; tables may be wider where there is no terminal to wrap them.
TEXT_WIDTH = 100
WIDEST_TABLE = 200


def report(
    result: Result,
    figures: Annotated[
        Path | None, typer.Option("--figures", metavar="DIRECTORY", help="Write figures there (PNG and SVG).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the tables and verdicts as JSON.")] = False,
) -> None:
    """Show what a result says: a table, the answer in words, and figures if asked for."""
    from csmc.report import summary
    from csmc.results import open_results

    with open_results(result) as dataset:
        if as_json:
            print(json.dumps(summary(dataset).to_dict(), indent=2, ensure_ascii=False))
        else:
            print_summary(dataset)
        if figures:
            tell_figures(write_figures(dataset, figures), as_json)
        warn_if_partial(dataset)


def print_summary(dataset: "xr.Dataset") -> None:
    """Print the comparison: the question, its tables, the answer, and what to mind."""
    from csmc.report import summary

    said = summary(dataset)
    print_paragraphs([said.title, *filter(None, [said.question])])
    for table in said.tables:
        print_table(table)
    print_paragraphs([*said.answer, "", *said.notes])


def print_paragraphs(paragraphs: list[str]) -> None:
    """Print text, wrapped, with an empty line after it."""
    for paragraph in paragraphs:
        say(textwrap.fill(paragraph, min(TEXT_WIDTH, shutil.get_terminal_size().columns)))
    say()


def print_table(table: "Table") -> None:
    """Print one table of a summary."""
    print_rows(table.title, table.columns, table.rows)


def print_rows(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table: names to the left, numbers to the right."""
    from rich.console import Console
    from rich.table import Table as Grid

    grid = Grid(title=printable(title) or None, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, heading in enumerate(map(printable, columns)):
        grid.add_column(heading, justify="right" if number else "left", header_style="bold", no_wrap=number == 0)
    for row in rows:
        grid.add_row(*map(printable, row))
    width = None if sys.stdout.isatty() else WIDEST_TABLE
    console = Console(width=width, highlight=False, markup=False, emoji=False)  # a title's [x] is no style
    with console.capture() as drawn:
        console.print(grid)
    print("\n".join(line.rstrip() for line in drawn.get().splitlines()), end="\n\n")


def write_figures(dataset: "xr.Dataset", directory: Path) -> list[Path]:
    """Write the figures of a result."""
    from csmc.report import figures as draw

    return list(draw(dataset, directory))

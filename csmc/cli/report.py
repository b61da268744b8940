"""`csmc report`: the comparison as a table, in words, and as figures."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from csmc.cli.console import figure_formats, tell_figures, warn_if_partial
from csmc.cli.options import Figures, Formats, Result
from csmc.cli.tables import print_paragraphs, print_rows

if TYPE_CHECKING:
    import xarray as xr

    from csmc.report import Table


def report(
    result: Result,
    figures: Figures = None,
    formats: Formats = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the tables and verdicts as JSON.")] = False,
) -> None:
    """Show what a result says: a table, the answer in words, and figures if asked for."""
    from csmc.report import summary
    from csmc.results import open_results

    chosen = figure_formats(formats, figures)
    with open_results(result) as dataset:
        if as_json:
            print(json.dumps(summary(dataset).to_dict(), indent=2, ensure_ascii=False))
        else:
            print_summary(dataset)
        if figures:
            tell_figures(write_figures(dataset, figures, chosen), as_json)
        warn_if_partial(dataset)


def print_summary(dataset: "xr.Dataset") -> None:
    """Print the comparison: the question, its tables, the answer, and what to mind."""
    from csmc.report import summary

    said = summary(dataset)
    print_paragraphs([said.title, *filter(None, [said.question])])
    for table in said.tables:
        print_table(table)
    print_paragraphs([*said.answer, "", *said.notes])


def print_table(table: "Table") -> None:
    """Print one table of a summary."""
    print_rows(table.title, table.columns, table.rows)


def write_figures(dataset: "xr.Dataset", directory: Path, formats: Sequence[str] = ("png", "svg")) -> list[Path]:
    """Write the figures of a result."""
    from csmc.report import figures as draw

    return draw(dataset, directory, formats)

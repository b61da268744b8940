"""`csmc report`: the comparison as a table, in words, as figures, and as one page to explore."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from csmc.cli import completion
from csmc.cli.console import figure_formats, say, tell_figures, warn_if_partial
from csmc.cli.options import Figures, Formats, Result
from csmc.cli.tables import print_paragraphs, print_rows
from csmc.errors import ParameterError

if TYPE_CHECKING:
    import xarray as xr

    from csmc.report import Summary, Table

#: The page's name in a run's output directory.
PAGE = "report.html"


def report(
    result: Result,
    figures: Figures = None,
    formats: Formats = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Where the page goes.", show_default="RESULT/report.html"),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            help="The metric that the page shows first.", show_default="war", autocompletion=completion.metrics
        ),
    ] = None,
    no_html: Annotated[bool, typer.Option("--no-html", help="Write no page.")] = False,
    brief: Annotated[bool, typer.Option("--brief", help="Print the first paragraph of the answer only.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the tables and verdicts as JSON.")] = False,
) -> None:
    """Show what a result says: a table, the answer in words, one HTML page with all of it, and figures if asked for."""
    from csmc.report import summary
    from csmc.results import reading

    chosen = figure_formats(formats, figures)
    if no_html and (output or metric):
        raise ParameterError("-o and --metric are of the page, which --no-html leaves out")
    with reading(result) as dataset:
        said = summary(dataset)
        if not as_json:
            print_paragraphs(list(said.answer[:1])) if brief else print_said(said)
        page = None if no_html else write_html(dataset, said, output, metric)
        if as_json:
            print(json.dumps(said.to_dict() | _named(page), indent=2, ensure_ascii=False))
        if figures:
            tell_figures(write_figures(dataset, figures, chosen), as_json)
        if page and not as_json:
            say(f"page     {page}")
        warn_if_partial(dataset)


def _named(page: Path | None) -> dict[str, str]:
    return {} if page is None else {"page": str(page)}


def write_html(dataset: "xr.Dataset", said: "Summary", path: Path | None, metric: str | None) -> Path:
    """Write the page of a result, beside the result by default."""
    from csmc.report.html import write_page

    return write_page(dataset, path or Path(dataset.encoding["output"]) / PAGE, metric, said)


def print_summary(dataset: "xr.Dataset") -> None:
    """Print the comparison: the question, its tables, the answer, and what to mind."""
    from csmc.report import summary

    print_said(summary(dataset))


def print_said(said: "Summary") -> None:
    """Print a summary."""
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

"""Small things that several commands say."""

import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from csmc.cli.codes import ExitCode
from csmc.errors import ParameterError, printable_lines

if TYPE_CHECKING:
    import xarray as xr


#: What stands where there is no number, as in the tables of `csmc.report`, which takes long to import.
MISSING = "–"


def say(text: str = "") -> None:
    """Print text in which no name, title or path can steer the terminal."""
    print(printable_lines(text))


def note(text: str) -> None:
    """Say something about the run, apart from its result."""
    print(printable_lines(text), file=sys.stderr, flush=True)


def tell_figures(paths: Iterable[Path], as_json: bool) -> None:
    """Say where figures are; apart from the result if that is JSON."""
    for path in paths:
        (note if as_json else say)(f"figure   {path}")


def figure_formats(formats: Sequence[str] | None, figures: Path | None) -> Sequence[str]:
    """The formats of the figures that are asked for; ParameterError if there are formats and no figures."""
    if formats and figures is None:
        raise ParameterError("--format is of figures: say where to write them, with --figures DIRECTORY")
    return formats or ("png", "svg")


def or_null(number: float) -> float | None:
    """A number as JSON has it: null where it is missing."""
    return None if math.isnan(number) else number


def warn_if_partial(dataset: "xr.Dataset") -> None:
    """Leave with the code for a partial result if not everything that was asked for has run."""
    from csmc.results import is_partial

    if is_partial(dataset):
        note("this result is partial: some work has not run; `csmc run` with the same configuration goes on")
        raise typer.Exit(ExitCode.PARTIAL)


def leave_if_unfinished(answer: "xr.Dataset") -> None:
    """Leave with the code for a partial result if work is left to do at the points that an analysis is about."""
    if not answer.attrs["complete"]:
        note("this is partial: some work at these points has not run; `csmc run` with the same configuration goes on")
        raise typer.Exit(ExitCode.PARTIAL)


def quantity(number: float) -> str:
    """A number in two or three digits: 950, 3.2 k, 41 M."""
    for unit in ("", " k", " M", " G"):
        if abs(number) < 999.5:
            return f"{number:.3g}{unit}" if abs(number) < 99.5 else f"{number:.0f}{unit}"
        number /= 1000
    return f"{number:.3g} T"


def duration(seconds: float) -> str:
    """A time in the units that a person would use: 12 s, 3 min 5 s, 2 h 14 min."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"

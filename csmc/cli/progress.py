"""How far a run is, on standard error: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING

from csmc.cli.console import duration, note, quantity
from csmc.cli.tables import screen

if TYPE_CHECKING:
    from csmc.engine.progress import OnProgress, Progress

#: Seconds between two lines where there is no terminal.
LINE_SECONDS = 30.0


@contextmanager
def shown(quiet: bool) -> Iterator["OnProgress | None"]:
    """Something to call with the progress of a run, while it is shown.

    What libraries print meanwhile (Ray: the deaths of nodes) goes to standard error, apart from the result.
    """
    with redirect_stdout(sys.stderr):
        if quiet:
            yield None
        elif sys.stderr.isatty():
            with _bar() as show:
                yield announcing_compilation(show)
        else:
            yield announcing_compilation(Lines())


def announcing_compilation(show: "OnProgress") -> "OnProgress":
    """The same, but its first call, when work is about to begin, says why a first run takes a moment longer."""
    first = True

    def announce(progress: "Progress") -> None:
        nonlocal first
        if first and progress.done < progress.total:
            announce_compilation()
        first = False
        show(progress)

    return announce


def announce_compilation() -> None:
    """Say so if the kernel is not compiled yet."""
    from csmc import kernel

    if not kernel.is_cached():
        note("compiling the kernel, once per machine and version (half a minute) ...")


class Lines:
    """Writes a line every 30 seconds."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, progress: "Progress") -> None:
        """Write one line if it is time."""
        if time.monotonic() - self._last >= LINE_SECONDS:
            self._last = time.monotonic()
            note(f"{progress.fraction:6.1%}  {described(progress)}")


def described(progress: "Progress") -> str:
    """Episodes, rate and time left in words."""
    left = "" if progress.eta is None else f", {duration(progress.eta)} left"
    return (
        f"{quantity(progress.done)} of {quantity(progress.total)} crises, "
        f"{quantity(progress.institution_rate)} institution-episodes/s{left}"
    )


@contextmanager
def _bar() -> Iterator["OnProgress"]:
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[text]}"))
    with Bar(*columns, console=screen(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, text="starting")

        def show(progress: "Progress") -> None:
            bar.update(task, total=progress.total, completed=progress.done, text=described(progress))

        yield show

"""The commands put together, and what happens to their errors."""

import io
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Annotated, Any, NoReturn

import typer

from csmc import __version__
from csmc.cli.average import average
from csmc.cli.bench import bench
from csmc.cli.best import best
from csmc.cli.boundary import boundary
from csmc.cli.codes import ExitCode
from csmc.cli.collect import collect
from csmc.cli.compare import compare
from csmc.cli.console import note
from csmc.cli.diagnose import diagnose
from csmc.cli.discover import discover
from csmc.cli.doctor import doctor
from csmc.cli.export import export
from csmc.cli.institutions import institutions
from csmc.cli.new import new
from csmc.cli.package import package
from csmc.cli.pairs import pairs
from csmc.cli.plan import plan
from csmc.cli.rare import rare
from csmc.cli.replay import replay
from csmc.cli.report import report
from csmc.cli.run import run
from csmc.cli.schema import schema
from csmc.cli.sensitivity import sensitivity
from csmc.cli.status import status
from csmc.cli.validate import validate
from csmc.cli.verify import verify
from csmc.errors import ConfigError, CsmcError, ParameterError, PartialError, StoreError

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]}
)

#: How help looks, and the columns that this takes: in fewer, names of options would be cut off.
FRAMES, FRAMED = app.rich_markup_mode, 80

#: All commands by what a person wants, in the order of help.
COMMANDS: dict[str, tuple[Callable[..., None], ...]] = {
    "Run": (new, validate, plan, run, status, collect),
    "Look": (report, replay, institutions),
    "Ask": (pairs, best, boundary, average, sensitivity, discover, compare, rare),
    "Share": (export, package, diagnose, verify),
    "Machine": (doctor, bench, schema),
}


def interruptible(command: Callable[..., None]) -> Callable[..., None]:
    """The command, which ends with one line and the code for it when Ctrl-C stops it."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except KeyboardInterrupt:
            note("interrupted; the same command can be given again")
            raise typer.Exit(ExitCode.INTERRUPTED) from None

    return run


for panel, commands in COMMANDS.items():
    for one in commands:
        app.command(rich_help_panel=panel)(interruptible(one))


def show_version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        print(f"csmc {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Compare collective security and the balance of power on the same simulated crises."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command. Errors of csmc are one message; CSMC_DEBUG=1 shows where they come from."""
    _adapt_to_terminal()
    try:
        app(args=arguments, prog_name="csmc")
    except (CsmcError, OSError) as error:
        if os.environ.get("CSMC_DEBUG") == "1" or not _is_told(error):
            raise
        print(f"error: {error}", file=sys.stderr)
        sys.exit(_code_of(error))
    sys.exit(ExitCode.OK)


def _adapt_to_terminal() -> None:
    """Signs that an encoding lacks become `?`, not an error; help heeds NO_COLOR, and has frames where they fit."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # standard error has an answer of its own
        sys.stdout.reconfigure(errors="replace")
    app.rich_markup_mode = FRAMES if shutil.get_terminal_size().columns >= FRAMED else None
    if os.environ.get("NO_COLOR"):
        from typer import rich_utils

        rich_utils.COLOR_SYSTEM = None
        # Where colorama is installed, numba would have it reset the terminal at the end.
        os.environ.setdefault("NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING", "1")


def _is_told(error: Exception) -> bool:
    """Whether an error's text is for users. CacheError goes by its name: raising it, its module was not loaded."""
    return isinstance(error, CsmcError) or type(error).__name__ == "CacheError"


def _code_of(error: Exception) -> ExitCode:
    if isinstance(error, ConfigError | ParameterError | StoreError):
        return ExitCode.USAGE
    return ExitCode.PARTIAL if isinstance(error, PartialError) else ExitCode.FAILED

"""`csmc package`: a result, and all that is needed to make it again, as a folder for an archive."""

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from csmc.cli.codes import ExitCode
from csmc.cli.console import note, say
from csmc.cli.options import Quiet, Result
from csmc.cli.progress import announce_compilation


def package(
    result: Result,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.", show_default=False)],
    partial: Annotated[bool, typer.Option("--partial", help="Package a partial result too, marked as such.")] = False,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was packaged as JSON.")] = False,
) -> None:
    """Write a folder with which others can reproduce a result: data, figures, configuration, code, and a check."""
    from csmc.package import write_package

    if not quiet:
        announce_compilation()
    expected = write_package(result, directory, partial=partial)
    if as_json:
        print(json.dumps({"package": str(directory), **expected}, indent=2))
    else:
        say(f"package  {directory}")
        say(f"digest   {expected['digest']}")
        say(f"check    python {shlex.quote(str(directory / 'check.py'))}")
    if not expected["complete"]:
        note("this result is partial, and its package says so")
        raise typer.Exit(ExitCode.PARTIAL)

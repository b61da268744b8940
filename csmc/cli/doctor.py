"""`csmc doctor`: can csmc work here, and what should be done first."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from csmc.cli.codes import ExitCode
from csmc.cli.console import say


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Look whether csmc can work on this machine, and say what to do; leaves with 1 if there is a problem."""
    from csmc.doctor import as_data, examine

    found = [*examine(Path(), sys.stdout)]
    if as_json:
        print(json.dumps(as_data(found), indent=2))
    else:
        for check in found:
            say(f"{check.state:<8} {check.name}: {check.found}")
            if check.advice:
                say(f"         {check.advice}")
        counts = [sum(check.state == state for check in found) for state in ("problem", "advice")]
        say(f"\n{counts[0]} {'problem' if counts[0] == 1 else 'problems'}, {counts[1]} to consider")
    if not as_data(found)["ok"]:
        raise typer.Exit(ExitCode.FAILED)

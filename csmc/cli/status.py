"""`csmc status`: how far a run is, asked from another terminal or another machine."""

import json
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import typer

from csmc.cli.codes import ExitCode
from csmc.cli.console import duration, quantity, say
from csmc.cli.options import Output


def status(
    output: Output,
    as_json: Annotated[bool, typer.Option("--json", help="Print the state as JSON.")] = False,
) -> None:
    """Show what of a run is on disk, how fast it goes and what failed. Leaves with code 3 if it is not complete."""
    from csmc.engine.state import state_of

    found = state_of(output)
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        _print(found)
        _print_next(output, found)
    if found["episodes"]["done"] < found["episodes"]["total"]:
        raise typer.Exit(ExitCode.PARTIAL)


def _print(found: dict[str, Any]) -> None:
    done, total = found["episodes"]["done"], found["episodes"]["total"]
    say(f"{found['name']}: {done / total:.1%}, {quantity(done)} of {quantity(total)} crises are on disk")
    say(f"points   {found['points']['complete']:,} of {found['points']['total']:,} are complete")
    for place, run in found["runs"].items():
        _print_run(place, run)


def _print_next(output: Path, found: dict[str, Any]) -> None:
    """What to do now, unless somebody is at it."""
    if found["episodes"]["done"] >= found["episodes"]["total"]:
        say(f"report   csmc report {quote(str(output))}")
    elif not any(run["state"] == "running" for run in found["runs"].values()):
        say("next     csmc run with the same configuration and output goes on")


def _print_run(place: str, run: dict[str, Any]) -> None:
    ago = duration((datetime.now(UTC) - datetime.fromisoformat(run["updated"])).total_seconds())
    say(f"{place}: {run['state']}; {run['engine']} on {run['host']}, process {run['pid']}; last heard of {ago} ago")
    if run["state"] == "silent":
        say("         it should have been heard of: it was killed, or cannot write; the same csmc run goes on")
    if run["state"] == "running":
        left = "" if run["eta"] is None else f", {duration(run['eta'])} left"
        say(f"         {quantity(run['rate'])} crises/s{left}")
    for worker, replicates in sorted(run["workers"].items()):
        say(f"         {worker}: {quantity(replicates)} replicates")
    for failure in run["failures"]:
        say(f"failed   {failure}")

"""`csmc verify`: stored numbers are counted again."""

import json
from typing import Annotated, Any

import typer

from csmc.cli.codes import ExitCode
from csmc.cli.console import note, say
from csmc.cli.options import Output


def verify(
    output: Output,
    rows: Annotated[int, typer.Option("--rows", min=1, help="How many stored rows to count again.")] = 10,
    everything: Annotated[bool, typer.Option("--all", help="Count everything again.")] = False,
    seed: Annotated[int | None, typer.Option(help="Which rows; others every time by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Count a random sample of what a run has stored again, on other cuts of the work, and compare every number."""
    from csmc.engine import Store
    from csmc.engine.verify import verify as count_again

    checked = 0
    differing: list[dict[str, Any]] = []
    for row in count_again(Store(output), None if everything else rows, seed):
        checked += 1
        if not row.agrees:
            differing.append({"file": str(row.file.path), "point": row.point, "replicates": row.replicates})
            note(f"{row.file.path}: point {row.point} differs, {row.replicates:,} replicates")
    if as_json:
        print(json.dumps({"checked": checked, "differing": differing}, indent=2))
    else:
        say(f"{checked} stored rows were counted again, {len(differing)} differ")
    if differing:
        note("take these files out of the output: csmc run with the same configuration does their work anew")
        raise typer.Exit(ExitCode.FAILED)

"""`csmc verify`: stored numbers are counted again."""

from typing import Annotated

import typer

from csmc.cli.codes import ExitCode
from csmc.cli.console import note, say
from csmc.cli.options import Output


def verify(
    output: Output,
    rows: Annotated[int, typer.Option("--rows", min=1, help="How many stored rows to count again.")] = 10,
    everything: Annotated[bool, typer.Option("--all", help="Count everything again.")] = False,
    seed: Annotated[int | None, typer.Option(help="Which rows; others every time by default.")] = None,
) -> None:
    """Count a random sample of what a run has stored again, on other cuts of the work, and compare every number."""
    from csmc.engine import Store
    from csmc.engine.verify import verify as count_again

    checked = differing = 0
    for row in count_again(Store(output), None if everything else rows, seed):
        checked += 1
        if not row.agrees:
            differing += 1
            note(f"{row.file.path}: point {row.point} differs, {row.replicates:,} replicates")
    say(f"{checked} stored rows were counted again, {differing} differ")
    if differing:
        raise typer.Exit(ExitCode.FAILED)

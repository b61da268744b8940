"""`csmc collect`: the shards of a run become one result."""

import typer

from csmc.cli.codes import ExitCode
from csmc.cli.console import note, say
from csmc.cli.options import Output


def collect(output: Output) -> None:
    """Put together what `csmc run --shard i/N` has finished so far, and write the result of it."""
    from csmc.engine import Store
    from csmc.engine.shards import collect as gather
    from csmc.results import assemble, result_path

    found = gather(output)
    store = Store(output)
    assemble(store.experiment(), store)
    say(f"{found.shards} shards, {found.files} new block files")
    say(f"data     {result_path(output)}")
    say(f"report   csmc report {output}")
    say(f"digest   {store.digest()}")
    if not store.complete:
        note("some work has not run yet: collect again when the shards are finished, or let `csmc run` do the rest")
        raise typer.Exit(ExitCode.PARTIAL)

"""`csmc collect`: the shards of a run become one result."""

import json
import shlex
from typing import Annotated

import typer

from csmc.cli.console import say, warn_if_partial
from csmc.cli.options import Output


def collect(
    output: Output,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Put together what `csmc run --shard i/N` has finished so far, and write the result of it."""
    from csmc.engine import Store
    from csmc.engine.shards import collect as gather
    from csmc.results import assemble, reading, result_path

    found = gather(output)
    store = Store(output)
    assemble(store.experiment(), store)
    with reading(output) as dataset:
        digest, data = str(dataset.attrs["digest"]), str(result_path(output))
        if as_json:
            print(json.dumps({**found._asdict(), "data": data, "digest": digest}, indent=2))
        else:
            say(f"{found.shards} shards, {found.files} new block files")
            say(f"data     {data}")
            say(f"report   csmc report {shlex.quote(str(output))}")
            say(f"digest   {digest}")
        warn_if_partial(dataset)

"""`csmc collect`: the shards of a run become one result."""

from csmc.cli.console import say, warn_if_partial
from csmc.cli.options import Output


def collect(output: Output) -> None:
    """Put together what `csmc run --shard i/N` has finished so far, and write the result of it."""
    from csmc.engine import Store
    from csmc.engine.shards import collect as gather
    from csmc.results import assemble, open_results, result_path

    found = gather(output)
    store = Store(output)
    assemble(store.experiment(), store)
    with open_results(output) as dataset:
        say(f"{found.shards} shards, {found.files} new block files")
        say(f"data     {result_path(output)}")
        say(f"report   csmc report {output}")
        say(f"digest   {dataset.attrs['digest']}")
        warn_if_partial(dataset)

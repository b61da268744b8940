"""Runs on machines that do not know of each other: each does a share into a store of its own, and all are collected."""

from pathlib import Path
from shlex import quote
from typing import Any, NamedTuple

from csmc.engine.spans import Share
from csmc.engine.store import SHARDS, Store
from csmc.errors import ParameterError, StoreError
from csmc.estimate import plan


class Collected(NamedTuple):
    """What was found in the shards of an output."""

    shards: int
    files: int  #: block files that were not in the output before


def parse_share(text: str) -> Share:
    """`3/8`: the third of eight shares."""
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise ParameterError(f"shard={text!r} is none; write i/N with 1 <= i <= N, as in 3/8")
    return Share(int(number), int(of))


def shard_store(output: Path, share: Share) -> Store:
    """The store of one share of a run."""
    return Store(output / SHARDS / str(share))


def collect(output: Path) -> Collected:
    """Copy what the shards of an output have finished to the output itself.

    May be called again and again, also while shards are running; what is there already is left alone.

    Raises
    ------
    StoreError
        There are no shards, they are not of one configuration, or a block file is damaged.
    """
    paths = sorted(path.parent for path in (output / SHARDS).glob("*/spec.json"))
    if not paths:
        raise StoreError(f"{output} has no shards; `csmc run CONFIG -o {quote(str(output))} --shard i/N` makes them")
    shards = [Store(path) for path in paths]
    first = shards[0].document
    for shard in shards[1:]:
        asked = shard.document
        if _purpose(asked) != _purpose(first):
            raise StoreError(f"{shard.path} is of another configuration than {shards[0].path}; remove one of them")
    experiment = shards[0].experiment()
    whole = Store(output)
    with whole.claim(experiment, plan(experiment), widen=False):
        files = sum(whole.take(file) for shard in shards for file in shard.files())
    return Collected(len(shards), files)


def _purpose(document: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What is simulated, and how much of it."""
    return document["sha256"], document["configuration"]["sampling"]

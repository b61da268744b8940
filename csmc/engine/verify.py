"""Doing work again, to see that the same numbers come out: on other cuts of the work than when it was stored."""

import random
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from csmc.engine.block_file import BlockFile
from csmc.engine.spans import Span
from csmc.engine.store import Store
from csmc.engine.tallies import Job, tally_spans
from csmc.estimate import plan
from csmc.kernel.result import Integers, carry, from_rows

#: Replicates, or groups of them, are done again in pieces of about so many, no multiple of a batch.
PIECE = 9_973


class Checked(NamedTuple):
    """A row of a block file that has been counted again."""

    file: BlockFile
    point: int
    replicates: int
    agrees: bool


def verify(store: Store, rows: int | None = 10, seed: int | None = None) -> Iterator[Checked]:
    """Count random rows of a store's block files again (all for None), each cut into pieces in random order.

    Raises
    ------
    StoreError
        There is no run, another version of csmc made it, or a block file is damaged.
    """
    experiment = store.experiment()
    job = Job(experiment, plan(experiment))
    store.refuse_other_kernel(experiment, job.plan)
    generator = random.Random(seed)
    places = [(file, row) for file in store.files() for row in np.unique(file.spans[:, 0]).tolist()]
    generator.shuffle(places)
    for file, row in places if rows is None else places[:rows]:
        spans = file.spans[file.spans[:, 0] == row, 1:]
        stored = file.work().rows[row]
        again = _counted_again(job, spans, generator, store.shapes)
        point, replicates = int(spans[0, 0]), int((spans[:, 2] - spans[:, 1]).sum())
        yield Checked(file, point, replicates, bool(np.array_equal(stored, again)))


def _counted_again(job: Job, spans: Integers, generator: random.Random, shapes: dict[str, tuple[int, ...]]) -> Integers:
    pieces = []
    group = job.plan.group
    for point, first, stop in spans.tolist():
        cuts = [first, *range(first + group * generator.randint(1, PIECE), stop, group * PIECE), stop]
        pieces += [Span(point, a, b - a) for a, b in pairwise(cuts) if a < b]
    generator.shuffle(pieces)
    total = sum((tally_spans(job, [piece]).rows[0] for piece in pieces), start=np.zeros((), dtype=np.int64))
    carry(from_rows(total, shapes))
    return np.asarray(total)

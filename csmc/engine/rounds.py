"""What a run has to do, round by round. Edit here to change what is known when work is cut.

A fixed number of replicates is one round. Where points end at a precision, a round takes all of them up to their next
look, and what was counted says which have ended and how far the others are to go in the next one.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from csmc.config import Experiment
from csmc.engine.index import Index
from csmc.engine.spans import WHOLE, Costs, Share, as_array
from csmc.engine.store import Store
from csmc.kernel.result import Integers


class Round(NamedTuple):
    """What is to be done next.

    missing (range, 3): see `csmc.engine.spans.as_array`. total, left: episodes of the whole run, and still to be
    simulated, as far as is known now.
    """

    missing: Integers
    total: int
    left: int


class Rounds:
    """The rounds of one run, or of a share of it, inside `store.claim`."""

    def __init__(self, experiment: Experiment, store: Store, share: Share, costs: Costs) -> None:
        self._experiment, self._store, self._share, self._costs = experiment, store, share, costs

    def first(self) -> Round:
        """What is to be done first, beside files that are to be widened."""
        if self._costs.by_precision:
            return self._up_to_looks(())
        everything, missing = (self._ranges(index) for index in (Index([]), self._store.begun))
        return Round(missing, self._costs.episodes(everything), self._costs.episodes(missing))

    def after(self, failed: Collection[int]) -> Round | None:
        """What is to be done once a round is over, but for points at which work has failed; None if nothing is."""
        if not self._costs.by_precision or (failed and self._store.narrow()):
            return None
        return self._up_to_looks(failed)

    def _ranges(self, index: Index) -> Integers:
        """What of the share is not in an index."""
        missing = index.missing(self._experiment.n_points, self._experiment.sampling.most)
        if self._share == WHOLE:
            return missing
        return as_array(list(self._share.blocks(missing, self._costs)))

    def _up_to_looks(self, failed: Collection[int]) -> Round:
        points, index = self._experiment.n_points, self._store.begun
        mine = self._share.points(points)
        held = np.zeros(points, dtype=np.int64)
        numbers, counts = index.replicates()
        held[numbers] = counts
        stopping = self._store.stopping
        steps = np.where(mine, stopping.steps(), 0)
        total = np.maximum(np.maximum(stopping.ends.expected, steps), held)
        left = int((self._costs.lengths * (total - held))[mine].sum())
        steps[list(failed)] = 0
        if self._store.narrow():  # what a file lacks comes first: a look needs all institutions
            steps[:] = 0
        return Round(index.missing(points, steps), int((self._costs.lengths * total)[mine].sum()), left)

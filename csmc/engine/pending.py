"""Finished work on its way to the disk: held in memory, committed every few seconds."""

import time

import numpy as np

from csmc.engine.store import Store
from csmc.engine.tallies import Counted

#: Seconds between commits: what a crash can cost, at about 10 ms a commit.
COMMIT_SECONDS = 2.0
#: The same as a share of the time that a run has taken: a run of weeks writes thousands of files, not millions.
COMMIT_SHARE = 1e-3
#: Tallies held before they are committed, whatever the clock says (bytes).
COMMIT_BYTES = 16 << 20


class Pending:
    """Collects finished work and commits it to a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: list[Counted] = []
        self._bytes = 0
        self._began = self._committed = time.monotonic()

    def add(self, counted: Counted) -> None:
        """Hold what a task has counted; commit if it is time."""
        self._held.append(counted)
        self._bytes += counted.rows.nbytes
        now = time.monotonic()
        due = self._committed + max(COMMIT_SECONDS, COMMIT_SHARE * (now - self._began))
        if self._bytes >= COMMIT_BYTES or now >= due:
            self.commit()

    def commit(self) -> None:
        """Write all that is held."""
        if self._held:
            spans, keys, rows, *_ = zip(*self._held, strict=True)
            self._store.commit(Counted(np.concatenate(spans), np.concatenate(keys), np.concatenate(rows)))
        self._held, self._bytes, self._committed = [], 0, time.monotonic()

"""Finished work on its way to the disk: merged by point in memory, committed every few seconds."""

import time

from csmc.engine.spans import merged
from csmc.engine.store import Store, Work
from csmc.engine.tallies import Done

#: Seconds between commits: what a crash can cost, at about 10 ms a commit.
COMMIT_SECONDS = 2.0
#: Tallies held before they are committed, whatever the clock says (bytes).
COMMIT_BYTES = 16 << 20


class Pending:
    """Collects finished spans and commits them to a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._work: dict[int, Work] = {}
        self._bytes = 0
        self._committed = time.monotonic()

    def add(self, done: Done) -> None:
        """Merge a finished span; commit if it is time."""
        ranges = [(done.span.first, done.span.stop)]
        held = self._work.get(done.span.point)
        if held is None:
            self._work[done.span.point] = Work(ranges, done.tallies)
            self._bytes += sum(field.nbytes for field in done.tallies)
        else:
            self._work[done.span.point] = Work(merged(held.ranges + ranges), held.tallies + done.tallies)
        if self._bytes >= COMMIT_BYTES or time.monotonic() - self._committed >= COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        """Write all that is held."""
        self._store.commit(self._work)
        self._work, self._bytes, self._committed = {}, 0, time.monotonic()

"""Work, wherever it is done: spans of replicates, engines that run them, and the store that keeps what is finished."""

from csmc.engine.choice import choose
from csmc.engine.driver import InterruptedRun, run
from csmc.engine.local import LocalEngine
from csmc.engine.progress import Progress
from csmc.engine.records import Records
from csmc.engine.schedule import WorkError
from csmc.engine.spans import Span
from csmc.engine.store import Store, WriteError
from csmc.engine.tallies import tally_span

__all__ = [
    "InterruptedRun",
    "LocalEngine",
    "Progress",
    "Records",
    "Span",
    "Store",
    "WorkError",
    "WriteError",
    "choose",
    "run",
    "tally_span",
]

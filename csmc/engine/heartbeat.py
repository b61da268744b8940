"""A run tells how far it is in status.json, so that any other process, on any machine that sees the folder, can ask."""

import json
import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from csmc.engine.progress import Progress
from csmc.engine.tallies import Counted

if TYPE_CHECKING:
    from csmc.engine.schedule import Failure

NAME = "status.json"
#: Seconds between two beats.
BEAT_SECONDS = 5.0
#: A run that is running but has not been heard of for so long is called silent: it was killed, or cannot write.
SILENT_SECONDS = 300.0
#: Failures that are written down.
SHOWN = 100


class Heartbeat:
    """Writes the state of a run every few seconds; nothing of the run depends on it."""

    def __init__(self, folder: Path, engine: str) -> None:
        self._path = folder / NAME
        self._workers: dict[str, int] = {}
        self._last = 0.0
        self._facts = {"host": socket.gethostname(), "pid": os.getpid(), "engine": engine, "began": _now()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        del error, trace
        with suppress(OSError, ValueError):
            document = json.loads(self._path.read_bytes())
            self._write({**document, "state": "finished" if kind is None else f"ended by {kind.__name__}"})

    def beat(
        self, progress: Progress, counted: Counted | None, failures: Sequence["Failure"], *, final: bool = False
    ) -> None:
        """Note what a task has counted; write the state down if it is time, or `final`."""
        if counted is not None:
            replicates = int((counted.spans[:, 2] - counted.spans[:, 1]).sum())
            self._workers[counted.worker] = self._workers.get(counted.worker, 0) + replicates
        if final or time.monotonic() - self._last >= BEAT_SECONDS:
            self._last = time.monotonic()
            self._write(
                {
                    **self._facts,
                    "state": "running",
                    "updated": _now(),
                    "episodes": {"total": progress.total, "kept": progress.kept, "done": progress.done},
                    "seconds": round(progress.seconds, 3),
                    "rate": progress.rate,
                    "eta": progress.eta,
                    "workers": self._workers,
                    "failures": [str(failure) for failure in failures[:SHOWN]],
                }
            )

    def _write(self, document: dict[str, Any]) -> None:
        temporary = self._path.with_name(f".{NAME}.tmp")
        with suppress(OSError):  # a full disk is told by the store, where it matters
            temporary.write_text(json.dumps(document, indent=1), encoding="utf-8")
            temporary.replace(self._path)


def read_heartbeat(folder: Path) -> dict[str, Any] | None:
    """What the last run in a folder wrote down; None if there is nothing that can be read."""
    try:
        document = json.loads((folder / NAME).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    return document | {"state": "silent"} if _is_silent(document) else document


def _is_silent(document: dict[str, Any]) -> bool:
    try:
        age = datetime.now(UTC) - datetime.fromisoformat(document["updated"])
    except (LookupError, TypeError, ValueError):
        return False
    return document.get("state") == "running" and age.total_seconds() > SILENT_SECONDS


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

"""The durable store of a run: what has finished is on disk, and the directory listing is the record of it.

- spec.json: what the numbers mean (its SHA-256 is in every block file), and the replicates asked for
- blocks/*.blk: finished work, immutable
- damaged/: block files that failed their checksum; their work is done again
- runs.jsonl: when which engine worked on it, for people
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from csmc.config import Experiment
from csmc.engine import spec
from csmc.engine.block_file import BlockFile, Expected, RowReader, flat_bytes, sound_blocks, write_block
from csmc.engine.files import canonical, sync_directory, write_durably
from csmc.engine.index import Index
from csmc.engine.lock import NAME as LOCK_NAME
from csmc.engine.lock import locked
from csmc.engine.spans import Range
from csmc.errors import CsmcError, StoreError
from csmc.kernel.result import Plan, Tallies

LOG = logging.getLogger("csmc")


class WriteError(CsmcError):
    """Finished work could not be written; what was written before is safe."""


class Record(NamedTuple):
    """All that has been counted at one design point."""

    point: int
    replicates: int
    tallies: Tallies


class Work(NamedTuple):
    """Finished work of one design point: its ranges of replicates and their merged tallies."""

    ranges: list[Range]
    tallies: Tallies


class Store:
    """The output directory of a run. Anyone may read it; writing happens inside `claim`."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.set_aside: list[Path] = []  #: damaged block files that the last `claim` moved away
        self._spec_path = self.path / "spec.json"
        self._blocks = self.path / "blocks"
        self._damaged = self.path / "damaged"
        self._runs = self.path / "runs.jsonl"
        self._digest = ""
        self._files: list[BlockFile] | None = None
        self._index: Index | None = None

    @property
    def document(self) -> dict[str, Any]:
        """The contents of spec.json: specification, sha256, replicates, points, name."""
        try:
            document: dict[str, Any] = json.loads(self._spec_path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            raise StoreError(f"{self.path} holds no csmc run (there is no {self._spec_path.name})") from None
        except (OSError, ValueError, RecursionError) as error:
            raise StoreError(f"{self._spec_path} cannot be read: {error}") from error
        if not spec.is_intact(document):
            raise StoreError(f"{self._spec_path} has been changed or is damaged; choose another output")
        return document

    @property
    def index(self) -> Index:
        """Which spans have finished."""
        if self._index is None:
            self._index = Index(self._block_files())
        return self._index

    @property
    def complete(self) -> bool:
        """Whether every point has all the replicates that were asked for."""
        document = self.document
        replicates, points = int(document["replicates"]), int(document["points"])
        return sum(done >= replicates for _, done, _ in self.index.points()) == points

    def finished(self, point: int) -> list[Range]:
        """The finished ranges of replicates of a point, sorted and joined."""
        return self.index.finished(point)

    def records(self) -> Iterator[Record]:
        """The merged tallies of every point with finished work, in point order, one in memory at a time."""
        with RowReader(self._block_files()) as reader:
            for point, replicates, places in self.index.points():
                parts = (reader.read(int(file), int(row)) for file, row in places)
                total = next(parts)
                for part in parts:
                    total = total + part
                yield Record(point, replicates, total.carried())

    def digest(self) -> str:
        """SHA-256 of all tallies in point order, as little-endian int64: equal numbers, equal digest."""
        digest = hashlib.sha256()
        for record in self.records():
            digest.update(flat_bytes(record.tallies))
        return digest.hexdigest()

    @contextmanager
    def claim(self, experiment: Experiment, plan: Plan) -> Iterator[None]:
        """Open the directory for its only writer, new or to go on with the same experiment.

        Raises
        ------
        StoreError
            The path is a file or not writable, holds something else or another experiment, is held by another run,
            or has more replicates than are asked for. Nothing that was there has been changed then.
        """
        asked = spec.specification(experiment, plan)
        self._refuse_foreign()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise StoreError(f"{self.path} cannot be created: {reason}; choose another output") from error
        with locked(self.path):
            if self._spec_path.exists():
                self._refuse_different(asked)
            self._digest = spec.spec_digest(asked)
            expected = Expected(self._digest, spec.shapes(asked), experiment.n_points)
            self._adopt(int(experiment.sampling.replicates), expected)
            self._write_document(experiment, asked)
            yield

    def commit(self, work: Mapping[int, Work]) -> None:
        """Write finished work, by point, as one new block file. Only inside `claim`.

        Raises
        ------
        WriteError
            The disk is full or gone; everything committed before is safe.
        """
        if not work:
            return
        ordered = sorted(work.items())
        spans = [(row, point, first, stop) for row, (point, done) in enumerate(ordered) for first, stop in done.ranges]
        path = self._blocks / f"{self._next_number():06d}.blk"
        rows = [done.tallies for _, done in ordered]
        try:
            written = write_block(path, self._digest, np.array(spans, dtype=np.int64), rows)
        except OSError as error:
            raise WriteError(
                f"cannot write {path}: {error.strerror}; what was committed before is safe, run again to go on"
            ) from error
        self._block_files().append(written)
        self._index = None

    def log(self, facts: Mapping[str, str | int]) -> None:
        """Add a line to the log of runs. Only inside `claim`."""
        with suppress(OSError), self._runs.open("ab") as file:  # a full disk is told by `commit`, where it matters
            file.write(canonical(facts) + b"\n")

    def _block_files(self) -> list[BlockFile]:
        if self._files is None:
            document = self.document
            shapes = spec.shapes(document["specification"])
            files, damaged = sound_blocks(self._blocks, Expected(document["sha256"], shapes, document["points"]))
            if damaged:
                raise StoreError(f"{damaged[0]} is damaged; run the experiment again: only its work is done anew")
            self._files = files
        return self._files

    def _next_number(self) -> int:
        names = [path.stem for folder in (self._blocks, self._damaged) for path in folder.glob("*.blk")]
        return max((int(name) for name in names if name.isdigit()), default=-1) + 1

    def _refuse_foreign(self) -> None:
        try:
            if self.path.exists() and not self.path.is_dir():
                raise StoreError(f"{self.path} is a file, not a directory; choose another output")
            if self._spec_path.exists() or not self.path.exists():
                return
            entries = {entry.name for entry in self.path.iterdir()}
        except OSError as error:
            raise StoreError(f"{self.path} cannot be read: {error.strerror}; choose another output") from error
        if entries - {LOCK_NAME, ".spec.json.tmp"}:  # what a run leaves that dies before it has begun
            raise StoreError(f"{self.path} is not empty and holds no csmc run; choose another output")

    def _refuse_different(self, asked: dict[str, Any]) -> None:
        lines = spec.difference(self.document["specification"], asked)
        if lines:
            raise StoreError(
                f"{self.path} holds a result of another configuration:\n{lines}\n"
                "nothing has been changed. More replicates can be added to an output, but nothing else: "
                "choose another output, or delete that one"
            )

    def _adopt(self, replicates: int, expected: Expected) -> None:
        """Take over the block files that are sound, move away those that are not."""
        files, damaged = sound_blocks(self._blocks, expected)
        index = Index(files)
        if index.replicates > replicates:
            raise StoreError(
                f"{self.path} already has {index.replicates:,} replicates of a point, more than the {replicates:,} "
                "asked for: ask for at least as many, or choose another output"
            )
        for path in damaged:
            self._damaged.mkdir(exist_ok=True)
            path.replace(self._damaged / path.name)
        for leftover in self._blocks.glob(".*.tmp"):
            leftover.unlink()
        self.set_aside = [self._damaged / path.name for path in damaged]
        self._files, self._index = files, index
        if damaged:
            LOG.warning("%d damaged files are now in %s; their work is done again", len(damaged), self._damaged)

    def _write_document(self, experiment: Experiment, asked: dict[str, Any]) -> None:
        document = {
            "format": 1,
            "name": experiment.name,
            "sha256": self._digest,
            "replicates": int(experiment.sampling.replicates),
            "points": experiment.n_points,
            "specification": asked,
        }
        try:
            write_durably(self._spec_path, json.dumps(document, indent=1).encode(), b"\n")
            self._blocks.mkdir(exist_ok=True)
            sync_directory(self.path)
        except OSError as error:
            raise StoreError(f"{self.path} is not writable: {error.strerror}; choose another output") from error

"""The durable store of a run: what has finished is on disk, and the directory listing is the record of it.

- spec.json: what the numbers mean (its SHA-256 is in every block file), and the replicates asked for
- blocks/*.blk: finished work, immutable; while institutions are added, also work of fewer of them, not yet replaced
- damaged/: block files that failed their checksum; their work is done again
- runs.jsonl: when which engine worked on it, for people
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from csmc.config import Experiment
from csmc.engine import extension, spec
from csmc.engine.block_file import BlockFile, DamagedBlockError, Meaning, Work, open_blocks, write_block
from csmc.engine.cuts import NO_CUTS, cuts
from csmc.engine.files import canonical, sync_directory, write_durably
from csmc.engine.index import Index, overlapping
from csmc.engine.lock import NAME as LOCK_NAME
from csmc.engine.lock import locked
from csmc.engine.merging import merged
from csmc.engine.records import Records, merged_by_point
from csmc.engine.spans import Costs
from csmc.engine.stopping import Ends, Stopping
from csmc.engine.tallies import Counted
from csmc.errors import ConfigError, CsmcError, StoreError
from csmc.kernel.result import Plan

LOG = logging.getLogger("csmc")


class WriteError(CsmcError):
    """Finished work could not be written; what was written before is safe."""


#: The folder of the shards of a run, each a store of its own.
SHARDS = "shards"


class Narrow(NamedTuple):
    """A block file of an output that is being given more institutions, and whose columns it has, by their numbers."""

    file: BlockFile
    institutions: tuple[int, ...]


class Store:
    """The output directory of a run. Anyone may read it; writing happens inside `claim`."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.set_aside: list[Path] = []  #: damaged block files that the last `claim` moved away
        self._spec_path = self.path / "spec.json"
        self._blocks = self.path / "blocks"
        self._damaged = self.path / "damaged"
        self._runs = self.path / "runs.jsonl"
        self._meaning = Meaning("", "", {})
        self._cuts = NO_CUTS
        self._files: list[BlockFile] | None = None
        self._narrow: dict[Path, Narrow] = {}
        self._index: Index | None = None
        self._number: int | None = None
        self._stopping: Stopping | None = None

    @property
    def document(self) -> dict[str, Any]:
        """The contents of spec.json: specification, sha256, replicates, points, name, configuration.

        former: sha256 of earlier specifications. narrower: earlier lists of institutions, of which work may be there.
        """
        try:
            document: dict[str, Any] = json.loads(self._spec_path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            raise StoreError(f"{self.path} holds no csmc run (there is no {self._spec_path.name})") from None
        except (OSError, ValueError, RecursionError) as error:
            raise StoreError(f"{self._spec_path} cannot be read: {error}") from error
        if not spec.is_intact(document):
            raise StoreError(f"{self._spec_path} has been changed or is damaged; choose another output")
        return document

    def experiment(self) -> Experiment:
        """What the run was asked for, from what the store itself holds.

        Raises
        ------
        StoreError
            There is no run, or another version of csmc understands its configuration otherwise.
        """
        document = self.document
        asked = document["specification"]["experiment"]
        try:
            experiment = Experiment.from_contents(document["configuration"], asked["design"], asked["tables"])
        except (ConfigError, LookupError, TypeError, AttributeError) as error:
            raise StoreError(f"{self._spec_path}: the configuration cannot be read: {error}") from error
        if spec.spec_digest(experiment.identity()) != spec.spec_digest(asked):
            raise StoreError(f"{self._spec_path}: this version of csmc understands the configuration otherwise")
        return experiment

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the fields of its tallies, in order."""
        return spec.shapes(self.document["specification"])

    def refuse_other_kernel(self, experiment: Experiment, plan: Plan) -> None:
        """Raise StoreError unless this version of csmc would count the same."""
        lines = spec.difference(self.document["specification"], spec.specification(experiment, plan))
        if lines:
            raise StoreError(f"{self.path} cannot be compared with what this installation of csmc counts:\n{lines}")

    @property
    def index(self) -> Index:
        """Which spans have finished, under all institutions."""
        if self._index is None:
            self._index = Index(self._block_files())
        return self._index

    @property
    def begun(self) -> Index:
        """Which spans have finished under at least some institutions."""
        narrow = [narrow.file for narrow in self.narrow()]
        return Index([*self._block_files(), *narrow]) if narrow else self.index

    @property
    def ends(self) -> Ends | None:
        """Where the points end by what is in the store, if the run asks for a precision; else None."""
        asks = self.document["configuration"]["sampling"].get("precision") is not None
        return self.stopping.ends if asks else None

    @property
    def stopping(self) -> Stopping:
        """The looks at the points of a run that asks for a precision, all taken that can be."""
        if self._stopping is None:
            experiment = self.experiment()
            self._stopping = Stopping(experiment, Costs(experiment))
        self._stopping.look(self._block_files(), self.index)
        return self._stopping

    @property
    def complete(self) -> bool:
        """Whether every point has all the replicates that were asked for, or that a precision needs."""
        document, ends = self.document, self.ends
        _, replicates = self.index.replicates()
        ended = replicates >= document["replicates"] if ends is None else ends.known
        return int(ended.sum()) == int(document["points"])

    def records(self) -> Iterator[Records]:
        """The merged tallies of the points with finished work, by chunks in point order, see `csmc.engine.records`.

        What has been simulated beyond the end of a point does not count, nor what no look has confirmed yet.

        Raises
        ------
        StoreError
            There is no run, or a block file is damaged.
        """
        document = self.document
        shapes, ends = spec.shapes(document["specification"]), self.ends
        index = self.index if ends is None else self.index.before(ends.replicates)
        return merged_by_point(self._block_files(), index, shapes, int(document["points"]))

    def files(self) -> list[BlockFile]:
        """The block files of work that has finished under all institutions, all sound.

        Raises
        ------
        StoreError
            There is no run, or a block file is damaged.
        """
        return list(self._block_files())

    def narrow(self) -> list[Narrow]:
        """The block files of work that has finished under some institutions only, all sound.

        Raises
        ------
        StoreError
            As `files`.
        """
        self._block_files()
        return list(self._narrow.values())

    def digest(self) -> str:
        """SHA-256 of all tallies in point order, as little-endian int64: equal numbers, equal digest."""
        digest = hashlib.sha256()
        for records in self.records():
            digest.update(records.contents)
        return digest.hexdigest()

    def held(self, experiment: Experiment, plan: Plan) -> list[BlockFile]:
        """The files that `claim` would find finished under all institutions; errors are those of `claim`.

        Nothing is changed or locked.
        """
        asked = spec.specification(experiment, plan)
        self._refuse_foreign()
        if not self._spec_path.exists():
            return []
        stored = self.document
        self._refuse_different(stored["specification"], asked)
        return extension.found(self.path, self._blocks, experiment, asked, stored).wide

    @contextmanager
    def claim(self, experiment: Experiment, plan: Plan, *, widen: bool = True) -> Iterator[None]:
        """Open the directory for its only writer, new or to go on with the same experiment.

        Parameters
        ----------
        experiment
            What is asked for.
        plan
            What is counted of it.
        widen
            Whether there may be work of fewer institutions, for the writer to replace, see `narrow`.

        Raises
        ------
        StoreError
            The path is a file or not writable, holds something else or another experiment, is held by another run,
            has more replicates than are asked for, or fewer institutions. Nothing that was there has been changed then.
        """
        asked = spec.specification(experiment, plan)
        self._refuse_foreign()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise StoreError(f"{self.path} cannot be created: {reason}; choose another output") from error
        with locked(self.path):
            stored = self.document if self._spec_path.exists() else None
            if stored:
                self._refuse_different(stored["specification"], asked)
            self._meaning, self._cuts = spec.meaning(asked), cuts(experiment)
            self._adopt(experiment, asked, stored, widen)
            yield

    def commit(self, counted: Counted) -> None:
        """Write finished work as one new block file. Only inside `claim`.

        Raises
        ------
        WriteError
            The disk is full or gone; everything committed before is safe.
        """
        self._commit(merged(counted, self._meaning.shapes, self._cuts))

    def _commit(self, work: Work) -> None:
        self._write(self._blocks / f"{self._next_number():06d}.blk", work)

    def _write(self, path: Path, work: Work) -> None:
        try:
            written = write_block(path, self._meaning, work)
        except OSError as error:
            raise WriteError(
                f"cannot write {path}: {error.strerror}; what was committed before is safe, run again to go on"
            ) from error
        self._block_files().append(written)
        self._index = None

    def replace(self, narrow: Narrow, work: Work) -> None:
        """Put the work of a file under all institutions in the place of that under some. Only inside `claim`.

        Raises
        ------
        WriteError
            As `commit`.
        """
        self._write(narrow.file.path, work)
        del self._narrow[narrow.file.path]

    def take(self, file: BlockFile) -> bool:
        """Copy a block file of another store of the same run, unless its work is here already. Only inside `claim`.

        Raises
        ------
        StoreError
            Part of its work is here and part is not, so that it cannot be told apart; or it has been damaged.
        WriteError
            As `commit`.
        """
        overlaps, contained = overlapping(file.spans[:, 1:], self.begun.finished())
        if contained.all():
            return False
        if overlaps.any():
            raise StoreError(
                f"{file.path} has some work that is in {self.path} already and some that is not: the shards were cut "
                "differently (execution.block); run one of them anew"
            )
        self._commit(file.work())
        return True

    def log(self, facts: Mapping[str, str | int]) -> None:
        """Add a line to the log of runs. Only inside `claim`."""
        with suppress(OSError), self._runs.open("ab") as file:  # a full disk is told by `commit`, where it matters
            file.write(canonical(facts) + b"\n")

    def _block_files(self) -> list[BlockFile]:
        if self._files is None:
            document = self.document
            forms = extension.forms_of(document["specification"], document["narrower"])
            files, damaged = open_blocks(self._blocks)
            strange = (f for f in files if not any(f.belongs_to(form.meaning, document["points"]) for form in forms))
            bad = [*damaged, *(file.path for file in strange)]
            if bad:
                raise DamagedBlockError(bad[0], "it is not what was written for this run")
            return self._hold(files, forms)
        return self._files

    def _hold(self, files: Sequence[BlockFile], forms: Sequence[extension.Form]) -> list[BlockFile]:
        """Keep sound files in mind, those of all institutions, which it returns, and those of fewer apart."""
        whose = {form.meaning.kind: form.institutions for form in forms}
        wide = forms[0].meaning.kind
        self._files = [file for file in files if file.meaning.kind == wide]
        narrow = [file for file in files if file.meaning.kind != wide]
        self._narrow = {file.path: Narrow(file, whose[file.meaning.kind]) for file in narrow}
        return self._files

    def _next_number(self) -> int:
        if self._number is None:
            names = [path.stem for folder in (self._blocks, self._damaged) for path in folder.glob("*.blk")]
            self._number = max((int(name) for name in names if name.isdigit()), default=-1)
        self._number += 1
        return self._number

    def _refuse_foreign(self) -> None:
        try:
            if self.path.exists() and not self.path.is_dir():
                raise StoreError(f"{self.path} is a file, not a directory; choose another output")
            if self._spec_path.exists() or not self.path.exists():
                return
            entries = {entry.name for entry in self.path.iterdir()}
        except OSError as error:
            raise StoreError(f"{self.path} cannot be read: {error.strerror}; choose another output") from error
        before_it_began = {LOCK_NAME, ".spec.json.tmp", SHARDS}  # what is there without a run, or of one that died
        if entries - before_it_began:
            raise StoreError(f"{self.path} is not empty and holds no csmc run; choose another output")

    def _refuse_different(self, stored: dict[str, Any], asked: dict[str, Any]) -> None:
        why = extension.refusal(stored, asked)
        if why:
            raise StoreError(f"{self.path} holds a result of another configuration:\n{why}")

    def _adopt(self, experiment: Experiment, asked: dict[str, Any], stored: dict[str, Any] | None, widen: bool) -> None:
        """Take over the block files that are sound, move away those that are not.

        Files of an earlier design of this output are written anew, their points numbered as in this one. Those of fewer
        institutions stay as they are.
        """
        found = extension.found(self.path, self._blocks, experiment, asked, stored)
        if not widen and found.has_narrow:
            raise StoreError(
                f"{self.path} has work of fewer institutions than asked for, and shards cannot be given more: collect "
                "those of the fewer (csmc collect), then run the whole output with all (csmc run without --shard). "
                "Nothing has been changed"
            )
        self._set_aside(found.unfit)
        self._write_document(experiment, asked, found.former, found.narrower)
        for leftover in self._blocks.glob(".*.tmp"):
            leftover.unlink()
        try:
            meanings = {form.meaning.kind: form.meaning for form in found.forms}
            renewed = [write_block(file.path, meanings[file.meaning.kind], file.work()) for file in found.renumbered]
        except OSError as error:
            raise WriteError(f"cannot write in {self._blocks}: {error.strerror}; nothing is lost, run again") from error
        self._hold([*found.current, *renewed], found.forms)
        self._index = None if found.has_narrow else found.begun
        self._stopping = None

    def _set_aside(self, paths: list[Path]) -> None:
        for path in paths:
            self._damaged.mkdir(exist_ok=True)
            path.replace(self._damaged / path.name)
        self.set_aside = [self._damaged / path.name for path in paths]
        if paths:
            LOG.warning("%d damaged files are now in %s; their work is done again", len(paths), self._damaged)

    def _write_document(
        self, experiment: Experiment, asked: dict[str, Any], former: list[str], narrower: list[list[str]]
    ) -> None:
        document = {
            "format": 3,
            "name": experiment.name,
            "sha256": self._meaning.spec,
            "former": former,
            "narrower": narrower,
            "replicates": experiment.sampling.most,
            "points": experiment.n_points,
            "configuration": {key: value for key, value in experiment.resolved().items() if key != "design"},
            "specification": asked,
        }
        try:
            write_durably(self._spec_path, json.dumps(document, indent=1).encode(), b"\n")
            self._blocks.mkdir(exist_ok=True)
            sync_directory(self.path)
        except OSError as error:
            raise StoreError(f"{self.path} is not writable: {error.strerror}; choose another output") from error

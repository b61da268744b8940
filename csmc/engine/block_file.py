"""One immutable file of finished work: a line of JSON that says what it holds, then binary sections.

Sections, in order: `spans`, `keys` and `rows` of a `Work`, little-endian; the rows, which are mostly small numbers and
zeros, compressed by Zstandard. A checksum in the header covers all of it.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numcodecs import Zstd
from numpy.typing import NDArray

from csmc.config import KEY_BYTES
from csmc.engine.files import canonical, write_durably
from csmc.errors import StoreError
from csmc.kernel.result import Integers, Shapes, Tallies, row_width

FORMAT = 2

_INTEGER = np.dtype("<i8")
_CODEC = Zstd(level=1)


class Work(NamedTuple):
    """Finished work, a row for each of some points, or several of a point if rows are cut, see `csmc.engine.cuts`.

    spans (span, 4): row, point, first replicate, replicate after the last. keys (row, 16): `csmc.config.Point.key`.
    rows (row, width): tallies of all spans that name the row.
    """

    spans: Integers
    keys: NDArray[np.uint8]
    rows: Integers


class Meaning(NamedTuple):
    """What the numbers of a block file mean."""

    spec: str  #: SHA-256 of the specification, whose design the points are numbers in
    kind: str  #: SHA-256 of what a row means whatever the design, see `csmc.engine.spec.kind`
    shapes: Shapes  #: of the fields of `Tallies`, in order


class DamagedBlockError(StoreError):
    """A block file is not what was written."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is damaged ({why}); run the experiment again: only its work is done anew")


@dataclass(frozen=True)
class BlockFile:
    """What is kept in memory of a block file that has been checked; keys and rows are read when they are needed."""

    path: Path
    meaning: Meaning
    spans: Integers  #: as in `Work`

    def belongs_to(self, meaning: Meaning, points: int) -> bool:
        """Whether the file is of a run with this meaning and so many points."""
        return self.meaning == meaning and int(self.spans[:, 1].max()) < points

    def work(self) -> Work:
        """All that the file holds.

        Raises
        ------
        DamagedBlockError
            The file has been changed since it was opened.
        """
        header, (_, keys, rows) = _sections(self.path)
        try:
            flat = np.frombuffer(_CODEC.decode(rows), dtype=_INTEGER)
            table = flat.reshape(header["rows"], row_width(self.meaning.shapes))
            return Work(self.spans, np.frombuffer(keys, dtype=np.uint8).reshape(-1, KEY_BYTES), table)
        except (ValueError, RuntimeError) as error:
            raise DamagedBlockError(self.path, "the rows do not fit the header") from error


def write_block(path: Path, meaning: Meaning, work: Work) -> BlockFile:
    """Write one block file durably."""
    sections = (
        np.ascontiguousarray(work.spans, dtype=_INTEGER).tobytes(),
        np.ascontiguousarray(work.keys).tobytes(),
        bytes(_CODEC.encode(np.ascontiguousarray(work.rows, dtype=_INTEGER))),
    )
    lengths = [len(section) for section in sections]
    header = {"format": FORMAT, **meaning._asdict(), "rows": len(work.rows), "bytes": lengths}
    first_line = canonical({**header, "blake2b": _checksum(header, *sections)}) + b"\n"
    write_durably(path, first_line, *sections)
    return BlockFile(path, meaning, work.spans)


def open_block(path: Path) -> BlockFile:
    """Read and check a block file.

    Raises
    ------
    DamagedBlockError
        The file is cut short, altered, or no block file at all.
    """
    header, (spans, keys, _) = _sections(path)
    try:
        # Sorted keys are the price of a canonical header; the order of the fields is that of Tallies.
        shapes = {name: tuple(map(int, header["shapes"][name])) for name in Tallies._fields}
        table = np.frombuffer(spans, dtype=_INTEGER).reshape(-1, 4).astype(np.int64)
        sound = _is_consistent(table, int(header["rows"])) and len(keys) == KEY_BYTES * header["rows"]
        block = BlockFile(path, Meaning(str(header["spec"]), str(header["kind"]), shapes), table)
    except (ValueError, LookupError, AttributeError, TypeError, OverflowError) as error:
        raise DamagedBlockError(path, "the header cannot be read") from error
    if not sound:
        raise DamagedBlockError(path, "the header does not fit the contents")
    return block


def open_blocks(directory: Path) -> tuple[list[BlockFile], list[Path]]:
    """The sound block files in a directory, and the paths of all others."""
    sound: list[BlockFile] = []
    damaged: list[Path] = []
    for path in sorted(directory.glob("*.blk")):
        try:
            sound.append(open_block(path))
        except DamagedBlockError:
            damaged.append(path)
    return sound, damaged


def _sections(path: Path) -> tuple[dict[str, Any], list[bytes]]:
    """The header of a block file and its sections, if the checksum is theirs."""
    try:
        with path.open("rb") as file:
            first_line = file.readline()
            payload = file.read()
    except OSError as error:
        raise DamagedBlockError(path, f"cannot be read: {error.strerror}") from error
    try:
        header: dict[str, Any] = json.loads(first_line)
        checksum, (first, second, third) = header.pop("blake2b"), header["bytes"]
        sections = [payload[:first], payload[first : first + second], payload[first + second :]]
        sound = header["format"] == FORMAT and len(sections[2]) == third and checksum == _checksum(header, *sections)
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError) as error:
        raise DamagedBlockError(path, "the header cannot be read") from error
    if not sound:
        raise DamagedBlockError(path, "the checksum does not match")
    return header, sections


def _is_consistent(spans: Integers, rows: int) -> bool:
    """Whether every row is of one point, and every span names one and is not empty."""
    row, point, first, stop = spans.T
    named = ((row >= 0) & (row < rows) & (point >= 0) & (first >= 0) & (stop > first)).all()
    pairs = np.unique(spans[:, :2], axis=0)
    return bool(named) and len(pairs) == len(np.unique(pairs[:, 0])) == rows


def _checksum(header: dict[str, Any], *sections: bytes) -> str:
    digest = hashlib.blake2b(canonical(header), digest_size=32)
    for section in sections:
        digest.update(section)
    return digest.hexdigest()

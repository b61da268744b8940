"""One immutable file of finished work: a line of JSON that says what it holds, then little-endian int64 tallies.

A row of the payload is the merged tallies of one design point over the spans that name the row.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from csmc.engine.files import canonical, write_durably
from csmc.kernel.result import Tallies

Integers = NDArray[np.int64]
Shapes = dict[str, tuple[int, ...]]

_INTEGER = np.dtype("<i8")


class Expected(NamedTuple):
    """What a block file of a run must agree with."""

    spec: str
    shapes: Shapes
    points: int

    def agrees(self, block: "BlockFile") -> bool:
        """Whether `block` holds work of this run."""
        last = int(block.spans[:, 1].max(initial=0))
        return block.spec == self.spec and block.shapes == self.shapes and last < self.points


class DamagedBlockError(Exception):
    """A block file is not what was written."""


@dataclass(frozen=True)
class BlockFile:
    """The header of a block file that has been checked."""

    path: Path
    spec: str  #: SHA-256 of the specification whose numbers these are
    shapes: Shapes  #: of the fields of `Tallies`, in order
    spans: Integers  #: (span, 4): row, point, first replicate, replicate after the last
    offset: int  #: of the payload in the file, in bytes

    @property
    def width(self) -> int:
        """Integers in a row."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    def read(self, file: BinaryIO, row: int) -> Tallies:
        """One row of the payload, from the open file."""
        file.seek(self.offset + row * self.width * _INTEGER.itemsize)
        flat = np.frombuffer(file.read(self.width * _INTEGER.itemsize), dtype=_INTEGER).astype(np.int64)
        ends = np.cumsum([math.prod(shape) for shape in self.shapes.values()])
        parts = np.split(flat, ends[:-1])
        return Tallies(*(part.reshape(shape) for part, shape in zip(parts, self.shapes.values(), strict=True)))


class RowReader:
    """Reads rows of block files and keeps the last file open: rows are asked for in the order they were written."""

    def __init__(self, files: Sequence[BlockFile]) -> None:
        self._files = files
        self._number: int | None = None
        self._handle: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._handle is not None:
            self._handle.close()

    def read(self, number: int, row: int) -> Tallies:
        """One row of the file with this number."""
        if self._handle is None or number != self._number:
            if self._handle is not None:
                self._handle.close()
            self._handle, self._number = self._files[number].path.open("rb"), number
        return self._files[number].read(self._handle, row)


def flat_bytes(tallies: Tallies) -> bytes:
    """All fields of the tallies, in order, as little-endian int64."""
    return b"".join(np.ascontiguousarray(field, dtype=_INTEGER).tobytes() for field in tallies)


def write_block(path: Path, spec: str, spans: Integers, rows: Sequence[Tallies]) -> BlockFile:
    """Write one block file durably; `spans` as in `BlockFile`, `rows` are the tallies that they name."""
    shapes = {name: field.shape for name, field in rows[0]._asdict().items()}
    payload = [flat_bytes(row) for row in rows]
    header = {"format": 1, "spec": spec, "shapes": shapes, "rows": len(rows), "spans": spans.tolist()}
    first_line = canonical({**header, "blake2b": _checksum(header, *payload)}) + b"\n"
    write_durably(path, first_line, *payload)
    return BlockFile(path, spec, shapes, spans, len(first_line))


def open_block(path: Path) -> BlockFile:
    """Read and check a block file.

    Raises
    ------
    DamagedBlockError
        The file is cut short, altered, or no block file at all.
    """
    if not path.is_file():
        raise DamagedBlockError(f"{path}: is not a file")
    with path.open("rb") as file:
        first_line = file.readline()
        payload = file.read()
    try:
        header: dict[str, Any] = json.loads(first_line)
        checksum = header.pop("blake2b")
        matches = checksum == _checksum(header, payload)
        # Sorted keys are the price of a canonical header; the order of the fields is that of Tallies.
        shapes = {name: tuple(map(int, header["shapes"][name])) for name in Tallies._fields}
        spans = np.array(header["spans"], dtype=np.int64).reshape(-1, 4)
        block = BlockFile(path, str(header["spec"]), shapes, spans, len(first_line))
        sound = matches and _is_consistent(block, int(header["rows"]), len(payload))
    except (ValueError, LookupError, AttributeError, TypeError, OverflowError, RecursionError) as error:
        raise DamagedBlockError(f"{path}: the header cannot be read") from error
    if not sound:
        raise DamagedBlockError(f"{path}: the checksum does not match, or the header does not fit the contents")
    return block


def sound_blocks(directory: Path, expected: Expected) -> tuple[list[BlockFile], list[Path]]:
    """The sound block files of the run, and the paths of all others."""
    sound: list[BlockFile] = []
    damaged: list[Path] = []
    for path in sorted(directory.glob("*.blk")):
        try:
            file = open_block(path)
        except DamagedBlockError:
            damaged.append(path)
        else:
            if expected.agrees(file):
                sound.append(file)
            else:
                damaged.append(path)
    return sound, damaged


def _is_consistent(block: BlockFile, rows: int, payload: int) -> bool:
    """Whether every span names a row that is there and a range of replicates that is not empty."""
    row, point, first, stop = block.spans.T
    named = ((row >= 0) & (row < rows) & (point >= 0) & (first >= 0) & (stop > first)).all()
    sizes = [size for shape in block.shapes.values() for size in shape]
    return bool(named) and min(sizes) >= 0 and payload == rows * block.width * _INTEGER.itemsize


def _checksum(header: dict[str, Any], *payload: bytes) -> str:
    digest = hashlib.blake2b(canonical(header), digest_size=32)
    for part in payload:
        digest.update(part)
    return digest.hexdigest()

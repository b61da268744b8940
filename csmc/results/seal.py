"""Whether a result on disk is as it was written: its metadata by checksum, its chunks by number.

What is in a chunk is checked by the chunk's own checksum when it is read. Without a seal Zarr takes a chunk that is not
there for one of missing values, and any byte of the metadata for what was written.
"""

import hashlib
import json
import os
from pathlib import Path

from csmc.errors import StoreError

#: Name of the seal in a result; early in the alphabet, so that a copy that was cut off most likely has it.
SEAL = "contents.json"
METADATA = "zarr.json"
CHECKSUM, CHUNKS = "sha256 of zarr.json", "chunks"


def seal(path: Path) -> None:
    """Write down what a finished result consists of."""
    sealed = {CHECKSUM: _checksum(path), CHUNKS: _chunks(path)}
    (path / SEAL).write_text(json.dumps(sealed, indent=1), encoding="utf-8")


def check_seal(path: Path) -> bool:
    """Whether a result has a seal, without which others wrote it; StoreError if it is not what was sealed."""
    try:
        sealed = json.loads((path / SEAL).read_bytes())
        checksum, chunks = str(sealed[CHECKSUM]), dict(sealed[CHUNKS])
    except FileNotFoundError:
        return False
    except (ValueError, KeyError, TypeError):
        raise broken(path, f"{SEAL} cannot be read") from None
    if checksum != _checksum(path):
        raise broken(path, f"{METADATA} is not what was written")
    found = _chunks(path)
    if lost := [name for name in chunks if chunks[name] != found.get(name)]:
        raise broken(path, f"files of {', '.join(lost[:3])} are missing or were added")
    return True


def broken(path: Path, why: object) -> StoreError:
    """The error for a result that is not what was written."""
    return StoreError(
        f"{path}: the result is damaged ({why}); `csmc run` with the same configuration and output writes it anew from "
        "what has been counted"
    )


def _checksum(path: Path) -> str:
    return hashlib.sha256((path / METADATA).read_bytes()).hexdigest()


def _chunks(path: Path) -> dict[str, int]:
    """The number of chunks by array; what systems leave in folders (.DS_Store, .nfs...) is none."""
    arrays = sorted(entry.name for entry in os.scandir(path) if entry.is_dir())
    return {name: sum(file.name.startswith("c") for file in os.scandir(path / name)) for name in arrays}

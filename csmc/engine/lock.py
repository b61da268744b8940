"""One writer per output directory: a lock that names its owner and does not outlive it."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from csmc.errors import StoreError

NAME = ".lock"


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the lock of an output directory.

    The kernel of this host frees the lock of a process that dies, whatever it dies of, so a stale file is taken over.
    A file left by another host is refused: its process cannot be seen from here.

    Raises
    ------
    StoreError
        Another run holds the directory, or it is not writable.
    """
    path = directory / NAME
    descriptor = _acquire(path)
    try:
        owner = _owner(path)
        if owner and owner.get("host") != socket.gethostname():
            raise StoreError(
                f"{directory} is held by a run on another host ({_described(owner)}); "
                f"if that run is over, delete {path} and try again"
            )
        _write_owner(descriptor)
        try:
            yield
        finally:
            with suppress(FileNotFoundError):
                path.unlink()
    finally:
        os.close(descriptor)


def _acquire(path: Path) -> int:
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StoreError(f"{path.parent} is not writable: {error.strerror}; choose another output") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise StoreError(
                f"another run is writing to {path.parent} ({_described(_owner(path))}); "
                "wait for it, stop it, or choose another output"
            ) from None
        except OSError as error:
            os.close(descriptor)
            raise StoreError(f"{path.parent} cannot be locked: {error.strerror}; choose another output") from error
        if _is_still(path, descriptor):
            return descriptor
        os.close(descriptor)  # its last owner removed the file between the opening and the locking: try the new one


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _owner(path: Path) -> dict[str, Any]:
    try:
        owner = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return owner if isinstance(owner, dict) else {}


def _described(owner: dict[str, Any]) -> str:
    return f"process {owner.get('pid', 'unknown')} on {owner.get('host', 'an unknown host')}"


def _write_owner(descriptor: int) -> None:
    text = json.dumps({"pid": os.getpid(), "host": socket.gethostname()}) + "\n"
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)

"""The files of a configuration: small, regular, UTF-8; edit when a file may be found or read in another way."""

import os
import stat
from pathlib import Path

from csmc.errors import ConfigError

#: What a configuration is called that has a folder of its own.
USUAL_NAME = "csmc.yaml"
#: A configuration is written by hand; anything larger is a mistake or an attack.
MAX_BYTES = 1 << 20
#: The same of lines: neither tools nor people work with more of them, or longer ones.
MAX_LINE = 100_000
MAX_LINES = 100_000


def is_file(path: Path) -> bool:
    """Whether a regular file is there; also for paths that no file can have (too long, with NUL, a loop of links)."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def read_text(path: Path) -> str:
    """The text of a small UTF-8 file.

    Raises
    ------
    ConfigError
        The file cannot be read, is no regular file, is larger than 1 MiB, or is not UTF-8.
    """
    content = _content(path)
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path}: is larger than 1 MiB, too large for a file written by hand")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError(f"{path}: is UTF-16 or UTF-32; save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"{path}:{line}: is not UTF-8 (byte {content[error.start]:#04x}); save it as UTF-8"
        ) from error
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise ConfigError(f"{path}: has more than {MAX_LINES:,} lines, too many for a file written by hand")
    for number, line_text in enumerate(lines, 1):
        if len(line_text) > MAX_LINE:
            raise ConfigError(f"{path}:{number}: the line is longer than {MAX_LINE:,} characters; break it")
    return text


def _content(path: Path) -> bytes:
    """At most one byte more than is allowed. A pipe or a device would be waited for, or never end: they are refused."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode) and is_file(path / USUAL_NAME):
            raise ConfigError(f"{path}: is a folder; its configuration is {path / USUAL_NAME}")
        if not stat.S_ISREG(mode):
            raise ConfigError(f"{path}: cannot be read: it is not a regular file")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
    finally:
        os.close(descriptor)

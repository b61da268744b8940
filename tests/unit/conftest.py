"""Fixtures of several files of unit tests."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from csmc.cli import main
from tests.unit.configurations import Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file into the test's directory."""

    def write_file(text: str | bytes, name: str = "experiment.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_file


class Ended(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def csmc_command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run a command in this process."""

    def run(*arguments: object) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        return Ended(int(ended.value.code or 0), *capsys.readouterr())

    return run

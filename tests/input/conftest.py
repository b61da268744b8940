"""Fixtures of the tests of hostile input."""

from pathlib import Path

import pytest

from tests.unit.configurations import Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file into the test's directory."""

    def write_file(text: str | bytes, name: str = "experiment.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_file

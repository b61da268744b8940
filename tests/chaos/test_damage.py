"""What is on disk is damaged, or the disk is full: the work is done again, or the run says what is wrong."""

import os
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csmc import engine as engines
from csmc.engine import LocalEngine, Store, WriteError
from csmc.errors import StoreError
from tests.chaos.runs import small
from tests.evidence import Section

Evidence = Callable[[Section, str, str], None]
pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("chaos")]

HARMS = 500


def run(output: Path) -> str:
    store = Store(output)
    engines.run(small(), store, LocalEngine(1))
    return store.digest()


def test_any_flipped_bit_or_missing_end_of_a_stored_file_is_noticed_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evidence: Evidence
) -> None:
    monkeypatch.setattr("csmc.engine.pending.COMMIT_BYTES", 1)
    monkeypatch.setattr(LocalEngine, "task_seconds", 1e-6)
    undisturbed, generator = run(tmp_path), random.Random(20261124)
    again = refused = 0
    for _ in range(HARMS):
        victims = [*sorted((tmp_path / "blocks").glob("*.blk")), tmp_path / "spec.json"]
        victim = generator.choice(victims)
        content = victim.read_bytes()
        place = generator.randrange(8 * len(content))
        harmed = bytearray(content)
        harmed[place // 8] ^= 1 << place % 8
        victim.write_bytes(harmed if generator.random() < 0.7 else content[: place // 8])
        try:
            assert run(tmp_path) == undisturbed
            again += 1
        except StoreError:  # what the numbers mean has been harmed: nothing is guessed
            assert victim.name == "spec.json"
            victim.write_bytes(content)
            refused += 1
    assert run(tmp_path) == undisturbed
    evidence(
        Section.FAULTS,
        "Bits flipped and ends cut off at random in block files and in the specification are noticed: the work is done "
        "again and the digest is that of an undisturbed run, or the run is refused until the specification is back.",
        f"{HARMS} harms: {again} mended, {refused} refused",
    )


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    path = tmp_path / "tiny"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(path)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    yield path
    subprocess.run(["umount", str(path)], check=True)


def fill_up(disk: Path) -> None:
    """Run again and again, with less room each time."""
    for number in range(100):
        (disk / f"ballast-{number}").write_bytes(os.urandom(600))
        run(disk / "out")
        for block in (disk / "out" / "blocks").glob("*.blk"):
            block.unlink()


def test_a_full_disk_is_told_and_what_was_written_is_kept(
    tiny_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evidence: Evidence
) -> None:
    undisturbed = run(tmp_path / "whole")
    monkeypatch.setattr("csmc.engine.pending.COMMIT_BYTES", 1)
    monkeypatch.setattr(LocalEngine, "task_seconds", 1e-6)
    with pytest.raises((WriteError, StoreError), match=r"No space left|not writable"):
        fill_up(tiny_disk)
    for ballast in tiny_disk.glob("ballast-*"):
        ballast.unlink()
    assert run(tiny_disk / "out") == undisturbed
    evidence(
        Section.FAULTS,
        "On a full disk the run says so; with room again it goes on to the digest of an undisturbed run.",
        "a file system of 64 KiB",
    )

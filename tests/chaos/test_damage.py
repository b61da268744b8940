"""Stored files are damaged; the disk is full, read-only or gone: the work is done again, or the run says why not."""

import os
import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from csmc import engine as engines
from csmc.engine import LocalEngine, Store, WriteError
from csmc.errors import StoreError
from tests.chaos.runs import finish, replicates_on_disk, small, started, until
from tests.evidence import told

Fault = Callable[..., None]
UNWRITTEN = "what had not been written, done again"
pytestmark = [pytest.mark.xdist_group("chaos")]


def run(output: Path) -> str:
    store = Store(output)
    engines.run(small(), store, LocalEngine(1))
    return store.digest()


@pytest.fixture
def many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every task is a file."""
    monkeypatch.setattr("csmc.engine.pending.COMMIT_BYTES", 1)
    monkeypatch.setattr(LocalEngine, "task_seconds", 1e-6)


@pytest.mark.usefixtures("many_files")
@pytest.mark.parametrize("harms", [25, pytest.param(500, marks=pytest.mark.proof)])
def test_any_flipped_bit_or_missing_end_of_a_stored_file_is_noticed_and_mended(
    harms: int, tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    undisturbed, generator = run(tmp_path), random.Random(20261124)
    again = refused = 0
    refusal = ""
    for _ in range(harms):
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
        except StoreError as error:  # what the numbers mean has been harmed: nothing is guessed
            assert victim.name == "spec.json"
            victim.write_bytes(content)
            refused, refusal = refused + 1, str(error)
    assert run(tmp_path) == undisturbed
    if harms >= 500:
        fault(
            f"a bit flips, or the end is missing, in one of the block files ({again} times, at random)",
            told(caplog.messages[-1], tmp_path),
            code=0,
            lost="nothing, done again",
        )
        fault(
            f"the same in spec.json ({refused} times)",
            told(refusal, tmp_path),
            code=2,
            lost="nothing, once spec.json is back",
        )


@contextmanager
def mounted(path: Path, options: str) -> Iterator[None]:
    """An empty file system in memory at `path`, while it lasts."""
    if os.geteuid() != 0:
        pytest.skip("mounting a file system needs root")
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(path)], check=True)


def fill_up(disk: Path) -> None:
    """Run again and again, with less room each time."""
    for number in range(100):
        (disk / f"ballast-{number}").write_bytes(os.urandom(600))
        run(disk / "out")
        for block in (disk / "out" / "blocks").glob("*.blk"):
            block.unlink()


@pytest.mark.usefixtures("many_files")
def test_a_full_disk_is_told_and_what_was_written_is_kept(tmp_path: Path, fault: Fault) -> None:
    undisturbed = run(tmp_path / "whole")
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, "size=64k"):
        with pytest.raises((WriteError, StoreError), match=r"No space left|not writable") as caught:
            fill_up(disk)
        for ballast in disk.glob("ballast-*"):
            ballast.unlink()
        assert run(disk / "out") == undisturbed
    said = told(f"error: {caught.value}", disk / "out")
    fault("the disk is full (a file system of 64 KiB)", said, code=1, lost=UNWRITTEN)


@pytest.mark.proof
def test_an_output_that_becomes_read_only_or_vanishes_is_told_and_the_next_run_goes_on(
    config: Path, undisturbed: str, tmp_path: Path, fault: Fault
) -> None:
    output, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    process = started(config, output)
    until(lambda: replicates_on_disk(output), process)
    with mounted(output / "blocks", "ro"):
        _, read_only = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Read-only file system" in read_only
    process = started(config, output)
    kept = replicates_on_disk(output)
    until(lambda: replicates_on_disk(output) > kept, process)
    output.rename(elsewhere)
    _, gone = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "No such file or directory" in gone
    elsewhere.rename(output)
    assert finish(config, output) == undisturbed
    fault("the output becomes read-only during a run", told(read_only, output), code=1, lost=UNWRITTEN)
    fault("the output is moved away during a run", told(gone, output), code=1, lost=f"{UNWRITTEN} once it is back")

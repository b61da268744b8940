"""The durable store: what is written is whole, what is damaged is done again, what is different is refused."""

import json
import multiprocessing
import os
import random
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from csmc.engine.block_file import DamagedBlockError, open_block
from csmc.engine.files import write_durably
from csmc.engine.lock import locked
from csmc.engine.store import Store, WriteError
from csmc.errors import StoreError
from csmc.estimate import plan
from csmc.kernel.result import Tallies, empty_tallies
from tests.stacked import stack
from tests.unit.work import PARTS, Done, counted, filled, finished, make, write


def with_low_limbs(value: int) -> Tallies:
    """Tallies of zeros whose second moments are all `value`, wholly in the low limb."""
    tallies = empty_tallies(2, plan(make()))
    return tallies._replace(own_low=tallies.own_low + value, cross_low=tallies.cross_low + value)


def block_paths(path: Path) -> list[Path]:
    return sorted((path / "blocks").glob("*.blk"))


def test_records_are_merged_by_point_and_in_order(tmp_path: Path) -> None:
    for store in (write(tmp_path, PARTS), Store(tmp_path)):
        (records,) = store.records()
        assert (records.points.tolist(), records.replicates.tolist()) == ([0, 2], [100, 100])
        assert all(map(np.array_equal, records.tallies, stack([filled(6), filled(5)])))
        assert finished(store, 0) == [(0, 100)]
        assert finished(store, 1) == []
        assert not store.complete


def test_records_come_in_chunks_of_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (whole,) = write(tmp_path, PARTS).records()
    monkeypatch.setattr("csmc.engine.records.CHUNK_BYTES", 16 * whole.rows.shape[1])
    monkeypatch.setattr("csmc.engine.records.CACHE_BYTES", 1)
    store = Store(tmp_path)
    chunks = list(store.records())
    assert [chunk.points.tolist() for chunk in chunks] == [[0], [2]]
    assert np.array_equal(np.concatenate([chunk.rows for chunk in chunks]), whole.rows)


def test_the_digest_does_not_depend_on_how_work_was_grouped(tmp_path: Path) -> None:
    grouped = write(tmp_path / "a", PARTS)
    whole = write(tmp_path / "b", [[Done(0, [(0, 100)], filled(6))], [Done(2, [(0, 100)], filled(5))]])
    other = write(tmp_path / "c", [[Done(0, [(0, 100)], filled(7))], [Done(2, [(0, 100)], filled(5))]])
    assert grouped.digest() == whole.digest() != other.digest()


def test_the_digest_does_not_depend_on_how_second_moments_were_split(tmp_path: Path) -> None:
    low = with_low_limbs((5 << 32) + 7)
    split = low._replace(
        own_high=low.own_high + 2,
        own_low=low.own_low - (2 << 32),
        cross_high=low.cross_high + 5,
        cross_low=low.cross_low - (5 << 32),
    )
    stores = [write(tmp_path / str(n), [[Done(0, [(0, 1)], part)]]) for n, part in enumerate((low, split))]
    assert stores[0].digest() == stores[1].digest()
    (records,) = stores[0].records()
    assert (records.tallies.own_high == 5).all()
    assert (records.tallies.cross_low == 7).all()


def test_a_store_is_complete_when_every_point_has_its_replicates(tmp_path: Path) -> None:
    assert write(tmp_path, [*PARTS, [Done(1, [(0, 100)], filled(1))]]).complete


def test_tallies_survive_the_file_in_every_bit(tmp_path: Path) -> None:
    extremes = filled(0)
    extremes.sums.flat[:2] = np.iinfo(np.int64).min, np.iinfo(np.int64).max
    extremes.own_high.flat[:1] = -1
    store = write(tmp_path, [[Done(1, [(0, 1)], extremes)]])
    (records,) = store.records()
    assert all(map(np.array_equal, records.tallies, stack([extremes])))
    assert {name: field.shape[1:] for name, field in records.tallies._asdict().items()} == records.shapes


@pytest.mark.parametrize("harm", ["truncated", "empty", "payload", "header", "text"])
def test_a_damaged_file_is_set_aside_and_its_work_is_missing(tmp_path: Path, harm: str) -> None:
    write(tmp_path, PARTS)
    victim = block_paths(tmp_path)[1]
    content = victim.read_bytes()
    harmed = {
        "truncated": content[:-8],
        "empty": b"",
        "payload": content[:-1] + bytes([content[-1] ^ 1]),
        "header": content.replace(b'"rows":1', b'"rows":2'),
        "text": b"[1, 2]\nnothing",
    }[harm]
    assert harmed != content
    victim.write_bytes(harmed)
    with pytest.raises(DamagedBlockError):
        open_block(victim)
    with pytest.raises(StoreError, match="is damaged"):
        list(Store(tmp_path).records())
    store = write(tmp_path, [])
    assert store.set_aside == [tmp_path / "damaged" / victim.name]
    assert finished(store, 0) == [(0, 40), (60, 80)]
    repaired = write(tmp_path, [PARTS[1]])
    assert finished(repaired, 0) == [(0, 100)]
    assert len({path.name for path in block_paths(tmp_path)} | {victim.name}) == 4, "numbers are not used twice"


def test_no_flipped_bit_and_no_missing_end_is_taken_for_sound(tmp_path: Path) -> None:
    write(tmp_path, PARTS[:1])
    (victim,) = block_paths(tmp_path)
    content, generator = victim.read_bytes(), random.Random(20261124)
    for _ in range(500):
        place = generator.randrange(8 * len(content))
        harmed = bytearray(content)
        harmed[place // 8] ^= 1 << place % 8
        victim.write_bytes(harmed if generator.random() < 0.7 else content[: place // 8])
        with pytest.raises(DamagedBlockError):
            open_block(victim)
    victim.write_bytes(content)
    assert open_block(victim).spans.tolist() == [[0, 0, 0, 40], [1, 2, 0, 100]]


def test_a_file_of_another_experiment_is_set_aside(tmp_path: Path) -> None:
    write(tmp_path / "a", [[Done(0, [(0, 100)], filled(1))]])
    write(tmp_path / "b", [[Done(0, [(0, 100)], filled(1))]], make(seed=99))
    stray = tmp_path / "a" / "blocks" / "000007.blk"
    stray.write_bytes(block_paths(tmp_path / "b")[0].read_bytes())
    assert write(tmp_path / "a", []).set_aside == [tmp_path / "a" / "damaged" / stray.name]


def test_the_same_work_twice_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [[Done(0, [(0, 100)], filled(1))]])
    (tmp_path / "blocks" / "000009.blk").write_bytes(block_paths(tmp_path)[0].read_bytes())
    with pytest.raises(StoreError, match="point 0 has replicate 0 in two block files"):
        write(tmp_path, [])


def test_leftovers_of_a_crash_are_removed(tmp_path: Path) -> None:
    write(tmp_path, PARTS[:1])
    leftover = tmp_path / "blocks" / ".000001.blk.tmp"
    leftover.write_bytes(b"half a file")
    write(tmp_path, PARTS[1:])
    assert not leftover.exists()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_durably(path, b"old")
    with pytest.raises(TypeError):
        write_durably(path, b"new", "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"


def test_a_full_disk_is_one_message_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, experiment = Store(tmp_path), make()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with store.claim(experiment, plan(experiment)):
        store.commit(counted(PARTS[0]))
        with monkeypatch.context() as patched:
            patched.setattr("csmc.engine.block_file.write_durably", full)
            with pytest.raises(WriteError, match="No space left on device"):
                store.commit(counted(PARTS[1]))
    assert finished(Store(tmp_path), 0) == [(0, 40)]


def test_another_configuration_is_refused_with_the_difference(tmp_path: Path) -> None:
    write(tmp_path, PARTS)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(StoreError, match="another configuration") as refused:
        write(tmp_path, [], make(seed=99))
    assert "seed" in str(refused.value)
    assert "99" in str(refused.value)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_the_difference_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, PARTS)
    monkeypatch.setattr("csmc.engine.spec.DIGEST", "0" * 64)
    with pytest.raises(StoreError) as refused:
        write(tmp_path, [], make(outputs={"joint": "all"}, parameters={"crisis.war_cost": 0.7}))
    assert str(refused.value).splitlines()[1:-1] == [
        "  parameters.crisis.war_cost: stored 0.4, asked for 0.7",
        "  the kernel: that one was made by another version of csmc",
        "  outputs.metrics or outputs.joint: that one kept other sums",
    ]


def test_differences_between_institutions_are_told_by_name(tmp_path: Path) -> None:
    changed = {"name": "mild", "extends": "league_of_nations", "ladder.sanctions.cost": 0.1}
    write(tmp_path, [], make(institutions=["anarchy", "league_of_nations", {**changed, "name": "other"}]))
    entries = [{**changed, "name": "other", "ladder.sanctions.cost": 0.2}, "anarchy", changed]
    with pytest.raises(StoreError) as refused:
        write(tmp_path, [], make(institutions=entries, reference="anarchy"))
    assert str(refused.value).splitlines()[1:-1] == [
        "  institutions: league_of_nations is stored, not asked for",
        "  institutions: mild is asked for, not stored",
        "  institutions: stored in another order",
        "  institutions.other.ladder.sanctions.cost: stored 0.1, asked for 0.2",
    ]


def test_what_does_not_change_a_number_does_not_matter(tmp_path: Path) -> None:
    write(tmp_path, PARTS)
    renamed = make(name="renamed", question="Why?", execution={"threads": 2}, sampling={"replicates": 200})
    assert write(tmp_path, [], renamed).document["replicates"] == 200


def test_fewer_replicates_than_there_are_is_refused(tmp_path: Path) -> None:
    write(tmp_path, PARTS)
    with pytest.raises(StoreError, match="already has 100 replicates"):
        write(tmp_path, [], make(sampling={"replicates": 50}))
    assert Store(tmp_path).document["replicates"] == 100


def test_a_path_that_cannot_hold_a_run_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("precious")
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.tex").write_text("precious")
    for path, message in [
        (file, "is a file"),
        (file / "below", "cannot be created"),
        (full, "is not empty and holds no csmc run"),
    ]:
        with pytest.raises(StoreError, match=message):
            write(path, [])
    assert file.read_text() == "precious"
    assert [entry.name for entry in full.iterdir()] == ["thesis.tex"]


def test_a_directory_that_is_not_writable_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    nobody_may_write = Path("/proc/csmc")  # root may write to any directory but those that the kernel makes
    with pytest.raises(StoreError, match=r"not writable|cannot be created"):
        write(nobody_may_write if os.geteuid() == 0 else tmp_path, [])
    tmp_path.chmod(0o700)


def test_reading_where_there_is_no_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no csmc run"):
        list(Store(tmp_path).records())


def test_a_second_run_is_refused_and_told_who_holds_the_directory(tmp_path: Path) -> None:
    store, experiment = Store(tmp_path), make()
    with store.claim(experiment, plan(experiment)), pytest.raises(StoreError, match=rf"process {os.getpid()} on "):
        write(tmp_path, [])
    assert not (tmp_path / ".lock").exists()
    write(tmp_path, [])


def _die_with_the_lock(path: Path) -> None:
    with locked(path):
        os._exit(9)


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    child = multiprocessing.get_context("spawn").Process(target=_die_with_the_lock, args=(tmp_path,))
    child.start()
    child.join()
    assert json.loads((tmp_path / ".lock").read_text())["pid"] == child.pid
    with locked(tmp_path):
        assert json.loads((tmp_path / ".lock").read_text()) == {"pid": os.getpid(), "host": socket.gethostname()}


def test_the_lock_of_another_host_is_respected(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text('{"pid": 1, "host": "elsewhere"}')
    with pytest.raises(StoreError, match="process 1 on elsewhere"), locked(tmp_path):
        pass
    assert (tmp_path / ".lock").exists()

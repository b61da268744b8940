"""An output that is given more institutions: what was counted stays, and the bits are those of one run with all."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from csmc import engine as engines
from csmc.config import Experiment
from csmc.engine import InterruptedRun, LocalEngine, Progress, Store, WorkError, WriteError
from csmc.engine import tallies as tallies_module
from csmc.engine.block_file import BlockFile, open_block, write_block
from csmc.engine.driver import ignore
from csmc.engine.schedule import NondeterminismError
from csmc.engine.shards import collect, parse_share, shard_store
from csmc.engine.state import state_of
from csmc.engine.verify import verify
from csmc.errors import StoreError
from csmc.results import assemble, is_partial, open_results

FEW = ["balance_of_power", "un_security_council"]
MORE = ["league_of_nations", "un_security_council", "anarchy", "balance_of_power"]
HISTORIES = {"dynamics.episodes": 5, "dynamics.survival": 0.4, "crisis.audience_cost": 0.4}


def make(institutions: list[Any], **changes: Any) -> Experiment:
    """Three points of 700 replicates without joint tables; `changes` replace whole sections."""
    sections = {
        "name": "widened",
        "reference": "balance_of_power",
        "institutions": institutions,
        "design": {"grid": {"interests.divergence": [0.5, 1.0, 2.0]}},
        "sampling": {"replicates": 700},
        "outputs": {"joint": "none"},
        "execution": {"block": 256},
    }
    return Experiment.from_dict({**sections, **changes})


def run(path: Path, experiment: Experiment, threads: int = 1, show: Callable[[Progress], None] = ignore) -> str:
    store = Store(path)
    engines.run(experiment, store, LocalEngine(threads), show)
    assert store.complete
    return store.digest()


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block file for every block of work."""
    monkeypatch.setattr("csmc.engine.pending.COMMIT_BYTES", 1)
    monkeypatch.setattr(LocalEngine, "task_seconds", 1e-9)


def files_of(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def stop_after(files: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk be full when so many files have been replaced."""
    real, written = Store.replace, 0

    def replace(store: Store, *arguments: Any) -> None:
        nonlocal written
        written += 1
        if written > files:
            raise WriteError("full")
        real(store, *arguments)

    monkeypatch.setattr(Store, "replace", replace)


def widen_partly(path: Path, experiment: Experiment, files: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        stop_after(files, patched)
        with pytest.raises(WriteError, match="full"):
            run(path, experiment)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"parameters": HISTORIES},
        {"seeding": "independent"},
        {"design": {"grid": {"institutions.un_security_council.obligation.strength": [0.2, 0.7, 1.0]}}},
        {"design": {"grid": {"institutions.*.obligation.strength": {"multiply": [0.5, 2]}}}},
        {"design": {"grid": {"institutions.*.obligation.strength": [0.2, 0.6]}}},
        {"parameters": HISTORIES | {"system.n_states": 12}, "design": {"zip": {"dynamics.trust": [0.2, 0.8]}}},
        {"outputs": {"joint": "none", "metrics": ["war"]}, "execution": {}},
    ],
    ids=["one-shot", "histories", "independent seeds", "one", "multiply", "all", "zip", "one metric"],
)
@pytest.mark.usefixtures("small_files")
def test_institutions_that_are_added_give_the_bits_of_one_run_with_all(
    changes: dict[str, Any], threads: int, tmp_path: Path
) -> None:
    run(tmp_path / "grown", make(FEW, **changes), threads)
    assert len(Store(tmp_path / "grown").files()) > 1
    grown = run(tmp_path / "grown", make(MORE, **changes), threads)
    assert grown == run(tmp_path / "once", make(MORE, **changes))
    assert all(row.agrees for row in verify(Store(tmp_path / "grown"), None))


@pytest.mark.usefixtures("small_files")
def test_institutions_and_replicates_are_added_at_once_to_what_has_only_begun(tmp_path: Path) -> None:
    run(tmp_path / "grown", make(FEW, sampling={"replicates": 300}))
    for path in (tmp_path / "grown" / "blocks").glob("*[05].blk"):
        path.unlink()
    grown = run(tmp_path / "grown", make(MORE, sampling={"replicates": 900}), threads=2)
    assert grown == run(tmp_path / "once", make(MORE, sampling={"replicates": 900}))


def test_only_the_reference_and_what_is_new_is_simulated(tmp_path: Path) -> None:
    run(tmp_path, make(FEW))
    seen: list[Progress] = []
    run(tmp_path, make([*FEW, "anarchy"], sampling={"replicates": 800}), show=seen.append)
    new, old = 3 * 100 * 3, 3 * 700 * 2
    assert (seen[0].total, seen[0].kept, seen[0].done, seen[0].left) == (2400, 0, 0, new + old)
    assert (seen[-1].done, seen[-1].played, seen[-1].left) == (2400, new + old, 0)


def test_the_same_institutions_in_another_order_are_sorted_anew(tmp_path: Path) -> None:
    run(tmp_path / "grown", make(MORE))
    assert run(tmp_path / "grown", make(sorted(MORE))) == run(tmp_path / "once", make(sorted(MORE)))
    assert run(tmp_path / "grown", make(MORE)) == run(tmp_path / "first", make(MORE))


def test_a_finished_widening_can_be_extended_by_points_and_again_by_institutions(tmp_path: Path) -> None:
    wider = {"grid": {"interests.divergence": [2.0, 3.0, 0.5, 1.0]}}
    run(tmp_path / "grown", make(FEW))
    run(tmp_path / "grown", make(MORE))
    run(tmp_path / "grown", make(MORE, design=wider))
    everyone = ["alliance", *MORE]
    grown = run(tmp_path / "grown", make(everyone, design=wider))
    assert grown == run(tmp_path / "once", make(everyone, design=wider))


@pytest.mark.usefixtures("small_files")
def test_a_widening_that_was_cut_short_goes_on_and_what_is_not_widened_is_not_done(tmp_path: Path) -> None:
    run(tmp_path / "grown", make(FEW))
    assemble(make(FEW), Store(tmp_path / "grown"))
    narrow = {path: open_block(path).meaning.kind for path in (tmp_path / "grown" / "blocks").glob("*.blk")}
    widen_partly(tmp_path / "grown", make(MORE), files=4)
    kept = [path for path, kind in narrow.items() if open_block(path).meaning.kind == kind]
    assert len(kept) == len(narrow) - 4
    store = Store(tmp_path / "grown")
    assert (len(store.files()), len(store.narrow()), store.complete) == (4, len(kept), False)
    done = int(store.index.replicates()[1].sum())
    assert state_of(store.path)["episodes"] == {"total": 2100, "done": done}
    with open_results(store.path) as dataset:
        assert is_partial(dataset)
    seen: list[Progress] = []
    grown = run(tmp_path / "grown", make(MORE), threads=2, show=seen.append)
    assert seen[0].kept == done
    assert grown == run(tmp_path / "once", make(MORE))
    assert state_of(store.path)["episodes"] == {"total": 2100, "done": 2100}


@pytest.mark.usefixtures("small_files")
def test_a_widening_that_was_cut_short_can_be_widened_further_and_its_design_can_grow(tmp_path: Path) -> None:
    design = {"grid": {"interests.divergence": [3.0, 0.5, 2.0, 1.0]}}
    run(tmp_path / "grown", make(FEW))
    widen_partly(tmp_path / "grown", make(MORE), files=3)
    widen_partly(tmp_path / "grown", make(MORE, design=design), files=2)
    everyone = ["alliance", *MORE]
    widen_partly(tmp_path / "grown", make(everyone, design=design), files=5)
    assert {len(narrow.institutions) for narrow in Store(tmp_path / "grown").narrow()} >= {2}
    grown = run(tmp_path / "grown", make(everyone, design=design), threads=2)
    assert grown == run(tmp_path / "once", make(everyone, design=design))
    assert all(row.agrees for row in verify(Store(tmp_path / "grown"), None))


@pytest.mark.usefixtures("small_files")
def test_a_widening_that_is_asked_to_stop_keeps_the_files_that_are_whole(tmp_path: Path) -> None:
    run(tmp_path / "grown", make(FEW))

    def stop(progress: Progress) -> None:
        if progress.done and not stopped:
            stopped.append(progress.done)
            os.kill(os.getpid(), signal.SIGINT)

    stopped: list[int] = []
    with pytest.raises(InterruptedRun) as interrupted:
        run(tmp_path / "grown", make(MORE), show=stop)
    store = Store(tmp_path / "grown")
    assert 0 < int(store.index.replicates()[1].sum()) == interrupted.value.progress.done < 2100
    assert run(tmp_path / "grown", make(MORE)) == run(tmp_path / "once", make(MORE))


def test_work_that_fails_leaves_its_file_as_it_was_and_the_rest_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path / "grown", make(FEW))
    real = tallies_module._tally

    def broken(points: Any, spans: Any, *arguments: Any) -> Any:
        if any(span.institutions and (span.point, span.first) == (1, 256) for span in spans):
            raise ZeroDivisionError("broken")
        return real(points, spans, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(tallies_module, "_tally", broken)
        with pytest.raises(WorkError, match=r"point 1, replicates 256 to 511: ZeroDivisionError: broken"):
            run(tmp_path / "grown", make(MORE, sampling={"replicates": 800}))
    store = Store(tmp_path / "grown")
    assert len(store.narrow()) == 1
    assert store.index.finished().tolist() == [[0, 700, 800], [1, 700, 800], [2, 700, 800]]
    once = run(tmp_path / "once", make(MORE, sampling={"replicates": 800}))
    assert run(tmp_path / "grown", make(MORE, sampling={"replicates": 800})) == once


def falsified(file: BlockFile, field: int) -> None:
    """Change a number of a file's second row, so that its checksum is right."""
    work = file.work()
    rows = work.rows.copy()
    rows[1, field] += 1
    write_block(file.path, file.meaning, work._replace(rows=rows))


def test_a_reference_that_does_not_do_what_is_stored_ends_the_run_and_leaves_the_file(tmp_path: Path) -> None:
    run(tmp_path / "grown", make(FEW))
    (file,) = Store(tmp_path / "grown").files()
    falsified(file, 7)
    before = file.path.read_bytes()
    with pytest.raises(NondeterminismError, match=r"000000.blk: the reference institution.* at point 1 .*does not do"):
        run(tmp_path / "grown", make(MORE))
    assert file.path.read_bytes() == before
    file.path.unlink()
    assert run(tmp_path / "grown", make(MORE)) == run(tmp_path / "once", make(MORE))


def test_a_damaged_file_of_fewer_institutions_is_set_aside_and_done_anew_under_all(tmp_path: Path) -> None:
    run(tmp_path / "grown", make(FEW))
    (file,) = Store(tmp_path / "grown").files()
    file.path.write_bytes(file.path.read_bytes()[:-1])
    assert run(tmp_path / "grown", make(MORE)) == run(tmp_path / "once", make(MORE))
    assert os.listdir(tmp_path / "grown" / "damaged") == [file.path.name]


@pytest.mark.parametrize(
    ("stored", "asked", "words"),
    [
        ({"outputs": {}}, {"outputs": {}}, ["anarchy is asked for, not stored", "only .*outputs.joint: none, because"]),
        ({}, {"institutions": MORE[1:3], "reference": "anarchy"}, ["balance_of_power is stored, not asked for"]),
        ({}, {"reference": "anarchy"}, ['reference: stored "balance_of_power", asked for "anarchy"', "stay what"]),
        (
            {},
            {"parameters": {"institutions.un_security_council.council.veto": "none"}},
            [r"institutions\.un_security_council\.council\.veto: stored \"permanent\", asked for \"none\""],
        ),
        (
            {},
            {"design": {"grid": {"interests.divergence": [0.5, 1.0, 2.0, 3.0]}}},
            ["design: stored another one", "cannot be added at once: run the stored design with the new"],
        ),
        ({}, {"outputs": {}}, ["outputs.joint: that one kept other sums"]),
        ({}, {"seed": 1}, ["seed: stored 0, asked for 1"]),
        ({}, {"sampling": {"replicates": 100}}, ["already has 700 replicates"]),
    ],
    ids=["joint", "missing", "reference", "redefined", "design too", "no longer none", "seed", "fewer replicates"],
)
def test_what_cannot_be_added_is_refused_in_words_and_nothing_is_changed(
    stored: dict[str, Any], asked: dict[str, Any], words: list[str], tmp_path: Path
) -> None:
    run(tmp_path, make(FEW, **stored))
    before = files_of(tmp_path)
    for pattern in words:
        with pytest.raises(StoreError, match=f"(?s){pattern}"):
            run(tmp_path, make(**{"institutions": MORE, **asked}))
    assert files_of(tmp_path) == before


def test_shards_are_collected_before_institutions_are_added(tmp_path: Path) -> None:
    share = parse_share("1/2")
    shard = shard_store(tmp_path / "out", share)
    engines.run(make(FEW), shard, LocalEngine(1), share=share)
    before = files_of(tmp_path)
    with pytest.raises(StoreError, match="csmc collect"):
        engines.run(make(MORE), shard, LocalEngine(1), share=share)
    assert files_of(tmp_path) == before
    collect(tmp_path / "out")
    assert run(tmp_path / "out", make(MORE)) == run(tmp_path / "once", make(MORE))
    assert state_of(tmp_path / "out")["episodes"] == {"total": 2100, "done": 2100}


def test_shards_of_more_institutions_are_not_collected_over_work_of_fewer(tmp_path: Path) -> None:
    run(tmp_path / "out", make(FEW, sampling={"replicates": 256}))
    share = parse_share("1/2")
    engines.run(make(MORE), shard_store(tmp_path / "out", share), LocalEngine(1), share=share)
    before = files_of(tmp_path)
    with pytest.raises(StoreError, match="work of fewer institutions"):
        collect(tmp_path / "out")
    assert files_of(tmp_path) == before


def test_the_specification_of_a_widened_output_remembers_who_was_there(tmp_path: Path) -> None:
    run(tmp_path, make(FEW))
    run(tmp_path, make(MORE))
    document = json.loads((tmp_path / "spec.json").read_text())
    assert document["narrower"] == [FEW]
    assert Store(tmp_path).experiment().identity() == make(MORE).identity()
    for harmed in ([["atlantis"]], [3], "un", None):
        (tmp_path / "spec.json").write_text(json.dumps(document | {"narrower": harmed}))
        with pytest.raises(StoreError, match="has been changed or is damaged"):
            Store(tmp_path).files()


def test_a_wider_file_is_the_one_of_a_run_with_all_institutions(tmp_path: Path) -> None:
    run(tmp_path / "grown", make(FEW))
    run(tmp_path / "grown", make(MORE))
    run(tmp_path / "once", make(MORE))
    for name in ("grown", "once"):
        (file,) = Store(tmp_path / name).files()
        work = file.work()
        if name == "grown":
            grown, spans = work, file.spans
    assert np.array_equal(spans, file.spans)
    assert all(map(np.array_equal, grown, work))

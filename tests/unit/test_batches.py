"""Batches of replicates: what the checks of a result look at, the same however the work was cut."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from csmc import engine as engines
from csmc.engine import LocalEngine, Store
from csmc.engine.batches import Batches, batches
from csmc.engine.cuts import BATCHED_POINTS, NO_CUTS, batch_cuts
from csmc.kernel.result import carry, from_rows
from tests.unit.work import make


def lengths(replicates: int) -> list[int]:
    return np.diff([0, *batch_cuts(1, replicates).edges.tolist(), replicates]).tolist()


def run(path: Path, replicates: int, *, threads: int = 1, block: int | None = None) -> Store:
    execution = {} if block is None else {"block": block}
    store = Store(path)
    engines.run(make(sampling={"replicates": replicates}, execution=execution), store, LocalEngine(threads))
    return Store(path)


def read(store: Store) -> Batches:
    (only,) = batches(store)
    return only


@pytest.mark.parametrize("replicates", [16_384, 20_000, 32_767, 32_768, 10**6, 2**35])
def test_there_are_16_to_31_batches_of_one_length_and_the_rest(replicates: int) -> None:
    *equal, last = lengths(replicates)
    whole = replicates // equal[0]
    assert 16 <= whole <= 31
    assert len(set(equal)) == 1
    assert equal[0] % 1024 == 0
    assert 0 < last <= equal[0]


def test_fewer_replicates_have_fewer_batches() -> None:
    assert lengths(4000) == [1024, 1024, 1024, 928]
    assert lengths(1000) == [1000]


def test_cuts_of_more_replicates_are_among_those_of_fewer() -> None:
    for fewer, more in pairwise([1200, 16_384, 36_000, 80_000, 300_000, 10**6]):
        inside = [edge for edge in batch_cuts(1, more).edges.tolist() if edge < fewer]
        assert set(inside) <= set(batch_cuts(1, fewer).edges.tolist())


def test_large_designs_have_no_batches() -> None:
    assert batch_cuts(BATCHED_POINTS + 1, 10**6) == NO_CUTS


def test_batches_are_the_same_however_the_work_was_cut_and_continued(tmp_path: Path) -> None:
    expected = read(run(tmp_path / "whole", 5000))
    assert expected.widths.tolist() == [[1024] * 4 + [904]] * 3
    run(tmp_path / "continued", 700, block=96)
    run(tmp_path / "continued", 3000, threads=2)
    for path, block in (("continued", 1000), ("blocks", 37)):
        found = read(run(tmp_path / path, 5000, block=block))
        assert np.array_equal(found.widths, expected.widths)
        assert np.array_equal(found.rows, expected.rows)


def test_batches_of_an_extended_output_are_those_of_one_run(tmp_path: Path) -> None:
    run(tmp_path / "grown", 4000)
    assert np.array_equal(read(run(tmp_path / "grown", 36_000)).rows, read(run(tmp_path / "once", 36_000)).rows)


def test_batches_add_up_to_what_was_counted(tmp_path: Path) -> None:
    store = run(tmp_path, 5000)
    (records,) = store.records()
    found = read(store)
    total = found.rows.sum(axis=1)
    carry(from_rows(total, found.shapes))
    assert np.array_equal(total, records.rows)
    assert found.widths.sum(axis=1).tolist() == records.replicates.tolist()


def test_a_point_whose_rows_span_batches_is_one_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        for module in ("spans", "spec", "store"):
            patch.setattr(f"csmc.engine.{module}.cuts", lambda experiment: NO_CUTS)
        run(tmp_path, 5000)
    store = Store(tmp_path)
    (records,) = store.records()
    found = read(store)
    assert found.widths[:, 0].tolist() == [5000] * 3
    assert not found.widths[:, 1:].any()
    assert np.array_equal(found.rows[:, 0], records.rows)

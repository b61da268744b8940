"""Rows of the store that are cut: sums over the first replicates of a point, and the same bits."""

from pathlib import Path

import numpy as np
import pytest

from csmc import engine as engines
from csmc.engine import LocalEngine, Span, Store
from csmc.engine.cuts import NO_CUTS, Cuts, cuts
from csmc.engine.merging import merged
from csmc.engine.spans import Costs, blocks
from csmc.engine.tallies import Counted
from csmc.errors import StoreError
from csmc.kernel.result import Integers
from tests.unit.work import make

CUTS = Cuts("at 100 and 250", np.array([100, 250]))


@pytest.fixture
def _cut(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("spans", "spec", "store"):
        monkeypatch.setattr(f"csmc.engine.{module}.cuts", lambda experiment: CUTS)


def run(path: Path, threads: int = 1, block: int = 64) -> Store:
    experiment, store = make(sampling={"replicates": 300}, execution={"block": block}), Store(path)
    engines.run(experiment, store, LocalEngine(threads))
    return store


def counted(*spans: tuple[int, int, int]) -> tuple[Counted, Integers]:
    """Made-up rows, one number each: a power of two."""
    rows = 1 << np.arange(len(spans))[:, None]
    return Counted(np.array(spans), np.zeros((len(spans), 16), np.uint8), rows), rows


def test_segments_are_numbered_by_the_cuts_before_them() -> None:
    assert CUTS.segments(np.array([0, 99, 100, 249, 250, 10**9])).tolist() == [0, 0, 1, 1, 2, 2]
    assert NO_CUTS.segments(np.array([0, 10**9])).tolist() == [0, 0]
    assert len(cuts(make()).edges) == 0, "100 replicates are less than a batch"


@pytest.mark.usefixtures("_cut")
def test_blocks_end_at_cuts() -> None:
    costs = Costs(make(execution={"block": 200}))
    cut = list(blocks(np.array([[0, 0, 300], [1, 120, 250]]), costs))
    assert cut == [Span(0, 0, 100), Span(0, 100, 100), Span(0, 200, 50), Span(0, 250, 50), Span(1, 120, 80),
                   Span(1, 200, 50)]  # fmt: skip


def test_rows_are_added_up_within_segments_only() -> None:
    work, _ = counted((1, 100, 150), (0, 50, 100), (1, 0, 100), (1, 150, 250), (0, 0, 40), (1, 250, 260))
    shapes = {name: (0, 0) for name in ("own_high", "own_low", "cross_high", "cross_low", "fate_high", "fate_low")}
    shapes = {"sums": (1,), "joint": (0,), "patterns": (0,), **shapes}
    found = merged(work, shapes, CUTS)
    assert found.spans.tolist() == [[0, 0, 0, 40], [0, 0, 50, 100], [1, 1, 0, 100], [2, 1, 100, 250], [3, 1, 250, 260]]
    assert found.rows[:, 0].tolist() == [2 + 16, 4, 1 + 8, 32]
    assert merged(work, shapes).rows[:, 0].tolist() == [2 + 16, 1 + 4 + 8 + 32]


def test_cuts_do_not_show_in_the_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = run(tmp_path / "whole").digest()
    for module in ("spans", "spec", "store"):
        monkeypatch.setattr(f"csmc.engine.{module}.cuts", lambda experiment: CUTS)
    for number, (threads, block) in enumerate([(1, 64), (2, 37), (1, 300)]):
        store = run(tmp_path / str(number), threads, block)
        assert store.digest() == Store(store.path).digest() == expected
        (file,) = store.files()
        assert len(file.work().rows) == 9, "three segments of three points"


def test_an_output_whose_rows_are_cut_does_not_mix_with_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path)
    for module in ("spans", "spec", "store"):
        monkeypatch.setattr(f"csmc.engine.{module}.cuts", lambda experiment: CUTS)
    with pytest.raises(StoreError, match="sums over other first replicates"):
        run(tmp_path)

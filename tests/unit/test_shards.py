"""Machines that do not know of each other divide a run, and a run can be asked for its state and checked."""

import json
from pathlib import Path

import numpy as np
import pytest

from csmc import engine as engines
from csmc.api import run_shard
from csmc.config import Experiment
from csmc.engine import LocalEngine, Store
from csmc.engine.block_file import write_block
from csmc.engine.index import Index, overlapping
from csmc.engine.shards import collect, parse_share, shard_store
from csmc.engine.spans import WHOLE, Costs, Share
from csmc.engine.state import state_of
from csmc.engine.verify import verify
from csmc.errors import ParameterError, StoreError
from tests.unit.work import make


@pytest.fixture
def experiment() -> Experiment:
    return make(sampling={"replicates": 700}, execution={"block": 128})


@pytest.mark.parametrize("of", [1, 3, 7])
def test_shares_are_disjoint_and_together_everything(experiment: Experiment, of: int) -> None:
    costs, missing = Costs(experiment), Index([]).missing(3, 700)
    parts = [list(Share(number, of).blocks(missing, costs)) for number in range(1, of + 1)]
    assert sorted((s for part in parts for s in part), key=lambda s: (s.point, s.first)) == list(
        WHOLE.blocks(missing, costs)
    )
    assert all(parts)


def test_more_replicates_leave_every_block_in_its_share(experiment: Experiment) -> None:
    costs = Costs(experiment)
    few, many = (set(Share(2, 3).blocks(Index([]).missing(3, count), costs)) for count in (640, 1280))
    assert few < many


@pytest.mark.parametrize("text", ["", "3", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", "²/3"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="write i/N"):
        parse_share(text)


def test_shards_are_collected_to_the_bits_of_one_run(experiment: Experiment, tmp_path: Path) -> None:
    output = tmp_path / "out"
    engines.run(experiment, Store(tmp_path / "whole"), LocalEngine(1))
    for number in (3, 1):
        run_shard(experiment, f"{number}/3", output=output)
    assert collect(output).files == 2
    assert not Store(output).complete
    assert state_of(output)["episodes"]["done"] == int(Store(output).index.replicates()[1].sum())
    run_shard(experiment, "2/3", output=output)
    assert collect(output) == (3, 1)
    assert collect(output) == (3, 0)
    assert Store(output).digest() == Store(tmp_path / "whole").digest()


def test_what_a_lost_shard_had_to_do_is_done_by_an_ordinary_run(experiment: Experiment, tmp_path: Path) -> None:
    run_shard(experiment, "1/2", output=tmp_path / "out")
    collect(tmp_path / "out")
    engines.run(experiment, Store(tmp_path / "out"), LocalEngine(1))
    engines.run(experiment, Store(tmp_path / "whole"), LocalEngine(1))
    assert Store(tmp_path / "out").digest() == Store(tmp_path / "whole").digest()


def test_shards_of_different_runs_are_not_collected(experiment: Experiment, tmp_path: Path) -> None:
    run_shard(experiment, "1/2", output=tmp_path)
    run_shard(make(seed=99), "2/2", output=tmp_path)
    with pytest.raises(StoreError, match="is of another configuration than"):
        collect(tmp_path)
    with pytest.raises(StoreError, match="has no shards"):
        collect(tmp_path / "empty")


def test_work_that_overlaps_in_part_is_refused(experiment: Experiment, tmp_path: Path) -> None:
    run_shard(experiment, "1/2", output=tmp_path)
    collect(tmp_path)
    engines.run(
        make(sampling={"replicates": 700}, execution={"block": 96}), shard_store(tmp_path, Share(2, 2)), LocalEngine(1),
        share=Share(2, 2),
    )  # fmt: skip
    with pytest.raises(StoreError, match="cut differently"):
        collect(tmp_path)


def test_ranges_overlap_where_they_share_a_replicate() -> None:
    others = np.array([[0, 0, 10], [0, 20, 30], [2, 5, 6]])
    ranges = np.array([[0, 0, 10], [0, 2, 3], [0, 10, 20], [0, 9, 11], [0, 15, 40], [1, 0, 5], [2, 0, 5], [2, 5, 7]])
    overlaps, contained = overlapping(ranges, others)
    assert overlaps.tolist() == [True, True, False, True, True, False, False, True]
    assert contained.tolist() == [True, True, False, False, False, False, False, False]
    assert not np.any(overlapping(ranges, others[:0]))


def test_a_run_says_how_far_it_is(experiment: Experiment, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no csmc run"):
        state_of(tmp_path)
    engines.run(experiment, Store(tmp_path / "out"), LocalEngine(1))
    state = state_of(tmp_path / "out")
    assert state["episodes"] == {"total": 2100, "done": 2100}
    assert state["points"] == {"total": 3, "complete": 3}
    beat = state["runs"]["out"]
    assert (beat["state"], beat["engine"], sum(beat["workers"].values())) == ("finished", "local", 2100)
    (tmp_path / "out" / "status.json").write_text("[")
    assert state_of(tmp_path / "out")["runs"] == {}


def test_a_store_knows_what_it_was_asked_for(experiment: Experiment, tmp_path: Path) -> None:
    store = Store(tmp_path)
    engines.run(experiment, store, LocalEngine(1))
    again = Store(tmp_path).experiment()
    assert again.identity() == experiment.identity()
    assert [again.point(n).key for n in range(3)] == [experiment.point(n).key for n in range(3)]
    document = json.loads((tmp_path / "spec.json").read_text())
    document["configuration"]["parameters"]["crisis.war_cost"] = 0.9
    (tmp_path / "spec.json").write_text(json.dumps(document))
    with pytest.raises(StoreError, match="understands the configuration otherwise"):
        Store(tmp_path).experiment()


def test_stored_numbers_are_counted_again_and_one_that_differs_is_found(experiment: Experiment, tmp_path: Path) -> None:
    engines.run(experiment, Store(tmp_path), LocalEngine(1))
    assert [row.agrees for row in verify(Store(tmp_path), None)] == [True] * 3
    (file,) = Store(tmp_path).files()
    work = file.work()
    rows = work.rows.copy()
    rows[1, 7] += 1
    write_block(file.path, file.meaning, work._replace(rows=rows))
    found = {row.point: row.agrees for row in verify(Store(tmp_path), None, seed=1)}
    assert found == {0: True, 1: False, 2: True}


def test_what_another_kernel_counted_is_not_compared(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines.run(experiment, Store(tmp_path), LocalEngine(1))
    monkeypatch.setattr("csmc.engine.spec.DIGEST", "0" * 64)
    with pytest.raises(StoreError, match="the kernel: that one was made by another version"):
        list(verify(Store(tmp_path)))

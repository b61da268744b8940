"""A design that has grown: old points keep their work, whatever their numbers are now."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from csmc.config import Experiment
from csmc.engine import store as store_module
from csmc.engine.store import Store, WriteError
from csmc.errors import StoreError
from tests.stacked import stack
from tests.unit.work import PARTS, Done, filled, make, write


def at(*divergences: float, **changes: Any) -> Experiment:
    return make(design={"grid": {"interests.divergence": list(divergences)}}, **changes)


def test_more_points_are_added_and_those_that_are_there_keep_their_work(tmp_path: Path) -> None:
    write(tmp_path, PARTS)
    store = write(tmp_path, [], at(2.0, 3.0, 0.5, 1.0))
    for opened in (store, Store(tmp_path)):
        (records,) = opened.records()
        assert records.points.tolist() == [0, 2]
        assert all(map(np.array_equal, records.tallies, stack([filled(5), filled(6)])))
    assert (store.document["points"], store.document["former"]) == (4, [Store(tmp_path).document["former"][0]])
    again = write(tmp_path, [[Done(1, [(0, 100)], filled(7))]], at(2.0, 3.0, 0.5, 1.0))
    assert again.index.replicates()[0].tolist() == [0, 1, 2]


def test_a_parameter_that_was_fixed_can_be_varied_later(tmp_path: Path) -> None:
    write(tmp_path, PARTS)
    both = {"interests.divergence": [0.5, 1.0, 2.0], "crisis.war_cost": [0.2, 0.4]}
    store = write(tmp_path, [], make(design={"grid": both}))
    assert store.index.replicates()[0].tolist() == [1, 5], "0.4 is the default of the war cost"


def test_a_design_that_lost_points_with_work_is_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    write(tmp_path, PARTS)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for fewer in (at(0.5, 1.0), at(0.5, 1.0, 2.5), at(0.5, 1.0, 2.0, seeding="independent")):
        with pytest.raises(StoreError):
            write(tmp_path, [], fewer)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_design_grows_with_independent_seeds_only_where_points_keep_their_place(tmp_path: Path) -> None:
    write(tmp_path, [PARTS[0]], at(0.5, 1.0, 2.0, seeding="independent"))
    with pytest.raises(StoreError, match="must also keep its place"):
        write(tmp_path, [], at(0.4, 0.5, 1.0, 2.0, seeding="independent"))
    grown = write(tmp_path, [], at(0.5, 1.0, 2.0, 3.0, seeding="independent"))
    assert grown.index.replicates()[0].tolist() == [0, 2]


def test_an_extension_that_was_cut_short_is_finished_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, PARTS)
    real, grown, written = store_module.write_block, at(3.0, 0.5, 1.0, 2.0), 0

    def cut_short(*arguments: Any) -> Any:
        nonlocal written
        written += 1
        if written == 2:
            raise OSError(28, "No space left on device")
        return real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(store_module, "write_block", cut_short)
        with pytest.raises(WriteError, match="nothing is lost"):
            write(tmp_path, [], grown)
    with pytest.raises(StoreError, match="run the experiment again"):
        list(Store(tmp_path).records())
    (records,) = write(tmp_path, [], grown).records()
    assert records.points.tolist() == [1, 3]
    assert all(map(np.array_equal, records.tallies, stack([filled(6), filled(5)])))
    with pytest.raises(StoreError, match="does not have"):
        write(tmp_path, [], at(4.0))


def test_axes_in_another_order_number_the_points_anew(tmp_path: Path) -> None:
    axes = {"interests.divergence": [0.5, 1.0], "crisis.war_cost": [0.2, 0.4]}
    one, other = (make(design={"grid": dict(order)}) for order in (axes.items(), reversed(axes.items())))
    assert one.point(1).key == other.point(2).key
    write(tmp_path, [[Done(1, [(0, 100)], filled(1))]], one)
    (records,) = write(tmp_path, [], other).records()
    assert records.points.tolist() == [2]


def test_another_size_of_the_system_is_refused_in_words(tmp_path: Path) -> None:
    write(tmp_path, PARTS)
    with pytest.raises(StoreError, match=r"parameters\.system\.n_states: stored 8, asked for 9"):
        write(tmp_path, [], make(parameters={"system.n_states": 9}))


def test_another_table_under_the_same_name_is_refused_in_words(tmp_path: Path) -> None:
    table, design = tmp_path / "states.csv", {"grid": {"interests.divergence": [0.5, 1.0, 2.0]}}
    sections = {"name": "small", "institutions": ["anarchy", "balance_of_power"], "design": design}
    sections |= {"parameters": {"system.table": table.name}, "sampling": {"replicates": 100}}
    for capability in (3, 4):
        table.write_text(f"name,capability\nA,{capability}\nB,1\nC,2\n")
        experiment = Experiment.from_dict(sections, base=tmp_path)
        if capability == 3:
            write(tmp_path / "out", PARTS, experiment)
        else:
            with pytest.raises(StoreError, match=r"tables\.system\.table\.states\.csv\.capability\[0\]: stored 3"):
                write(tmp_path / "out", [], experiment)

"""Runs whose points end where a precision is reached: where that is, and that nothing else decides it."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from csmc import engine as engines
from csmc.api import run_shard
from csmc.config import Experiment
from csmc.engine import InterruptedRun, LocalEngine, Progress, Span, Store, WorkError
from csmc.engine import driver as driver_module
from csmc.engine import stopping as stopping_module
from csmc.engine import tallies as tallies_module
from csmc.engine.cuts import AT_LOOKS, looks
from csmc.engine.driver import ignore
from csmc.engine.shards import collect
from csmc.engine.spans import Costs
from csmc.engine.state import state_of
from csmc.engine.tallies import tally_span
from csmc.errors import ConfigError, StoreError
from csmc.estimate import METRICS, Moments, estimate, plan
from csmc.kernel.result import Tallies, as_rows
from csmc.results import assemble, is_partial, open_results
from tests.evidence import Section
from tests.stacked import stack

INSTITUTIONS = ["balance_of_power", "un_security_council"]
TARGETS = {
    "war": {"half_width": 0.013},
    "war[un_security_council - balance_of_power]": {"half_width": 0.008},
    "challenge[un_security_council]": {"relative": 0.04},
}
MOST = 4608


def make(precision: dict[str, Any] = TARGETS, most: int = MOST, **changes: Any) -> Experiment:
    """Four points, at one of which no more than `MOST` replicates suffice."""
    sections = {
        "name": "precise",
        "institutions": INSTITUTIONS,
        "design": {"grid": {"interests.divergence": [0.0, 0.75, 1.5, 3.0]}},
        "outputs": {"metrics": ["war", "challenge", "concession"]},
        "sampling": {"precision": precision, "max_replicates": most},
    }
    return Experiment.from_dict({**sections, **changes})


def run(path: Path, experiment: Experiment, threads: int = 1, show: Callable[[Progress], None] = ignore) -> Store:
    store = Store(path)
    engines.run(experiment, store, LocalEngine(threads), show)
    return store


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The store of an undisturbed run."""
    return run(tmp_path_factory.mktemp("plain") / "out", make())


@pytest.fixture
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task and a block file for every block of work."""
    monkeypatch.setattr("csmc.engine.pending.COMMIT_BYTES", 1)
    monkeypatch.setattr(LocalEngine, "task_seconds", 1e-9)


def test_looks_are_far_enough_apart_and_the_same_for_everyone() -> None:
    edges = AT_LOOKS.edges
    assert edges[0] == 1024
    assert not np.any(edges % 256)
    ratios = edges[1:] / edges[:-1]
    assert 1.06 < ratios.min() < ratios.max() <= 1.25
    assert ratios[edges[:-1] > 2000].max() <= 1.13
    assert ratios[edges[:-1] > 20_000].min() > 1.12
    assert looks(5000).tolist() == [*edges[edges < 5000], 5000]
    assert looks(1280).tolist() == [1024, 1280]
    assert looks(7).tolist() == [7]


def first_look(experiment: Experiment, point: int) -> tuple[int, bool]:
    """Where a point ends and whether that is precise enough, from all its replicates at each look anew."""
    the_plan, costs = plan(experiment), Costs(experiment)
    for look in looks(experiment.sampling.most).tolist():
        tallies = stack([tally_span(experiment, Span(point, 0, look), the_plan)])
        known = [np.array([number]) for number in (look, costs.lengths[point], costs.states[point])]
        war, challenge = (
            estimate(METRICS[name], Moments(tallies, the_plan, *known), 0.97) for name in ("war", "challenge")
        )
        widths = [(war.high - war.low)[0, k] / 2 for k in (0, 1)]
        difference = (war.difference_high - war.difference_low)[0, 1] / 2
        share = (challenge.high - challenge.low)[0, 1] / 2 / challenge.value[0, 1]
        if max(widths) <= 0.013 and difference <= 0.008 and share <= 0.04:
            return look, True
    return look, False


def test_every_point_ends_at_the_first_look_at_which_all_targets_are_reached(plain: Store) -> None:
    experiment = make()
    found = [first_look(experiment, point) for point in range(4)]
    assert plain.ends.replicates.tolist() == [look for look, _ in found]
    assert plain.ends.reached.tolist() == [reached for _, reached in found]
    assert len(set(plain.ends.replicates.tolist())) > 1, "the points differ"
    assert plain.ends.reached.tolist() == [False, True, True, True]
    assert plain.complete


def test_what_is_counted_is_the_replicates_before_the_end_and_no_others(plain: Store) -> None:
    experiment = make()
    (records,) = plain.records()
    for point, stop, row in zip(records.points.tolist(), records.replicates.tolist(), records.rows, strict=True):
        assert stop == plain.ends.replicates[point]
        alone = stack([tally_span(experiment, Span(point, 0, stop), plan(experiment))])
        assert np.array_equal(row, as_rows(alone)[0])


@pytest.mark.parametrize(("caution", "boldest"), [(0.0, 1), (0.85, 16), (1.0, 2), (8.0, 100)])
def test_how_far_work_runs_ahead_does_not_show(
    caution: float, boldest: int, plain: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping_module, "CAUTION", caution)
    monkeypatch.setattr(stopping_module, "BOLDEST", boldest)
    store = run(tmp_path, make())
    simulated = int(store.index.replicates()[1].sum())
    if caution > 1:
        assert simulated == 4 * MOST > store.ends.replicates.sum(), "there is something to leave out"
    if not caution:
        assert simulated == store.ends.replicates.sum(), "from one look to the next, nothing is in vain"
    assert np.array_equal(store.ends.replicates, plain.ends.replicates)
    assert store.digest() == Store(tmp_path).digest() == plain.digest()


@pytest.mark.usefixtures("small_tasks")
def test_threads_blocks_and_chunks_do_not_show(
    plain: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evidence: Callable[[Section, str, str], None]
) -> None:
    digests = {plain.digest()}
    for threads, block in ((1, 256), (3, 100), (2, 4096)):
        digests.add(run(tmp_path / str(block), make(execution={"block": block}), threads).digest())
    monkeypatch.setattr("csmc.engine.records.CHUNK_BYTES", 1)
    digests.add(run(tmp_path / "chunks", make()).digest())
    assert digests == {plain.digest()}
    evidence(
        Section.IDENTITY,
        "Where a precision decides how many replicates a point has, that number and all tallies are the same on any "
        "number of threads, in any blocks, and however far work runs ahead.",
        f"one digest; the four points have {', '.join(f'{n:,}' for n in plain.ends.replicates.tolist())} replicates",
    )


@pytest.mark.usefixtures("small_tasks")
@pytest.mark.parametrize("tasks", [1, 4, 9, 20])
def test_a_run_that_is_stopped_goes_on_to_the_same_end(
    tasks: int, plain: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops: list[threading.Event] = []
    real = driver_module.interruptible

    class Remembered:
        def __enter__(self) -> threading.Event:
            self._inner = real()
            stops.append(self._inner.__enter__())
            return stops[-1]

        def __exit__(self, *exception: Any) -> None:
            self._inner.__exit__(*exception)

    seen: list[Progress] = []

    def stop_after(progress: Progress) -> None:
        seen.append(progress)
        if len({state.done for state in seen}) > tasks:
            stops[-1].set()

    monkeypatch.setattr(driver_module, "interruptible", Remembered)
    experiment = make(execution={"block": 512})
    with pytest.raises(InterruptedRun):
        run(tmp_path, experiment, 1, stop_after)
    kept = int(Store(tmp_path).index.replicates()[1].sum())
    assert 0 < kept < plain.ends.replicates.sum()
    assert not Store(tmp_path).complete
    assemble(experiment, Store(tmp_path))
    with open_results(tmp_path) as dataset:
        assert (dataset.attrs["complete"], is_partial(dataset)) == (0, True)
    monkeypatch.setattr(driver_module, "interruptible", real)
    seen.clear()
    assert run(tmp_path, experiment, 2, seen.append).digest() == plain.digest()
    assert (seen[0].kept, seen[-1].done, seen[-1].left) == (kept, seen[-1].total, 0)
    assert all(state.done <= state.total for state in seen)


def test_what_has_ended_is_not_done_or_looked_at_again(plain: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = plain.digest()
    monkeypatch.setattr(tallies_module, "tally_spans", None)
    assert run(plain.path, make()).digest() == expected
    looked = plain.stopping.ends.replicates.copy()
    monkeypatch.setattr(stopping_module, "excess", None)
    assert np.array_equal(plain.stopping.ends.replicates, looked)


LOOSER = {"war": {"half_width": 0.015}}
TIGHTER = {**TARGETS, "challenge[un_security_council]": {"relative": 0.038}}


@pytest.mark.parametrize(
    ("precision", "most"), [(TIGHTER, MOST), (LOOSER, MOST), (TARGETS, 2 * MOST)], ids=["tighter", "looser", "longer"]
)
def test_other_targets_go_on_with_the_same_output(precision: dict[str, Any], most: int, tmp_path: Path) -> None:
    first = run(tmp_path / "grown", make())
    before = first.ends.replicates.copy()
    grown, at_once = run(tmp_path / "grown", make(precision, most)), run(tmp_path / "at_once", make(precision, most))
    assert grown.digest() == at_once.digest() == Store(tmp_path / "grown").digest()
    assert np.array_equal(grown.ends.replicates, at_once.ends.replicates)
    assert not np.array_equal(grown.ends.replicates, before)
    assert run(tmp_path / "grown", make(TARGETS, most)).digest() == run(tmp_path / "back", make(TARGETS, most)).digest()


def test_a_result_of_another_precision_than_was_asked_for_last_is_partial(tmp_path: Path) -> None:
    assemble(make(), run(tmp_path, make()))
    with open_results(tmp_path) as dataset:
        assert not is_partial(dataset)
        run(tmp_path, make(LOOSER))
        assert is_partial(dataset)


def test_a_lower_limit_than_what_is_there_and_a_fixed_number_are_refused(tmp_path: Path) -> None:
    run(tmp_path, make())
    with pytest.raises(StoreError, match="already has 4,608 replicates of a point, more than the 4,600"):
        run(tmp_path, make(TARGETS, 4600))
    with pytest.raises(StoreError, match="sums over other first replicates"):
        run(tmp_path, make(sampling={"replicates": MOST}))


def test_a_target_that_cannot_be_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"peace is not among outputs\.metrics"):
        run(tmp_path / "out", make({"peace": {"half_width": 0.1}}))
    assert not (tmp_path / "out").exists()


def test_shards_do_whole_points_and_are_collected_to_the_bits_of_one_run(plain: Store, tmp_path: Path) -> None:
    for number in (2, 1):
        run_shard(make(), f"{number}/3", output=tmp_path)
        run_shard(make(), f"{number}/3", output=tmp_path)
    collect(tmp_path)
    assert state_of(tmp_path)["points"] == {"total": 4, "complete": 3}
    run_shard(make(), "3/3", output=tmp_path)
    assert state_of(tmp_path)["points"] == {"total": 4, "complete": 4}
    collect(tmp_path)
    whole = Store(tmp_path)
    assert whole.complete
    assert whole.digest() == plain.digest()
    run_shard(make(LOOSER), "3/3", output=tmp_path)
    with pytest.raises(StoreError, match="is of another configuration"):
        collect(tmp_path)


def test_institutions_that_are_added_make_points_go_on(tmp_path: Path) -> None:
    none = {"metrics": ["war"], "joint": "none"}
    few = make(LOOSER, outputs=none, execution={"block": 300})
    more = make(LOOSER, outputs=none, institutions=["anarchy", *INSTITUTIONS], reference="balance_of_power")
    first = run(tmp_path / "grown", few).ends.replicates.copy()
    grown, at_once = run(tmp_path / "grown", more), run(tmp_path / "at_once", more)
    assert grown.digest() == at_once.digest()
    assert np.all(grown.ends.replicates >= first)
    assert np.any(grown.ends.replicates > first)


def test_points_that_are_added_leave_the_others_where_they_end(plain: Store, tmp_path: Path) -> None:
    fewer = {"grid": {"interests.divergence": [0.75, 3.0]}}
    run(tmp_path, make(design=fewer))
    assert run(tmp_path, make()).digest() == plain.digest()


def test_work_that_fails_is_told_once_and_other_points_end(
    plain: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tallies_module.kernel.tally_points

    def broken(points: Any, system: Any, institutions: Any, blocks: Any, the_plan: Any) -> Tallies:
        if any(point.divergence == 1.5 and first > 0 for point, first in zip(points, blocks.firsts, strict=True)):
            raise ZeroDivisionError("broken")
        return real(points, system, institutions, blocks, the_plan)

    monkeypatch.setattr(tallies_module.kernel, "tally_points", broken)
    experiment = make(execution={"block": 4096})
    with pytest.raises(WorkError, match="point 2, replicates 1024 to ") as failed:
        run(tmp_path, experiment)
    assert {failure.span.point for failure in failed.value.failures} == {2}
    store = Store(tmp_path)
    assert store.ends.known.tolist() == [True, True, False, True]
    assert np.array_equal(store.ends.replicates[[0, 1, 3]], plain.ends.replicates[[0, 1, 3]])
    monkeypatch.setattr(tallies_module.kernel, "tally_points", real)
    assert run(tmp_path, experiment).digest() == plain.digest()


def test_a_result_says_what_was_asked_for_and_where_it_was_reached(plain: Store, tmp_path: Path) -> None:
    experiment = make()
    store = run(tmp_path, experiment)
    assemble(experiment, store)
    with open_results(tmp_path) as dataset:
        assert dataset["replicates"].values.tolist() == plain.ends.replicates.tolist()
        assert dataset["precision_reached"].values.tolist() == [0, 1, 1, 1]
        assert dataset.attrs["digest"] == plain.digest()
        assert (dataset.attrs["complete"], dataset.attrs["replicates_planned"]) == (1, MOST)
        assert dataset.attrs["precision_level"] == 0.95
        assert dataset.attrs["precision_interval_level"] == 0.97
        assert '"war": {"half_width": 0.013}' in dataset.attrs["precision"]
        for name in ("war_low", "war_difference_high", "concession_low"):
            assert dataset[name].attrs["confidence_level"] == 0.95
            assert "at the level 0.97" in dataset[name].attrs["interval_method"]
        (records,) = store.records()
        costs = Costs(experiment)
        moments = Moments(records.tallies, plan(experiment), records.replicates, costs.lengths, costs.states)
        for name in ("war", "concession"):
            assert np.array_equal(dataset[f"{name}_high"].values, estimate(METRICS[name], moments, 0.97).high)
            assert np.all(dataset[f"{name}_high"].values > estimate(METRICS[name], moments).high)


def test_progress_expects_more_as_it_learns_and_ends_at_what_there_is(tmp_path: Path) -> None:
    seen: list[Progress] = []
    store = run(tmp_path, make(parameters={"dynamics.episodes": 2}), 1, seen.append)
    done = 2 * int(store.index.replicates()[1].sum())
    assert (seen[0].total, seen[0].left) == (4 * 2 * 1024, 4 * 2 * 1024 * 2)
    assert (seen[-1].done, seen[-1].total, seen[-1].left) == (done, done, 0)
    assert state_of(tmp_path)["episodes"] == {"total": done, "done": done}


def test_a_point_ends_at_the_limit_if_it_has_no_estimate(tmp_path: Path) -> None:
    experiment = make({"veto[balance_of_power]": {"half_width": 0.1}}, 3000, outputs={"metrics": ["veto"]})
    store = run(tmp_path, experiment)
    assert store.ends.replicates.tolist() == [3000] * 4
    assert not store.ends.reached.any()
    assert store.complete


def test_fewer_replicates_than_the_first_look_are_one_look(tmp_path: Path) -> None:
    store = run(tmp_path, make(LOOSER, 300))
    assert store.ends.replicates.tolist() == [300] * 4
    assert store.complete


def test_institutions_that_cannot_be_added_are_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    none = {"metrics": ["war"], "joint": "none"}
    run(tmp_path, make(LOOSER, outputs=none))
    more = make(LOOSER, outputs=none, institutions=["anarchy", *INSTITUTIONS], reference="balance_of_power")
    real = tallies_module.kernel.tally_points
    monkeypatch.setattr(tallies_module.kernel, "tally_points", lambda *work: 1 // 0)
    with pytest.raises(WorkError) as failed:
        run(tmp_path, more)
    assert len(failed.value.failures) <= 4 * len(looks(MOST)), "none is tried twice"
    places = [(failure.span.point, failure.span.first) for failure in failed.value.failures]
    assert len(set(places)) == len(places)
    monkeypatch.setattr(tallies_module.kernel, "tally_points", real)
    assert run(tmp_path, more).complete

"""Cutting, scheduling, progress and resuming, with a kernel that is quick and as exact as the real one."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csmc import engine as engines
from csmc.config import Experiment
from csmc.engine import InterruptedRun, LocalEngine, Progress, Span, Store, WorkError
from csmc.engine import driver as driver_module
from csmc.engine.choice import choose
from csmc.engine.spans import QUANTUM, batches, block_size, blocks, gaps, merged
from csmc.engine.tallies import Done, Job, tally_spans
from csmc.errors import ParameterError
from csmc.estimate import plan
from csmc.kernel.result import Plan, Tallies, empty_tallies


def make(**changes: Any) -> Experiment:
    """Two institutions at three points; `changes` replace whole sections."""
    sections = {
        "name": "small",
        "seed": 7,
        "institutions": ["anarchy", "balance_of_power"],
        "design": {"grid": {"interests.divergence": [0.5, 1.0, 2.0]}},
        "sampling": {"replicates": 1000},
        "execution": {"block": 256},
    }
    return Experiment.from_dict({**sections, **changes})


def count(point: Any, system: Any, institutions: Any, seed: int, first: int, count: int, plan: Plan) -> Tallies:
    """Stand in for the kernel: every tally is a sum over replicates of an integer that depends on its address."""
    del system
    replicates = np.arange(first, first + count, dtype=np.int64)
    value = int(((replicates * 2654435761 + seed) % 1009).sum() + count * round(1000 * float(point[0].divergence)))
    result = empty_tallies(len(institutions), plan)
    for number, field in enumerate(result):
        field += value + number * count
    return result


@pytest.fixture(autouse=True)
def _quick_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("csmc.engine.tallies.kernel.tally", count)


def failing_at(first: int) -> Callable[..., Tallies]:
    """Stand in for a kernel that breaks on the block that begins at replicate `first`."""

    def tally(point: Any, system: Any, institutions: Any, seed: int, start: int, n: int, plan: Plan) -> Tallies:
        if start == first:
            raise ZeroDivisionError("broken")
        return count(point, system, institutions, seed, start, n, plan)

    return tally


def digest_of(path: Path, experiment: Experiment, threads: int = 1) -> str:
    store = Store(path)
    engines.run(experiment, store, LocalEngine(threads))
    return store.digest()


def test_blocks_are_cut_at_multiples_of_their_size() -> None:
    assert list(blocks(4, [(0, 5), (7, 11)], 4)) == [Span(4, 0, 4), Span(4, 4, 1), Span(4, 7, 1), Span(4, 8, 3)]


def test_gaps_are_what_is_left_below_the_number_asked_for() -> None:
    assert list(gaps([(2, 4), (6, 7)], 10)) == [(0, 2), (4, 6), (7, 10)]
    assert list(gaps([(0, 10)], 10)) == []
    assert list(gaps([], 3)) == [(0, 3)]
    assert list(gaps([(0, 20)], 10)) == []


@given(st.integers(1, 500), st.integers(1, 50), st.sets(st.integers(0, 30)))
def test_finished_blocks_and_gaps_cover_every_replicate_once(replicates: int, size: int, done: set[int]) -> None:
    every = list(blocks(0, [(0, replicates)], size))
    finished = merged((span.first, span.stop) for number, span in enumerate(every) if number in done)
    left = [(span.first, span.stop) for span in blocks(0, gaps(finished, replicates), size)]
    assert merged([*finished, *left]) == [(0, replicates)]
    assert sum(stop - first for first, stop in [*finished, *left]) == replicates


def test_default_blocks_are_full_lanes_and_shrink_with_the_work() -> None:
    small = block_size(make(execution={}), 0)
    large = block_size(make(execution={}, parameters={"system.n_states": 64, "dynamics.episodes": 50}), 0)
    assert small % QUANTUM == large % QUANTUM == 0
    assert QUANTUM <= large < small


def test_batches_keep_every_span_in_order() -> None:
    experiment = make()
    spans = [Span(point, 256 * number, 256) for point in range(3) for number in range(5)]
    grouped = list(batches(experiment, spans, 5e-4))
    assert [span for batch in grouped for span in batch] == spans
    assert 1 < len(grouped) < len(spans)


def test_neighbours_of_one_task_come_back_as_one() -> None:
    experiment = make()
    job = Job(experiment, plan(experiment))
    finished = tally_spans(job, [Span(0, 0, 256), Span(0, 256, 256), Span(1, 0, 256), Span(1, 512, 10)])
    assert [done.span for done in finished] == [Span(0, 0, 512), Span(1, 0, 256), Span(1, 512, 10)]
    whole = engines.tally_span(experiment, Span(0, 0, 512), job.plan)
    assert all(map(np.array_equal, finished[0].tallies, whole))


def test_threads_blocks_and_tasks_do_not_show_in_the_digest(tmp_path: Path) -> None:
    expected = digest_of(tmp_path / "one", make())
    assert digest_of(tmp_path / "two", make(), threads=3) == expected
    assert digest_of(tmp_path / "three", make(execution={"block": 17}), threads=2) == expected
    assert digest_of(tmp_path / "four", make(seed=8)) != expected


def test_a_finished_run_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = digest_of(tmp_path, make())
    monkeypatch.setattr("csmc.engine.tallies.kernel.tally", None)
    assert digest_of(tmp_path, make()) == expected


def test_more_replicates_extend_a_run(tmp_path: Path) -> None:
    digest_of(tmp_path / "grown", make(sampling={"replicates": 300}))
    assert digest_of(tmp_path / "grown", make()) == digest_of(tmp_path / "at_once", make())


def test_a_stopped_run_keeps_what_is_finished_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stops: list[threading.Event] = []
    real = driver_module.interruptible

    class Remembered:
        def __enter__(self) -> threading.Event:
            self._inner = real()
            stops.append(self._inner.__enter__())
            return stops[0]

        def __exit__(self, *exception: Any) -> None:
            self._inner.__exit__(*exception)

    monkeypatch.setattr(driver_module, "interruptible", Remembered)
    monkeypatch.setattr(LocalEngine, "task_seconds", 0.0)
    store = Store(tmp_path / "stopped")
    with pytest.raises(InterruptedRun) as stopped:
        engines.run(make(), store, LocalEngine(1), lambda progress: stops[0].set() if progress.done else None)
    assert 0 < stopped.value.progress.done < stopped.value.progress.total
    kept = sum(record.replicates for record in Store(tmp_path / "stopped").records())
    assert kept == stopped.value.progress.done
    monkeypatch.setattr(driver_module, "interruptible", real)
    assert digest_of(tmp_path / "stopped", make()) == digest_of(tmp_path / "undisturbed", make())


def test_a_failure_keeps_the_rest_and_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("csmc.engine.tallies.kernel.tally", failing_at(512))
    monkeypatch.setattr(LocalEngine, "task_seconds", 0.0)
    with pytest.raises(WorkError, match=r"point 0, replicate 512 .* ZeroDivisionError: broken"):
        engines.run(make(), Store(tmp_path), LocalEngine(1))
    assert sum(record.replicates for record in Store(tmp_path).records()) >= 512
    monkeypatch.setattr("csmc.engine.tallies.kernel.tally", count)
    assert digest_of(tmp_path, make()) == digest_of(tmp_path / "other", make())


def test_progress_counts_what_was_kept_and_ends_at_the_total(tmp_path: Path) -> None:
    seen: list[Progress] = []
    experiment = make(parameters={"dynamics.episodes": 4}, sampling={"replicates": 500})
    engines.run(experiment, Store(tmp_path), LocalEngine(2), seen.append)
    assert (seen[0].kept, seen[0].done, seen[-1].done, seen[-1].total) == (0, 0, 6000, 6000)
    assert [state.done for state in seen] == sorted(state.done for state in seen)
    assert seen[-1].eta == 0
    grown = make(parameters={"dynamics.episodes": 4}, sampling={"replicates": 600})
    engines.run(grown, Store(tmp_path), LocalEngine(2), seen.append)
    assert (seen[-1].kept, seen[-1].done) == (6000, 7200)


def test_progress_of_a_run_that_has_not_begun_promises_nothing() -> None:
    fresh = Progress(total=100, kept=0, done=0, institutions=2, seconds=0.0)
    assert (fresh.fraction, fresh.rate, fresh.eta) == (0.0, 0.0, None)
    later = replace(fresh, done=50, seconds=5.0)
    assert (later.rate, later.institution_rate, later.eta) == (10.0, 20.0, 5.0)


def test_nothing_keeps_all_points_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []
    monkeypatch.setattr("csmc.engine.pending.COMMIT_BYTES", 1)

    def watched(self: Any, done: Done) -> None:
        add(self, done)
        held.append(len(self._work))

    add = engines.driver.Pending.add
    monkeypatch.setattr(engines.driver.Pending, "add", watched)
    digest_of(tmp_path, make())
    assert max(held) == 0


@pytest.fixture
def _no_cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    return


@pytest.mark.usefixtures("_no_cluster")
def test_auto_is_ray_only_if_a_cluster_has_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose(make()).name == "local"
    assert choose(make(), address="host:6379").name == "ray"
    assert choose(make(execution={"address": "host:6379"})).name == "ray"
    assert choose(make(execution={"address": "host:6379"}), engine="local").name == "local"
    monkeypatch.setenv("RAY_ADDRESS", "host:6379")
    assert choose(make()).name == "ray"


@pytest.mark.usefixtures("_no_cluster")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"engine": "spark"}, "spark.* is unknown"),
        ({"threads": 0}, "threads=0 is below 1"),
        ({"engine": "local", "address": "host:6379"}, "needs the engine ray"),
    ],
)
def test_an_engine_that_cannot_be_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        choose(make(), **wrong)

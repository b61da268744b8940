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
from csmc.engine.block_file import BlockFile, Meaning
from csmc.engine.choice import choose
from csmc.engine.cuts import QUANTUM
from csmc.engine.index import Index, joined
from csmc.engine.schedule import WithdrawnError
from csmc.engine.spans import Costs, as_array, blocks, from_rows
from csmc.engine.tallies import Counted, Job, tally_spans
from csmc.errors import ParameterError
from csmc.estimate import plan
from csmc.kernel import Blocks
from csmc.kernel.result import Integers, Plan, Tallies, empty_tallies
from tests.stacked import row, stack


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


def by_point(tally: Callable[..., Tallies]) -> Callable[..., Tallies]:
    """What counts one point, for several."""

    def tally_points(points: Any, system: Any, institutions: Any, blocks: Blocks, plan: Plan) -> Tallies:
        one_by_one = zip(points, institutions, *blocks, strict=True)
        return stack([tally([point], system, ours, int(s), f, n, plan) for point, ours, s, f, n in one_by_one])

    return tally_points


def count_by(tally: Callable[..., Tallies], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("csmc.engine.tallies.kernel.tally", tally)
    monkeypatch.setattr("csmc.engine.tallies.kernel.tally_points", by_point(tally))


@pytest.fixture(autouse=True)
def _quick_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    count_by(count, monkeypatch)


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


def ranges(*rows: tuple[int, int, int]) -> Integers:
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def costs_of(size: int | None = None, **changes: Any) -> Costs:
    return Costs(make(execution={} if size is None else {"block": size}, **changes))


def test_blocks_are_cut_at_multiples_of_their_size() -> None:
    cut = list(blocks(ranges((1, 0, 5), (1, 7, 11), (2, 3, 4)), costs_of(4)))
    assert cut == [Span(1, 0, 4), Span(1, 4, 1), Span(1, 7, 1), Span(1, 8, 3), Span(2, 3, 1)]


def index_of(*spans: tuple[int, int, int]) -> Index:
    rows = [(row, *span) for row, span in enumerate(spans)]
    return Index([BlockFile(Path("1.blk"), Meaning("", "", {}), np.array(rows, dtype=np.int64).reshape(-1, 4))])


def test_what_is_missing_is_what_is_left_below_the_number_asked_for() -> None:
    index = index_of((1, 6, 7), (1, 2, 4), (2, 0, 10), (3, 0, 20), (4, 4, 5))
    expected = [(0, 0, 10), (1, 0, 2), (1, 4, 6), (1, 7, 10), (4, 0, 4), (4, 5, 10), (5, 0, 10)]
    assert index.missing(6, 10).tolist() == [list(gap) for gap in expected]
    assert index_of().missing(2, 3).tolist() == [[0, 0, 3], [1, 0, 3]]


def test_finished_ranges_that_touch_are_one() -> None:
    index = index_of((0, 2, 4), (0, 0, 2), (0, 5, 6), (1, 6, 7))
    assert index.finished().tolist() == [[0, 0, 4], [0, 5, 6], [1, 6, 7]]
    points, replicates = index.replicates()
    assert (points.tolist(), replicates.tolist(), index.longest) == ([0, 1], [5, 1], 7)


@given(st.integers(1, 500), st.integers(1, 50), st.sets(st.integers(0, 30)))
def test_finished_blocks_and_what_is_missing_cover_every_replicate_once(
    replicates: int, size: int, done: set[int]
) -> None:
    costs = costs_of(size)
    every = list(blocks(ranges((0, 0, replicates)), costs))
    finished = [(0, span.first, span.stop) for number, span in enumerate(every) if number in done]
    left = [(0, span.first, span.stop) for span in blocks(index_of(*finished).missing(1, replicates), costs)]
    assert joined(ranges(*sorted([*finished, *left]))).tolist() == [[0, 0, replicates]]
    assert sum(stop - first for _, first, stop in [*finished, *left]) == replicates


def test_default_blocks_are_full_lanes_and_shrink_with_the_work() -> None:
    small = costs_of().block_sizes[0]
    large = costs_of(parameters={"system.n_states": 64, "dynamics.episodes": 50}).block_sizes[0]
    assert small % QUANTUM == large % QUANTUM == 0
    assert QUANTUM <= large < small


def test_spans_travel_as_integers() -> None:
    spans = (Span(0, 0, 256), Span(7, 2**40, 3))
    assert as_array(spans).tolist() == [[0, 0, 256], [7, 2**40, 2**40 + 3]]
    assert from_rows(as_array(spans).tolist()) == spans
    assert from_rows(as_array(()).tolist()) == ()


@pytest.mark.parametrize("call", [1, 2, 128])
def test_a_task_counts_its_spans_one_by_one(call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("csmc.engine.tallies.CALL", call)
    experiment = make()
    job = Job(experiment, plan(experiment))
    spans = [Span(0, 0, 256), Span(0, 256, 256), Span(2, 512, 10)]
    counted = tally_spans(job, spans)
    assert counted.spans.tolist() == [[0, 0, 256], [0, 256, 512], [2, 512, 522]]
    assert [key.tobytes() for key in counted.keys] == [experiment.point(point).key for point in (0, 0, 2)]
    for counts, span in zip(counted.rows, spans, strict=True):
        assert np.array_equal(counts, row(engines.tally_span(experiment, span, job.plan)))


def test_threads_blocks_and_tasks_do_not_show_in_the_digest(tmp_path: Path) -> None:
    expected = digest_of(tmp_path / "one", make())
    assert digest_of(tmp_path / "two", make(), threads=3) == expected
    assert digest_of(tmp_path / "three", make(execution={"block": 17}), threads=2) == expected
    assert digest_of(tmp_path / "four", make(seed=8)) != expected


def test_a_finished_run_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = digest_of(tmp_path, make())
    count_by(None, monkeypatch)  # type: ignore[arg-type]
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
    kept = int(Store(tmp_path / "stopped").index.replicates()[1].sum())
    assert kept == stopped.value.progress.done
    monkeypatch.setattr(driver_module, "interruptible", real)
    assert digest_of(tmp_path / "stopped", make()) == digest_of(tmp_path / "undisturbed", make())


def test_threads_finish_what_they_have_begun_and_give_back_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(*work: Any) -> Tallies:
        begun.set()
        assert go_on.wait(60)
        return count(*work)

    count_by(slow, monkeypatch)
    with LocalEngine(1).workers(Job(make(), plan(make()))) as workers:
        first, second = (workers.submit((Span(point, 0, 10),)) for point in range(2))
        assert begun.wait(60)
        workers.withdraw([first, second])
        go_on.set()
        assert workers.result(first).spans.tolist() == [[0, 0, 10]]
        assert set(workers.wait([second], 60)) == {second}
        with pytest.raises(WithdrawnError):
            workers.result(second)


def test_a_failure_keeps_the_rest_and_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count_by(failing_at(512), monkeypatch)
    monkeypatch.setattr(LocalEngine, "task_seconds", 0.0)
    with pytest.raises(WorkError, match=r"point 0, replicates 512 to 767: ZeroDivisionError: broken") as failed:
        engines.run(make(), Store(tmp_path), LocalEngine(1))
    assert [failure.span for failure in failed.value.failures] == [Span(point, 512, 256) for point in range(3)]
    assert Store(tmp_path).index.replicates()[1].sum() == 3 * (1000 - 256)
    count_by(count, monkeypatch)
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
    fresh = Progress(total=100, kept=0, done=0, played=0, left=200, seconds=0.0)
    assert (fresh.fraction, fresh.rate, fresh.eta) == (0.0, 0.0, None)
    later = replace(fresh, done=50, played=100, left=100, seconds=5.0)
    assert (later.rate, later.institution_rate, later.eta) == (10.0, 20.0, 5.0)


def test_nothing_keeps_all_points_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []
    monkeypatch.setattr("csmc.engine.pending.COMMIT_BYTES", 1)

    def watched(self: Any, counted: Counted) -> None:
        add(self, counted)
        held.append(len(self._held))

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

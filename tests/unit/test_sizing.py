"""Tasks grow with the number of cores, leave every core its part of what is left, and follow the time they take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csmc.config import Experiment
from csmc.engine.local import LocalEngine
from csmc.engine.ray import RayEngine
from csmc.engine.sizing import MEMORY, PACES, Sizes, task_length
from csmc.engine.spans import Costs, Span, batches

PLENTY = 1e9  #: seconds of work
RAY, THREADS = RayEngine.task_seconds, LocalEngine.task_seconds


def costs() -> Costs:
    return Costs(Experiment.from_dict({"institutions": ["anarchy"], "sampling": {"replicates": 10**6}}))


def lengths_of(total: float, places: int, pace: float = 1.0) -> list[float]:
    """How long the tasks of a run take, one after the other, if work can be cut anywhere."""
    sizes, left, taken = Sizes(RAY, lambda: places), total, []
    while left > 1e-9 * total:
        planned = min(sizes.next(left), left)
        sizes.learn(planned, planned * pace)
        left -= planned
        taken.append(planned * pace)
    return taken


def test_tasks_on_ray_take_between_half_a_second_and_thirty() -> None:
    assert [task_length(RAY, places, PLENTY) for places in (1, 4, 32)] == [0.5, 0.5, 0.5]
    assert task_length(RAY, 1500, PLENTY) == pytest.approx(0.5 * 1500 / 32)
    assert [task_length(RAY, places, PLENTY) for places in (1920, 10**6)] == [30.0, 30.0]


def test_tasks_on_threads_take_a_fifth_of_a_second() -> None:
    assert [task_length(THREADS, 2 * threads, PLENTY) for threads in (1, 2, 16)] == [0.2, 0.2, 0.2]


@given(st.integers(1, 1920))
def test_the_driver_never_hands_out_more_than_64_tasks_a_second(places: int) -> None:
    assert places / task_length(RAY, places, PLENTY) <= 64.0 + 1e-9


@given(st.floats(0.0, 1e6), st.integers(1, 2000))
def test_no_task_is_more_than_a_quarter_of_a_cores_share_of_what_is_left(left: float, cores: int) -> None:
    for usual, places in ((RAY, 1.5 * cores + 1), (THREADS, 2 * cores)):
        assert task_length(usual, int(places), left) <= max(left / (4 * cores), 0.1 * usual)


def test_every_core_has_work_in_a_small_run_and_to_the_end_of_a_large_one() -> None:
    assert len(lengths_of(total=10.0, places=25)) >= 4 * 16
    large = lengths_of(total=4000.0, places=1500)
    assert large == sorted(large, reverse=True)
    assert large[-2] == pytest.approx(0.05)


@pytest.mark.parametrize("pace", [0.2, 7.0])
def test_tasks_that_take_longer_or_shorter_than_planned_become_as_long_as_they_should_be(pace: float) -> None:
    taken = lengths_of(total=1000.0, places=4, pace=pace)
    assert taken[0] == pytest.approx(0.5 * pace)
    assert taken[1] == pytest.approx(0.5)


def test_an_expensive_corner_of_the_design_is_noticed_and_forgotten_again() -> None:
    sizes = Sizes(RAY, lambda: 4)
    for _ in range(100):
        sizes.learn(1.0, 1.0)
    for _ in range(20):
        sizes.learn(1.0, 5.0)
    assert sizes.pace == pytest.approx(5.0 - 4.0 * MEMORY**20, rel=1e-3)
    assert sizes.next(PLENTY) == pytest.approx(0.5 / sizes.pace)
    for _ in range(60):
        sizes.learn(1.0, 1.0)
    assert sizes.pace == pytest.approx(1.0, abs=0.01)


def test_a_short_task_that_was_slow_counts_little() -> None:
    sizes = Sizes(RAY, lambda: 4)
    sizes.learn(1.0, 1.0)
    sizes.learn(0.001, 0.1)
    assert sizes.pace == pytest.approx(1.1, abs=0.02)


def test_a_clock_that_stands_still_or_jumps_makes_no_endless_and_no_empty_task() -> None:
    for taken, bound in ((0.0, PACES[0]), (1e12, PACES[1])):
        sizes = Sizes(RAY, lambda: 4)
        sizes.learn(1.0, taken)
        assert sizes.pace == bound
        assert sizes.next(PLENTY) == pytest.approx(0.5 / bound)


def test_batches_take_as_much_work_as_is_asked_for_and_tell_what_is_left() -> None:
    spans = [Span(0, 1000 * number, 1000) for number in range(10)]
    each = 1000 * float(costs().seconds[0])
    told: list[float] = []

    def length(left: float) -> float:
        told.append(round(left / each, 6))
        return {1: 2.5, 2: 0.0}.get(len(told), 100.0) * each

    grouped = list(batches(spans, costs(), 10 * each, length, most=5))
    assert [len(batch) for batch in grouped] == [3, 1, 5, 1]
    assert told == [10.0, 7.0, 6.0, 1.0]
    assert [span for batch in grouped for span in batch] == spans

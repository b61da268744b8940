"""The kernel's times are of the work that they name."""

import time

import pytest

from csmc.benchmark.kernel import (
    BATCH,
    EARLY_EXIT,
    FULL_PATH,
    Case,
    replicates_for,
    share_of_responses,
    time_cases,
    time_sharing,
    time_threads,
)
from csmc.benchmark.timing import LEAST_ROUNDS, Work, interleaved


def test_work_is_timed_in_turn_after_a_call_that_is_not() -> None:
    log: list[str] = []
    works = {key: Work(lambda key=key: log.append(key), 1.0) for key in ("one", "two")}
    timings = interleaved(works, 0.0)
    assert log == ["one", "two"] * (1 + LEAST_ROUNDS)
    assert all(0.0 < timing.best <= timing.median < 1e8 for timing in timings.values())


def test_nanoseconds_are_per_piece_of_work() -> None:
    timing = interleaved({"nap": Work(lambda: time.sleep(0.001), 1000.0)}, 0.0)["nap"]
    assert 1000.0 <= timing.best < 1e6
    assert timing.cpu < timing.median


def test_the_kernel_is_timed_per_institution_episode() -> None:
    case = Case(4, 3, ("anarchy", "alliance"))
    assert case.work(10) == 60
    timing = time_cases({"case": case}, 0.0)["case"]
    assert 10.0 < timing.best <= timing.median < 1e5
    assert replicates_for(case, 0.0) == BATCH


def test_a_case_ends_early_or_late_as_it_says() -> None:
    assert share_of_responses(Case(8, 1, changes=EARLY_EXIT)) == 0.0
    assert share_of_responses(Case(8, 1)) < 0.25
    assert share_of_responses(Case(8, 1, changes=FULL_PATH)) > 0.4


def test_institutions_that_share_crises_are_compared_with_single_runs() -> None:
    sharing = time_sharing(Case(3, 1, ("anarchy", "alliance")), 0.0)
    assert set(sharing.alone) == {"anarchy", "alliance"}
    singles = sum(timing.cpu for timing in sharing.alone.values())
    assert sharing.gain == pytest.approx(singles / 2 / sharing.together.cpu)


def test_threads_are_compared_with_one() -> None:
    scaling = time_threads(Case(3, 1, ("anarchy",)), 2, 0.0)
    assert scaling.threads == 2
    assert 0.0 < scaling.speedup < 4.0
    assert 0.2 < scaling.cpu < 5.0

"""Nanoseconds per institution-episode of the kernel: the call itself, nothing around it. Cases are timed in turn."""

import pytest

from csmc.benchmark.kernel import (
    EARLY_EXIT,
    FULL_PATH,
    Case,
    share_of_responses,
    time_cases,
    time_sharing,
    time_threads,
)
from csmc.machine import available_cores

GRID = [(states, episodes) for states in (3, 8, 15, 32, 64) for episodes in (1, 20)]
ENDS = {"default": {}, "early exit": EARLY_EXIT, "full path": FULL_PATH}
SECONDS = 15.0


def described(states: int, episodes: int) -> str:
    return f"n={states} T={episodes}"


@pytest.mark.benchmark(group="together")
def test_all_presets_on_the_same_crises(benchmark):
    times = benchmark.pedantic(time_cases, ({size: Case(*size) for size in GRID}, SECONDS), rounds=1)
    for size, timing in times.items():
        benchmark.extra_info[f"ns {described(*size)}"] = f"{timing.median:.0f} (at best {timing.best:.0f})"


@pytest.mark.benchmark(group="alone")
@pytest.mark.parametrize("size", [(8, 1), (8, 20), (32, 1), (32, 20)], ids=lambda size: described(*size))
def test_each_preset_alone(benchmark, size):
    sharing = benchmark.pedantic(time_sharing, (Case(*size), SECONDS), rounds=1)
    benchmark.extra_info["times that playing them together saves"] = round(sharing.gain, 2)
    for name, timing in sharing.alone.items():
        benchmark.extra_info[f"ns {name}"] = round(timing.median)


@pytest.mark.benchmark(group="ends")
@pytest.mark.parametrize("size", [(8, 1), (8, 20)], ids=lambda size: described(*size))
def test_crises_that_end_early_and_late(benchmark, size):
    cases = {name: Case(*size, changes=changes) for name, changes in ENDS.items()}
    times = benchmark.pedantic(time_cases, (cases, SECONDS), rounds=1)
    for name, timing in times.items():
        share = share_of_responses(cases[name])
        benchmark.extra_info[f"ns {name}"] = f"{timing.median:.0f}, {share:.0%} reach a response"


@pytest.mark.benchmark(group="threads")
def test_threads_of_one_process(benchmark):
    if available_cores() < 2:
        pytest.skip("one core")
    scaling = benchmark.pedantic(time_threads, (Case(8, 1), 2, SECONDS), rounds=1)
    benchmark.extra_info["times the speed of one thread"] = round(scaling.speedup, 2)
    benchmark.extra_info["at best"] = round(scaling.best_speedup, 2)
    benchmark.extra_info["times the processor time per episode"] = round(scaling.cpu, 2)

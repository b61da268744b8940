"""Where the kernel's time goes: nanoseconds of each stage per institution-episode, all presets together."""

import pytest

from bench.stages import time_stages
from csmc.benchmark.kernel import Case

SECONDS = 15.0


@pytest.mark.benchmark(group="stages")
@pytest.mark.parametrize("size", [(8, 1), (8, 20), (32, 1), (32, 20)], ids=lambda size: "n={} T={}".format(*size))
def test_each_stage(benchmark, size):
    times = benchmark.pedantic(time_stages, (Case(*size), SECONDS), rounds=1)
    benchmark.extra_info.update({f"ns {stage}": round(nanoseconds, 1) for stage, nanoseconds in times.items()})
    benchmark.extra_info["ns in all"] = round(sum(times.values()), 1)

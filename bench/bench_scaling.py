"""Whole runs by their size, each in a process of its own. Larger ones: `python -m bench.scaling POINTS REPLICATES`."""

import pytest

from bench.scaling import FEW, measured


@pytest.mark.benchmark(group="scale")
@pytest.mark.parametrize("keeping", [(), ("--everything",)], ids=["three metrics", "everything"])
@pytest.mark.parametrize(("points", "replicates"), [(100, FEW), (10_000, FEW), (1, 10_000), (1, 10_000_000)])
def test_a_whole_run(benchmark, points, replicates, keeping):
    found = benchmark.pedantic(measured, (points, replicates, *keeping), rounds=1)
    benchmark.extra_info["µs a point"] = round((found.run + found.result) / found.points * 1e6)
    benchmark.extra_info["ns an institution-episode"] = round((found.run + found.result) / found.episodes * 1e9)
    benchmark.extra_info["% beside the kernel"] = round(100 * found.overhead)
    benchmark.extra_info["MiB peak"] = found.peak >> 20
    benchmark.extra_info["bytes a point on disk"] = round((found.store + found.dataset) / found.points)

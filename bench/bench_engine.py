"""What the engine costs beside the kernel, each part in a process of its own; see `python -m bench.engine`."""

import pytest

from bench.engine import FirstBlock, Overhead, Recorded, measured


@pytest.mark.benchmark(group="engine")
@pytest.mark.parametrize("part", ["threads", "ray"])
def test_time_of_the_cores_that_is_not_the_kernels(benchmark, part):
    for work, found in benchmark.pedantic(measured, (part,), rounds=1).items():
        overhead = Overhead(**found)
        benchmark.extra_info[f"% beside kernel and store, {work}"] = round(100 * overhead.share, 2)
        benchmark.extra_info[f"tasks, {work}"] = overhead.tasks


@pytest.mark.benchmark(group="engine")
def test_points_that_a_store_records_and_takes_up_again(benchmark):
    found = Recorded(**benchmark.pedantic(measured, ("store",), rounds=1))
    benchmark.extra_info["points a second"] = round(found.recorded)
    benchmark.extra_info["points a second taken up"] = round(found.taken_up)


@pytest.mark.benchmark(group="engine")
def test_first_block_on_disk(benchmark):
    found = FirstBlock(**benchmark.pedantic(measured, ("start",), rounds=1))
    benchmark.extra_info["s threads"] = round(found.threads, 2)
    benchmark.extra_info["s Ray"] = round(found.ray, 2)

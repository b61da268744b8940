"""What the engine costs beyond the kernel's own time, in microseconds; a block here is 64 replicates."""

import pytest

from bench.overhead import one_point, sweep, time_overhead


@pytest.mark.benchmark(group="overhead")
@pytest.mark.parametrize("experiment", [sweep(1000), one_point(1000)], ids=["1000 points", "1000 blocks of a point"])
def test_a_block_of_64_replicates(benchmark, experiment):
    overhead = benchmark.pedantic(time_overhead, (experiment,), rounds=1)
    benchmark.extra_info["µs kernel"] = round(overhead.kernel)
    benchmark.extra_info["µs engine"] = round(overhead.engine)
    benchmark.extra_info["s to write the result"] = round(overhead.result, 1)

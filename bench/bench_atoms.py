"""What the kernel is made of: nanoseconds per operation in a lane loop, so that its own figures can be read."""

import numpy as np
import pytest

from csmc.benchmark.atoms import LANES, PASSES, ROWS, loops

LOOPS = loops()


@pytest.mark.benchmark(group="atoms")
@pytest.mark.parametrize("operation", LOOPS)
def test_one_operation(benchmark, operation):
    x, out = np.random.default_rng(1).random((ROWS, LANES)), np.zeros((ROWS, LANES))
    benchmark.pedantic(LOOPS[operation], (x, out), rounds=15, warmup_rounds=2)
    benchmark.extra_info["ns"] = round(benchmark.stats.stats.median / (PASSES * ROWS * LANES) * 1e9, 2)

"""What the kernel is made of: nanoseconds per operation in a lane loop, so that its own figures can be read."""

import math

import numba
import numpy as np
import pytest

from csmc.kernel import mathematics
from csmc.kernel.codes import Purpose
from csmc.kernel.draws import fill_normals, fill_uniforms

ROWS, LANES, REPEATS = 8, 128, 1000


def elementwise(operation):
    """A loop that applies a scalar operation to every lane of every row."""

    @numba.njit(error_model="numpy")
    def loop(x, out):
        for _ in range(REPEATS):
            for row in range(ROWS):
                for lane in range(LANES):
                    out[row, lane] = operation(x[row, lane])

    return loop


def drawing(fill):
    """A loop that fills every row with draws."""

    @numba.njit(error_model="numpy")
    def loop(x, out):
        replicate = np.arange(LANES)
        for episode in range(REPEATS):
            fill(out, ROWS, replicate, episode, np.int64(Purpose.COST), np.int64(0), np.uint64(1))

    return loop


LOOPS = {
    "exponential": elementwise(mathematics.exp),
    "logarithm": elementwise(mathematics.log),
    "division": elementwise(numba.njit(lambda x: 1.5 / x, error_model="numpy", forceinline=True)),
    "square root": elementwise(numba.njit(lambda x: math.sqrt(x), forceinline=True)),
    "uniform": drawing(fill_uniforms),
    "normal": drawing(fill_normals),
}


@pytest.mark.benchmark(group="atoms")
@pytest.mark.parametrize("operation", LOOPS)
def test_one_operation(benchmark, operation):
    x, out = np.random.default_rng(1).random((ROWS, LANES)), np.zeros((ROWS, LANES))
    benchmark.pedantic(LOOPS[operation], (x, out), rounds=15, warmup_rounds=2)
    work = REPEATS * ROWS * LANES
    benchmark.extra_info["ns"] = round(benchmark.stats.stats.median / work * 1e9, 2)

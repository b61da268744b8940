"""What the kernel is made of: nanoseconds per operation in a lane loop, so that its own figures can be read."""

import math

import numba
import numpy as np
import pytest

from csmc.kernel import mathematics
from csmc.kernel.codes import Purpose
from csmc.kernel.draws import fill_normals, fill_uniforms

ROWS, LANES, REPEATS = 8, 128, 1000


@numba.njit(error_model="numpy")
def exponentials(x, out):
    for _ in range(REPEATS):
        for row in range(ROWS):
            for lane in range(LANES):
                out[row, lane] = mathematics.exp(x[row, lane])


@numba.njit(error_model="numpy")
def logarithms(x, out):
    for _ in range(REPEATS):
        for row in range(ROWS):
            for lane in range(LANES):
                out[row, lane] = mathematics.log(x[row, lane])


@numba.njit(error_model="numpy")
def divisions(x, out):
    for _ in range(REPEATS):
        for row in range(ROWS):
            for lane in range(LANES):
                out[row, lane] = 1.5 / x[row, lane]


@numba.njit(error_model="numpy")
def square_roots(x, out):
    for _ in range(REPEATS):
        for row in range(ROWS):
            for lane in range(LANES):
                out[row, lane] = math.sqrt(x[row, lane])


@numba.njit(error_model="numpy")
def uniforms(x, out):
    replicate = np.arange(LANES)
    for episode in range(REPEATS):
        fill_uniforms(out, ROWS, replicate, episode, np.int64(Purpose.COST), np.int64(0), np.uint64(1))


@numba.njit(error_model="numpy")
def normals(x, out):
    replicate = np.arange(LANES)
    for episode in range(REPEATS):
        fill_normals(out, ROWS, replicate, episode, np.int64(Purpose.COST), np.int64(0), np.uint64(1))


@pytest.mark.benchmark(group="atoms")
@pytest.mark.parametrize("loop", [exponentials, logarithms, divisions, square_roots, uniforms, normals])
def test_one_operation(benchmark, loop):
    x, out = np.random.default_rng(1).random((ROWS, LANES)), np.zeros((ROWS, LANES))
    benchmark.pedantic(loop, (x, out), rounds=15, warmup_rounds=2)
    work = REPEATS * ROWS * LANES
    benchmark.extra_info["ns"] = round(benchmark.stats.stats.median / work * 1e9, 2)

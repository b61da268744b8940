"""What the kernel is made of: nanoseconds of each costly operation in a lane loop, on this machine."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from csmc.benchmark.operations import Operation
from csmc.benchmark.timing import Work
from csmc.kernel import mathematics
from csmc.kernel.codes import Purpose
from csmc.kernel.draws import fill_normals, fill_uniforms
from csmc.kernel.lanes import LANES

#: Two arrays of this shape stay in the first-level cache.
ROWS = 8
#: Passes over the arrays in one call, so that the call itself does not count.
PASSES = 500

cos_sin_turn: Callable[[float], tuple[float, float]] = mathematics.cos_sin_turn

Floats = NDArray[np.float64]
Loop = Callable[[Floats, Floats], None]


def _compiled(function: Callable[..., Any], **options: bool) -> Any:
    return numba.njit(error_model="numpy", **options)(function)


_inlined = partial(_compiled, forceinline=True)


def _elementwise(operation: Callable[[float], float]) -> Loop:
    """A loop that applies a scalar operation to every lane of every row."""

    def loop(x: Floats, out: Floats) -> None:
        for _ in range(PASSES):
            for row in range(ROWS):
                for lane in range(LANES):
                    out[row, lane] = operation(x[row, lane])

    compiled: Loop = _compiled(loop)
    return compiled


def _drawing(fill: Callable[..., None]) -> Loop:
    """A loop that fills every row with draws."""
    purpose, first, keys = np.int64(Purpose.COST), np.int64(0), np.ones((1, 1), dtype=np.uint64)

    def loop(x: Floats, out: Floats) -> None:
        replicate = np.arange(LANES)
        for episode in range(PASSES):
            fill(out, ROWS, replicate, episode, purpose, first, keys)

    compiled: Loop = _compiled(loop)
    return compiled


def _sum_of_cos_sin(turn: float) -> float:
    cosine, sine = cos_sin_turn(turn)
    return cosine + sine


def loops() -> dict[Operation, Loop]:
    """A loop for each costly operation, of arguments (ROWS, LANES) in (0, 1) and room for the answers."""
    return {
        Operation.UNIFORM: _drawing(fill_uniforms),
        Operation.NORMAL: _drawing(fill_normals),
        Operation.EXPONENTIAL: _elementwise(mathematics.exp),
        Operation.LOGARITHM: _elementwise(mathematics.log),
        Operation.SINE_COSINE: _elementwise(_inlined(_sum_of_cos_sin)),
        Operation.SQUARE_ROOT: _elementwise(_inlined(lambda x: math.sqrt(x))),
        Operation.DIVISION: _elementwise(_inlined(lambda x: 1.5 / x)),
    }


def atoms() -> dict[Operation, Work]:
    """Loops with their arguments, a piece of work being one operation; compiled (some seconds) by their first calls."""
    x, out = np.random.default_rng(1).random((ROWS, LANES)), np.zeros((ROWS, LANES))
    return {operation: Work(partial(loop, x, out), PASSES * x.size) for operation, loop in loops().items()}

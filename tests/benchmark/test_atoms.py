"""The loops compute what they are named for, and no compiler has removed them."""

import math

import numpy as np
import pytest

from csmc.benchmark.atoms import LANES, ROWS, atoms, loops
from csmc.benchmark.operations import COSTLY, Operation
from csmc.benchmark.timing import interleaved

EXPECTED = {
    Operation.EXPONENTIAL: np.exp,
    Operation.LOGARITHM: np.log,
    Operation.SINE_COSINE: lambda x: np.cos(2 * math.pi * x) + np.sin(2 * math.pi * x),
    Operation.SQUARE_ROOT: np.sqrt,
    Operation.DIVISION: lambda x: 1.5 / x,
}


@pytest.mark.proof
def test_loops_compute_what_they_are_named_for() -> None:
    x = np.random.default_rng(3).random((ROWS, LANES))
    for operation, loop in loops().items():
        out = np.zeros_like(x)
        loop(x, out)
        if operation in EXPECTED:
            np.testing.assert_allclose(out, EXPECTED[operation](x), rtol=1e-14, atol=1e-15)
        else:
            assert np.unique(out).size == out.size


@pytest.mark.proof
def test_every_costly_operation_takes_time() -> None:
    times = interleaved(atoms(), 0.0)
    assert set(times) == set(COSTLY)
    assert all(0.02 < timing.best <= timing.median < 100.0 for timing in times.values())

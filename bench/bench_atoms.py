"""What the kernel is made of: nanoseconds per operation in a lane loop, so that its own figures can be read."""

import pytest

from csmc.benchmark.atoms import atoms

ATOMS = atoms()


@pytest.mark.benchmark(group="atoms")
@pytest.mark.parametrize("operation", ATOMS)
def test_one_operation(benchmark, operation):
    work = ATOMS[operation]
    benchmark.pedantic(work.call, rounds=15, warmup_rounds=2)
    benchmark.extra_info["ns"] = round(benchmark.stats.stats.median / work.pieces * 1e9, 2)

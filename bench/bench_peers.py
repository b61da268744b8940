"""What else could have simulated the same crises, and how long it takes: each program by turns with the kernel.

One-shot crises under all presets at default parameters, on one core. In every round the kernel runs just before the
program, so that whatever else the machine does slows down both; the ratio of the two medians is the figure to read.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from statistics import median

import pytest

from bench.peers import PEERS
from bench.peers.agreement import SEED, TOLERANCE, kernel_counts, largest_deviation, setting
from csmc.benchmark.twin import CompilerError, Twin, find_compiler
from csmc.institutions import names

SIZES = [8, 32]
ROUNDS = 11
COMPILED_REPLICATES = 12_800
#: Crises for the check that a peer is right; it comes before the time.
CHECKED = {"NumPy": 50_000, "JAX": 32_768, "Python objects": 2_000, "Mesa": 2_000}


@pytest.fixture(autouse=True, scope="module")
def one_core() -> Iterator[None]:
    """Keep this process, and what libraries start in it, on one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    yield
    os.sched_setaffinity(0, cores)


def race(benchmark, program: Callable[[], object], n_states: int, replicates: int) -> None:
    """Time `program`, which plays `replicates` crises, by turns with the kernel."""
    kernel: list[float] = []
    kernel_replicates = COMPILED_REPLICATES * 8 // n_states

    def run_kernel() -> None:
        start = time.perf_counter()
        kernel_counts(n_states, kernel_replicates)
        kernel.append((time.perf_counter() - start) / kernel_replicates)

    program()
    kernel_counts(n_states, kernel_replicates)
    benchmark.pedantic(program, setup=run_kernel, rounds=ROUNDS)
    seconds = benchmark.stats.stats.median / replicates
    benchmark.extra_info["ns per institution-episode"] = round(seconds / len(names()) * 1e9)
    benchmark.extra_info["of the kernel"] = round(median(kernel) / len(names()) * 1e9)
    benchmark.extra_info["times the kernel's"] = round(seconds / median(kernel), 2)


@pytest.mark.benchmark(group="compiled")
@pytest.mark.parametrize("n_states", SIZES)
def test_kernel(benchmark, n_states):
    replicates = COMPILED_REPLICATES * 8 // n_states
    race(benchmark, lambda: kernel_counts(n_states, replicates), n_states, replicates)


@pytest.mark.benchmark(group="compiled")
@pytest.mark.parametrize("n_states", SIZES)
@pytest.mark.parametrize("compiler", ["first choice", "gcc"])
def test_c_twin(benchmark, compiler, n_states):
    try:
        command = find_compiler() if compiler == "first choice" else shutil.which(compiler)
    except CompilerError as error:
        pytest.skip(str(error))
    if command is None:
        pytest.skip(f"{compiler} is not installed")
    twin, (point, records), replicates = Twin(command), setting(n_states), COMPILED_REPLICATES * 8 // n_states
    assert abs(twin.counts(point, records, SEED, 0, 50_000) - kernel_counts(n_states, 50_000)).sum() <= 2
    benchmark.extra_info["compiled by"] = os.path.basename(command)
    race(benchmark, lambda: twin.counts(point, records, SEED, 0, replicates), n_states, replicates)


@pytest.mark.benchmark(group="peers")
@pytest.mark.parametrize("n_states", SIZES)
@pytest.mark.parametrize("name", PEERS)
def test_peer(benchmark, name, n_states):
    peer = PEERS[name]
    if not peer.is_installed:
        pytest.skip(f"{peer.package} is not installed")
    rates, replicates = peer.load(), peer.replicates(n_states)
    assert largest_deviation(rates, n_states, CHECKED[name]) <= TOLERANCE
    race(benchmark, lambda: rates(n_states, replicates, SEED), n_states, replicates)

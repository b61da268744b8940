"""Time to the first number: compiling the kernel, loading it from its cache, importing, asking for help."""

import pytest

from bench.start import FIRST_CALL, HELP, run_python


def record_seconds(benchmark) -> None:
    benchmark.extra_info["s"] = round(benchmark.stats.stats.median, 2)


@pytest.mark.benchmark(group="start")
def test_first_call_of_the_kernel_without_a_cache(benchmark, tmp_path):
    benchmark.pedantic(run_python, (FIRST_CALL, str(tmp_path)), rounds=1)
    record_seconds(benchmark)


@pytest.mark.benchmark(group="start")
def test_first_call_of_the_kernel_from_the_cache(benchmark, tmp_path):
    run_python(FIRST_CALL, str(tmp_path))
    benchmark.pedantic(run_python, (FIRST_CALL, str(tmp_path)), rounds=5)
    record_seconds(benchmark)


@pytest.mark.benchmark(group="start")
@pytest.mark.parametrize(
    "code", ["import csmc", "import csmc.config", HELP], ids=["import csmc", "import csmc.config", "csmc --help"]
)
def test_start_of_a_process(benchmark, code):
    benchmark.pedantic(run_python, (code,), rounds=7, warmup_rounds=1)
    record_seconds(benchmark)

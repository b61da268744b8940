"""Time to the first number: compiling the kernel, loading it from its cache, importing, asking for help."""

import os
import subprocess
import sys

import pytest

FIRST_CALL = """
from csmc.institutions import get, pack_institutions
from csmc.kernel import Plan, tally
from csmc.parameters import defaults, pack_point
from csmc.system import build_system
values = defaults()
tally(pack_point(values), build_system(values), pack_institutions([get("anarchy")]), 1, 0, 128, Plan())
"""


def run_python(code: str, cache: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "CSMC_CACHE_DIR": cache})


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
@pytest.mark.parametrize("code", ["import csmc", "import csmc.config", "import sys; sys.argv = ['csmc', '--help']; "
                                  "from csmc.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass"],
                         ids=["import csmc", "import csmc.config", "csmc --help"])  # fmt: skip
def test_start_of_a_process(benchmark, code, tmp_path):
    benchmark.pedantic(
        subprocess.run, ([sys.executable, "-c", code],), {"check": True, "stdout": subprocess.DEVNULL}, rounds=7,
        warmup_rounds=1,
    )  # fmt: skip
    record_seconds(benchmark)

"""Seconds to the first number: compiling the kernel, loading it from its cache, importing, asking for help."""

import os
import subprocess
import sys
import time

FIRST_CALL = """
from csmc.institutions import get, pack_institutions
from csmc.kernel import Plan, tally
from csmc.parameters import defaults, pack_point
from csmc.system import build_system
values = defaults()
tally(pack_point(values), build_system(values), pack_institutions([get("anarchy")]), 1, 0, 128, Plan())
"""
HELP = """
import sys
sys.argv = ["csmc", "--help"]
from csmc.cli import main
main()
"""


def run_python(code: str, cache: str | None = None) -> None:
    """Run code in a fresh interpreter, with the kernel's cache in a directory of its own if one is given."""
    environment = os.environ | ({} if cache is None else {"CSMC_CACHE_DIR": cache})
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, stdout=subprocess.DEVNULL)


def best_seconds(code: str, cache: str | None = None, rounds: int = 5) -> float:
    """The shortest of some runs."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        run_python(code, cache)
        taken.append(time.perf_counter() - began)
    return min(taken)

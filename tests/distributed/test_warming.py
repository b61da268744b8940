"""Processes that start together on a machine without a compiled kernel compile it once between them."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

READY = """
from csmc.config import Experiment
from csmc.engine.tallies import Job
from csmc.engine.warming import warm_up
from csmc.estimate import plan
experiment = Experiment(name="warm", institutions=["anarchy"])
warm_up(Job(experiment, plan(experiment)))
"""


def processor_seconds(processes: int, cache: Path) -> float:
    """Of processes that get the kernel ready at the same time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    environment = os.environ | {"CSMC_CACHE_DIR": str(cache)}
    started = [
        subprocess.Popen([sys.executable, "-W", "ignore", "-c", READY], env=environment) for _ in range(processes)
    ]
    assert [process.wait() for process in started] == [0] * processes
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


@pytest.mark.proof
def test_many_processes_that_start_together_compile_the_kernel_once(tmp_path: Path) -> None:
    together = processor_seconds(3, tmp_path)
    cached = processor_seconds(1, tmp_path)
    alone = processor_seconds(1, tmp_path / "another")
    assert alone > 4 * cached, "compiling takes longer than loading"
    assert together < alone + 3 * cached + 0.3 * alone

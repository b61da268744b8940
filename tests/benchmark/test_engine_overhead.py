"""What the engine costs: the clocks time what they name, also in other processes, and the share is what it says."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench.clocks import FOLDER, Timed, read_clocks, timed_kernel
from bench.engine import Clocks, Overhead, long_sweep, recorded, run_once
from bench.scaling import sweep
from csmc.engine import LocalEngine, Span, tally_span
from csmc.engine.spans import Costs
from csmc.estimate import plan

#: A process whose kernel keeps a clock in a file, as a worker of Ray does.
WORKER = """
from bench.clocks import start_clock
from bench.scaling import sweep
from csmc.engine import Span, tally_span
from csmc.estimate import plan
start_clock()
tally_span(sweep(1, 1), Span(0, 0, 4096), plan(sweep(1, 1)))
"""


def test_a_share_of_the_cores_time_is_neither_the_kernels_nor_the_stores() -> None:
    found = Overhead(points=1, replicates=1, cores=2, tasks=9, wall=10.0, kernel=19.0, driver=0.5, store=0.1)
    assert found.share == pytest.approx(1.0 - (19.0 - 0.5 + 0.1) / 20.0)


def test_calls_of_all_threads_are_timed_also_those_that_raise() -> None:
    def pause(seconds: float) -> None:
        time.sleep(seconds)
        raise ValueError(seconds)

    def call() -> None:
        with pytest.raises(ValueError, match=r"0.05"):
            timed(0.05)

    timed = Timed(pause)
    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert timed.seconds.clock >= 3 * 0.05
    assert timed.seconds.processor < 0.05


def test_a_kernel_in_another_process_is_timed(tmp_path: Path) -> None:
    assert read_clocks(tmp_path).clock == 0.0
    for calls in (1, 2):
        before = read_clocks(tmp_path)
        environment = os.environ | {FOLDER: str(tmp_path)}
        subprocess.run([sys.executable, "-c", WORKER], check=True, env=environment, cwd=Path(__file__).parents[2])
        assert len(list(tmp_path.iterdir())) == calls
        assert read_clocks(tmp_path).clock > before.clock
        assert read_clocks(tmp_path).processor > before.processor


def test_a_run_is_timed_with_its_tasks_its_kernel_and_its_store() -> None:
    experiment = sweep(16, 256)
    tally_span(experiment, Span(0, 0, 1), plan(experiment))
    with timed_kernel() as kernel:
        clocks = Clocks(time.perf_counter, lambda: kernel.seconds.clock, time.thread_time)
        found = run_once(LocalEngine(1), experiment, 1, clocks)
    assert (found.points, found.replicates, found.cores) == (16, 256, 1)
    assert 1 <= found.tasks <= 16
    assert 0.0 < found.store < found.driver < found.wall
    assert 0.0 < found.kernel < found.wall


def test_a_long_run_has_as_much_work_as_is_asked_for() -> None:
    experiment = long_sweep(workers=3, seconds=2.0)
    planned = experiment.sampling.replicates * float(Costs(experiment).seconds[0])
    assert planned == pytest.approx(6.0, rel=1e-5)


def test_what_a_store_records_is_taken_up_again() -> None:
    found = recorded(16)
    assert found.points == 16
    assert found.recorded > 0.0
    assert found.taken_up > 0.0

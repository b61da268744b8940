"""A run in a process of its own, which can be killed, stopped and started again."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from csmc.config import Experiment
from csmc.engine import Store

CONFIG = """
name: chaos
institutions: [balance_of_power, un_security_council]
design: {grid: {interests.divergence: [0.5, 1.0, 2.0], crisis.war_cost: [0.2, 0.4]}}
sampling: {replicates: 1_500_000}
execution: {block: 4096, threads: 1}
"""


def started(config: Path, output: Path, *options: str) -> "subprocess.Popen[str]":
    """`csmc run` in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "csmc.cli", "run", str(config), "-o", str(output), "--quiet"]
    return subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(config: Path, output: Path, *options: str) -> str:
    """The digest of a run that has nothing to disturb it."""
    process = started(config, output, *options)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return Store(output).digest()


def until(condition: Callable[[], object], process: "subprocess.Popen[str]", seconds: float = 120.0) -> None:
    """Wait until something is so, or the run has ended."""
    end = time.monotonic() + seconds
    while not condition() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)


def replicates_on_disk(output: Path) -> int:
    """What has been kept so far."""
    return int(Store(output).index.replicates()[1].sum()) if (output / "spec.json").exists() else 0


def small(**changes: object) -> Experiment:
    """A run of a moment, for faults of which there are many."""
    return Experiment.from_dict(
        {
            "name": "small",
            "institutions": ["anarchy", "balance_of_power"],
            "design": {"grid": {"interests.divergence": [0.5, 1.0, 2.0]}},
            "sampling": {"replicates": 512},
            "execution": {"block": 256},
            **changes,
        }
    )

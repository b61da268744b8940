"""What faulty kernels are shown runs every line and branch of the kernel."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evidence import Section

ROOT = Path(__file__).parents[2]


@pytest.mark.proof
def test_the_examination_of_a_kernel_runs_every_line_of_it(
    tmp_path: Path, evidence: Callable[[Section, str, str], None]
) -> None:
    variables = {**os.environ, "NUMBA_DISABLE_JIT": "1", "COVERAGE_FILE": str(tmp_path / "data")}
    coverage = [sys.executable, "-W", "ignore", "-m", "coverage"]
    run = [*coverage, "run", "--branch", "--source=csmc/kernel", "-m", "tests.mutation", "kernel", "--none"]
    report = [*coverage, "json", "-q", "-o", str(tmp_path / "report.json")]
    for command in (run, report):
        done = subprocess.run(command, env=variables, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    files = json.loads((tmp_path / "report.json").read_text())["files"]
    missing = {name: file["missing_lines"] + file["missing_branches"] for name, file in files.items()}
    (exhausted,) = missing.pop("csmc/kernel/worlds.py")  # all 16 attempts at a gamma variate fail: once in 10**20
    source = (ROOT / "csmc" / "kernel" / "worlds.py").read_text().splitlines()
    assert "for attempt in range(GAMMA_ATTEMPTS)" in source[exhausted[0] - 1]
    assert not {name: lines for name, lines in missing.items() if lines}
    statements = sum(file["summary"]["num_statements"] for file in files.values())
    branches = sum(file["summary"]["num_branches"] for file in files.values())
    evidence(
        Section.MUTATION,
        "What a faulty kernel is shown runs every statement and branch of csmc/kernel but one (with the compiler off)",
        f"{statements:,} statements and {branches} branches in {len(files)} files, none excluded; the one: all 16 "
        "attempts at a gamma variate fail (once in 10^20)",
    )

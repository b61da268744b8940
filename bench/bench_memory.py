"""Peak memory and time of whole runs: it must not grow with the replicates, and little with the points."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import json, re, sys, csmc
from pathlib import Path
points, replicates, output = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
experiment = csmc.Experiment(
    name="memory",
    institutions=["anarchy", "balance_of_power", "un_security_council"],
    design={"grid": {"interests.divergence": {"linspace": [0, 3, points]}}},
    sampling={"replicates": replicates},
    outputs={"path": output},
)
csmc.run(experiment).close()
size = sum(file.stat().st_size for file in Path(output).rglob("*") if file.is_file())
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
print(json.dumps({"MiB peak": peak // 1024, "MiB on disk": size >> 20}))
"""
# Not ru_maxrss: a new process inherits that of the process that started it.


def run(points: int, replicates: int, output: Path) -> dict[str, int]:
    command = [sys.executable, "-c", RUN, str(points), str(replicates), str(output)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.benchmark(group="memory")
@pytest.mark.parametrize(("points", "replicates"), [(2, 1_000), (2, 2_000_000), (1_000, 100), (10_000, 100)])
def test_a_whole_run(benchmark, points, replicates, tmp_path):
    figures = benchmark.pedantic(run, (points, replicates, tmp_path / "out"), rounds=1)
    benchmark.extra_info.update(figures, s=round(benchmark.stats.stats.median, 1))

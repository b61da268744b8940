"""Seconds and memory for what is asked of the store of a large sweep: `python -m bench.paired [POINTS]`.

A sweep of 10,000 points under eight institutions is simulated (not timed); then its store is asked, in a process of its
own, for the differences of all pairs of institutions, for what becomes of the wars of one under another, which
institution is best and which dominates which; and it is diagnosed.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

POINTS, REPLICATES = 10_000, 200
METRICS = ("war", "peace", "general_war", "challenge", "concession", "participation")

ASK = """
import json, resource, sys, time
from csmc.analysis import best, contrasts, diagnose, dominance, prevention
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
seconds, processor = {}, {}
for name, ask in (("contrasts", lambda: contrasts(sys.argv[1])),
                  ("prevention", lambda: prevention(sys.argv[1], "anarchy", "collective_security")),
                  ("best", lambda: best(sys.argv[1])),
                  ("dominance", lambda: dominance(sys.argv[1])),
                  ("diagnose", lambda: diagnose(sys.argv[1]))):
    began, busy = time.perf_counter(), time.process_time()
    ask()
    seconds[name], processor[name] = time.perf_counter() - began, time.process_time() - busy
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
memory = {"peak MiB": peak / 1024, "of which before": start / 1024}
print(json.dumps({"seconds": seconds, "processor seconds": processor, **memory}))
"""


def simulate(output: Path, points: int) -> None:
    """Run the sweep, without its result."""
    from csmc import engine, institutions
    from csmc.config import Experiment
    from csmc.engine import LocalEngine, Store

    experiment = Experiment.from_dict(
        {
            "name": "paired",
            "institutions": list(institutions.names()),
            "design": {"grid": {"interests.divergence": [3 * point / points for point in range(points)]}},
            "sampling": {"replicates": REPLICATES},
            "outputs": {"metrics": list(METRICS), "joint": "all"},
        }
    )
    engine.run(experiment, Store(output), LocalEngine(2))


def measure(output: Path) -> dict[str, object]:
    """Ask the store in a fresh process."""
    done = subprocess.run([sys.executable, "-c", ASK, str(output)], check=True, capture_output=True, text=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    size = int(sys.argv[1]) if sys.argv[1:] else POINTS
    with tempfile.TemporaryDirectory() as folder:
        simulate(Path(folder) / "sweep", size)
        print(json.dumps({"points": size, "metrics": METRICS, **measure(Path(folder) / "sweep")}))

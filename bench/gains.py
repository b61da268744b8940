"""What replication in groups and controls gain and cost: `python -m bench.gains [CONFIG]`, the quickstart by default.

The gains are those that the result states, over points and institutions; the times of a replicate are by turns, the
median ratio to plain ones. docs/analysis.md quotes both.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

import csmc
from csmc.engine.spans import Span
from csmc.engine.tallies import tally_span
from csmc.estimate import plan

METRICS = ("war", "challenge", "general_war", "war_given_refusal")
WAYS: Mapping[str, tuple[str, ...]] = {
    "antithetic": ("sampling.replication=antithetic",),
    "stratified": ("sampling.replication=stratified",),
    "controls": ("sampling.controls=true",),
}
#: Replicates from which gains are estimated; rounds and replicates of a time.
COUNTED, ROUNDS, REPLICATES = 100_000, 15, 20_000


def gains(config: Path, way: str) -> None:
    """Run the experiment in one way, and print what it gains for each metric and its difference."""
    name = "control" if way == "controls" else "replication"
    with tempfile.TemporaryDirectory() as folder:
        settings = (f"sampling.replicates={COUNTED}", f"outputs.metrics=[{', '.join(METRICS)}]")
        experiment = csmc.load_experiment(config, [*WAYS[way], *settings])
        with csmc.run(experiment, output=Path(folder) / "out") as result:
            for metric in METRICS:
                for part in ("", "_difference"):
                    values = result[f"{metric}{part}_{name}_gain"].values
                    known = values[np.isfinite(values)]
                    told = f"{known.min():.2f}, {np.median(known):.2f}, {known.max():.2f}"
                    print(f"{way:12} {metric + part:30} {told}   (least, median, most)")


def seconds(experiment: csmc.Experiment, replicates: int) -> float:
    """How long the kernel takes for some replicates of the first point."""
    the_plan, began = plan(experiment), time.perf_counter()
    tally_span(experiment, Span(0, 0, replicates), the_plan)
    return time.perf_counter() - began


def times(config: Path, episodes: int) -> None:
    """Print how many times as long as a plain replicate one of each way takes, by turns."""
    changes = [f"dynamics.episodes={episodes}", "outputs.metrics=[war]"]
    plain = csmc.load_experiment(config, changes)
    others = {way: csmc.load_experiment(config, [*changes, *settings]) for way, settings in WAYS.items()}
    replicates = REPLICATES // episodes // 4 * 4
    ratios: dict[str, list[float]] = {way: [] for way in others}
    for turn in range(ROUNDS + 1):
        base = seconds(plain, replicates)
        for way, experiment in others.items():
            ratio = seconds(experiment, replicates) / base
            if turn:  # the first of all compiles
                ratios[way].append(ratio)
    for way, found in ratios.items():
        print(f"{way:12} {episodes:3} episodes: {statistics.median(found):.2f} times as long as plain ones")


def main() -> None:
    """Print gains, then times."""
    parser = argparse.ArgumentParser(prog="python -m bench.gains", description=__doc__)
    parser.add_argument("config", nargs="?", type=Path, default=Path("configs/quickstart.yaml"))
    config = parser.parse_args().config
    for way in WAYS:
        gains(config, way)
    for episodes in (1, 10):
        times(config, episodes)


if __name__ == "__main__":
    main()

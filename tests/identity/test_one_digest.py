"""The same bits on any number of threads, in any order and cut, after a kill, on Ray, and for any processor."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from csmc import engine as engines
from csmc.config import Experiment
from csmc.engine import LocalEngine, Span, Store
from csmc.engine.spans import Costs, Share, blocks
from csmc.kernel.codes import STREAM_VERSION
from csmc.kernel.result import Integers
from tests.evidence import Section

from .experiments import FEW, LABELS, REPLICATES, counts, experiments, one_digest

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "golden.json").read_text())
Evidence = Callable[[Section, str, str], None]
CLAIM = "One digest over all tallies of four experiments (11 points) is the same "


def locally(threads: int) -> Callable[[Experiment, Store], object]:
    return lambda experiment, store: engines.run(experiment, store, LocalEngine(threads))


def figure() -> str:
    return f"{GOLDEN['digest'][:16]}..., {REPLICATES:,} replicates a point"


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-m", "tests.identity.experiments", *arguments]
    variables = {**os.environ, **environment}
    return subprocess.run(command, env=variables, cwd=HERE.parents[1], capture_output=True, text=True, check=False)


def test_the_digest_is_that_of_this_stream_version() -> None:
    assert GOLDEN["stream_version"] == STREAM_VERSION
    assert one_digest(locally(1), FEW) == GOLDEN["digest of few"]


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_do_not_show(threads: int, evidence: Evidence) -> None:
    assert one_digest(locally(threads)) == GOLDEN["digest"]
    if threads == 4:
        evidence(Section.IDENTITY, CLAIM + "on 1, 2 and 4 threads", figure())


@pytest.mark.parametrize("seed", range(4))
def test_the_cut_and_the_order_of_the_work_do_not_show(
    seed: int, monkeypatch: pytest.MonkeyPatch, evidence: Evidence
) -> None:
    generator = random.Random(seed)

    def shuffled(share: Share, missing: Integers, costs: Costs) -> Iterator[Span]:
        del share
        size = generator.choice([1000, 257, 100, 33])
        monkeypatch.setattr(costs, "block_sizes", np.full_like(costs.block_sizes, size))
        spans = list(blocks(missing, costs))
        generator.shuffle(spans)
        yield from spans

    monkeypatch.setattr(Share, "blocks", shuffled)
    monkeypatch.setattr(LocalEngine, "task_seconds", 1e-6)
    assert one_digest(locally(2)) == GOLDEN["digest"]
    if seed == 3:
        evidence(Section.IDENTITY, CLAIM + "for any cut of the work into blocks, done in any order", "4 shuffles")


def test_runs_that_were_killed_and_continued_end_in_the_same_bits(tmp_path: Path, evidence: Evidence) -> None:
    deaths = [0, 1, 3, 7, 12]
    for spans in deaths:
        assert process("kill", str(tmp_path), str(spans)).returncode == -signal.SIGKILL

    def resumed(experiment: Experiment, store: Store) -> None:
        os.rename(tmp_path / experiment.name, store.path) if (tmp_path / experiment.name).exists() else None
        engines.run(experiment, store, LocalEngine(1))

    assert one_digest(resumed) == GOLDEN["digest"]
    evidence(
        Section.IDENTITY, CLAIM + "after runs that were killed (SIGKILL) and continued", f"{len(deaths)} kills in a row"
    )


def test_extended_runs_end_in_the_same_bits() -> None:
    def extended(experiment: Experiment, store: Store) -> None:
        engines.run(experiments(FEW)[experiment.name], store, LocalEngine(1))
        engines.run(experiments(1001)[experiment.name], store, LocalEngine(2))
        engines.run(experiment, store, LocalEngine(1))

    assert one_digest(extended) == GOLDEN["digest"]


@pytest.mark.proof
@pytest.mark.ray
@pytest.mark.xdist_group("ray")
def test_ray_does_not_show(monkeypatch: pytest.MonkeyPatch, evidence: Evidence) -> None:
    from csmc.engine.ray import RayEngine

    monkeypatch.setattr(RayEngine, "task_seconds", 0.01)
    assert one_digest(lambda experiment, store: engines.run(experiment, store, RayEngine())) == GOLDEN["digest"]
    evidence(Section.IDENTITY, CLAIM + "on the workers of a Ray cluster", figure())


@pytest.mark.proof
@pytest.mark.parametrize("target", ["generic", "haswell", "skylake-avx512"])
def test_the_processor_does_not_show(target: str, evidence: Evidence) -> None:
    done = process("few", NUMBA_CPU_NAME=target, NUMBA_CPU_FEATURES="")
    assert done.returncode == 0, done.stderr
    assert done.stdout == GOLDEN["digest of few"]
    evidence(
        Section.IDENTITY,
        CLAIM + f"from code compiled for {target}",
        f"{GOLDEN['digest of few'][:16]}..., {FEW} replicates a point",
    )


@pytest.mark.proof
def test_compilation_does_not_show(evidence: Evidence) -> None:
    done = process("few", NUMBA_DISABLE_JIT="1")
    assert done.returncode == 0, done.stderr
    assert done.stdout == GOLDEN["digest of few"]
    evidence(
        Section.IDENTITY,
        CLAIM + "from the kernel run as plain Python, without the compiler",
        f"{GOLDEN['digest of few'][:16]}..., {FEW} replicates a point",
    )


def test_the_counts_behind_the_digest_are_those_of_the_table(tmp_path: Path) -> None:
    """The digest says that something changed; the table (golden_counts.csv) says what."""
    with (HERE / "golden_counts.csv").open(newline="") as file:
        golden = [
            {name: value if name in LABELS else int(value) for name, value in row.items()}
            for row in csv.DictReader(file)
        ]
    assert golden == counts(tmp_path)

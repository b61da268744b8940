"""Mutated and random bytes as configurations and as tables: only ConfigError comes out, soon."""

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csmc.api import load_experiment
from csmc.config.tables import read_distances, read_states
from csmc.errors import ConfigError
from tests.evidence import Section
from tests.input.mutations import mutated

CONFIGS = Path(__file__).parents[2] / "configs"
CONFIGURATIONS = [path.read_bytes() for path in sorted(CONFIGS.glob("*.yaml"))]
TABLES = [path.read_bytes() for path in sorted((CONFIGS / "systems").glob("*.csv"))]
DISTANCES = b"name,A,B,C\nA,0,1,2.5\nB,1,0,1e3\nC,2.5,1e3,0\n"
#: Seconds of processor time for one file.
SOON = 2.0

Reader = Callable[[Path], object]


def problems_of(reader: Reader, path: Path) -> tuple[str, ...]:
    """What is wrong with a file; anything else than ConfigError passes on."""
    try:
        reader(path)
    except ConfigError as error:
        return error.problems
    return ()


def fuzz(reader: Reader, name: str, contents: st.SearchStrategy[bytes], examples: int) -> Counter:
    """How many of the files are accepted and refused; anything else than ConfigError passes on and fails the test."""
    total: Counter = Counter()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(CONFIGS / "systems", Path(folder) / "systems")
        path = Path(folder) / name

        @settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
        @given(contents)
        def every_one(content: bytes) -> None:
            path.write_bytes(content)
            began = time.process_time()
            problems = problems_of(reader, path)
            assert time.process_time() - began < SOON
            assert all(problem.startswith((folder, "outputs.metrics", "and ")) for problem in problems)
            assert "\x1b" not in "".join(problems)
            total["refused" if problems else "accepted"] += 1

        every_one()
    return total


def fuzz_everything(examples: int) -> dict[str, Counter]:
    anything = st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode))
    return {
        "mutated configurations": fuzz(load_experiment, "fuzzed.yaml", mutated(CONFIGURATIONS), examples),
        "random bytes and text": fuzz(load_experiment, "fuzzed.yaml", anything, examples // 2),
        "mutated tables of states": fuzz(read_states, "fuzzed.csv", mutated(TABLES), examples // 2),
        "mutated tables of distances": fuzz(read_distances, "fuzzed.csv", mutated([DISTANCES]), examples // 2),
    }


def test_nothing_but_a_refusal_comes_out_of_mutated_and_random_files():
    totals = fuzz_everything(120)
    assert totals["mutated configurations"]["refused"] > 30
    assert totals["mutated configurations"]["accepted"] > 5


@pytest.mark.proof
def test_nothing_but_a_refusal_comes_out_of_thousands_of_mutated_and_random_files(evidence):
    totals = fuzz_everything(3000)
    counts = ", ".join(
        f"{sum(total.values()):,} {kind} ({total['refused']:,} refused)" for kind, total in totals.items()
    )
    evidence(
        Section.INPUT,
        "Files made from the shipped ones by bit flips, splices, cuts, doubled pieces and inserted "
        "metacharacters, and files "
        "of random bytes, are read or refused by a ConfigError that begins with the file: no other "
        "exception, each within "
        "two seconds of processor time.",
        counts,
    )

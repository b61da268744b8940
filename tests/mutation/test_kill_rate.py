"""Nine in ten planted faults are noticed: one in several is planted here, all of them in `make mutation`."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evidence import Section
from tests.thorough import THOROUGH

from .planting import equivalents, faults

ROOT = Path(__file__).parents[2]
AT_LEAST = 0.9


@pytest.mark.proof
@pytest.mark.parametrize(
    ("target", "every", "shown"),
    [
        (
            "kernel",
            8 if THOROUGH else 16,
            "comparison with the reference, known answers, the kernel's limits; the compiler off",
        ),
        ("estimate", 5 if THOROUGH else 10, "a plain version of every estimate, known values, limits"),
    ],
)
def test_nine_in_ten_planted_faults_are_noticed(
    target: str, every: int, shown: str, evidence: Callable[[Section, str, str], None]
) -> None:
    options = ["--workers", "2", "--every", str(every), "--at-least", str(AT_LEAST)]
    command = [sys.executable, "-m", "tests.mutation", target, *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ})
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    noticed, planted = re.search(r"^(\d+) of (\d+) faults noticed", done.stdout, re.MULTILINE).groups()  # type: ignore[union-attr]
    left_out = sum(key.startswith(f"csmc/{target}/") for key in equivalents())
    which = "all" if every == 1 else f"one in {every}"
    evidence(
        Section.MUTATION,
        f"At least {AT_LEAST:.0%} of the faults planted one at a time in csmc/{target} (an operator, a comparison, a "
        f"constant, a branch, a call; {which} of them) are noticed by a few seconds "
        f"of tests: {shown}",
        f"{noticed} of {planted} ({int(noticed) / int(planted):.1%}); {left_out} in all change nothing that can be "
        "seen and are listed with the reason in tests/mutation/equivalent.txt",
    )


@pytest.mark.proof
def test_faults_listed_as_equivalent_are_faults_that_can_be_planted() -> None:
    files = [path for target in ("kernel", "estimate") for path in (ROOT / "csmc" / target).glob("*.py")]
    assert equivalents().keys() <= {key for key, _, _ in faults(files)}

"""`python -m tests.mutation [kernel|estimate] [FILE ...]`: plant faults, print what was noticed and what was not."""

import argparse
import importlib
import os
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path

os.environ["NUMBA_DISABLE_JIT"] = "1"  # before anything loads numba
os.environ.setdefault("MPLBACKEND", "Agg")
warnings.simplefilter("ignore")

from .planting import ROOT, equivalents, faults, plant  # noqa: E402

KERNEL = [path for path in sorted((ROOT / "csmc" / "kernel").glob("*.py")) if path.name != "__init__.py"]
#: What every result rests on; the other estimators are tried on processes of known truth, which takes longer.
ESTIMATE = [
    ROOT / "csmc" / "estimate" / f"{name}.py"
    for name in (
        "controls",
        "differences",
        "fates",
        "independence",
        "intervals",
        "metrics",
        "paired",
        "ratios",
        "splitting",
    )
]


def kernel_examination() -> Callable[[], None]:
    """What a faulty kernel is shown."""
    expected = importlib.import_module("tests.mutation.examination").prepare()
    return lambda: importlib.import_module("tests.mutation.examination").examine(expected)


def estimate_examination() -> Callable[[], None]:
    """The estimators' own tests."""
    pytest = importlib.import_module("pytest")
    importlib.import_module("hypothesis")
    names = ("controlled", "estimates_by_hand", "fates", "intervals", "metrics", "paired", "splitting")
    files = [f"tests/unit/test_{name}.py" for name in names]
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:benchmark"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # the libraries are loaded already

    def examine() -> None:
        if pytest.main([*options, *files]) != 0:
            raise AssertionError

    return examine


def main() -> int:
    """Print the rates by file, then the faults that nothing noticed; exit 1 below the rate asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("target", choices=["kernel", "estimate"])
    parser.add_argument("files", nargs="*", help="names of files, e.g. council.py; all of the target by default")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--at-least", type=float, default=0.0, help="share of non-equivalent faults to be noticed")
    parser.add_argument("--among", type=Path, help="plant only faults whose keys are lines of this file")
    parser.add_argument("--every", type=int, default=1, help="plant only every so-many-th of them")
    parser.add_argument("--none", action="store_true", help="plant none: only show that nothing is noticed then")
    arguments = parser.parse_args()
    paths = KERNEL if arguments.target == "kernel" else ESTIMATE
    if arguments.files:
        paths = [path for path in paths if path.name in arguments.files]
    examine = kernel_examination() if arguments.target == "kernel" else estimate_examination()
    began = time.monotonic()
    examine()
    say(f"without a fault: nothing noticed, {time.monotonic() - began:.1f} s")
    if arguments.none:
        return 0
    known, noticed, planted, missed = equivalents(), Counter[str](), Counter[str](), []
    among = {key for key, _, _ in islice(faults(paths), 0, None, arguments.every)}
    if arguments.among:
        among &= set(arguments.among.read_text().splitlines())
    for fault in plant(paths, examine, arguments.workers, skip=known, among=among):
        file = fault.key.partition(":")[0]
        planted[file] += 1
        noticed[file] += fault.noticed
        if not fault.noticed:
            missed.append(fault.key)
    for file in planted:
        say(f"{file}: {noticed[file]} of {planted[file]}")
    total, seen = planted.total(), noticed.total()
    say(f"{seen} of {total} faults noticed ({seen / total:.1%}), {time.monotonic() - began:.0f} s; not noticed:")
    for key in sorted(missed):
        say(key)
    return int(seen < arguments.at_least * total)


def say(line: str) -> None:
    """Print at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

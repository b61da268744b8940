"""Try every fault in a fork of this process, in which all libraries are loaded already."""

import ast
import importlib
import importlib.machinery
import os
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
#: Modules that hold names of the code under test, and are loaded anew in each fork.
STALE = (
    "csmc",
    "tests.conftest",
    "tests.kernel",
    "tests.mutation.examination",
    "tests.rare",
    "tests.reference.cases",
    "tests.reference.test_kernel",
    "tests.unit",
)
#: Faults that change nothing that can be seen, each with the reason.
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
#: Longer than this (seconds) is taken as noticed: a loop without end.
PATIENCE = 120


def equivalents() -> dict[str, str]:
    """Reason by fault; a block of faults follows a line that begins with #."""
    reasons, reason = {}, ""
    for line in EQUIVALENT.read_text().splitlines() if EQUIVALENT.exists() else []:
        if line.startswith("#"):
            reason = line.removeprefix("#").strip()
        elif line.strip():
            reasons[line.strip()] = reason
    return reasons


@dataclass(frozen=True)
class Fault:
    """A planted fault and whether anything noticed it."""

    key: str
    noticed: bool


def plant(
    files: Iterable[Path], examine: Callable[[], None], workers: int, skip: Container[str], among: Container[str]
) -> Iterator[Fault]:
    """Plant the faults of `files` that are `among`, but not to `skip`; `examine` raises in the fork if it sees one."""
    running: dict[int, str] = {}
    for key, path, mutant in faults(files):
        if key in skip or key not in among:
            continue
        if len(running) == workers:
            yield _reap(running)
        running[_start(path, mutant, examine)] = key
    while running:
        yield _reap(running)


def faults(files: Iterable[Path]) -> Iterator[tuple[str, Path, Mutant]]:
    """Every fault that can be planted in `files`: its key, its file, the changed code."""
    seen = Counter[str]()
    for path in files:
        source = path.read_text()
        for mutant in mutants(source):
            key = mutant.key(path.relative_to(ROOT).as_posix(), source)
            seen[key] += 1
            yield key if seen[key] == 1 else f"{key} ({seen[key]})", path, mutant


def _start(path: Path, mutant: Mutant, examine: Callable[[], None]) -> int:
    process = os.fork()
    if process:
        return process
    os.setpgid(0, 0)
    code = 1
    try:
        signal.alarm(PATIENCE)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        warnings.simplefilter("ignore")
        _install(path, mutant.tree)
        examine()
        code = 0
    except BaseException:
        code = 1
    finally:
        os._exit(code)


def _reap(running: dict[int, str]) -> Fault:
    process, status = os.wait()
    return Fault(running.pop(process), noticed=status != 0)


def _install(path: Path, tree: ast.Module) -> None:
    """Load everything under test anew, with `tree` in the place of the file at `path`."""
    code = compile(tree, str(path), "exec")
    usual = importlib.machinery.SourceFileLoader.get_code

    def get_code(loader: importlib.machinery.SourceFileLoader, name: str) -> object:
        return code if Path(loader.path) == path else usual(loader, name)

    importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]
    for name in [name for name in sys.modules if name.startswith(STALE)]:
        del sys.modules[name]
    importlib.invalidate_caches()

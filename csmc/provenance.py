"""Where a result comes from: versions, commit, machine, seed. Flat, so that it fits the attributes of any format."""

import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import csmc
from csmc._jit import DIGEST
from csmc.config import Experiment
from csmc.kernel.codes import STREAM_VERSION

#: Packages whose versions can matter to a number or to a file.
PACKAGES = ("numpy", "numba", "llvmlite", "xarray", "zarr")

_CHECKOUT = Path(csmc.__file__).parent.parent


def provenance(experiment: Experiment) -> dict[str, str | int]:
    """What produced the numbers of an experiment. Two runs with the same code on the same machine give the same."""
    return {
        "csmc_version": csmc.__version__,
        **commit(),
        "kernel_digest": DIGEST,
        "stream_version": int(STREAM_VERSION),
        "seed": str(experiment.seed),  # a string: most formats have no unsigned 64-bit attributes
        "seeding": experiment.seeding,
        "python_version": platform.python_version(),
        **{f"{name}_version": _version(name) for name in PACKAGES},
        "platform": platform.platform(),
        "cpu": cpu_name(),
    }


@cache
def build() -> dict[str, str]:
    """What must be the same wherever a part of one run is computed."""
    packages = {name: _version(name) for name in ("numpy", "numba")}
    kernel = {"kernel": DIGEST[:12]}
    return {"csmc": csmc.__version__, **kernel, "Python": ".".join(platform.python_version_tuple()[:2]), **packages}


def times(started: datetime, finished: datetime) -> dict[str, str]:
    """When a run began and ended, apart from `provenance` because it differs from run to run."""
    return {"started": _utc(started), "finished": _utc(finished)}


@cache
def commit() -> dict[str, str]:
    """Commit and state of the checkout that csmc runs from; empty if it runs from an installation."""
    if not (_CHECKOUT / ".git").exists():
        return {}
    head = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--", "csmc")
    if head is None or changes is None:
        return {}
    return {"git_commit": head, "git_state": "modified" if changes else "clean"}


@cache
def cpu_name() -> str:
    """The processor as it calls itself, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def _git(*arguments: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", "-C", str(_CHECKOUT), *arguments], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")

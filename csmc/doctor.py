"""Whether csmc can work on this machine: one check per fact, with what to do; edit to look at another fact."""

import os
import platform
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import csmc
from csmc.machine import available_cores, available_memory, granted_cores

#: Bytes: the kernel with a small run takes a quarter of a GiB, a sweep of a million points three times that.
LEAST_MEMORY, ENOUGH_MEMORY = 300 << 20, 1 << 30
LEAST_DISK, ENOUGH_DISK = 100 << 20, 1 << 30
#: Variables by which other programs are told how many threads to use.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "SLURM_CPUS_PER_TASK")


class Check(NamedTuple):
    """A fact about the machine: `state` is ok, advice or problem, and `advice` says what to do unless it is ok."""

    name: str
    state: str
    found: str
    advice: str = ""


def examine(folder: Path, terminal: TextIO, variables: Mapping[str, str] = os.environ) -> Iterator[Check]:
    """Yield what is found on this machine, for results in `folder` and output on `terminal`; starts nothing."""
    yield Check("csmc", "ok", f"{csmc.__version__} in {Path(csmc.__file__).parent}")
    yield from installed()
    yield from kernel(variables)
    yield cores(available_cores(), granted_cores(), variables)
    yield memory(available_memory())
    yield disk(folder)
    yield ray(variables)
    yield parquet()
    yield screen(terminal, variables)


def installed() -> Iterator[Check]:
    """Yield whether Python and the libraries are as csmc, as it is installed, requires."""
    try:
        own = metadata.metadata("csmc")
    except metadata.PackageNotFoundError:
        advice = "install it, so that versions can be compared with what it needs: pip install ."
        yield Check("libraries", "advice", "csmc runs from a folder and is not installed", advice)
        return
    yield python(platform.python_version(), own["Requires-Python"] or "")
    yield from libraries(needed() or ())


def needed() -> list[Requirement] | None:
    """The libraries that csmc, as it is installed, needs here; None if it is not installed."""
    try:
        listed = [Requirement(text) for text in metadata.requires("csmc") or ()]
    except metadata.PackageNotFoundError:
        return None
    return [one for one in listed if one.marker is None or one.marker.evaluate({"extra": ""})]


def python(version: str, fitting: str) -> Check:
    """Say whether a version of Python is one that csmc is for."""
    if SpecifierSet(fitting).contains(version, prereleases=True):
        return Check("Python", "ok", version)
    return Check("Python", "problem", f"{version}, csmc needs {fitting}", f"make an environment with Python {fitting}")


def libraries(wanted: Iterable[Requirement]) -> Iterator[Check]:
    """Yield a problem per library that is missing or has another version than needed, and what there is of the rest."""
    fitting = []
    for one in wanted:
        version = version_of(one.name)
        if version is not None and one.specifier.contains(version, prereleases=True):
            fitting.append(f"{one.name} {version}")
            continue
        found = "not installed" if version is None else version
        yield Check(one.name, "problem", f"{found}, csmc needs {one.specifier}", f"pip install '{one}'")
    yield Check("libraries", "ok", ", ".join(fitting))


def version_of(library: str) -> str | None:
    """The version of a library, without importing it; None if it is not installed."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def kernel(variables: Mapping[str, str]) -> Iterator[Check]:
    """Yield where compiled code is kept, and whether it is there already."""
    try:
        from csmc import _jit
        from csmc.kernel import is_cached
    except OSError as error:
        yield Check("kernel", "problem", str(error), "point CSMC_CACHE_DIR to a folder of yours that can be written")
        return
    except ImportError as error:
        yield Check("kernel", "problem", f"cannot be loaded: {error}", "mend the library that it names")
        return
    if _jit.INTERPRETED:
        advice = "it takes some hundred times as long: unset NUMBA_DISABLE_JIT"
        yield Check("kernel", "problem", f"runs as plain Python, NUMBA_DISABLE_JIT={_shown(variables)}", advice)
    elif is_cached():
        yield Check("kernel", "ok", f"compiled, in {_jit.CACHE_DIRECTORY}")
    else:
        advice = "the first run compiles it, in half a minute or so; `csmc plan CONFIG` does too"
        yield Check("kernel", "advice", f"not compiled yet; it will be kept in {_jit.CACHE_DIRECTORY}", advice)


def _shown(variables: Mapping[str, str]) -> str:
    return variables.get("NUMBA_DISABLE_JIT", "")


def cores(available: int, granted: float | None, variables: Mapping[str, str]) -> Check:
    """Say how many cores a run would use, and which of the usual variables it does not go by."""
    ignored = [f"{name}={variables[name]}" for name in THREADS if name in variables]
    found = f"{available}, a thread on each" + (f"; csmc does not go by {', '.join(ignored)}" if ignored else "")
    if granted is not None and granted < 0.9 * available:
        fitting = max(round(granted), 1)
        advice = f"give `csmc run` no more threads than that: --threads {fitting}"
        return Check("cores", "advice", f"{found}; but this container gets the time of {granted:g}", advice)
    asked = variables.get("SLURM_CPUS_PER_TASK", "")
    if asked.isdigit() and int(asked) < available:
        return Check("cores", "advice", found, f"this job asked for {asked}: csmc run --threads {asked}")
    return Check("cores", "ok", found)


def memory(available: int | None) -> Check:
    """Say whether memory is enough."""
    if available is None:
        return Check("memory", "ok", "this system does not say how much is free")
    advice = "close other programs, or ask the batch system for more; csmc takes 0.25 to 1 GiB"
    return Check("memory", *_amount(available, LEAST_MEMORY, ENOUGH_MEMORY, advice))


def disk(folder: Path) -> Check:
    """Say whether results can be written to a folder."""
    if not os.access(folder, os.W_OK):
        return Check("disk", "problem", "this folder cannot be written", "go to one of yours, or name it with --output")
    advice = "make room, or write elsewhere with --output; `csmc plan CONFIG` says how much a run takes"
    return Check("disk", *_amount(shutil.disk_usage(folder).free, LEAST_DISK, ENOUGH_DISK, advice))


def _amount(free: int, least: int, enough: int, advice: str) -> tuple[str, str, str]:
    found = f"{free / 2**30:.3g} GiB free"
    if free >= enough:
        return "ok", found, ""
    return "advice" if free >= least else "problem", found, advice


def ray(variables: Mapping[str, str]) -> Check:
    """Say whether Ray could be used, and whether it would be without being asked for."""
    version = version_of("ray")
    if version is None:
        return Check("Ray", "advice", "not installed", "only `csmc run --engine ray` needs it: pip install ray")
    address = variables.get("RAY_ADDRESS")
    if address:
        return Check(
            "Ray", "advice", f"{version}; runs go to {address} (RAY_ADDRESS)", "--engine local keeps them here"
        )
    return Check("Ray", "ok", f"{version}, not started; runs are local unless they are told --engine ray")


def parquet() -> Check:
    """Say whether results can be exported as Parquet."""
    version = version_of("pyarrow")
    if version is None:
        return Check("Parquet", "ok", "not without pyarrow (pip install 'csmc[parquet]'); CSV and NetCDF need nothing")
    return Check("Parquet", "ok", f"pyarrow {version}")


def screen(terminal: TextIO, variables: Mapping[str, str]) -> Check:
    """Say what output looks like: how wide, whether in colour, and whether the signs that csmc writes can be shown."""
    size = (
        f"{shutil.get_terminal_size().columns} columns" if terminal.isatty() else "not a terminal: no colours, no bar"
    )
    found = f"{size}, {terminal.encoding}" + (", NO_COLOR" if variables.get("NO_COLOR") else "")
    try:
        "–−±".encode(terminal.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return Check("terminal", "advice", f"{found}: some signs become ?", "set PYTHONIOENCODING=utf-8")
    return Check("terminal", "ok", found)


def as_data(checks: Iterable[Check]) -> dict[str, Any]:
    """The checks as JSON values, and whether there is no problem."""
    listed = [check._asdict() for check in checks]
    return {"ok": all(check["state"] != "problem" for check in listed), "python": sys.executable, "checks": listed}

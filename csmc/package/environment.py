"""The code and the libraries that a package needs; edit when csmc or its libraries are found in another way."""

import shutil
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import csmc
from csmc.doctor import needed

_SOURCES = Path(csmc.__file__).parent


def copy_code(folder: Path) -> None:
    """Copy csmc as it runs here, with its licence where that is known."""
    shutil.copytree(_SOURCES, folder / "csmc", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    licence = _licence()
    if licence:
        (folder / "LICENSE").write_text(licence, encoding="utf-8")


def _licence() -> str | None:
    beside = _SOURCES.parent / "LICENSE"
    if (_SOURCES.parent / "pyproject.toml").is_file() and beside.is_file():
        return beside.read_text(encoding="utf-8")
    try:
        return metadata.distribution("csmc").read_text("licenses/LICENSE")
    except metadata.PackageNotFoundError:
        return None


def pinned() -> list[str]:
    """`name==version` of every library that csmc takes, those that they take included; else all that is installed."""
    wanted = needed()
    if wanted is None:
        found = {canonicalize_name(one.metadata["Name"]): one.version for one in metadata.distributions()}
        return sorted(f"{name}=={version}" for name, version in found.items() if name != "csmc")
    return sorted(f"{name}=={metadata.version(name)}" for name in _all_taken(wanted))


def _all_taken(wanted: Iterable[Requirement]) -> Iterator[str]:
    """Yield the names of all libraries that are installed because of `wanted`, each once."""
    seen: set[tuple[str, str]] = set()
    left = [(one, extra) for one in wanted for extra in ("", *one.extras)]
    while left:
        one, extra = left.pop()
        name = canonicalize_name(one.name)
        if (name, extra) in seen:
            continue
        try:
            texts = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        if not any(known == name for known, _ in seen):
            yield name
        seen.add((name, extra))
        taken = [Requirement(text) for text in texts]
        taken = [inner for inner in taken if inner.marker is None or inner.marker.evaluate({"extra": extra})]
        left += [(inner, wish) for inner in taken for wish in ("", *inner.extras)]

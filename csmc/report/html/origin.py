"""Where a result comes from and how to make it again; edit to say more of its origin, or to say it otherwise."""

import json
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import xarray as xr

from csmc.config import Experiment, load_experiment
from csmc.engine.heartbeat import read_heartbeat
from csmc.errors import CsmcError

#: Attributes of a result that tell its origin, and what they are called: nothing here is about one machine.
ORIGIN = (
    ("digest", "digest of all that was counted"),
    ("seed", "seed"),
    ("seeding", "seeding"),
    ("replication", "replication"),
    ("replicates_planned", "replicates asked for at a point, at most"),
    ("csmc_version", "csmc"),
    ("stream_version", "stream version"),
    ("kernel_digest", "digest of the kernel"),
    ("git_commit", "commit"),
    ("git_state", "state of the checkout"),
    *((f"{name}_version", name) for name in ("python", "numpy", "numba", "llvmlite", "xarray", "zarr")),
    ("configuration_sha256", "SHA-256 of the configuration as given"),
    ("configuration_resolved_sha256", "SHA-256 of the configuration with all defaults"),
)

#: Options on the command line that are written out, at most; beyond that a package says more.
MOST_OPTIONS = 12


class Reproduction(NamedTuple):
    """How to make a result again: commands, one a line, and what to know about them."""

    commands: tuple[str, ...]
    words: str


def origin(dataset: xr.Dataset) -> Iterator[tuple[str, str]]:
    """Yield what is known of a result's origin, the same on whatever machine the page is written."""
    for name, words in ORIGIN:
        if dataset.attrs.get(name) not in (None, ""):
            yield words, str(dataset.attrs[name])


def cost(dataset: xr.Dataset) -> Iterator[tuple[str, str]]:
    """Yield what the last process of the run took, as far as its status file says."""
    source = dataset.encoding.get("source")
    beat = None if source is None else read_heartbeat(Path(source).parent)
    if beat is None:
        return
    episodes, seconds = beat.get("episodes"), beat.get("seconds")
    if isinstance(episodes, Mapping) and isinstance(episodes.get("done"), int):
        yield "crises counted, each under every institution", f"{episodes['done']:,}"
        kept = episodes.get("kept")
        if isinstance(kept, int) and kept:
            yield "of these found done by the last process", f"{kept:,}"
    if isinstance(seconds, int | float):
        yield "time on the clock of the last process", f"{seconds:,.1f} s"
    if isinstance(beat.get("workers"), Mapping):
        yield "workers", f"{len(beat['workers']):,}"
    for key in ("engine", "state"):
        if isinstance(beat.get(key), str):
            yield key, beat[key]


def reproduction(dataset: xr.Dataset, output: str) -> Reproduction:
    """The command that makes the result again from its configuration as given, tried on what it would run."""
    attrs = dataset.attrs
    file, into = "experiment.yaml", "-o results/again"
    package = f"csmc package {output} FOLDER"
    try:
        wanted = _meaning(json.loads(attrs["configuration_resolved"]))
        options = _options(str(attrs["configuration"]), wanted)
    except (KeyError, ValueError, OSError, CsmcError):
        options = None
    if options is None:
        return Reproduction(
            (package,),
            "The configuration below needs what is not in it, such as a table, or options that were given with it. "
            "This command puts all of it into one folder, with a check.",
        )
    command = shlex.join(["csmc", "run", file, *(word for option in options for word in ("-s", option))])
    return Reproduction(
        (f"{command} {into}",),
        f"Save the configuration below as {file}; with the same version of csmc the digest is the same on any "
        f"machine. With {package} all of this goes into one folder.",
    )


def _meaning(resolved: Mapping[str, Any]) -> dict[str, Any]:
    """A resolved configuration without what changes no number."""
    kept = {key: value for key, value in resolved.items() if key not in ("execution", "outputs")}
    outputs = {key: value for key, value in resolved.get("outputs", {}).items() if key != "path"}
    found: dict[str, Any] = json.loads(json.dumps(kept | {"outputs": outputs}, default=str))
    return found


def _options(given: str, wanted: Mapping[str, Any]) -> list[str] | None:
    """The options with which the configuration as given means what was run; None if there are none."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "experiment.yaml"
        path.write_text(given, encoding="utf-8")
        options = list(_differences(_meaning(load_experiment(path).resolved()), wanted))
        if len(options) > MOST_OPTIONS:
            return None
        again: Experiment = load_experiment(path, options)
        return options if _meaning(again.resolved()) == wanted else None


def _differences(have: Any, wanted: Any, path: str = "") -> Iterator[str]:
    """Yield PATH=VALUE for each value of `wanted` that `have` lacks."""
    if isinstance(wanted, Mapping) and isinstance(have, Mapping) and path != "design":
        for key, value in wanted.items():
            yield from _differences(have.get(key), value, f"{path}.{key}" if path else key)
    elif have != wanted:
        yield f"{path}={json.dumps(wanted)}"

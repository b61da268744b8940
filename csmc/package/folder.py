"""The folder itself: what is in it, its page, its sums; edit to put another thing into a package."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

import xarray as xr

from csmc import api
from csmc.config import Experiment
from csmc.engine import Store
from csmc.errors import StoreError
from csmc.estimate import plan
from csmc.folders import refuse_full
from csmc.package.configuration import RESOLVED, SMALL, write_configuration
from csmc.package.environment import copy_code, pinned
from csmc.provenance import provenance
from csmc.report import figures
from csmc.results import export, is_partial, reading, result_path

SUMS = "SHA256SUMS"
#: Attributes of a result that are not about where it comes from.
_CONTENTS = ("configuration", "configuration_resolved", "design")


def write_package(path: str | Path, target: str | Path, *, partial: bool = False) -> dict[str, Any]:
    """Write a folder with which others can reproduce a result; what `expected.json` in it says.

    Parameters
    ----------
    path
        The output directory of a run, or the `result.zarr` in it. The store must be beside the result.
    target
        The folder to make; it must not exist, or be empty.
    partial
        Whether a result that lacks work that was asked for is packaged too; the folder then says that it is partial.

    Raises
    ------
    ParameterError
        The target is in use.
    StoreError
        There is no result or no store, they do not belong together, the result is partial, or another version of csmc
        made them.
    CsmcError
        The experiment cannot be written as a file of its own.
    """
    target = Path(target)
    refuse_full(target)
    store = Store(result_path(path).parent)
    with reading(path) as dataset:
        experiment = store.experiment()
        store.refuse_other_kernel(experiment, plan(experiment))
        _refuse_unfit(dataset, experiment, store, partial)
        scratch = _scratch(target)
        try:
            expected = _fill(scratch, path, dataset, experiment)
            _put(scratch, target)
        except OSError as error:
            raise StoreError(f"{target}: cannot be written: {error.strerror or error}") from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return expected


def _scratch(target: Path) -> Path:
    """A new folder beside `target`, in which it is made."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise StoreError(f"{target}: cannot be made: {error.strerror or error}") from error


def _refuse_unfit(dataset: xr.Dataset, experiment: Experiment, store: Store, partial: bool) -> None:
    source = store.path
    if dataset.attrs["digest"] != store.digest() or dataset.attrs["replicates_planned"] != experiment.sampling.most:
        raise StoreError(
            f"{source}: the result is not of all that has been counted beside it; `csmc run` with the same "
            "configuration goes on and writes it anew"
        )
    if is_partial(dataset) and not partial:
        raise StoreError(
            f"{source}: the result is partial; `csmc run` with the same configuration goes on, or --partial packages "
            "what there is and says so"
        )


def _fill(folder: Path, path: str | Path, dataset: xr.Dataset, experiment: Experiment) -> dict[str, Any]:
    small = write_configuration(experiment, dataset.attrs["configuration"], folder / "configuration")
    copy_code(folder / "code")
    export(path, folder / "data" / "result.nc")
    export(path, folder / "data" / "result.csv")
    figures(dataset, folder / "figures")
    (folder / "requirements.txt").write_text("\n".join([*pinned(), ""]), encoding="utf-8")
    expected = {
        "complete": not is_partial(dataset),
        "digest": dataset.attrs["digest"],
        "small": {"replicates": small, "digest": _digest_of(folder / "configuration" / SMALL)},
    }
    _write_json(folder / "expected.json", expected)
    origin = {name: value for name, value in dataset.attrs.items() if name not in _CONTENTS}
    packaged = {"time": datetime.now(UTC).isoformat(timespec="seconds"), **provenance(experiment)}
    _write_json(folder / "provenance.json", {"result": origin, "packaged": packaged})
    (folder / "check.py").write_text(_template("check.py.txt"), encoding="utf-8")
    (folder / "CITATION.cff").write_text(_citation(dataset.attrs), encoding="utf-8")
    (folder / "README.md").write_text(_page(dataset, experiment, packaged, expected), encoding="utf-8")
    (folder / SUMS).write_text(_sums(folder), encoding="utf-8")
    return expected


def _digest_of(file: Path) -> str:
    """The digest of a run of a configuration, which is not kept."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        api.run(api.load_experiment(file), engine="local", output=scratch) as result,
    ):
        return str(result.attrs["digest"])


def _write_json(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")


def _template(name: str) -> str:
    return (resources.files("csmc.package") / "template" / name).read_text(encoding="utf-8")


def _citation(attributes: Mapping[str, Any]) -> str:
    """How csmc is cited, with the commit that ran and the digest that came out."""
    commit = f"commit: {attributes['git_commit']}\n" if "git_commit" in attributes else ""
    digest = f'  - type: other\n    value: "{attributes["digest"]}"\n    description: digest of the run\n'
    return f"{_template('CITATION.cff')}{commit}identifiers:\n{digest}"


def _page(dataset: xr.Dataset, experiment: Experiment, packaged: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    attrs, whole = dataset.attrs, expected["complete"]
    return Template(_template("README.md")).substitute(
        title=experiment.name,
        partial="" if whole else "**PARTIAL: some of the work that was asked for is not in these results.**\n\n",
        question=experiment.question or f"Institutions: {', '.join(dataset.csmc.titles.values())}.",
        python=".".join(str(packaged["python_version"]).split(".")[:2]),
        small=f"{expected['small']['replicates']:,}",
        replicates=f"{experiment.sampling.most:,}",
        points=f"{experiment.n_points:,}",
        runs=RESOLVED,
        promise=_promise(attrs["digest"])
        if whole
        else "It does the work that is missing here too: its digest is another.",
        version=attrs["csmc_version"],
        stream=attrs["stream_version"],
        commit=_commit(attrs),
        packaged=_other_versions(attrs, packaged),
    )


def _promise(digest: str) -> str:
    return (
        f"It ends with the digest\n`{digest}`,\nwhatever the threads, the machine or interruptions, and "
        "`reproduced.csv` has the numbers of `data/result.csv`."
    )


def _commit(attributes: Mapping[str, Any]) -> str:
    if "git_commit" not in attributes:
        return "run from an installation, of no known commit"
    changed = ", with changes that are in no commit" if attributes.get("git_state") == "modified" else ""
    return f"commit {attributes['git_commit']}{changed}"


def _other_versions(ran: Mapping[str, Any], packaged: Mapping[str, Any]) -> str:
    """Where the run and the package were made with other libraries, that they were."""
    other = [
        f"{name.removesuffix('_version')} {ran[name]} (here {packaged[name]})"
        for name in packaged
        if name.endswith("_version") and name in ran and ran[name] != packaged[name]
    ]
    return f"The results were computed with {', '.join(other)}.\n" if other else ""


def _sums(folder: Path) -> str:
    """SHA-256 of every file, as sha256sum writes and reads them."""
    files = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    return "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in files)


def _put(scratch: Path, target: Path) -> None:
    """Move what has been written to its place: a new folder, or an empty one that stays the same."""
    scratch.chmod(0o777 & ~_umask())
    if not target.exists():
        os.replace(scratch, target)
        return
    for item in sorted(scratch.iterdir()):
        os.replace(item, target / item.name)


def _umask() -> int:
    """What the user takes away from the rights of new files; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask

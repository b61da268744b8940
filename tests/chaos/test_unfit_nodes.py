"""A node that cannot do csmc's work ends the run at once, in words that name it; what had finished is kept."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import csmc
from tests.chaos.nodes import Nodes, cluster
from tests.evidence import told

Fault = Callable[..., None]
pytestmark = [pytest.mark.proof, pytest.mark.ray, pytest.mark.xdist_group("ray")]


def without_csmc(folder: Path) -> dict[str, str]:
    (folder / "csmc").mkdir(parents=True)
    (folder / "csmc" / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'csmc'\")\n")
    return {"PYTHONPATH": str(folder)}


def with_another_kernel(folder: Path) -> dict[str, str]:
    shutil.copytree(Path(csmc.__file__).parent, folder / "csmc")
    with (folder / "csmc" / "kernel" / "codes.py").open("a") as file:
        file.write("\n# another version\n")
    return {"PYTHONPATH": str(folder)}


def with_another_library(folder: Path) -> dict[str, str]:
    facts = folder / "numba-0.1.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: numba\nVersion: 0.1\n")
    return {"PYTHONPATH": str(folder)}


def without_a_cache(folder: Path) -> dict[str, str]:
    folder.write_text("a file, where the folder for compiled code should be")
    return {"CSMC_CACHE_DIR": str(folder)}


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    with cluster(tmp_path) as made:
        made.add(cores=0)
        yield made


@pytest.mark.parametrize(
    ("spoil", "what", "word"),
    [
        (without_csmc, "csmc is not installed on a node", "csmc cannot be imported on node1: ModuleNotFoundError"),
        (with_another_kernel, "a node has another version of csmc", "node1 has kernel "),
        (with_another_library, "a node has another version of a library", "node1 has numba 0.1 instead of "),
        (without_a_cache, "the folder for compiled code is not writable on a node", "imported on node1: CacheError"),
    ],
)
def test_a_node_that_is_not_like_the_driver_is_named(
    nodes: Nodes,
    spoil: Callable[[Path], dict[str, str]],
    what: str,
    word: str,
    tmp_path: Path,
    configs: Path,
    fault: Fault,
) -> None:
    nodes.add(**spoil(tmp_path / "spoilt"))
    run = nodes.csmc("run", str(configs / "quickstart.yaml"), "-o", str(tmp_path / "out"), "--address", nodes.address)
    _, err = run.communicate(timeout=100)
    assert run.returncode == 1
    assert word in err
    fault(what, told(err, tmp_path / "out", tmp_path / "spoilt"), code=1)

"""Stores and results that somebody has changed: refused in words, or their work is done again; nothing in them runs."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest

import csmc
from csmc.config import Experiment
from csmc.engine import LocalEngine, Store
from csmc.engine import run as simulate
from csmc.engine.block_file import _checksum
from csmc.engine.files import canonical
from csmc.errors import StoreError
from tests.evidence import Section

EXPERIMENT = Experiment(institutions=["anarchy"], sampling={"replicates": 10})


class Trap:
    """An object that makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("original") / "run"
    csmc.run(EXPERIMENT, output=path, threads=1).close()
    return path


@pytest.fixture
def run(original, tmp_path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "run"))


def block_of(run: Path) -> tuple[Path, dict[str, Any], bytes]:
    (path,) = (run / "blocks").glob("*.blk")
    line, _, payload = path.read_bytes().partition(b"\n")
    header = json.loads(line)
    del header["blake2b"]
    return path, header, payload


#: What a forger who knows the format writes: the checksum fits.
FORGED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "no spans": lambda header: {key: value for key, value in header.items() if key != "spans"},
    "spans of text": lambda header: header | {"spans": "text"},
    "spans of three": lambda header: header | {"spans": [[0, 0, 0]]},
    "a span beyond 2^63": lambda header: header | {"spans": [[0, 0, 0, 2**70]]},
    "a span that ends before it begins": lambda header: header | {"spans": [[0, 0, 5, 1]]},
    "a negative span": lambda header: header | {"spans": [[-5, -1, -3, -1]]},
    "a row that is not there": lambda header: header | {"spans": [[50, 0, 0, 10]]},
    "a point that is not there": lambda header: header | {"spans": [[0, 99, 0, 10]]},
    "other shapes": lambda header: header | {"shapes": header["shapes"] | {"sums": [3, 3]}},
    "a negative shape": lambda header: header | {"shapes": header["shapes"] | {"sums": [-1, 3]}},
    "a shape of text": lambda header: header | {"shapes": header["shapes"] | {"sums": ["x"]}},
    "no shapes": lambda header: header | {"shapes": {}},
    "too many rows": lambda header: header | {"rows": 10**6},
    "rows of text": lambda header: header | {"rows": "x"},
    "another specification": lambda header: header | {"spec": "0" * 64},
}
#: What chance or a vandal writes.
BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "cut": lambda content: content[:-8],
    "a bit flipped": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "a number that JSON does not have": lambda content: content.replace(b'"rows":1', b'"rows":NaN'),
    "nested without end": lambda content: b"[" * 100_000 + b"\n",
    "a list": lambda content: b"[]\n",
    "not UTF-8": lambda content: b"\xff\xfe\n" + content,
}


def check_that_its_work_is_done_again(run: Path, original: Path) -> None:
    with pytest.raises(StoreError, match="is damaged"):
        Store(run).digest()
    simulate(EXPERIMENT, Store(run), LocalEngine(1))
    assert Store(run).digest() == Store(original).digest()
    assert len(list((run / "damaged").iterdir())) == 1


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_block_file_is_set_aside_and_its_work_done_again(run, original, name):
    path, header, payload = block_of(run)
    forged = FORGED[name](header)
    path.write_bytes(canonical({**forged, "blake2b": _checksum(forged, payload)}) + b"\n" + payload)
    check_that_its_work_is_done_again(run, original)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_block_file_is_set_aside_and_its_work_done_again(run, original, name):
    path, _, _ = block_of(run)
    path.write_bytes(BROKEN[name](path.read_bytes()))
    check_that_its_work_is_done_again(run, original)


def test_a_pickle_in_the_place_of_a_block_file_is_never_unpickled(run, original, tmp_path, evidence):
    path, _, _ = block_of(run)
    path.write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    check_that_its_work_is_done_again(run, original)
    assert not (tmp_path / "sprung").exists()
    evidence(
        Section.INPUT,
        "A block file that has been broken, forged with a fitting checksum, or replaced by a "
        "pickle is set aside, its work is "
        "done again, and the digest is that of an undisturbed run.",
        f"{len(FORGED)} forged, {len(BROKEN)} broken, 1 pickle",
    )


SPECIFICATIONS = {
    "empty": "",
    "a list": "[]",
    "null": "null",
    "no keys": "{}",
    "wrong types": '{"sha256": 1, "specification": [], "replicates": "x", "points": 1}',
    "another digest": '{"sha256": "a", "specification": {"experiment": {}}, "replicates": 1, "points": 1}',
    "nested without end": "[" * 100_000,
    "NaN": '{"replicates": NaN}',
}


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_an_altered_specification_is_refused_and_left_as_it_is(run, name):
    path = run / "spec.json"
    path.write_text(SPECIFICATIONS[name])
    for attempt in (lambda: simulate(EXPERIMENT, Store(run), LocalEngine(1)), lambda: Store(run).digest()):
        with pytest.raises(StoreError):
            attempt()
    assert path.read_text() == SPECIFICATIONS[name]


def test_one_changed_number_of_the_specification_is_refused(run):
    path = run / "spec.json"
    document = json.loads(path.read_text())
    document["specification"]["experiment"]["seed"] += 1
    path.write_text(json.dumps(document))
    with pytest.raises(StoreError, match="has been changed"):
        csmc.run(EXPERIMENT, output=run, threads=1)


def _of_array(change: dict[str, Any]) -> Callable[[dict[str, Any]], Any]:
    def alter(metadata: dict[str, Any]) -> Any:
        metadata["consolidated_metadata"]["metadata"]["war"] |= change
        return metadata

    return alter


def _without(attribute: str) -> Callable[[dict[str, Any]], Any]:
    def alter(metadata: dict[str, Any]) -> Any:
        del metadata["attributes"][attribute]
        return metadata

    return alter


PICKLED = {"shape": [1, 1], "chunks": [1, 1], "dtype": "|O", "filters": [{"id": "pickle", "protocol": 5}]}
RESULTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "objects": _of_array({"data_type": "object"}),
    "objects by another name": _of_array({"data_type": {"name": "object", "configuration": {}}}),
    "codec of pickles": _of_array({"codecs": [{"name": "numcodecs.pickle", "configuration": {}}]}),
    "array of the older format": _of_array({"zarr_format": 2, "compressor": None, "fill_value": None} | PICKLED),
    "other shape": _of_array({"shape": [10**9, 10**9]}),
    "not complete or incomplete": _without("complete"),
    "no replicates": _without("replicates_planned"),
    "no attributes": lambda metadata: metadata | {"attributes": []},
    "an empty group": lambda metadata: {"zarr_format": 3, "node_type": "group"},
    "an array": lambda metadata: {"zarr_format": 3, "node_type": "array"},
    "a list": lambda metadata: [],
    "null": lambda metadata: None,
}


@pytest.mark.parametrize("name", RESULTS)
def test_an_altered_result_is_refused(run, name):
    path = run / "result.zarr" / "zarr.json"
    path.write_text(json.dumps(RESULTS[name](json.loads(path.read_text()))))
    with pytest.raises(StoreError):
        csmc.open_results(run)


def test_an_array_of_pickled_objects_is_refused_and_nothing_in_it_runs(run, tmp_path, evidence):
    result, sprung = run / "result.zarr", tmp_path / "sprung"
    pickled = numcodecs.Pickle().encode(np.array([Trap(sprung)], dtype=object))
    array = {"zarr_format": 2, "order": "C", "compressor": None, "fill_value": None} | PICKLED
    (result / ".zgroup").write_text('{"zarr_format": 2}')
    shutil.rmtree(result / "war")
    (result / "war").mkdir()
    (result / "war" / ".zarray").write_text(json.dumps(array | {"shape": [1], "chunks": [1]}))
    (result / "war" / ".zattrs").write_text('{"_ARRAY_DIMENSIONS": ["point"]}')
    (result / "war" / "0").write_bytes(pickled)
    with csmc.open_results(run) as dataset:  # the older format beside the newer is not looked at
        assert np.isnan(dataset["war"].values).all()
    (result / "zarr.json").write_text("{}")
    with pytest.raises(StoreError):
        csmc.open_results(run)
    assert not sprung.exists()
    evidence(
        Section.INPUT,
        "A specification or a result that has been altered (types, shapes, formats, objects, "
        "codecs of pickles) is refused by a "
        "StoreError, and an array of pickled objects of the older Zarr format is never unpickled.",
        f"{len(SPECIFICATIONS) + 1} specifications, {len(RESULTS) + 1} results",
    )

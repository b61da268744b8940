"""Stores and results that somebody has changed: refused in words, or their work is done again; nothing in them runs."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

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
from csmc.results.seal import seal
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


class Forgery(NamedTuple):
    """A block file that can be changed where it stands."""

    header: dict[str, Any]
    spans: bytes
    keys: bytes
    rows: bytes

    def with_header(self, **changes: Any) -> "Forgery":
        return self._replace(header=self.header | changes)

    def with_spans(self, *spans: tuple[int, ...]) -> "Forgery":
        return self._replace(spans=np.array(spans, dtype="<i8").tobytes())

    def content(self) -> bytes:
        """A file whose checksum fits."""
        sections = (self.spans, self.keys, self.rows)
        header = {"bytes": [len(section) for section in sections], **self.header}
        return canonical({**header, "blake2b": _checksum(header, *sections)}) + b"\n" + b"".join(sections)


def block_of(run: Path) -> tuple[Path, Forgery]:
    (path,) = (run / "blocks").glob("*.blk")
    line, _, payload = path.read_bytes().partition(b"\n")
    header = json.loads(line)
    first, second, _ = header.pop("bytes")
    del header["blake2b"]
    return path, Forgery(header, payload[:first], payload[first : first + second], payload[first + second :])


def shapes_with(sums: Any) -> Callable[[Forgery], Forgery]:
    return lambda file: file.with_header(shapes=file.header["shapes"] | {"sums": sums})


#: What a forger who knows the format writes: the checksum fits.
FORGED: dict[str, Callable[[Forgery], Forgery]] = {
    "no spans": lambda file: file.with_spans(),
    "half a span": lambda file: file._replace(spans=file.spans[:-8]),
    "a span and a half": lambda file: file._replace(spans=file.spans + file.spans[:3]),
    "a span that ends before it begins": lambda file: file.with_spans((0, 0, 5, 1)),
    "a negative span": lambda file: file.with_spans((-5, -1, -3, -1)),
    "a row that is not there": lambda file: file.with_spans((50, 0, 0, 10)),
    "a point that is not there": lambda file: file.with_spans((0, 99, 0, 10)),
    "two points in a row": lambda file: file.with_spans((0, 0, 0, 10), (0, 1, 0, 10)),
    "half a key": lambda file: file._replace(keys=file.keys[:8]),
    "sections of text": lambda file: file.with_header(bytes="text"),
    "two sections": lambda file: file.with_header(bytes=[32, 16]),
    "longer sections": lambda file: file.with_header(bytes=[32, 16, 10**6]),
    "other shapes": shapes_with([3, 3]),
    "a negative shape": shapes_with([-1, 3]),
    "a shape of text": shapes_with(["x"]),
    "no shapes": lambda file: file.with_header(shapes={}),
    "too many rows": lambda file: file.with_header(rows=10**6),
    "rows of text": lambda file: file.with_header(rows="x"),
    "another kernel": lambda file: file.with_header(kind="0" * 64),
    "another specification and other points": lambda file: file.with_header(spec="0" * 64)._replace(keys=b"0" * 16),
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
    path, file = block_of(run)
    path.write_bytes(FORGED[name](file).content())
    check_that_its_work_is_done_again(run, original)


def test_rows_that_cannot_be_unpacked_are_told_of_and_end_in_no_number(run):
    path, file = block_of(run)
    for rows in (file.rows[:-1], numcodecs.Zstd(1).encode(b"too short"), b""):
        path.write_bytes(file._replace(rows=rows).content())
        with pytest.raises(StoreError, match="is damaged"):
            Store(run).digest()


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_block_file_is_set_aside_and_its_work_done_again(run, original, name):
    path, _ = block_of(run)
    path.write_bytes(BROKEN[name](path.read_bytes()))
    check_that_its_work_is_done_again(run, original)


def test_a_pickle_in_the_place_of_a_block_file_is_never_unpickled(run, original, tmp_path, evidence):
    path, _ = block_of(run)
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
    seal(path.parent)  # as a forger would
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
    seal(result)
    with csmc.open_results(run) as dataset:  # the older format beside the newer is not looked at
        assert np.isnan(dataset["war"].values).all()
    (result / "zarr.json").write_text("{}")
    seal(result)
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

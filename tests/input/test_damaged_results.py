"""Results whose files somebody or something has changed: told in words, and never read as other numbers."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zarr

import csmc
from csmc.analysis import average, discover, sensitivity
from csmc.cli.app import main
from csmc.config import Experiment
from csmc.engine import Store
from csmc.errors import StoreError
from csmc.kernel.codes import STREAM_VERSION
from csmc.report import summary
from csmc.report.html import page, write_page
from csmc.results import assemble, open_results, reading
from csmc.results.seal import SEAL, seal

EXPERIMENT = Experiment(
    institutions=["anarchy", "balance_of_power"],
    design={"grid": {"interests.divergence": [0.5, 1.0, 2.0]}},
    sampling={"replicates": 500},
)
#: Commands that read a result, with what else they need.
COMMANDS = {
    "report": (),
    "compare": ("OTHER",),
    "export": ("TARGET.csv",),
    "package": ("TARGET",),
    "discover": ("--where", "war[anarchy] > 0.07"),
    "sensitivity": (),
    "average": (),
}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("original") / "run"
    csmc.run(EXPERIMENT, output=path, threads=1).close()
    return path


@pytest.fixture
def run(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "run"))


def chunks(run: Path) -> list[Path]:
    return sorted(path for path in (run / "result.zarr").glob("*/c*") if path.is_file())


def flipped(content: bytes, draw: random.Random) -> bytes:
    bit = draw.randrange(8 * len(content))
    return content[: bit // 8] + bytes([content[bit // 8] ^ 1 << bit % 8]) + content[bit // 8 + 1 :]


#: What may happen to a chunk.
HARMS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "a bit flipped": flipped,
    "cut": lambda content, draw: content[: draw.randrange(1, len(content))],
    "empty": lambda content, draw: b"",
    "other bytes": lambda content, draw: draw.randbytes(len(content)),
    "longer": lambda content, draw: content + draw.randbytes(9),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_chunk_is_an_error_or_reads_as_it_was_written(original: Path, run: Path, harm: str) -> None:
    draw, noticed = random.Random(7), 0
    files = chunks(run)
    assert len(files) > 300
    for path in files:
        content, name = path.read_bytes(), path.parent.name
        path.write_bytes(HARMS[harm](content, draw))
        try:
            found = zarr.open_array(path.parent, mode="r")[...]
        except Exception:
            noticed += 1
        else:
            np.testing.assert_array_equal(found, zarr.open_array(original / "result.zarr" / name, mode="r")[...])
        path.write_bytes(content)
    assert noticed > 0.95 * len(files) or harm == "longer", "the decoder ignores what follows the checksum"


def test_damage_to_one_chunk_names_the_variable_and_says_how_to_mend_it(run: Path) -> None:
    (path,) = (run / "result.zarr" / "war_se").glob("c.*")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreError, match=r"damaged \(war_se: .*`csmc run`"), reading(run) as result:
        summary(result)
    csmc.run(EXPERIMENT, output=run, threads=1).close()
    with reading(run) as result:
        summary(result)


def test_an_error_of_the_reader_is_not_blamed_on_the_result_nor_the_result_searched(run: Path) -> None:
    (run / "result.zarr" / "war" / "c.0.0").write_bytes(b"")
    with pytest.raises(ZeroDivisionError), reading(run):
        1 / 0  # noqa: B018


def lose(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def change(old: str, new: str) -> Callable[[Path], None]:
    def harm(path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return harm


@pytest.mark.parametrize(
    ("name", "harm", "why"),
    [
        ("war/c.0.0", lose, "files of war are missing"),
        ("institution/c.0", lose, "files of institution are missing"),
        ("institution/c.0", empty, "is damaged"),
        ("zarr.json", change('"replicates_planned": 500', '"replicates_planned": 900'), "is not what was written"),
        ("zarr.json", change('"little"', '"big"'), "is not what was written"),
        (SEAL, change("{", "["), "cannot be read"),
        (SEAL, change('"chunks"', '"pieces"'), "cannot be read"),
    ],
)
def test_what_is_missing_or_rewritten_is_noticed_when_a_result_is_opened(
    run: Path, name: str, harm: Callable[[Path], None], why: str
) -> None:
    harm(run / "result.zarr" / name)
    with pytest.raises(StoreError, match=why):
        open_results(run)


@pytest.mark.filterwarnings("ignore:Consolidated metadata")
def test_a_lost_array_is_noticed_and_a_result_that_others_wrote_needs_no_seal(run: Path, tmp_path: Path) -> None:
    with open_results(run) as result:
        result.isel(point=[1]).to_zarr(tmp_path / "part.zarr", zarr_format=3)
    with open_results(tmp_path / "part.zarr") as part:
        assert part.sizes["point"] == 1
    shutil.rmtree(run / "result.zarr" / "veto")
    with pytest.raises(StoreError, match="files of veto are missing"):
        open_results(run)


def test_what_a_system_leaves_in_folders_is_no_damage(run: Path) -> None:
    for folder in (run / "result.zarr", run / "result.zarr" / "war"):
        (folder / ".DS_Store").write_bytes(b"1")
    (run / "result.zarr" / ".ipynb_checkpoints").mkdir()
    with reading(run) as result:
        summary(result)


def test_a_partial_result_is_whole_as_far_as_it_goes(tmp_path: Path) -> None:
    csmc.run(EXPERIMENT, output=tmp_path / "run", threads=1).close()
    more = Experiment(
        institutions=["anarchy", "balance_of_power"],
        design={"grid": {"interests.divergence": [0.5, 1.0, 2.0]}},
        sampling={"replicates": 600},
    )
    assemble(more, Store(tmp_path / "run"))
    with reading(tmp_path / "run") as result:
        assert not result.attrs["complete"]
        assert np.isfinite(result.load()["war"]).all()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("harm", ["a chunk cut", "a chunk lost", "metadata cut"])
def test_every_command_that_reads_a_damaged_result_says_so_and_writes_nothing(
    original: Path, run: Path, command: str, harm: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = run / "result.zarr" / ("zarr.json" if harm == "metadata cut" else "war/c.0.0")
    broken.unlink() if harm == "a chunk lost" else broken.write_bytes(broken.read_bytes()[:-5])
    places = {"OTHER": original, "TARGET.csv": tmp_path / "target.csv", "TARGET": tmp_path / "target"}
    with pytest.raises(SystemExit) as ended:
        main([command, str(run), *(str(places.get(word, word)) for word in COMMANDS[command])])
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert "is damaged" in " ".join(told.err.split())
    assert "Traceback" not in told.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]
    assert not (run / "report.html").exists()


def of_stream(run: Path, version: int) -> Path:
    """The result as a csmc of another stream version would have written it."""
    path = run / "result.zarr"
    metadata = json.loads((path / "zarr.json").read_text(encoding="utf-8"))
    metadata["attributes"]["stream_version"] = version
    (path / "zarr.json").write_text(json.dumps(metadata), encoding="utf-8")
    seal(path)
    return run


def test_a_result_of_another_stream_version_is_refused_where_its_numbers_are_read(run: Path, tmp_path: Path) -> None:
    questions = (
        summary,
        page,
        lambda result: write_page(result, tmp_path / "page.html"),
        lambda result: average(result, ["war"]),
        lambda result: sensitivity(result, ("war",)),
        lambda result: discover(result, "war[anarchy] > 0.07"),
    )
    with reading(of_stream(run, STREAM_VERSION - 1)) as result:
        for ask in questions:
            with pytest.raises(StoreError, match=f"stream version {STREAM_VERSION - 1} .* counts by {STREAM_VERSION}"):
                ask(result)
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("command", ["compare", "export"])
def test_a_result_of_another_stream_version_is_compared_and_exported(
    original: Path, run: Path, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = original if command == "compare" else tmp_path / "target.nc"
    with pytest.raises(SystemExit) as ended:
        main([command, str(of_stream(run, STREAM_VERSION - 1)), str(other)])
    assert ended.value.code == 0
    assert capsys.readouterr().out

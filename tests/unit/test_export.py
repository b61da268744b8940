"""What is read back from an exported file is what was in the result, without csmc."""

import csv
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import csmc
from csmc.results.tidy import tidy
from csmc.results.variables import PARTS
from tests.unit.configurations import Command

CONFIGURATION = """\
name: exported
institutions: [balance_of_power, un_security_council, {name: mine, extends: anarchy}]
design:
  grid:
    interests.divergence: [0.1, 0.30000000000000004, 2]
    system.capability.distribution: [equal, pareto]
sampling: {replicates: 300}
outputs: {metrics: [war, veto, participation]}
execution: {threads: 1}
"""
DIVERGENCE, DISTRIBUTION = "interests.divergence", "system.capability.distribution"
FRONT = ["point", DIVERGENCE, DISTRIBUTION, "institution", "metric"]
BACK = ["replicates", "level", "method", "difference_method"]


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    (folder / "csmc.yaml").write_text(CONFIGURATION)
    csmc.run(folder / "csmc.yaml", output=folder / "out").close()
    return folder / "out"


def in_fresh_python(code: str, *arguments: object) -> str:
    """What a program prints that can import neither csmc nor the files beside it."""
    command = [sys.executable, "-I", "-c", f"import sys; sys.modules['csmc'] = None\n{code}", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def check_rows(rows: list[dict[str, object]], output: Path) -> None:
    """Hold a table, its numbers as such and what is missing as NaN, against every number of the result."""
    with csmc.open_results(output) as result:
        assert len(rows) == 6 * 3 * 3
        assert list(rows[0]) == [*FRONT, *(part for part, _, _ in PARTS), *BACK]
        assert [row["point"] for row in rows] == sorted(row["point"] for row in rows)
        assert len({(row["point"], row["institution"], row["metric"]) for row in rows}) == len(rows)
        missing = 0
        for row in rows:
            here = result.sel(point=row["point"], institution=row["institution"])
            for part, suffix, _ in PARTS:
                stored = float(here[f"{row['metric']}{suffix}"])
                missing += math.isnan(stored)
                assert same(float(row[part]), stored), (row, part)
            assert row[DIVERGENCE] == float(here[DIVERGENCE])
            assert row[DISTRIBUTION] == str(here[DISTRIBUTION].values)
            assert (row["replicates"], row["level"]) == (300, 0.95)
        assert missing > 0, "vetoes without a council"
    methods = {(row["metric"], row["method"], row["difference_method"]) for row in rows}
    assert methods == {
        ("war", "Clopper-Pearson or Wilson", "Bonett-Price"),
        ("veto", "Clopper-Pearson or Wilson", "Bonett-Price"),
        ("participation", "Wilson, t", "MOVER"),
    }


def test_csv_holds_every_number_to_the_last_digit(output: Path, tmp_path: Path, csmc_command: Command) -> None:
    told = csmc_command("export", output, tmp_path / "t.csv")
    assert (told.code, told.out) == (0, f"wrote    {tmp_path / 't.csv'}\n")
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        rows = [dict(row) for row in csv.DictReader(file)]
    numbers = {DIVERGENCE, "level", *(part for part, _, _ in PARTS)}
    for row in rows:
        row |= {name: float(row[name] or "nan") for name in numbers}
        row |= {name: int(row[name]) for name in ("point", "replicates")}
    check_rows(rows, output)


def test_parquet_holds_the_same_with_types_and_the_attributes(
    output: Path, tmp_path: Path, csmc_command: Command
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    assert csmc_command("export", output, tmp_path / "t.parquet").code == 0
    table = parquet.read_table(tmp_path / "t.parquet")
    rows = table.to_pylist()
    assert any(row["value"] is None for row in rows), "missing is null"
    for row in rows:
        row |= {name: math.nan for name, value in row.items() if value is None}
    check_rows(rows, output)
    with csmc.open_results(output) as result:
        assert json.loads(table.schema.metadata[b"csmc"])["digest"] == result.attrs["digest"]


def test_parquet_without_pyarrow_says_what_to_install_and_writes_nothing(output: Path, tmp_path: Path) -> None:
    code = "import sys; sys.modules['pyarrow'] = None; from csmc.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "export", str(output), str(tmp_path / "t.parquet")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: .parquet takes pyarrow, which is not installed: pip install 'csmc[parquet]'")
    assert list(tmp_path.iterdir()) == []


def test_netcdf_opens_with_plain_xarray(output: Path, tmp_path: Path, csmc_command: Command) -> None:
    facts = json.loads(csmc_command("export", output, tmp_path / "t.nc", "--json").out)
    assert facts == {"wrote": str(tmp_path / "t.nc")}
    code = (
        "import json, xarray as xr\n"
        "with xr.open_dataset(sys.argv[1]) as data:\n"
        "    war = data['war_difference'].sel(institution='mine')\n"
        "    print(json.dumps([war.values.tolist(), war.attrs['units'], data.attrs['digest'], sorted(data.variables)]))"
    )
    values, units, digest, names = json.loads(in_fresh_python(code, tmp_path / "t.nc"))
    with csmc.open_results(output) as result, xr.open_dataset(tmp_path / "t.nc") as copy:
        assert values == result["war_difference"].sel(institution="mine").values.tolist()
        assert (units, digest) == ("1", result.attrs["digest"])
        assert names == sorted(map(str, result.variables))
        for name in result.variables:
            np.testing.assert_array_equal(copy[name].values.astype(result[name].dtype), result[name].values)
        assert copy.attrs == result.attrs


def test_pieces_of_the_table_do_not_show(output: Path) -> None:
    with csmc.open_results(output) as result:
        (whole,) = tidy(result)
        for variable in result.variables.values():
            variable.encoding["chunks"] = (4,)
        first, second = tidy(result)
        assert [len(first["point"]), len(second["point"])] == [36, 18]
        for name, column in whole.items():
            np.testing.assert_array_equal(np.concatenate([first[name], second[name]]), column)


def test_a_partial_result_is_exported_and_ends_with_3(output: Path, tmp_path: Path, csmc_command: Command) -> None:
    part = ["run", output.parent / "csmc.yaml", "-o", tmp_path / "part", "--shard", "1/2", "-s", "execution.block=100"]
    assert csmc_command(*part).code == 0
    assert csmc_command("collect", tmp_path / "part").code == 3
    told = csmc_command("export", tmp_path / "part", tmp_path / "t.csv")
    assert (told.code, "this result is partial" in told.err) == (3, True)
    assert (tmp_path / "t.csv").is_file()

"""`csmc doctor`: what it says of this machine, and of those on which something is wrong."""

import io
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from csmc import doctor
from csmc.machine import available_memory, granted_cores
from tests.unit.configurations import Command

GIB = 1 << 30


def doctored(**variables: str) -> tuple[int, dict[str, dict[str, str]]]:
    """What the command says in a process with these variables, by the name of the check, and its code."""
    command = [sys.executable, "-m", "csmc.cli", "doctor", "--json"]
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True)
    assert done.stderr == ""
    return done.returncode, {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def test_every_check_has_a_line_and_what_is_wrong_says_what_to_do(csmc_command: Command) -> None:
    told = csmc_command("doctor")
    facts = json.loads(csmc_command("doctor", "--json").out)
    names = ["csmc", "kernel", "cores", "memory", "disk", "Ray", "Parquet", "terminal"]
    assert [name for name in names if name not in {check["name"] for check in facts["checks"]}] == []
    for check in facts["checks"]:
        assert f"{check['state']:<8} {check['name']}: {check['found']}\n" in told.out
        assert bool(check["advice"]) == (check["state"] != "ok")
    assert (told.code == 0) == facts["ok"] == all(check["state"] != "problem" for check in facts["checks"])


def test_a_cache_that_cannot_be_written_is_a_problem_and_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, found = doctored(CSMC_CACHE_DIR=str(tmp_path / "file"))
    assert (code, found["kernel"]["state"]) == (1, "problem")
    assert "CSMC_CACHE_DIR" in found["kernel"]["advice"]
    assert found["cores"]["state"] in ("ok", "advice"), "the other checks are made all the same"


def test_an_empty_cache_is_told_and_a_kernel_without_compiler_is_a_problem(tmp_path: Path) -> None:
    _, found = doctored(CSMC_CACHE_DIR=str(tmp_path))
    assert found["kernel"]["state"] == "advice"
    assert "not compiled yet" in found["kernel"]["found"]
    assert not list(tmp_path.rglob("*.nbc")), "and it is not compiled by asking"
    code, found = doctored(NUMBA_DISABLE_JIT="1")
    assert (code, found["kernel"]["state"]) == (1, "problem")


def test_no_ray_is_started_and_an_address_of_one_is_told() -> None:
    _, found = doctored(RAY_ADDRESS="127.0.0.1:1")
    assert found["Ray"]["state"] == "advice"
    assert "127.0.0.1:1" in found["Ray"]["found"]


def test_libraries_are_held_against_what_is_required() -> None:
    here = metadata.version("numpy")
    needed = [Requirement(f"numpy>={here}"), Requirement("numpy<1"), Requirement("no-such-library>=2")]
    old, missing, rest = doctor.libraries(needed)
    assert old == ("numpy", "problem", f"{here}, csmc needs <1", "pip install 'numpy<1'")
    assert missing[:3] == ("no-such-library", "problem", "not installed, csmc needs >=2")
    assert rest == ("libraries", "ok", f"numpy {here}", "")
    assert doctor.python("3.10.4", ">=3.11").state == "problem"
    assert doctor.python("3.14.0rc1", ">=3.11").state == "ok"


@pytest.mark.parametrize(("free", "state"), [(2 * GIB, "ok"), (GIB // 2, "advice"), (GIB // 8, "problem")])
def test_memory_is_enough_scarce_or_too_little(free: int, state: str) -> None:
    assert doctor.memory(free).state == state
    assert doctor.memory(None).state == "ok"


def test_a_folder_that_cannot_be_written_is_a_problem() -> None:
    assert doctor.disk(Path("/proc")).state == "problem"  # for root as well
    assert doctor.disk(Path()).state in ("ok", "advice")


def test_a_container_with_less_time_than_cores_gets_advice() -> None:
    assert doctor.cores(8, None, {}).state == "ok"
    assert doctor.cores(8, 8.0, {}).state == "ok"
    limited = doctor.cores(64, 2.0, {"OMP_NUM_THREADS": "1"})
    assert limited.state == "advice"
    assert limited.advice.endswith("--threads 2")
    assert "OMP_NUM_THREADS=1" in limited.found
    assert doctor.cores(64, None, {"SLURM_CPUS_PER_TASK": "4"}).advice.endswith("--threads 4")


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_limits_of_containers_are_read_in_both_forms(tmp_path: Path) -> None:
    new, old, none = tmp_path / "new", tmp_path / "old", tmp_path / "none"
    facts = tmp_path / "meminfo"
    facts.write_text("MemTotal: 9000000 kB\nMemAvailable: 4194304 kB\n")
    write(new, cpu_DOT_max="150000 100000\n", memory_DOT_max=f"{GIB}\n", memory_DOT_current=f"{GIB // 2}\n")
    write(new, memory_DOT_stat=f"anon 5\ninactive_file {GIB // 4}\n")
    write(old, cpu__cpu_DOT_cfs_quota_us="-1\n", cpu__cpu_DOT_cfs_period_us="100000\n")
    write(old, memory__memory_DOT_limit_in_bytes=str(2 * GIB), memory__memory_DOT_usage_in_bytes=str(3 * GIB))
    assert (granted_cores(new), granted_cores(old), granted_cores(none)) == (1.5, None, None)
    write(old, cpu__cpu_DOT_cfs_quota_us="400000\n")
    assert granted_cores(old) == 4
    assert available_memory(new, facts) == 3 * GIB // 4
    assert available_memory(old, facts) == 0
    assert available_memory(none, facts) == 4 * GIB
    write(new, memory_DOT_max="max\n")
    assert available_memory(new, facts) == 4 * GIB


def test_a_terminal_that_cannot_show_the_signs_gets_advice() -> None:
    for encoding, state in (("utf-8", "ok"), ("latin-1", "advice")):
        assert doctor.screen(io.TextIOWrapper(io.BytesIO(), encoding=encoding), {}).state == state

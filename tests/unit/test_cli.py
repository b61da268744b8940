"""The command line as a user meets it: exit codes, one clear message per error, and where the result is."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import csmc
from csmc.cli.console import duration, quantity
from csmc.cli.progress import Lines, described
from csmc.cli.report import print_table
from csmc.engine import Progress, Store
from csmc.report import Table
from tests.unit.configurations import Command

CONFIGURATION = """\
name: small
institutions: [balance_of_power, collective_security]
design:
  grid:
    interests.divergence: [0.5, 2.0]
sampling: {replicates: 400}
execution: {threads: 1}
"""


CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.yaml"
    path.write_text(CONFIGURATION)
    return path


def test_the_version_is_the_packages(csmc_command: Command) -> None:
    assert csmc_command("--version") == (0, f"csmc {csmc.__version__}\n", "")


def test_help_lists_every_command(csmc_command: Command) -> None:
    ended = csmc_command("--help")
    assert ended.code == 0
    assert all(
        verb in ended.out for verb in ("run", "validate", "plan", "institutions", "schema", "report", "export", "bench")
    )


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; from csmc.cli.app import app; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "numba", "xarray", "ray", "matplotlib", "pydantic", "scipy"} & set(loaded)


def test_a_run_prints_the_comparison_and_where_everything_is(config: Path, csmc_command: Command) -> None:
    ended = csmc_command("run", config)
    assert ended.code == 0, ended.err
    assert "collective security" in ended.out
    digest = csmc.open_results("results/small").attrs["digest"]
    assert f"digest   {digest}" in ended.out
    assert str(Path("results/small/result.zarr")) in ended.out
    assert list(Path("results/small/figures").glob("*.png"))

    again = csmc_command("run", config, "--json", "--threads", "2")
    facts = json.loads(again.out)
    assert (facts["digest"], facts["points"], facts["replicates"], facts["episodes"]) == (digest, 2, 400, 800)

    other = csmc_command("run", config, "--quiet", "-o", "elsewhere", "-s", "execution.block=100")
    assert digest in other.out
    assert other.err == ""

    refused = csmc_command("run", config, "-s", "seed=5")
    assert refused.code == 2
    assert "results/small holds a result of another configuration" in refused.err
    assert csmc.open_results("results/small").attrs["digest"] == digest

    shown = csmc_command("report", "results/small", "--figures", "drawn")
    assert shown.code == 0
    assert "collective security" in shown.out
    assert list(Path("drawn").glob("*.svg"))

    assert csmc_command("export", "results/small", "small.csv").code == 0
    assert Path("small.csv").read_text().startswith("point,")


def test_the_python_interface_gives_the_same_numbers(config: Path) -> None:
    by_path = csmc.run(config, output="by_path")
    by_object = csmc.run(csmc.load_experiment(config), output="by_object", threads=2)
    assert by_path.attrs["digest"] == by_object.attrs["digest"]
    assert by_path.attrs["complete"] == 1


def test_validate_says_what_would_run(config: Path, csmc_command: Command) -> None:
    ended = csmc_command("validate", config, "-s", "sampling.replicates=1000")
    assert ended.code == 0
    assert "2 points x 1,000 replicates" in ended.out
    assert not Path("results").exists()


def test_plan_says_what_a_run_would_cost_and_writes_nothing(config: Path, csmc_command: Command) -> None:
    less = ["-s", "outputs.metrics=[war, peace]", "-s", "outputs.joint=none"]
    ended = csmc_command("plan", config, *less, "--seconds", "0.1", "--cores", "8", "--cores", "512")
    assert (ended.code, ended.err) == (0, "")
    assert "2 x 400 replicates; 0 done, 2 left" in ended.out
    assert "1,600 institution-episodes; 0 done, 1,600 left" in ended.out
    beginnings = [line.split()[0] for line in ended.out.splitlines() if line]
    assert all(beginnings.count(word) == 1 for word in ("8", "512", "collective_security", "war", "peace"))
    forecast = json.loads(csmc_command("plan", config, *less, "--seconds", "0.1", "--json", "-o", "elsewhere").out)
    assert (forecast["output"], forecast["crises"]["left"]) == ("elsewhere", 800)
    assert [path.name for path in config.parent.iterdir()] == [config.name]
    csmc_command("run", config, *less, "--quiet")
    assert "2 done, 0 left" in csmc_command("plan", config, *less, "--seconds", "0.1").out
    refused = csmc_command("plan", config, *less, "-s", "seed=5")
    assert refused.code == 2
    assert "results/small holds a result of another configuration" in refused.err


@pytest.mark.parametrize("name", sorted(path.name for path in CONFIGS.glob("*.yaml")))
def test_every_configuration_of_the_repository_is_right(name: str, csmc_command: Command) -> None:
    ended = csmc_command("validate", CONFIGS / name)
    assert (ended.code, ended.err) == (0, "")
    assert f"{name} is right" in ended.out


def test_unknown_metrics_are_refused_before_anything_runs(config: Path, csmc_command: Command) -> None:
    for verb in ("validate", "run"):
        ended = csmc_command(verb, config, "-s", "outputs.metrics=[war, wars, peace, xyzzy]")
        assert (ended.code, ended.out) == (2, "")
        first, second = ended.err.splitlines()
        place = "-s outputs.metrics=[war, wars, peace, xyzzy]: outputs.metrics"
        assert first == f"error: {place}[1] = 'wars': is not a known metric; did you mean war?"
        assert second.startswith(f"{place}[3] = 'xyzzy': is not a known metric (known: no_challenge, ")
    experiment = csmc.Experiment(institutions=["anarchy"], outputs={"metrics": ["wars"]})
    with pytest.raises(csmc.ConfigError, match="did you mean war"):
        csmc.run(experiment)
    assert [path.name for path in config.parent.iterdir()] == [config.name]


def test_every_error_of_a_configuration_is_told_at_once(config: Path, csmc_command: Command) -> None:
    config.write_text(CONFIGURATION + "parameters: {crisis.war_cots: 1, response.rounds: 99}\n")
    for verb in ("validate", "run"):
        ended = csmc_command(verb, config)
        assert ended.code == 2
        assert ended.out == ""
        assert "war_cots" in ended.err
        assert "rounds" in ended.err
        assert "Traceback" not in ended.err
    assert not Path("results").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", "missing.yaml"],
        ["run", "small.yaml", "--threads", "0"],
        ["run", "small.yaml", "--engine", "spark"],
        ["run", "small.yaml", "--engine", "local", "--address", "host:1"],
        ["run", "small.yaml", "-s", "no_such.path=1"],
        ["run", "small.yaml", "-o", "small.yaml"],
        ["run", "small.yaml", "-o", "small.yaml/below"],
        ["plan", "missing.yaml"],
        ["plan", "small.yaml", "--cores", "0"],
        ["plan", "small.yaml", "--seconds", "0"],
        ["plan", "small.yaml", "-s", "no_such.path=1"],
        ["plan", "small.yaml", "-o", "small.yaml"],
        ["report", "missing"],
        ["export", "missing", "target.csv"],
        ["institutions", "league_of_nation"],
        ["no_such_command"],
    ],
)
def test_what_cannot_be_done_ends_with_2_and_writes_nothing(
    config: Path, csmc_command: Command, arguments: list[str]
) -> None:
    ended = csmc_command(*arguments)
    assert ended.code == 2
    assert ended.err
    assert "Traceback" not in ended.err
    assert [path.name for path in config.parent.iterdir()] == [config.name]


def test_institutions_are_listed_and_shown_in_full(csmc_command: Command) -> None:
    listed = csmc_command("institutions")
    assert all(name in listed.out for name in csmc.institutions.names())
    one = csmc_command("institutions", "un_security_council")
    assert "veto: permanent" in one.out
    assert "Charter" in one.out


def test_the_schema_is_json(csmc_command: Command) -> None:
    assert json.loads(csmc_command("schema").out) == csmc.schema()


def start(config: Path, output: str, replicates: int) -> subprocess.Popen[str]:
    """Begin a run in a process of its own, and wait until some of its work is on disk."""
    options = ["-o", output, "-s", f"sampling.replicates={replicates}"]
    environment = {**os.environ, "PYTHONPATH": str(Path(csmc.__file__).parents[1])}
    process = subprocess.Popen(
        [sys.executable, "-m", "csmc.cli", "run", str(config), *options],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not list(Path(output, "blocks").glob("*.blk")):
        time.sleep(0.1)
    return process


def test_an_interrupted_run_ends_with_130_and_keeps_its_work(config: Path, csmc_command: Command) -> None:
    with start(config, "stopped", 40_000_000) as process:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "the same command goes on from there" in err
    assert "Traceback" not in err
    kept = int(Store("stopped").index.replicates()[1].sum())
    assert 0 < kept < 80_000_000
    for arguments in (["report", "stopped"], ["export", "stopped", "stopped.csv"]):
        refused = csmc_command(*arguments)
        assert refused.code == 2
        assert "stopped: the run has not finished" in refused.err
        assert "`csmc run` with the same configuration and output goes on from there" in refused.err
    fewer = csmc_command("run", config, "-o", "stopped")
    assert fewer.code == 2
    assert "already has" in fewer.err


@pytest.mark.proof
def test_a_killed_run_goes_on_to_the_bits_of_an_undisturbed_one(config: Path, csmc_command: Command) -> None:
    with start(config, "killed", 4_000_000) as process:
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert not Store("killed").complete
    more = ["-s", "sampling.replicates=4_000_000", "--json"]
    digests = [json.loads(csmc_command("run", config, "-o", name, *more).out)["digest"] for name in ("killed", "whole")]
    assert digests[0] == digests[1]


def test_a_result_that_a_longer_run_has_not_replaced_yet_is_partial(config: Path, csmc_command: Command) -> None:
    csmc_command("run", config, "--quiet")
    assert csmc_command("report", "results/small").code == 0
    spec = Path("results/small/spec.json")
    spec.write_text(json.dumps(json.loads(spec.read_text()) | {"replicates": 500}))
    partial = csmc_command("report", "results/small")
    assert partial.code == 3
    assert "from 400 replicates a point" in " ".join(partial.out.split())
    assert "`csmc run` with the same configuration goes on" in partial.err


def test_an_output_takes_more_replicates_and_points_but_with_joint_tables_no_other_institutions(
    config: Path, csmc_command: Command
) -> None:
    csmc_command("run", config, "--quiet", "-s", "sampling.replicates=200")
    assert csmc_command("run", config, "--quiet").code == 0
    institutions = csmc_command("run", config, "-s", "institutions=[balance_of_power, anarchy, collective_security]")
    assert institutions.code == 2
    *_, difference, advice = institutions.err.splitlines()
    assert difference == "  institutions: anarchy is asked for, not stored"
    assert advice.startswith("nothing has been changed. Institutions can be added")
    more = ["-s", "design.grid.interests.divergence=[0.25, 0.5, 2.0]", "--json"]
    grown, at_once = (json.loads(csmc_command("run", config, *more, "-o", o).out) for o in ("results/small", "new"))
    assert (grown["points"], grown["digest"]) == (3, at_once["digest"])
    fewer = csmc_command("run", config)
    assert fewer.code == 2
    assert "holds points that the design asked for does not have" in fewer.err


def test_an_output_without_joint_tables_takes_more_institutions(config: Path, csmc_command: Command) -> None:
    few = ["-s", "outputs.joint=none"]
    more = [*few, "-s", "institutions=[balance_of_power, anarchy, collective_security]", "--json"]
    assert csmc_command("run", config, *few, "--quiet").code == 0
    grown, at_once = (json.loads(csmc_command("run", config, *more, "-o", o).out) for o in ("results/small", "new"))
    assert grown["digest"] == at_once["digest"]
    assert csmc_command("status", "results/small").code == 0
    assert csmc_command("verify", "results/small", "--all").code == 0


def test_tables_show_titles_as_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(Table("with [b]", ("institution", "war against [red]"), (("Council [i] :star:", "1"),)))
    assert [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()] == [
        "with [b]", "institution", "Council [i] :star:", "",
    ]  # fmt: skip


def test_where_there_is_no_terminal_a_line_comes_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    state = Progress(total=4_000_000, kept=0, done=1_000_000, played=7_000_000, left=21_000_000, seconds=2.0)
    lines(state)
    assert capsys.readouterr().err == ""
    lines._last -= 31
    lines(state)
    assert capsys.readouterr().err == f" 25.0%  {described(state)}\n"
    assert described(state) == "1 M of 4 M crises, 3.5 M institution-episodes/s, 6 s left"


def test_numbers_and_times_are_for_people() -> None:
    assert [quantity(n) for n in (0, 950, 3210, 41_000_000, 2.5e12)] == ["0", "950", "3.21 k", "41 M", "2.5 T"]
    assert [duration(s) for s in (0.4, 59, 185, 8040)] == ["0 s", "59 s", "3 min 5 s", "2 h 14 min"]


def test_shards_status_and_verification_from_the_command_line(config: Path, csmc_command: Command) -> None:
    whole = json.loads(csmc_command("run", config, "-o", "whole", "--json").out)["digest"]
    half = csmc_command("run", config, "-o", "out", "--shard", "1/2", "-s", "execution.block=100")
    assert half.code == 0
    assert "csmc collect out" in half.out
    status = csmc_command("status", "out", "--json")
    assert status.code == 3
    assert json.loads(status.out)["runs"]["1-of-2"]["state"] == "finished"
    partial = csmc_command("collect", "out")
    assert partial.code == 3
    assert "this result is partial" in partial.err
    assert csmc_command("run", config, "-o", "out", "--shard", "2/2", "-s", "execution.block=100").code == 0
    assert json.loads(csmc_command("collect", "out", "--json").out)["files"] == 1
    collected = csmc_command("collect", "out")
    assert collected.code == 0
    assert f"digest   {whole}" in collected.out
    assert "are on disk" in csmc_command("status", "out").out
    beat = Path("whole/status.json")
    beat.write_text(beat.read_text().replace('"state": "finished"', '"state": "running"'))
    assert "whole: running" in csmc_command("status", "whole").out
    beat.write_text(re.sub(r'"updated": "\d{4}', '"updated": "2025', beat.read_text()))
    assert "whole: silent" in csmc_command("status", "whole").out
    checked = csmc_command("verify", "out", "--all")
    assert (checked.code, checked.out.strip()) == (0, "4 stored rows were counted again, 0 differ")
    wrong = csmc_command("run", config, "--shard", "3/2")
    assert wrong.code == 2
    assert "write i/N" in wrong.err


def test_work_that_fails_leaves_a_partial_result_and_code_3(config: Path, csmc_command: Command, monkeypatch) -> None:
    from csmc import kernel

    tally_points = kernel.tally_points

    def broken(points, system, institutions, blocks, plan):
        if (points["divergence"] == 2.0).any():
            raise ZeroDivisionError("broken")
        return tally_points(points, system, institutions, blocks, plan)

    monkeypatch.setattr("csmc.engine.tallies.kernel.tally_points", broken)
    failed = csmc_command("run", config)
    assert failed.code == 3
    assert "point 1, replicates 0 to 399: ZeroDivisionError: broken" in failed.err
    assert csmc_command("report", "results/small").code == 3
    assert "failed   point 1" in csmc_command("status", "results/small").out
    monkeypatch.undo()


def test_a_run_with_a_precision_says_where_it_is_reached(config: Path, csmc_command: Command) -> None:
    precision = "sampling={precision: {war: {half_width: 0.015}}, max_replicates: 2000}"
    valid = csmc_command("validate", config, "-s", precision)
    assert "2 points, each until war ± 0.015\n  or 2,000 replicates" in valid.out
    assert "at most 4,000 crisis episodes" in valid.out
    planned = csmc_command("plan", config, "-s", precision, "--seconds", "0.2")
    assert planned.code == 0
    assert "as the precision asked for needs" in planned.out
    ended = csmc_command("run", config, "-s", precision, "--json")
    facts = json.loads(ended.out)
    with csmc.open_results("results/small") as dataset:
        replicates = dataset["replicates"].values.tolist()
    assert (facts["replicates"], facts["precision_reached"]) == (max(replicates), 2)
    assert facts["episodes"] == sum(replicates) < 4000
    told = " ".join(csmc_command("report", "results/small").out.split())
    assert "Precision reached at 2 of 2 points." in told
    closer = "sampling={precision: {war: {half_width: 0.008}}, max_replicates: 2000}"
    longer = " ".join(csmc_command("run", config, "-s", closer).out.split())
    assert "Precision reached at 0 of 2 points; 2 ended at max_replicates = 2,000." in longer

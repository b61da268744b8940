"""Commands as people are used to them: options, completion, Ctrl-C, terminals of any kind, and what to do next."""

import fcntl
import json
import os
import pty
import re
import shlex
import signal
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest
import typer

import csmc
from csmc.cli.app import COMMANDS as PANELS
from csmc.cli.app import app
from csmc.cli.tables import GAP, panels
from csmc.estimate import METRICS
from tests.unit.configurations import Command

CONFIGURATION = """\
name: small
institutions: [balance_of_power, {name: mine, extends: league_of_nations}, collective_security]
design: {grid: {interests.divergence: [0.5, 2.0]}}
sampling: {replicates: 60}
outputs: {metrics: [war, peace, challenge]}
execution: {threads: 1}
"""
COMMANDS = typer.main.get_command(app).commands
#: What commands print that is no JSON: only the schema, which is JSON whatever is asked.
WITHOUT_JSON = {"schema"}
#: Commands that simulate for more than a moment, and tell how far they are.
WITH_QUIET = {"run", "plan", "rare", "replay", "bench", "package"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration, and a run of it without joint tables of all pairs."""
    path = tmp_path_factory.mktemp("habits")
    (path / "small.yaml").write_text(CONFIGURATION)
    csmc.run(path / "small.yaml", output=path / "out").close()
    return path


@pytest.fixture(autouse=True)
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def options_of(command: str) -> set[str]:
    return {option for parameter in COMMANDS[command].params for option in parameter.opts if option.startswith("--")}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_options_that_mean_the_same_are_called_the_same(command: str) -> None:
    options = options_of(command)
    assert ("--json" in options) == (command not in WITHOUT_JSON)
    assert ("--quiet" in options) == (command in WITH_QUIET)
    takes_configuration = any(parameter.name == "config" for parameter in COMMANDS[command].params)
    assert ("--set" in options) == takes_configuration
    assert COMMANDS[command].help


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "small.yaml"],
        ["institutions"],
        ["institutions", "anarchy"],
        ["verify", "out", "--all"],
        ["report", "out"],
        ["status", "out"],
        ["plan", "small.yaml", "--seconds", "0.05", "--quiet"],
        ["export", "out", "out.csv"],
        ["replay", "out", "--quiet"],
    ],
)
def test_json_is_all_that_is_printed_where_it_is_asked_for(arguments: list[str], csmc_command: Command) -> None:
    ended = csmc_command(*arguments, "--json")
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out)


def complete(*words: str) -> list[str]:
    """What a shell offers for the last of `words`."""
    variables = {"_CSMC_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    command = [sys.executable, "-m", "csmc.cli"]
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_shells_complete_what_an_option_takes() -> None:
    assert complete("csmc", "val") == ["validate"]
    assert complete("csmc", "institutions", "un_") == ["un_security_council", "un_without_veto"]
    assert complete("csmc", "pairs", "out", "--institution", "m") == ["mine"], "the result's own, presets or not"
    assert complete("csmc", "rare", "small.yaml", "--institution", "m") == ["mine"]
    assert complete("csmc", "replay", "out", "--compare", "m") == ["mine"]
    assert complete("csmc", "sensitivity", "--institution", "anar") == ["anarchy"], "a preset, where no result is named"
    assert complete("csmc", "best", "out", "--metric", "") == ["peace", "war", "challenge"], "what has been counted"
    assert set(complete("csmc", "best", "--metric", "")) == set(METRICS)
    assert complete("csmc", "boundary", "out", "--pair", "mine", "coll") == ["collective_security"]
    assert complete("csmc", "boundary", "out", "--along", "") == ["interests.divergence"]
    assert complete("csmc", "run", "small.yaml", "-s", "crisis.war_c") == ["crisis.war_cost="]
    assert complete("csmc", "rare", "broken.yaml", "--institution", "anar") == [], "and no traceback"


def test_help_says_how_completion_is_installed(csmc_command: Command) -> None:
    assert "--install-completion" in csmc_command("--help").out
    command = f"{shlex.quote(sys.executable)} -m csmc.cli --show-completion; true"  # so that bash stays the parent
    shown = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert "_CSMC_COMPLETE" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["pairs", "out", "--institution", "mine", "--other", "collective_security"], "-s outputs.joint=all -o OTHER"),
        (["best", "out", "--metric", "challenge"], "-s outputs.joint=all -o OTHER"),
        (["pairs", "out", "--metric", "veto"], "-s outputs.metrics=all -o OTHER"),
        (["report", "small.yaml"], "`csmc run small.yaml` runs it"),
        (["report", "nothing"], "`csmc run` writes one"),
        (["validate", "study"], "study/csmc.yaml"),
        (["reprot", "out"], "Did you mean 'report'"),
    ],
)
def test_errors_name_the_next_command(arguments: list[str], advice: str, csmc_command: Command) -> None:
    Path("study").mkdir(exist_ok=True)
    Path("study/csmc.yaml").write_text(CONFIGURATION)
    ended = csmc_command(*arguments)
    assert ended.code in (1, 2)
    assert advice in " ".join(ended.err.replace("│", "").split())


def test_pairs_say_how_those_that_are_not_there_are_counted(csmc_command: Command) -> None:
    some = csmc_command("pairs", "out")
    assert (some.code, "mine - collective_security" in some.out) == (0, False)
    assert "csmc run CONFIG -s outputs.joint=all -o OTHER" in some.err
    assert csmc_command("run", "small.yaml", "-s", "outputs.joint=all", "-o", "other", "--quiet").code == 0
    every = csmc_command("pairs", "other")
    assert (every.err, "mine - collective_security" in every.out) == ("", True)


def test_shards_without_a_result_are_to_be_collected(csmc_command: Command) -> None:
    assert csmc_command("run", "small.yaml", "-o", "parts", "--shard", "1/2").code == 0
    assert "`csmc collect parts`" in csmc_command("report", "parts").err


def test_ctrl_c_ends_any_command_with_130_and_one_line(csmc_command: Command) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background ignore it
    stop = threading.Timer(2.0, os.kill, (os.getpid(), signal.SIGINT))
    stop.start()
    ended = csmc_command("plan", "small.yaml", "--seconds", "600", "-s", "sampling.replicates=4_000_000_000")
    stop.join()
    signal.signal(signal.SIGINT, before)
    assert (ended.code, ended.out) == (130, "")
    assert ended.err.splitlines()[-1] == "interrupted; the same command can be given again"


def on_terminal(columns: int, *arguments: str, **variables: str) -> str:
    """All that a command writes to a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    environment |= {"TERM": "xterm-256color", **variables}
    process = subprocess.Popen(
        [sys.executable, "-m", "csmc.cli", *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    written = b""
    try:
        while part := os.read(ours, 65536):
            written += part
    except OSError:  # how Linux says that nobody writes to a terminal any more
        pass
    os.close(ours)
    assert process.wait() in (0, 2)
    return written.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("arguments", [["report", "out"], ["institutions"], ["run", "small.yaml", "--nothing"]])
def test_colours_and_weights_are_for_terminals_and_not_for_no_color(arguments: list[str]) -> None:
    assert "\x1b[" in on_terminal(100, *arguments)
    assert "\x1b" not in on_terminal(100, *arguments, NO_COLOR="1")
    piped = subprocess.run([sys.executable, "-m", "csmc.cli", *arguments], capture_output=True)
    assert b"\x1b" not in piped.stdout + piped.stderr


def test_a_bar_moves_but_has_no_colour_with_no_color() -> None:
    options = ["-o", "watched", "-s", "sampling.replicates=30_000"]
    written = on_terminal(100, "run", "small.yaml", *options, NO_COLOR="1")
    assert "collective security" in written
    assert re.findall(r"\x1b\[[0-9;]*m", written) == []


def test_forty_columns_lose_nothing_of_a_table() -> None:
    wide, narrow = (on_terminal(columns, "report", "out", NO_COLOR="1") for columns in (200, 40))
    assert max(map(len, narrow.splitlines())) <= 40
    assert "…" not in narrow
    table = wide[wide.index("interests.divergence = 0.5") : wide.index("interests.divergence = 2")]
    assert len(table.split()) > 30
    assert {word for word in table.split() if word not in narrow.split()} == set(), "numbers and words stay whole"


@pytest.mark.parametrize("command", ["run", "rare", "boundary"])
def test_help_has_every_option_in_full_on_narrow_terminals(command: str) -> None:
    for columns in (40, 79, 80):
        shown = on_terminal(columns, command, "--help", NO_COLOR="1")
        assert "…" not in shown
        assert {option for option in options_of(command) if not re.search(rf"{option}\b", shown)} == set()


@pytest.mark.parametrize("width", [12, 20, 40, 80, 200])
def test_every_column_has_its_place_at_every_width(width: int) -> None:
    headings = ["institution", "war if challenged", "participation", "difference of the two"]
    cells = [["collective security", "12.5", "7", "+0.5 [−0.1, +0.7]"], ["anarchy", "1", "2", "3"]]
    found = list(panels(headings, cells, width, 1))
    assert [k for widths in found for k in widths if k] == [1, 2, 3], "in order, each once"
    assert all(0 in widths and min(widths.values()) >= 1 for widths in found)
    if width >= 40:
        assert all(sum(widths.values()) + GAP * (len(widths) - 1) <= width for widths in found)
    assert (len(found) == 1) == (width >= 80)


def test_signs_that_an_encoding_lacks_do_not_end_a_command() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([sys.executable, "-m", "csmc.cli", "report", "out"], env=environment, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"?" in done.stdout


def test_no_place_for_compiled_code_is_one_line() -> None:
    environment = {**os.environ, "CSMC_CACHE_DIR": "small.yaml"}
    command = [sys.executable, "-m", "csmc.cli", "run", "small.yaml", "-o", "never"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("error: cannot keep compiled code in small.yaml")
    assert not Path("never").exists()


def test_help_is_by_what_a_person_wants_and_h_asks_for_it(csmc_command: Command) -> None:
    shown = csmc_command("-h").out
    assert shown == csmc_command("--help").out
    places = [shown.index(f"─ {panel} ─") for panel in PANELS]
    assert places == sorted(places)
    assert sorted(one.__name__ for commands in PANELS.values() for one in commands) == sorted(COMMANDS)
    for command in COMMANDS:
        assert csmc_command(command, "-h").out == csmc_command(command, "--help").out != ""


def test_commands_say_what_comes_next(csmc_command: Command) -> None:
    changes = ["-s", "crisis.war_cost=0.3", "-o", "new out"]
    planned = csmc_command("plan", "small.yaml", "--seconds", "0.05", "--quiet", *changes)
    assert planned.out.splitlines()[-1] == "run      csmc run small.yaml -s crisis.war_cost=0.3 -o 'new out'"
    assert csmc_command("status", "out").out.splitlines()[-1] == "report   csmc report out"
    assert csmc_command("run", "small.yaml", "-o", "half", "--shard", "1/2").code == 0
    assert "goes on" in csmc_command("status", "half/shards/1-of-2").out.splitlines()[-1]

"""Files made to hang, to fill memory or to be taken for something else: refused, soon, in little memory."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from csmc.config import load_experiment
from csmc.errors import ConfigError
from tests.evidence import Section
from tests.input.hostile_files import CONTENTS, GOOD, MEGABYTE, make
from tests.unit.configurations import refusal

#: Seconds of processor time for one file.
SOON = 2.0
#: Memory that reading may take beyond what the process has; the largest file that is read at all has 1 MiB.
MEMORY = 256 * MEGABYTE


def judge(path: Path) -> str:
    try:
        load_experiment(path)
    except ConfigError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", CONTENTS)
def test_a_hostile_file_is_refused_in_words_and_soon(tmp_path, name):
    path = make(name, tmp_path)
    began = time.process_time()
    message = judge(path)
    assert time.process_time() - began < SOON
    expected = CONTENTS[name].words
    assert bool(message) == bool(expected), message[:500]
    assert expected in message
    assert len(message) < 300_000
    assert all(line.startswith((str(path), "and ")) for line in message.splitlines())


@pytest.mark.proof
def test_reading_all_hostile_files_takes_little_memory(evidence):
    code = (
        "import resource, tempfile, pathlib\n"
        "from tests.input.hostile_files import CONTENTS, make\n"
        "from tests.input.test_hostile_files import judge\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024\n"
        "before = peak()\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    for name in CONTENTS:\n"
        "        judge(make(name, pathlib.Path(folder)))\n"
        "print(peak() - before)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert int(ended.stdout) < MEMORY
    evidence(
        Section.INPUT,
        "Hostile files (encodings, bombs of aliases, nesting, keys, lines, values, points and "
        "institutions, 100 MiB) are "
        "refused with the reason, or read if they are only odd, each within two seconds of processor time, and all of "
        "them together within 256 MiB of memory.",
        f"{len(CONTENTS)} files, {sum(bool(hostile.words) for hostile in CONTENTS.values())} of them refused",
    )


def pipe(folder: Path) -> Path:
    path = folder / "pipe.yaml"
    os.mkfifo(path)
    return path


def loop(folder: Path) -> Path:
    path = folder / "loop.yaml"
    path.symlink_to(path)
    return path


NO_FILES = {
    "a pipe that nobody writes": pipe,
    "a loop of links": loop,
    "a folder": lambda folder: folder,
    "no file": lambda folder: folder / "none.yaml",
    "a file as a folder": lambda folder: make("CRLF", folder) / "x.yaml",
    "a device without end": lambda folder: Path("/dev/zero"),
    "an empty device": lambda folder: Path("/dev/null"),
    "a name of 300 characters": lambda folder: folder / ("a" * 300),
    "a name with NUL": lambda folder: folder / "a\0b",
    "a name that is no text": lambda folder: folder / "\ud800",
    "no name": lambda folder: Path(""),
}


@pytest.mark.parametrize("role", ["configuration", "extended", "table", "distances", "option"])
def test_what_is_no_regular_file_is_refused_and_never_waited_for(tmp_path, role, evidence):
    for name, place in NO_FILES.items():
        folder = tmp_path / str(list(NO_FILES).index(name))
        folder.mkdir()
        path = place(folder)
        text = str(path).replace("\0", "\\0").replace("\ud800", "\\ud800")
        lines = {
            "extended": f'extends: "{text}"\n',
            "table": f'parameters: {{system.table: "{text}"}}\n',
            "distances": f'parameters: {{system.geography.table: "{text}"}}\n',
        }
        config = folder / "config.yaml"
        config.write_text(GOOD.decode() + lines.get(role, ""))
        options = (f'system.table="{text}"',) if role == "option" else ()
        assert refusal(path if role == "configuration" else config, options), name
    evidence(
        Section.INPUT,
        f"What is no regular file (a pipe, a device, a folder, a loop of links, an impossible name) "
        f"is refused as {role}, "
        "and never waited for.",
        f"{len(NO_FILES)} places",
    )


def test_a_file_that_may_not_be_read_is_refused(tmp_path):
    path = make("CRLF", tmp_path)
    path.chmod(0)
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from csmc.config import load_experiment\n"
        "from csmc.errors import ConfigError\n"
        f"os.chmod({str(tmp_path)!r}, 0o755)\n"
        "os.geteuid() == 0 and os.seteuid(65534)\n"
        "try:\n"
        f"    load_experiment(Path({path.name!r}))\n"
        "except ConfigError as error:\n"
        "    print(error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert "cannot be read: Permission denied" in ended.stdout


def test_a_configuration_extends_up_to_sixteen_files_in_a_row(tmp_path):
    (tmp_path / "f0.yaml").write_bytes(GOOD)
    for number in range(1, 2000):
        (tmp_path / f"f{number}.yaml").write_text(f"extends: f{number - 1}.yaml\n")
    assert load_experiment(tmp_path / "f16.yaml").institutions[0].name == "anarchy"
    assert "more than 16 files" in refusal(tmp_path / "f17.yaml")[0]
    assert "more than 16 files" in refusal(tmp_path / "f1999.yaml")[0]


def test_circles_of_files_are_refused_through_links_and_detours_too(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.yaml").write_text("extends: folder/../b.yaml\n")
    (tmp_path / "b.yaml").write_text("extends: link.yaml\n")
    (tmp_path / "link.yaml").symlink_to("a.yaml")
    (tmp_path / "self.yaml").write_text("extends: self.yaml\n")
    for name in ("a.yaml", "b.yaml", "link.yaml", "self.yaml"):
        assert "leads into a circle" in refusal(tmp_path / name)[0]


def test_no_file_descriptor_stays_open(tmp_path):
    before = len(os.listdir("/proc/self/fd"))
    for place in (lambda folder: folder, pipe):
        path = place(tmp_path)
        for _ in range(20):
            refusal(path)
    assert len(os.listdir("/proc/self/fd")) == before
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > before

"""A page read as a transcript: files to save, commands, and what they print. Edit to read another kind of block.

```yaml blocks that begin with `# NAME.yaml` are files, ```console blocks are commands (`$ `), each with its output, and
```python blocks are programs, and a ```text block after one is what it prints. ```diff blocks are changes of the code.
A line `...` stands for any number of lines.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: What differs from run to run and from machine to machine: times, sizes of files, versions.
VARYING = re.compile(r"\b[\d.,]+ (?:s|min|ms|h|kB|MB|MiB|GiB)\b|\b\d+\.\d+\.\d+\b")


@dataclass(frozen=True)
class Step:
    """Save `source` as the file `name`, make the change, give the command or run the program that prints `output`."""

    kind: str
    source: str
    name: str = ""
    output: str = ""


def steps(page: str) -> Iterator[Step]:
    """Everything that a page has to be done, in order."""
    blocks = r"^```(console|yaml|python|diff)\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?"
    for language, block, printed in re.findall(blocks, page, re.DOTALL | re.MULTILINE):
        if language == "console":
            for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
                yield Step("command", command, output=output)
        elif language == "python":
            yield Step("program", block, output=printed)
        elif language == "diff":
            yield Step("change", block)
        elif name := re.match(r"# (\S+\.yaml)\n", block):
            yield Step("file", block, name[1])


def masked(line: str) -> str:
    """A line without what differs from run to run, and without spaces at its end."""
    return VARYING.sub("_", line).rstrip()


def agrees(shown: str, printed: str) -> bool:
    """Whether what was printed is what is shown, line by line."""
    pattern = "".join(
        "(?:.*\n)*?" if line == "..." else re.escape(masked(line)) + "\n" for line in shown.rstrip().splitlines()
    )
    return re.fullmatch(pattern, "".join(masked(line) + "\n" for line in printed.rstrip().splitlines())) is not None


def shell(folder: Path, command: str, code: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """Give a command in a folder, where `csmc` and `python` are of the csmc in `code`; a pipe fails with its parts."""
    tools = folder / ".bin"
    if not tools.exists():
        tools.mkdir()
        for name, meant in (("csmc", f"{sys.executable} -m csmc.cli"), ("python", sys.executable)):
            (tools / name).write_text(f'#!/bin/bash\nexec {meant} "$@"\n')
            (tools / name).chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PYTHONPATH": str(code),
        "COLUMNS": "100",
        "PYTHONUTF8": "1",
    }
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

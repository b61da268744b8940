"""The tutorial, from its first command to its finding, as somebody who does what it says has it."""

import shlex
import sys
from pathlib import Path

import pytest

from tests.documentation.transcript import Step, agrees, shell, steps


@pytest.mark.proof
def test_every_command_and_program_of_the_tutorial_prints_what_is_shown(root: Path, tmp_path: Path) -> None:
    todo = list(steps((root / "docs" / "tutorial.md").read_text(encoding="utf-8")))
    assert {step.kind for step in todo} == {"file", "command", "program"}
    for step in todo:
        if step.kind == "file":
            (tmp_path / step.name).write_text(step.source, encoding="utf-8")
            continue
        done = shell(
            tmp_path, step.source if step.kind == "command" else shlex.join([sys.executable, "-c", step.source])
        )
        assert done.returncode == 0, f"{step.source}: {done.stderr}"
        assert agrees(step.output, done.stdout), f"{step.source}\nprints\n{done.stdout}"


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("war 0.50\n", "war 0.50\n", True),
        ("war 0.50\n", "war 0.51\n", False),
        ("20,000 crises, 5 s\n", "20,000 crises, 1.25 s\n", True),
        ("20,000 crises, 5 s\n", "20,001 crises, 5 s\n", False),
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("a\n...\nd\n", "a\nb\nc\n", False),
        ("a\n", "a\nb\n", False),
        ("", "a\n", False),
    ],
)
def test_only_times_sizes_and_versions_may_differ_from_what_is_shown(shown: str, printed: str, same: bool) -> None:
    assert agrees(shown, printed) is same


def test_a_page_is_read_in_order_and_a_command_ends_where_the_next_begins() -> None:
    page = "```yaml\n# a.yaml\nseed: 1\n```\n\n```console\n$ one\nout\n$ two\n```\n\n"
    page += "```python\nprint(1)\n```\n\n```text\n1\n```\n"
    assert list(steps(page)) == [
        Step("file", "# a.yaml\nseed: 1\n", "a.yaml"),
        Step("command", "one", output="out\n"),
        Step("command", "two"),
        Step("program", "print(1)\n", output="1\n"),
    ]

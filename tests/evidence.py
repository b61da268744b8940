"""What the tests prove, with figures, and the pages that are written from it.

A test that supports a public claim states it once: `evidence(Section.DRAWS, "the claim", "the figure found")`; a test
that makes something go wrong states what a user sees then: `fault("what goes wrong", "what is seen", code=1)`. With
`--evidence FILE` the session writes all claims, by section, to FILE (docs/verification.md), with `--faults FILE` all
faults (docs/reliability.md).
"""

import platform
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import pytest

FOLDER = Path(__file__).parent
EVIDENCE, FAULTS = "evidence", "faults"
WIDEST = 300  #: characters of what a user sees that are shown
_DIFFERENT_EACH_TIME = {
    r"process \d+ on [\w.-]+": "process N on HOST",
    r"\d+\.\d%": "N %",
    r"\d{6}\.blk": "N.blk",
    r"\b[0-9a-f]{12}\b": "X",
}


class Section(StrEnum):
    """The sections of the report, in its order."""

    REFERENCE = "The kernel equals an independent implementation"
    ANSWERS = "Known answers"
    EXACT = "Tiny worlds, computed exactly"
    IDENTITY = "The same bits everywhere"
    COMMON = "Common random numbers"
    METAMORPHIC = "Metamorphic relations"
    THEORY = "What theory predicts"
    STATISTICS = "Intervals hold their level"
    INPUT = "Hostile input"
    MUTATION = "Would the tests notice a fault?"


class Row(NamedTuple):
    """What one passed test states."""

    values: Sequence[Any]
    test: str

    @property
    def place(self) -> str:
        """The test by file and name, without its parameters."""
        file, _, name = self.test.partition("::")
        return f"`{Path(file).name}::{name.partition('[')[0]}`"


@pytest.fixture
def evidence(record_property: Callable[[str, object], None]) -> Callable[[Section, str, str], None]:
    """Record (section, claim, figure) for docs/verification.md; the row appears only if the test passes."""

    def record(section: Section, claim: str, figure: str) -> None:
        record_property(EVIDENCE, (section.name, claim, figure))

    return record


@pytest.fixture
def fault(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Record (what goes wrong, what the user sees, code, what is lost) for docs/reliability.md, if the test passes."""

    def record(what: str, seen: str, *, code: int | None = None, lost: str = "nothing") -> None:
        record_property(FAULTS, (what, seen, "–" if code is None else code, lost))

    return record


def told(text: str, *paths: Path) -> str:
    """The last message in what a run has printed, without what differs from run to run."""
    for number, path in enumerate(paths):
        text = text.replace(str(path), "OUTPUT" if number == 0 else "FOLDER")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    begins = [number for number, line in enumerate(lines) if line.startswith("error:")]
    message = " ".join(lines[begins[-1] :] if begins else lines[-1:])
    for pattern, word in _DIFFERENT_EACH_TIME.items():
        message = re.sub(pattern, word, message)
    return message if len(message) <= WIDEST else f"{message[:WIDEST]} ..."


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --evidence and --faults."""
    parser.addoption("--evidence", metavar="FILE", help="write what the tests prove to FILE")
    parser.addoption("--faults", metavar="FILE", help="write what happens when something goes wrong to FILE")


def pytest_configure(config: pytest.Config) -> None:
    """Collect rows where the whole session's reports arrive."""
    for name, tables in ((EVIDENCE, _sections), (FAULTS, _fault_table)):
        path = config.getoption(f"--{name}")
        if path and not hasattr(config, "workerinput"):
            config.pluginmanager.register(Page(name, Path(path), tables), f"{name}-page")


class Page:
    """Collects the rows of passing tests and writes them into the text of a page."""

    def __init__(self, name: str, path: Path, tables: Callable[[list[Row]], str]) -> None:
        self._name, self._path, self._tables = name, path, tables
        self._rows: list[Row] = []
        self._passed = 0
        self._failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the rows of one passed test, or remember that it failed."""
        if report.failed:
            self._failed.append(report.nodeid)
        elif report.when == "call" and report.passed:
            self._passed += 1
            self._rows += [Row(value, report.nodeid) for name, value in report.user_properties if name == self._name]

    def pytest_sessionfinish(self) -> None:
        """Write the page."""
        words = {"evidence": "verification.md", "faults": "reliability.md"}[self._name]
        text = (FOLDER / words).read_text().replace("{{summary}}", self._summary())
        self._path.write_text(text.replace("{{tables}}", self._tables(self._rows)))

    def _summary(self) -> str:
        failures = "none failed" if not self._failed else f"**{len(self._failed)} FAILED**: " + ", ".join(self._failed)
        return (
            f"{self._passed:,} tests passed, {failures}; Python {platform.python_version()}, {platform.machine()}, "
            f"{_processor()}."
        )


def _sections(rows: list[Row]) -> str:
    """The claims of every section of the page, in its order."""
    by_section: dict[str, list[tuple[Row, str, str]]] = defaultdict(list)
    for row in rows:
        section, claim, figure = row.values
        by_section[section].append((row, claim, figure))
    parts = []
    for section in Section:
        found = sorted(
            by_section[section.name], key=lambda part: (part[0].test.partition("[")[0], part[1:], part[0].test)
        )
        if found:
            lines = [f"| {_cell(claim)} | {_cell(figure)} | {row.place} |" for row, claim, figure in found]
            parts.append(
                "\n".join([f"## {section.value}", "", "| claim | evidence | test |", "|---|---|---|", *lines, ""])
            )
    return "\n".join(parts)


def _fault_table(rows: list[Row]) -> str:
    """What goes wrong, what is seen and what is lost, by the name of the test."""
    lines = ["| what goes wrong | what the user sees | code | what is lost | test |", "|---|---|---|---|---|"]
    for row in sorted(rows, key=lambda row: (row.test.partition("[")[0], row.values)):
        lines.append(f"| {' | '.join(_cell(str(value)) for value in row.values)} | {row.place} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _processor() -> str:
    try:
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    except OSError:
        names = []
    return names[0].partition(": ")[2] if names else "unknown processor"

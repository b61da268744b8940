"""What the tests prove, with figures: the `evidence` fixture, and the report that `make proof` writes from it.

A test that supports a public claim states it once: `evidence(Section.DRAWS, "the claim", "the figure found")`. With
`--evidence FILE` the session writes all of them, by section, to FILE (docs/verification.md).
"""

import platform
from collections import defaultdict
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import pytest

TEMPLATE = Path(__file__).with_name("verification.md")
PROPERTY = "evidence"


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
    FAULTS = "Nothing is lost"
    INPUT = "Hostile input"
    MUTATION = "Would the tests notice a fault?"


@pytest.fixture
def evidence(record_property: Callable[[str, object], None]) -> Callable[[Section, str, str], None]:
    """Record (section, claim, figure) for the report; the row appears only if the test passes."""

    def record(section: Section, claim: str, figure: str) -> None:
        record_property(PROPERTY, (section.name, claim, figure))

    return record


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --evidence."""
    parser.addoption("--evidence", metavar="FILE", help="write what the tests prove to FILE")


def pytest_configure(config: pytest.Config) -> None:
    """Collect evidence where the whole session's reports arrive."""
    path = config.getoption("--evidence")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Report(Path(path)), "evidence-report")


class Report:
    """Collects the rows of passing tests and writes them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        self.passed = 0
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the rows of one passed test, or remember that it failed."""
        if report.failed:
            self.failed.append(report.nodeid)
        elif report.when == "call" and report.passed:
            self.passed += 1
            for name, value in report.user_properties:
                if name == PROPERTY:
                    section, claim, figure = value
                    self.rows[section].append((claim, figure, report.nodeid))

    def pytest_sessionfinish(self) -> None:
        """Write the report."""
        body = "\n".join(self._section(section) for section in Section if self.rows[section.name])
        text = TEMPLATE.read_text().replace("{{summary}}", self._summary()).replace("{{sections}}", body)
        self.path.write_text(text)

    def _summary(self) -> str:
        failures = "none failed" if not self.failed else f"**{len(self.failed)} FAILED**: " + ", ".join(self.failed)
        return (
            f"{self.passed:,} tests passed, {failures}; Python {platform.python_version()}, {platform.machine()}, "
            f"{_processor()}."
        )

    def _section(self, section: Section) -> str:
        lines = [f"## {section.value}", "", "| claim | evidence | test |", "|---|---|---|"]
        for claim, figure, nodeid in sorted(self.rows[section.name], key=lambda row: (row[2].partition("[")[0], row)):
            file, _, name = nodeid.partition("::")
            lines.append(f"| {_cell(claim)} | {_cell(figure)} | `{Path(file).name}::{name.partition('[')[0]}` |")
        return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _processor() -> str:
    try:
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    except OSError:
        names = []
    return names[0].partition(": ")[2] if names else "unknown processor"

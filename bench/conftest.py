"""A last table in the units that matter; pytest-benchmark's own table has seconds per call."""

import os
import platform

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    session = getattr(config, "_benchmarksession", None)
    rows = [(bench.group, bench.name, bench.extra_info) for bench in (session.benchmarks if session else [])]
    if not rows:
        return
    terminalreporter.section("figures")
    terminalreporter.write_line(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, one used")
    width = max(len(name) for _, name, _ in rows)
    for group, name, figures in rows:
        text = ", ".join(described(label, value) for label, value in figures.items())
        terminalreporter.write_line(f"{group or '':<10} {name:<{width}}  {text}")


def described(label: str, value: object) -> str:
    """One figure."""
    return f"{label} {value:,}" if isinstance(value, int | float) else f"{label} {value}"

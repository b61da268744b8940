"""Fixtures and settings of the whole suite; what only one file needs belongs in that file."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# Property tests draw the same examples in every run, and a slow machine is no failure.
settings.register_profile("csmc", deadline=None, derandomize=True)
settings.load_profile("csmc")

pytest_plugins = ["tests.evidence"]

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
# One cache of compiled code per user, outside the user's own: named by the kernel's sources, so it is never stale.
os.environ.setdefault("CSMC_CACHE_DIR", str(Path(tempfile.gettempdir()) / f"csmc-tests-{os.getuid()}"))

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def configs(root: Path) -> Path:
    """The experiments that come with csmc."""
    return root / "configs"

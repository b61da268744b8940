"""Fixtures and settings of the whole suite; what only one file needs belongs in that file."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium that logs its console and its requests; skipped without one."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="pip install -e '.[browser]' brings selenium")
    service = pytest.importorskip("selenium.webdriver.chrome.service")
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("no Chromium (apt-get install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    profile = tempfile.mkdtemp()
    for flag in (
        *("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-component-update"),
        *("disable-background-networking", "disable-sync", "disable-dev-shm-usage", f"user-data-dir={profile}"),
    ):
        options.add_argument(f"--{flag}")
    options.add_argument("about:blank")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=service.Service(driver))
    yield started
    started.quit()
    shutil.rmtree(profile, ignore_errors=True)

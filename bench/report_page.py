"""How long the page of a large result takes to write and to open, and how large it is.

`python -m bench.report_page` makes up a result of 10,000 points under 8 institutions, with every metric, writes its
page, and opens it in headless Chromium if there is one. It ends with code 1 if a goal is missed.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import xarray as xr

import csmc
from csmc.config import Experiment
from csmc.estimate import METRICS
from csmc.institutions import names
from csmc.kernel.codes import Outcome
from csmc.report.html import write_page
from csmc.results.attributes import global_attributes
from csmc.results.coordinates import coordinates
from csmc.results.variables import PARTS

SIDE = 100  #: values of each of two parameters
SECONDS, MEGABYTES, OPENING = 10.0, 15.0, 2.0


def experiment() -> Experiment:
    """A grid of SIDE x SIDE points under all presets."""
    values = np.linspace(0.01, 1, SIDE).round(6).tolist()
    grid = {"crisis.war_cost": values, "crisis.misperception": values}
    return Experiment(name="large", question="How large?", institutions=list(names()), design={"grid": grid})


def result(asked: Experiment) -> xr.Dataset:
    """A result with made-up numbers in all metrics and tables."""
    points, institutions, draw = asked.n_points, len(asked.institutions), np.random.default_rng(1)
    axes = {axis.name: (axis.dims, axis.values, axis.attributes) for axis in coordinates(asked)}
    both = ("point", "institution")
    variables: dict[str, object] = {"replicates": ("point", np.full(points, 1000))}
    for name in METRICS:
        value = draw.random((points, institutions))
        variables |= {name + suffix: (both, value + 0.01 * draw.normal(size=value.shape)) for _, suffix, _ in PARTS}
    joint = draw.integers(0, 100, (points, institutions, len(Outcome), len(Outcome)))
    variables["joint_outcomes"] = ((*both, "outcome", "other_outcome"), joint)
    variables["outcome_count"] = ((*both, "outcome"), joint.sum(axis=3))
    return xr.Dataset(variables, axes, global_attributes(asked, digest="0" * 64, complete=True))


def opening(page: Path) -> float | None:
    """Seconds until the page has drawn its figures; None without selenium and Chromium."""
    try:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
    except ImportError:
        return None
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        return None
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    with tempfile.TemporaryDirectory() as profile:
        for flag in ("headless=new", "no-sandbox", "disable-gpu", "no-first-run", f"user-data-dir={profile}"):
            options.add_argument(f"--{flag}")
        chromium = webdriver.Chrome(options=options, service=Service(driver))
        try:
            began = time.perf_counter()
            chromium.get(page.as_uri())
            assert chromium.execute_script("return document.querySelectorAll('#figure .cell').length") > 0
            return time.perf_counter() - began
        finally:
            chromium.quit()


def main() -> int:
    """Measure, print, and say whether the goals are met."""
    asked = experiment()
    with tempfile.TemporaryDirectory() as folder:
        result(asked).to_zarr(Path(folder) / "result.zarr", zarr_format=3, consolidated=False)
        began = time.perf_counter()
        with csmc.open_results(folder) as dataset:
            page = write_page(dataset, Path(folder) / "page.html")
        seconds, megabytes, opened = time.perf_counter() - began, page.stat().st_size / 1e6, opening(page)
    print(f"points {asked.n_points:,}, institutions {len(asked.institutions)}, metrics {len(METRICS)}")
    print(f"written in {seconds:.1f} s (goal {SECONDS:g}), {megabytes:.1f} MB (goal {MEGABYTES:g})")
    print(
        "not opened: no selenium or no Chromium" if opened is None else f"opened in {opened:.2f} s (goal {OPENING:g})"
    )
    return int(seconds > SECONDS or megabytes > MEGABYTES or (opened or 0.0) > OPENING)


if __name__ == "__main__":
    sys.exit(main())

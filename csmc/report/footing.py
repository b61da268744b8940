"""What a summary says of what its numbers rest on: nothing, unless something is off. Edit to change these sentences."""

import shlex
from collections.abc import Collection, Iterator
from pathlib import Path

import xarray as xr

from csmc.analysis import diagnose
from csmc.analysis.checks import CHECKS
from csmc.analysis.diagnostics import Failure, failures
from csmc.errors import StoreError

#: Designs of more points are not diagnosed for a summary: it should be there at once.
DIAGNOSED_POINTS = 100


def footing(dataset: xr.Dataset, shown: Collection[str]) -> Iterator[str]:
    """Yield sentences on estimates that are in doubt, or rest on very little if they are of the metrics shown.

    What is behind a result is in its output directory; without that, or for large designs, nothing is said.
    """
    source = dataset.encoding.get("source")
    if source is None or dataset.sizes["point"] > DIAGNOSED_POINTS:
        return
    try:
        found = diagnose(source)
    except StoreError:
        return
    output = shlex.quote(str(dataset.encoding.get("output", Path(source).parent)))
    yield from _faults(found, dataset, output)
    yield from _few_events(found, dataset, output, shown)


def _faults(found: xr.Dataset, dataset: xr.Dataset, output: str) -> Iterator[str]:
    for name, check in CHECKS.items():
        worst = failures(found, name, 1) if check.finds == "fault" else []
        if worst:
            count, of = _counted(found, name, found["metric"].values.tolist())
            yield (
                f"WARNING: not as independent replicates should be ({name}): {count:,} of {of:,} estimates, "
                f"{_place(worst[0], dataset)} most of all. csmc diagnose {output} says more, "
                f"csmc verify --all {output} counts again."
            )
            return


def _few_events(found: xr.Dataset, dataset: xr.Dataset, output: str, shown: Collection[str]) -> Iterator[str]:
    values = found.sel(estimate=["value"])
    worst = failures(values, "events", 1, shown)
    if worst:
        count, of = _counted(values, "events", [name for name in shown if name in found["metric"].values])
        rest = "rests" if count == 1 else "rest"
        yield (
            f"{count:,} of {of:,} estimates {rest} on fewer than 10 events ({_place(worst[0], dataset)} least of all). "
            "That events are rare is a finding, and intervals hold; only the relative precision is low "
            f"(csmc diagnose {output})."
        )


def _counted(found: xr.Dataset, check: str, metrics: list[str]) -> tuple[int, int]:
    """How many estimates fail a check, and of how many."""
    counts = found["estimates"].sel(check=check, metric=metrics)
    return int(counts.sel(state="off").sum()), int(counts.sum())


def _place(failure: Failure, dataset: xr.Dataset) -> str:
    title = dataset.csmc.titles.get(failure.institution, failure.institution)
    metric = failure.metric.replace("_", " ")
    kind = "" if failure.estimate == "value" else "the difference of "
    return f"{kind}{metric} under {title} at point {failure.point}"

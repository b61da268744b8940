"""The registry of variables: dimensions, types and attributes of everything in a result. Edit to change the Dataset."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from csmc.config.sections import Sampling
from csmc.estimate import Metric
from csmc.estimate.gains import CONTROL_METHOD, REPLICATION_METHOD
from csmc.estimate.intervals import LEVEL, METHODS
from csmc.estimate.precision import SEQUENTIAL_LEVEL
from csmc.kernel.codes import Outcome

PER_INSTITUTION = ("point", "institution")

#: Parts of an estimate: field of `csmc.estimate.Estimate`, suffix of the variable, and how its long name begins.
PARTS = (
    ("value", "", ""),
    ("se", "_se", "standard error: "),
    ("low", "_low", "lower end of the interval: "),
    ("high", "_high", "upper end of the interval: "),
    ("difference", "_difference", "paired difference from the reference: "),
    ("difference_se", "_difference_se", "standard error of the paired difference: "),
    ("difference_low", "_difference_low", "lower end of the interval of the paired difference: "),
    ("difference_high", "_difference_high", "upper end of the interval of the paired difference: "),
    ("pairing_gain", "_pairing_gain", "variance of the difference with separate draws over that with shared draws: "),
)


#: The same of a `csmc.estimate.Gain`; after the suffix comes of what it is the gain.
GAIN_PARTS = (("value", "", ""), ("difference", "_difference", "paired difference from the reference: "))


@dataclass(frozen=True)
class Variable:
    """One array of a result. What has not been computed reads as `fill`."""

    name: str
    dims: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    dtype: Any = np.float64
    fill: float = float("nan")


def estimate_variables(metric: Metric, by_precision: bool) -> Iterator[Variable]:
    """Yield the value of a metric, its error, its interval, and the same of its paired difference."""
    for part, suffix, prefix in PARTS:
        attributes = {"units": "1", "long_name": prefix + metric.long_name} | _part_attributes(metric, part)
        if by_precision and "interval_method" in attributes:
            attributes["interval_method"] += (
                f"; computed at the level {SEQUENTIAL_LEVEL}, so that at the number of replicates at which a precision "
                f"ended the point it holds the truth with {LEVEL}"
            )
        yield Variable(metric.name + suffix, PER_INSTITUTION, attributes)


def gain_variables(metric: Metric, sampling: Sampling) -> Iterator[Variable]:
    """Yield what drawing replicates in groups, and controls, gain for a metric, and for its paired difference."""
    if sampling.group > 1:
        ways = f"variance by plain replication over that by {sampling.replication} replication"
        yield from _gain(metric, "replication", ways, REPLICATION_METHOD)
    if sampling.controls:
        yield from _gain(metric, "control", "variance without over that with controls", CONTROL_METHOD)


def _gain(metric: Metric, of: str, ways: str, method: str) -> Iterator[Variable]:
    for _, suffix, prefix in GAIN_PARTS:
        attributes = {"units": "1", "long_name": f"{prefix}{ways}: {metric.long_name}", "method": method}
        yield Variable(f"{metric.name}{suffix}_{of}_gain", PER_INSTITUTION, attributes)


def _part_attributes(metric: Metric, part: str) -> dict[str, Any]:
    if part in ("value", "difference"):
        base = metric.name if part == "value" else f"{metric.name}_difference"
        companions = [f"{base}_se", f"{base}_low", f"{base}_high"]
        if part == "difference":
            companions.append(f"{metric.name}_pairing_gain")
        return {
            "comment": metric.definition,
            "cell_methods": "replicate: mean (ratio of sums over replicates)",
            "ancillary_variables": " ".join(companions),
        }
    if part in ("low", "high"):
        return {"interval_method": METHODS[metric.kind], "confidence_level": LEVEL}
    if part in ("difference_low", "difference_high"):
        return {"interval_method": METHODS[f"{metric.kind} difference"], "confidence_level": LEVEL}
    return {}


def count_variables(joint: str, by_precision: bool) -> Iterator[Variable]:
    """Yield the exact counts: outcomes, joint outcome tables, patterns of war, and replicates.

    Where a precision decides how many replicates there are, yield also whether it is reached.
    """
    yield _count(
        "outcome_count",
        (*PER_INSTITUTION, "outcome"),
        {"long_name": "episodes by outcome", "cell_methods": "replicate: sum"},
    )
    if joint != "none":
        other = ("other_institution",) if joint == "all" else ()
        against = "each other institution" if joint == "all" else "the reference institution"
        yield _count(
            "joint_outcomes",
            (*PER_INSTITUTION, *other, "outcome", "other_outcome"),
            {
                "long_name": f"episodes by outcome and by the outcome of the same episode under {against}",
                "cell_methods": "replicate: sum",
            },
        )
        comment = "bit k of the pattern is 1 where institution k has war; exact for every paired statement on war"
        yield _count(
            "war_pattern",
            ("point", "pattern"),
            {
                "long_name": "episodes by the set of institutions under which they ended in war",
                "comment": comment,
                "cell_methods": "replicate: sum",
            },
        )
    yield _count("replicates", ("point",), {"long_name": "histories"})
    if by_precision:
        flags = {"flag_values": [0, 1], "flag_meanings": "not_reached reached"}
        yield _count("precision_reached", ("point",), {"long_name": "whether all targets are reached", **flags})


def _count(name: str, dims: tuple[str, ...], attributes: Mapping[str, Any]) -> Variable:
    return Variable(name, dims, {"units": "1", **attributes}, dtype=np.int64, fill=0)


def pattern_attributes(institutions: Sequence[str]) -> dict[str, Any]:
    """Attributes of the coordinate `pattern`: which bit is which institution."""
    return {
        "units": "1",
        "long_name": "institutions with war, as bits",
        "flag_masks": [1 << bit for bit in range(len(institutions))],
        "flag_meanings": " ".join(institutions),
    }


def outcome_attributes() -> dict[str, Any]:
    """Attributes of the codes of outcomes."""
    return {
        "units": "1",
        "long_name": "code of the outcome",
        "flag_values": [outcome.value for outcome in Outcome],
        "flag_meanings": " ".join(outcome.name.lower() for outcome in Outcome),
    }

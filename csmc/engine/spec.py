"""What the numbers of an output directory mean, and in which words two meanings differ."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from csmc._jit import DIGEST
from csmc.config import Experiment
from csmc.config.export import OF_FACTORS
from csmc.config.tableset import DECIDED, DECIDING
from csmc.engine.block_file import Meaning
from csmc.engine.cuts import cuts
from csmc.engine.difference import Change, changes
from csmc.engine.files import canonical
from csmc.kernel.codes import Replication, group_size
from csmc.kernel.result import Plan, tally_shapes

#: Differences shown before the rest is only counted.
SHOWN = 8
#: Longest value shown in a difference (characters).
WIDTH = 60


def specification(experiment: Experiment, plan: Plan) -> dict[str, Any]:
    """Everything that determines what is counted: experiment, kernel, and which tallies are kept."""
    kept: dict[str, Any] = {
        "own_pairs": plan.own_pairs.tolist(),
        "cross_pairs": plan.cross_pairs.tolist(),
        "joint": plan.joint,
        "histories": plan.histories,
    }
    if plan.controls:
        kept["controls"] = True
    rule = cuts(experiment).rule
    if rule:
        kept["cuts"] = rule
    spec = {"experiment": experiment.identity(), "kernel": DIGEST, "tallies": kept}
    plain: dict[str, Any] = json.loads(canonical(spec))  # tuples become lists, as in a file that is read back
    return plain


def shapes(spec: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shapes of the tallies that a specification asks for."""
    kept = spec["tallies"]
    plan = Plan(
        own_pairs=np.array(kept["own_pairs"], dtype=np.int64).reshape(-1, 2),
        cross_pairs=np.array(kept["cross_pairs"], dtype=np.int64).reshape(-1, 2),
        joint=str(kept["joint"]),
        group=group_size(Replication[_replication(spec).upper()]),
        controls=bool(kept.get("controls", False)),
        histories=bool(kept.get("histories", False)),  # absent before stream version 5
    )
    return tally_shapes(len(spec["experiment"]["institutions"]), plan)


def _replication(spec: dict[str, Any]) -> str:
    """How replicates go together; it is absent before there were groups."""
    return str((spec.get("experiment") or {}).get("sampling", {}).get("replication", "plain"))


def meaning(spec: dict[str, Any]) -> Meaning:
    """What the numbers of block files mean under a specification."""
    return Meaning(spec_digest(spec), kind(spec), shapes(spec))


def kind(spec: dict[str, Any]) -> str:
    """SHA-256 of all that a row of tallies means beside its point: the kernel, which tallies, of whom."""
    whose = [names(spec), spec["experiment"]["reference"]]
    return spec_digest({"kernel": spec["kernel"], "tallies": spec["tallies"], "institutions": whose})


def names(spec: dict[str, Any]) -> list[str]:
    """The institutions of a specification."""
    return [institution["name"] for institution in spec["experiment"]["institutions"]]


def of_some(spec: dict[str, Any], chosen: Sequence[str]) -> dict[str, Any]:
    """The specification of the same experiment with only these of its institutions, in this order."""
    rules = {institution["name"]: institution for institution in spec["experiment"]["institutions"]}
    return {**spec, "experiment": {**spec["experiment"], "institutions": [rules[name] for name in chosen]}}


def is_intact(document: Any) -> bool:
    """Whether what spec.json holds has all its parts, and the digest that its specification has."""
    try:
        counts, asked = (document["replicates"], document["points"]), document["specification"]
        former, narrower = document["former"], document["narrower"]
        whole = all(type(count) is int and count > 0 for count in counts)
        named = isinstance(former, list) and all(isinstance(digest, str) for digest in former)
        fewer = isinstance(narrower, list) and all(set(chosen) <= set(names(asked)) for chosen in narrower)
        return whole and named and fewer and spec_digest(asked) == document["sha256"] and bool(shapes(asked))
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return False


def spec_digest(spec: dict[str, Any]) -> str:
    """SHA-256 of a specification."""
    return hashlib.sha256(canonical(spec)).hexdigest()


def difference(stored: dict[str, Any], asked: dict[str, Any]) -> str:
    """The differences between two specifications, one per line; empty if there are none."""
    lines = [_told(change) for change in changes(stored.get("experiment"), asked["experiment"])]
    if stored.get("kernel") != asked["kernel"]:
        lines.append("the kernel: that one was made by another version of csmc")
    kept, wanted = (dict(one.get("tallies") or {}) for one in (stored, asked))
    if kept.pop("cuts", "") != wanted.pop("cuts", ""):
        lines.append(
            "sampling.precision, or replicates instead: that one can give sums over other first replicates of a point"
        )
    if kept.pop("controls", False) != wanted.pop("controls", False):
        lines.append("sampling.controls: that one kept other sums")
        return _shortened(lines)
    alike = {**kept, "histories": wanted["histories"]} == wanted
    regrouped = _replication(stored) != _replication(asked)  # which is told, and groups have the moments of histories
    if kept != wanted and not (alike and regrouped):
        which = "dynamics.episodes (1 at all points, or not)" if alike else "outputs.metrics or outputs.joint"
        lines.append(f"{which}: that one kept other sums")
    return _shortened(lines)


def _told(change: Change) -> str:
    match change.kind:
        case "only one":
            return f"{change.place}: {change.name} is stored, not asked for"
        case "only other":
            return f"{change.place}: {change.name} is asked for, not stored"
        case "order":
            return f"{change.place}: stored in another order"
        case "length":
            return f"{change.path}: stored {len(change.one)} values, asked for {len(change.other)}"
    return f"{change.path}: stored {_short(change.one)}, asked for {_short(change.other)}"


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value)
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def _shortened(lines: list[str]) -> str:
    if len(lines) > SHOWN:
        lines[SHOWN:] = [f"and {len(lines) - SHOWN} more"]
    return "\n".join(f"  {line}" for line in lines)


def without_design(spec: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """A specification but for its design, and for what this design or that of the other varies, or decides by it.

    What is left must be the same in a design that has grown; what is left out is in the keys of the points.
    """
    varied = {path for one in (spec, other) for path in _paths(one["experiment"]["design"])}
    varied |= DECIDED if varied & DECIDING else set()
    parameters = {path: value for path, value in spec["experiment"]["parameters"].items() if path not in varied}
    tables = {path: table for path, table in spec["experiment"]["tables"].items() if path not in varied}
    experiment = {**spec["experiment"], "design": None, "parameters": parameters, "tables": tables}
    return {**spec, "experiment": experiment}


def _paths(design: Any) -> Iterator[str]:
    """Yield every path that a design sets."""
    for kind_of_design, content in (design or {}).items():
        for part in content:
            if kind_of_design in OF_FACTORS:
                yield part["name"]
            else:
                yield from part if kind_of_design == "cases" else _paths(part)

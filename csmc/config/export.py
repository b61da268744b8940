"""An experiment as plain values again: what identifies it, what it resolves to, and its text."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from csmc.config.arranged import KINDS as ARRANGED
from csmc.config.document import MAX_DEPTH
from csmc.config.tableset import Tables
from csmc.errors import ConfigError
from csmc.institutions.record import Institution
from csmc.kernel.codes import STREAM_VERSION

if TYPE_CHECKING:
    from csmc.config.experiment import Experiment


#: Kinds of design whose content in an identity is a list of factors, each with its name.
OF_FACTORS = ("grid", "zip", *ARRANGED)


def plain(value: Any, depth: int = 0) -> Any:
    """`value` out of Python's and numpy's own types, as a YAML file would hold it; institutions stay what they are."""
    if depth > MAX_DEPTH:
        raise ConfigError(f"the configuration is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, Mapping):
        return {_key(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | range):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist(), depth + 1)
    return value.as_posix() if isinstance(value, Path) else value


def _key(key: Any) -> str:
    text = str(key)
    if text.count(".") >= MAX_DEPTH:
        raise ConfigError(f"{text}: is nested deeper than {MAX_DEPTH} levels")
    return text


def identity(experiment: "Experiment", tables: Tables) -> dict[str, Any]:
    """Everything that determines the numbers, from the seed to the design."""
    derived = dict(experiment.derived)
    return {
        "stream_version": STREAM_VERSION,
        "seed": experiment.seed,
        "seeding": experiment.seeding,
        "sampling": {"replication": experiment.sampling.replication},
        "institutions": [_rules(institution) for institution in experiment.institutions],
        "reference": experiment.reference,
        "parameters": {path: value for path, value in sorted(experiment.parameters.items()) if path not in derived},
        **({"derived": derived} if derived else {}),
        "tables": plain(tables.contents()),
        "design": _in_order(plain(experiment.design.as_data())) if experiment.varied else None,
    }


def _in_order(design: dict[str, Any]) -> dict[str, Any]:
    """A design whose factors are a list: their order numbers the points, and mappings are compared without theirs."""
    ((kind, content),) = design.items()
    if kind in ARRANGED:
        content = content["values"]
    if kind in OF_FACTORS:
        return {kind: [{"name": path, "values": values} for path, values in content.items()]}
    return {kind: content if kind == "cases" else [_in_order(part) for part in content]}


def from_order(design: Mapping[str, Any]) -> dict[str, Any]:
    """The design of an identity as a configuration states it."""
    ((kind, content),) = design.items()
    if kind in OF_FACTORS:
        values = {factor["name"]: factor["values"] for factor in content}
        return {kind: {"values": values} if kind in ARRANGED else values}
    return {kind: content if kind == "cases" else [from_order(part) for part in content]}


def resolved(experiment: "Experiment", left_open: frozenset[str]) -> dict[str, Any]:
    """The whole configuration with every default, every inherited rule and every value of the design written out.

    Left out are the parameters `left_open`: each design point decides them for itself, as it does what follows by a
    formula.
    """
    derived = dict(experiment.derived)
    left_open |= derived.keys()
    configuration = {
        "name": experiment.name,
        "question": experiment.question,
        "seed": experiment.seed,
        "seeding": experiment.seeding,
        "institutions": [institution.model_dump(mode="json") for institution in experiment.institutions],
        "reference": experiment.reference,
        "parameters": {path: value for path, value in experiment.parameters.items() if path not in left_open},
        **({"derived": derived} if derived else {}),
        **({"design": experiment.design.as_data()} if experiment.varied else {}),
        "sampling": experiment.sampling.model_dump(mode="json"),
        "outputs": experiment.outputs.model_dump(mode="json"),
        "execution": experiment.execution.model_dump(mode="json"),
    }
    return {key: plain(value) for key, value in configuration.items()}


def source_of(configuration: Mapping[str, Any]) -> str:
    """A configuration as JSON, which is YAML too."""
    return json.dumps(configuration, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _rules(institution: Institution) -> dict[str, Any]:
    return institution.model_dump(mode="json", exclude={"title", "summary", "sources"})

"""The global attributes of a result: what was asked, what ran, with what, and how far it came."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from csmc.config import Experiment
from csmc.config.precision import as_text
from csmc.engine.cuts import FIRST_LOOK, GROWTH
from csmc.estimate.intervals import LEVEL
from csmc.estimate.precision import LOPSIDED, SEQUENTIAL_LEVEL
from csmc.provenance import provenance


def global_attributes(experiment: Experiment, *, digest: str, complete: bool) -> dict[str, Any]:
    """Strings and numbers that make the result understandable, and reproducible, without anything beside it."""
    resolved = json.dumps(experiment.resolved(), allow_nan=False, default=str)
    design = [path for path in experiment.varied if path not in experiment.derived]
    own = {
        "Conventions": "CF-1.11",
        "title": experiment.name,
        "question": experiment.question or "",
        "reference": experiment.reference,
        "design": json.dumps(design),
        "configuration": experiment.source_text,
        "configuration_sha256": _sha256(experiment.source_text),
        "configuration_resolved": resolved,
        "configuration_resolved_sha256": _sha256(resolved),
        "replicates_planned": experiment.sampling.most,
        "replication": experiment.sampling.replication,
        "controls": int(experiment.sampling.controls),
        "complete": int(complete),
        "digest": digest,
    }
    return own | _precision(experiment) | _plain(provenance(experiment))


def _precision(experiment: Experiment) -> dict[str, Any]:
    """What was asked of each point, if not a number of replicates, and what the intervals are then."""
    asked = experiment.sampling.precision
    if asked is None:
        return {}
    return {
        "precision": as_text({key: goal.model_dump() for key, goal in asked.items()}),
        "precision_level": LEVEL,
        "precision_interval_level": SEQUENTIAL_LEVEL,
        "precision_rule": f"a point ends at the first look at which the intervals of all targets, at the level "
        f"{SEQUENTIAL_LEVEL}, have the half-width asked for, and no end farther than {LOPSIDED} times it from the "
        f"estimate, or at replicates_planned; looks from {FIRST_LOOK} replicates on, {GROWTH} times apart; each "
        f"interval, for itself, then holds the truth with {LEVEL}",
    }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and text only, as every file format stores them."""
    return {name: int(value) if isinstance(value, bool) else value for name, value in values.items()}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

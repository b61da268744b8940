"""The global attributes of a result: what was asked, what ran, with what, and how far it came."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from csmc.config import Experiment
from csmc.provenance import provenance


def global_attributes(experiment: Experiment, *, digest: str, complete: bool) -> dict[str, Any]:
    """Strings and numbers that make the result understandable, and reproducible, without anything beside it."""
    resolved = json.dumps(experiment.resolved(), allow_nan=False, default=str)
    design = [path for path, _ in experiment.shape] if experiment.shape else list(experiment.varied)
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
        "replicates_planned": experiment.sampling.replicates,
        "replication": experiment.sampling.replication,
        "complete": int(complete),
        "digest": digest,
    }
    return own | _plain(provenance(experiment))


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and text only, as every file format stores them."""
    return {name: int(value) if isinstance(value, bool) else value for name, value in values.items()}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

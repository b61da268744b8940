"""Configurations as the text of a file, in the two styles of YAML."""

import io
import json
from typing import Any

from ruamel.yaml import YAML


def flow(configuration: dict[str, Any]) -> str:
    """JSON, which is YAML."""
    return json.dumps(configuration, ensure_ascii=False, allow_nan=False)


def block(configuration: dict[str, Any]) -> str:
    """Indented YAML, with parameters nested by group instead of dotted."""
    nested: dict[str, Any] = {}
    for path, value in configuration.get("parameters", {}).items():
        *groups, last = path.split(".")
        place = nested
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = value
    text = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.dump(json.loads(flow(configuration)) | ({"parameters": nested} if nested else {}), text)
    return text.getvalue()

"""The JSON Schema of a configuration, made from the tables that also validate it."""

from collections.abc import Mapping
from typing import Any

from csmc.config.arranged import MAX_LEVELS
from csmc.config.design_reader import MAX_VALUES
from csmc.config.distributions import SHAPES, Kind
from csmc.config.formulas import MAX_LENGTH
from csmc.config.sections import Head
from csmc.config.space_filling import MAX_POINTS, MAX_RANDOMIZATIONS
from csmc.institutions.catalogue import names
from csmc.institutions.record import Institution
from csmc.parameters import BY_PATH, Parameter

#: The further setting of samples that fill a space, and that of `morris`.
RANDOMIZATIONS = {
    "randomizations": {
        "type": "integer",
        "minimum": 1,
        "maximum": MAX_RANDOMIZATIONS,
        "default": 1,
        "description": "Independent samples of so many points each; what a mean over the region needs.",
    }
}
LEVELS = {"levels": {"type": "integer", "minimum": 2, "maximum": MAX_LEVELS, "multipleOf": 2, "default": 4}}


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a configuration file."""
    head = Head.model_json_schema(ref_template="#/$defs/{model}")
    definitions = head.pop("$defs", {})
    institution = Institution.model_json_schema(ref_template="#/$defs/{model}")
    definitions |= institution.pop("$defs")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "csmc experiment",
        "type": "object",
        "additionalProperties": False,
        "required": ["institutions"],
        "properties": {
            "extends": {"type": "string", "description": "Another configuration that this one changes."},
            **head["properties"],
            "institutions": {
                "type": "array",
                "minItems": 1,
                "items": {"$ref": "#/$defs/InstitutionEntry"},
                "description": "What is compared: names of presets, or mappings that extend one.",
            },
            "parameters": _parameters(),
            "derived": {
                "type": "object",
                "description": "Parameters that follow from others at every point: paths to formulas.",
                "additionalProperties": {"anyOf": [{"type": "string", "maxLength": MAX_LENGTH}, {"type": "object"}]},
            },
            "design": {"$ref": "#/$defs/Design"},
        },
        "$defs": {**definitions, "InstitutionEntry": _entry(institution), **_design()},
    }


def parameter_schema(parameter: Parameter) -> dict[str, Any]:
    """The JSON Schema of one parameter: its bounds, default, meaning, unit and source."""
    description = f"{parameter.meaning} Unit: {parameter.unit}. Source: {parameter.source}."
    found: dict[str, Any] = {"description": description}
    if parameter.default is not None:
        found["default"] = parameter.default
    if parameter.kind == "path":
        return found | {"type": ["string", "null"], "minLength": 1}
    if parameter.kind == "choice":
        return found | {"enum": list(parameter.choices)}
    number = int if parameter.kind == "int" else float
    low, high = number(parameter.low), number(parameter.high)
    found["type"] = "integer" if parameter.kind == "int" else "number"
    found["exclusiveMinimum" if parameter.low_open else "minimum"] = low
    found["exclusiveMaximum" if parameter.high_open else "maximum"] = high
    return found


def _parameters() -> dict[str, Any]:
    """Parameters by dotted path at the top, and grouped to any depth below."""
    tree = _tree({tuple(path.split(".")): parameter_schema(parameter) for path, parameter in BY_PATH.items()})
    dotted = {path: parameter_schema(parameter) for path, parameter in BY_PATH.items()}
    return {
        "type": "object",
        "description": "What is fixed; every parameter has a default. Paths may be dotted or nested.",
        "additionalProperties": False,
        "properties": dotted | tree["properties"] | {"institutions": {"type": "object"}},
        "patternProperties": {
            r"^institutions\.[^.]+\..+$": {"type": ["number", "string", "boolean", "null", "object"]}
        },
    }


def _tree(leaves: dict[tuple[str, ...], dict[str, Any]]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for path, leaf in leaves.items():
        if len(path) == 1:
            properties[path[0]] = leaf
    for group in dict.fromkeys(path[0] for path in leaves if len(path) > 1):
        inner = {path[1:]: leaf for path, leaf in leaves.items() if path[0] == group and len(path) > 1}
        dotted = {".".join(path): leaf for path, leaf in inner.items() if len(path) > 1}
        subtree = _tree(inner)
        properties[group] = subtree | {"properties": dotted | subtree["properties"]}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _entry(institution: dict[str, Any]) -> dict[str, Any]:
    groups = "obligation|balancing|council|forum|ladder"
    extends = {"type": "string", "description": "The preset or entry that this one changes.", "examples": list(names())}
    groups_may_be_partial = {
        name: {"type": ["object", "null"]} for name in ("obligation", "balancing", "council", "forum")
    }
    ladder = {"type": ["array", "object"], "description": "The rungs, or changes to the rungs of the base by name."}
    described = ("name", "title", "summary", "sources")
    own = {key: value for key, value in institution["properties"].items() if key in described}
    return {
        "anyOf": [
            {"enum": list(names())},
            {
                "type": "object",
                "required": ["name"],
                "additionalProperties": False,
                "properties": own | {"extends": extends} | groups_may_be_partial | {"ladder": ladder},
                "patternProperties": {rf"^({groups})\..+$": True},
            },
        ]
    }


def _design() -> dict[str, Any]:
    scalar = {"type": ["number", "string", "boolean", "null"]}
    count = {"type": "integer", "minimum": 2, "maximum": MAX_VALUES}
    spread = {
        "type": "array",
        "prefixItems": [{"type": "number"}, {"type": "number"}, count],
        "minItems": 3,
        "maxItems": 3,
    }
    ways = {
        "linspace": spread | {"description": "[first, last, count], evenly spaced."},
        "logspace": spread | {"description": "[first, last, count], end values above 0 with a constant ratio between."},
        "multiply": {"description": "Factors that multiply the institution's own value."},
    }
    values = {
        "anyOf": [
            {"type": "array", "minItems": 1, "items": scalar},
            {
                "type": "object",
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
                "properties": ways,
            },
            {"$ref": "#/$defs/Factors"},
        ]
    }
    designs = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Design"}}
    kinds = {
        "grid": {
            "$ref": "#/$defs/Factors",
            "description": "Every combination of values; the last path varies fastest.",
        },
        "zip": {"$ref": "#/$defs/Factors", "description": "The first values together, then the second, and so on."},
        "cases": {"type": "array", "minItems": 1, "items": {"type": "object"}, "description": "Points one by one."},
        "product": designs | {"description": "Every combination of the points of several designs."},
        "concat": designs | {"description": "The points of several designs, one after the other."},
        "samples": designs | {"description": "Independent samples of one distribution, equally many points each."},
        "lhs": _space_filling("A Latin hypercube."),
        "sobol": _space_filling("A scrambled Sobol' sequence; the number of points is a power of two."),
        "saltelli": _arranged("For Sobol' indices: points x (ranges + 2) in all, points a power of two.", "points"),
        "morris": _arranged("Morris' screening: trajectories x (ranges + 1) points in all.", "trajectories", LEVELS),
    }
    return {
        "Range": _range(),
        "Factors": {"type": "object", "minProperties": 1, "additionalProperties": values},
        "Design": {
            "type": "object",
            "description": "What is varied.",
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
            "properties": kinds,
        },
    }


def _space_filling(description: str) -> dict[str, Any]:
    return _sample(description, "points", RANDOMIZATIONS)


def _arranged(description: str, count: str, others: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A sample, or its values written out."""
    written = {
        "type": "object",
        "additionalProperties": False,
        "required": ["values"],
        "properties": {"values": {"$ref": "#/$defs/Factors"}},
    }
    return {"description": description, "anyOf": [_sample(description, count, others or {}), written]}


def _sample(description: str, count: str, others: Mapping[str, Any]) -> dict[str, Any]:
    """Points from ranges; `count` says how many there are, `others` are further settings."""
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "required": [count, "ranges"],
        "properties": {
            count: {"type": "integer", "minimum": 2, "maximum": MAX_POINTS},
            **others,
            "seed": {"type": "integer", "minimum": 0, "maximum": 2**32 - 1, "default": 0},
            "ranges": {
                "type": "object",
                "minProperties": 1,
                "description": "Paths to what they are drawn from.",
                "additionalProperties": {"$ref": "#/$defs/Range"},
            },
        },
    }


def _range() -> dict[str, Any]:
    """[low, high], {log: ...}, {distribution: ...}, or a group of paths."""
    interval = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    options = {"type": "array", "minItems": 2, "items": {"type": ["number", "string", "boolean", "null"]}}
    weighted = {"values": options, "weights": {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}}}
    kinds = {
        "uniform": interval,
        "log": interval,
        **{name: _shape(kind) for name, kind in SHAPES.items()},
        "choice": {"anyOf": [options, {"type": "object", "additionalProperties": False, "properties": weighted}]},
        "within": interval | {"description": "Condition it on what is between."},
    }
    distribution = {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": kinds}
    return {
        "description": "[low, high], {log: [low, high]} for a uniform logarithm, or {distribution: ...}.",
        "anyOf": [interval, {"type": "object", "properties": {"log": interval, "distribution": distribution}}],
    }


def _shape(kind: Kind) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name in kind.numbers if name not in kind.optional],
        "properties": {
            name: {"type": "number"} | ({"exclusiveMinimum": 0} if name in kind.positive else {})
            for name in kind.numbers
        },
    }

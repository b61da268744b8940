"""The JSON Schema of configurations is that of the code, documents every parameter, and tells right from wrong."""

import json
from pathlib import Path

import jsonschema

from csmc.config import schema
from csmc.parameters import BY_PATH


def test_the_schema_in_the_repository_is_the_schema_of_the_code(configs: Path):
    assert json.loads((configs / "schema.json").read_text()) == schema()


def test_the_schema_documents_every_parameter():
    properties = schema()["properties"]["parameters"]["properties"]
    for path, parameter in BY_PATH.items():
        assert parameter.meaning in properties[path]["description"]
        assert parameter.source in properties[path]["description"]
    assert properties["crisis.decisiveness"]["exclusiveMinimum"] == 0
    assert properties["crisis"]["properties"]["war_cost"] == properties["crisis.war_cost"]


def test_the_schema_accepts_a_right_configuration_and_refuses_a_wrong_one():
    validator = jsonschema.Draft202012Validator(schema())
    right = {"institutions": ["anarchy"], "parameters": {"system": {"n_states": 4}, "crisis.war_cost": 1}}
    assert validator.is_valid(right)
    assert not validator.is_valid(right | {"sed": 1})
    assert not validator.is_valid(right | {"parameters": {"crisis.war_cost": 0}})
    assert not validator.is_valid(right | {"parameters": {"crisis": {"wor_cost": 1}}})

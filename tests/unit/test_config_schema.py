"""The JSON Schema of configurations is that of the code, documents every parameter, and tells right from wrong."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from csmc.config import Experiment, schema
from csmc.errors import ConfigError
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


def test_the_schema_accepts_every_configuration_of_the_repository(configs: Path):
    validator = jsonschema.Draft202012Validator(schema())
    paths = sorted(configs.glob("*.yaml"))
    assert paths
    for path in paths:
        assert [error.message for error in validator.iter_errors(YAML(typ="safe").load(path))] == []


RANGES = {"crisis.war_cost": {"distribution": {"triangular": {"low": 0.1, "mode": 0.4, "high": 1}}}}


@pytest.mark.parametrize(
    ("section", "is_right"),
    [
        ({"sampling": {"precision": {"war": {"half_width": 0.01}}, "max_replicates": 2000}}, True),
        ({"sampling": {"precision": {"war": {"half": 0.01}}}}, False),
        ({"sampling": {"replicates": 4000, "replication": "stratified"}}, True),
        ({"sampling": {"replication": "paired"}}, False),
        ({"derived": {"crisis.audience_cost": "0.25 * crisis.war_cost"}}, True),
        ({"derived": {"crisis.audience_cost": 0.25}}, False),
        ({"design": {"sobol": {"points": 8, "randomizations": 4, "ranges": RANGES}}}, True),
        ({"design": {"saltelli": {"points": 8, "ranges": RANGES}}}, True),
        ({"design": {"saltelli": {"points": 8, "randomizations": 4, "ranges": RANGES}}}, False),
        ({"design": {"morris": {"trajectories": 8, "levels": 6, "ranges": RANGES}}}, True),
        ({"design": {"morris": {"points": 8, "ranges": RANGES}}}, False),
        (
            {"design": {"samples": [{"zip": {"crisis.war_cost": [0.1, 0.2]}}, {"zip": {"crisis.war_cost": [1, 2]}}]}},
            True,
        ),
        (
            {"design": {"lhs": {"points": 8, "ranges": {"crisis.war_cost": {"distribution": {"cauchy": [0, 1]}}}}}},
            False,
        ),
    ],
)
def test_the_schema_and_the_code_judge_alike(section: dict[str, Any], is_right: bool):
    configuration = {"institutions": ["anarchy"], "parameters": {"crisis.misperception": 0.2}} | section
    assert jsonschema.Draft202012Validator(schema()).is_valid(configuration) == is_right
    if is_right:
        Experiment.from_dict(configuration)
    else:
        with pytest.raises(ConfigError):
            Experiment.from_dict(configuration)

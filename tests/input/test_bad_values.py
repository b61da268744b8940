"""Every parameter and every field of an institution against every bad value: legal by the table, or refused by line."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from csmc.config import Experiment, load_experiment
from csmc.errors import ConfigError
from csmc.institutions import Institution
from csmc.institutions.fields import field_value
from csmc.parameters import PARAMETERS, TABLES, Parameter
from tests.evidence import Section
from tests.input.values import EVERYWHERE, Snippet, around, within

#: With as many states as there can be, no parameter restricts another.
ROOMY = "institutions: [{name: own, extends: un_security_council}]\nparameters:\n  system.n_states: 64\n"


def is_legal(parameter: Parameter, value: Any) -> bool:
    if parameter.kind == "path":
        return value is None
    if parameter.kind == "choice":
        return isinstance(value, str) and value in parameter.choices
    p = parameter
    return within(value, p.low, p.high, p.low_open, p.high_open, p.kind == "int")


def snippets(parameter: Parameter) -> list[Snippet]:
    if parameter.kind in ("choice", "path"):
        wrong_case = [choice.upper() for choice in parameter.choices] + [f"{choice} x" for choice in parameter.choices]
        return [*EVERYWHERE, *(Snippet(text, text) for text in wrong_case)]
    return [*EVERYWHERE, *around(parameter.low, parameter.high, parameter.kind == "int")]


def judged(path: Path, text: str, overrides: tuple[str, ...] = ()) -> Experiment | tuple[str, ...]:
    """The experiment, or its problems; any other exception is a failure."""
    path.write_text(text, encoding="utf-8")
    try:
        return load_experiment(path, overrides)
    except ConfigError as error:
        return error.problems


def assert_refused(found: Any, path: str, places: str | tuple[str, ...]) -> None:
    assert isinstance(found, tuple), f"{path} was accepted"
    assert all(problem.startswith(places) for problem in found), found
    assert any(path in problem for problem in found), found


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.proof)])
def test_every_parameter_takes_the_values_of_the_table_and_refuses_all_others_by_line(step, tmp_path, evidence):
    file, refused, accepted = tmp_path / "bad.yaml", 0, 0
    for number, parameter in enumerate((*PARAMETERS, *TABLES)):
        for snippet in snippets(parameter)[number % step :: step]:
            if parameter.path == "system.n_states":
                text = f"institutions: [anarchy]\nparameters:\n\n  system.n_states: {snippet.text}\n"
            else:
                text = f"{ROOMY}  {parameter.path}: {snippet.text}\n"
            found = judged(file, text)
            if is_legal(parameter, snippet.value):
                assert isinstance(found, Experiment), (parameter.path, snippet.text, found)
                stored = found.parameters[parameter.path]
                assert stored == snippet.value, (parameter.path, snippet.text)
                assert type(stored) is not bool
                accepted += 1
            else:
                assert_refused(found, parameter.path, f"{file}:4: ")
                refused += 1
    assert accepted > 500 / step
    if step > 1:
        return
    evidence(
        Section.INPUT,
        "A value is accepted at a parameter only if it is legal by the table of parameters (type, "
        "choice, open or closed "
        "end, one float beyond), and then it is that value; else a ConfigError names path and line.",
        f"{len(PARAMETERS) + len(TABLES)} parameters, {refused + accepted:,} values: {refused:,} refused, "
        f"{accepted:,} accepted, as the table says",
    )


FIELDS: dict[str, dict[str, Any]] = {}
for _group in ("Obligation", "Balancing", "Council", "Forum"):
    _schema = Institution.model_json_schema()["$defs"][_group]["properties"]
    FIELDS |= {f"{_group.lower()}.{name}": schema for name, schema in _schema.items()}
for _name, _schema in Institution.model_json_schema()["$defs"]["Rung"]["properties"].items():
    if _name != "name":
        FIELDS[f"ladder.sanctions.{_name}"] = _schema


def is_legal_field(schema: dict[str, Any], value: Any) -> bool:
    """Whether the JSON Schema that users' editors check allows the value."""
    if "anyOf" in schema:
        return any(is_legal_field(part, value) for part in schema["anyOf"])
    if "enum" in schema:
        return isinstance(value, str) and value in schema["enum"]
    if schema["type"] == "boolean":
        return isinstance(value, bool)
    return within(value, schema["minimum"], schema["maximum"], False, False, schema["type"] == "integer")


def field_snippets(schema: dict[str, Any]) -> list[Snippet]:
    bounded = [part for part in [schema, *schema.get("anyOf", [])] if "minimum" in part]
    ranges = [around(part["minimum"], part["maximum"], part["type"] == "integer") for part in bounded]
    return [*EVERYWHERE, *itertools.chain(*ranges)]


#: The ways to set a field: the lines of a file, of which the last holds the value, and the line's number.
PLACES = {
    "dotted entry": "institutions:\n- name: own\n  extends: un_security_council\n  {path}: {value}\n",
    "parameters": ROOMY.replace("  system.n_states: 64\n", "\n") + "  institutions.own.{path}: {value}\n",
    "design": "institutions:\n- {{name: own, extends: un_security_council}}\n\n"
    "design: {{grid: {{institutions.own.{path}: [{value}]}}}}\n",
}


PROVEN = [pytest.param(place, marks=pytest.mark.proof) for place in ("parameters", "design")]


@pytest.mark.parametrize("place", ["dotted entry", *PROVEN])
def test_every_field_of_an_institution_takes_the_values_of_its_schema_and_refuses_all_others_by_line(
    tmp_path, place, evidence
):
    file, refused, accepted = tmp_path / "bad.yaml", 0, 0
    layout = PLACES[place].replace("[{name: own", "[{{name: own").replace("council}]", "council}}]")
    for path, schema in FIELDS.items():
        for snippet in field_snippets(schema):
            if place == "design" and (snippet.text == "" or snippet.text[:1] in "[{" or snippet.text == "1,5"):
                continue  # in a list these are other values
            found = judged(file, layout.format(path=path, value=snippet.text))
            if is_legal_field(schema, snippet.value):
                assert isinstance(found, Experiment), (path, snippet.text, found)
                assert field_value(found.point(0).institutions[0], path) == (True, snippet.value), snippet.text
                accepted += 1
            else:
                assert_refused(found, path.rpartition(".")[2], f"{file}:4: ")
                refused += 1
    assert accepted > 100
    evidence(
        Section.INPUT,
        f"The same of every field of an institution ({place}), by the JSON Schema.",
        f"{len(FIELDS)} fields, {refused + accepted:,} values: {refused:,} refused, {accepted:,} accepted",
    )


#: For options of the command line, a sample: no more is different about them than where they are written.
SAMPLE = [EVERYWHERE[index] for index in range(0, len(EVERYWHERE), 6)]


def test_options_of_the_command_line_are_judged_like_the_file_and_named_in_the_message(tmp_path, evidence):
    file, judged_values = tmp_path / "bad.yaml", 0
    for parameter in (*PARAMETERS, *TABLES):
        if parameter.path == "system.n_states":
            continue
        for snippet in SAMPLE:
            option = f"{parameter.path}={snippet.text}"
            found = judged(file, ROOMY, (option,))
            if is_legal(parameter, snippet.value):
                assert isinstance(found, Experiment), (option, found)
                assert found.parameters[parameter.path] == snippet.value
            else:
                assert_refused(found, parameter.path, f"-s {parameter.path}=")
            judged_values += 1
    evidence(
        Section.INPUT,
        "Options -s path=value are judged by the same table, and the ConfigError names the option.",
        f"{len(PARAMETERS) + len(TABLES) - 1} parameters x {len(SAMPLE)} values = {judged_values:,} options",
    )


def test_numbers_that_python_cannot_write_out_or_convert_are_refused():
    huge = 10**5000
    for sections in (
        {"seed": huge},
        {"parameters": {"crisis.war_cost": huge}},
        {"design": {"grid": {"crisis.war_cost": [huge]}}},
        {"design": {"grid": {"crisis.war_cost": {"linspace": [1, huge, 3]}}}},
        {"design": {"grid": {"institutions.*.forum.norm": {"multiply": [huge]}}}},
        {"design": {"lhs": {"points": 4, "ranges": {"crisis.war_cost": [1, huge]}}}},
        {"parameters": {"institutions.anarchy.forum.norm": huge}},
    ):
        with pytest.raises(ConfigError):
            Experiment(**{"institutions": ["anarchy"]} | sections)


def test_minus_zero_is_zero():
    plain, signed = (
        Experiment(
            institutions=[{"name": "own", "forum.norm": zero}],
            parameters={"interests.divergence": zero},
            design={"grid": {"crisis.misperception": [zero]}},
        ).identity()
        for zero in (0.0, -0.0)
    )
    assert str(plain) == str(signed)

"""Legal configurations with one thing made wrong: ConfigError, by place, at once, and nothing else happens."""

import copy
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import qmc  # noqa: F401

from csmc.api import load_experiment
from csmc.cli import main
from csmc.errors import ConfigError
from csmc.parameters import PARAMETERS
from tests.evidence import Section
from tests.input.strategies import configurations
from tests.input.writing import flow

#: Seconds of processor time for a refusal; importing a library once is no part of it.
SOON = 1.0

Wrong = tuple[str, str]  # the text of a file, and what the message must name


def bad_value(draw: st.DrawFn, configuration: dict[str, Any]) -> Wrong:
    parameter = draw(st.sampled_from(PARAMETERS))
    wrong = draw(st.sampled_from([-1e9, 1e9, True, "text", [], [1], {}, {"a": 1}, None, [[1]], 10**39]))
    configuration["parameters"] = configuration["parameters"] | {parameter.path: wrong}
    return flow(configuration), parameter.path


def unknown_key(draw: st.DrawFn, configuration: dict[str, Any]) -> Wrong:
    key = draw(st.sampled_from(["sed", "x", "", "<<", "name ", "parameter", "__class__", "\u202e", "a.b.c"]))
    place = draw(st.sampled_from(["", "sampling", "outputs", "execution", "parameters", "design"]))
    if place:
        configuration[place] = {**configuration.get(place, {}), key: 1}
    else:
        configuration[key] = 1
    return flow(configuration), place


def wrong_type(draw: st.DrawFn, configuration: dict[str, Any]) -> Wrong:
    section = draw(st.sampled_from(["institutions", "parameters", "design", "sampling", "outputs", "execution"]))
    configuration[section] = draw(st.sampled_from([3, "text", True, [3], 1.5, [[]], [None]]))
    return flow(configuration), section


def removed(draw: st.DrawFn, configuration: dict[str, Any]) -> Wrong:
    way = draw(st.sampled_from(["institutions", "empty", "name", "ladder"]))
    if way == "institutions":
        del configuration["institutions"]
    elif way == "empty":
        configuration["institutions"] = []
    else:
        entry = {"name": "wrong", "ladder": [{"name": "force", "cost": 1}]}
        del entry["name" if way == "name" else "ladder"]
        configuration["institutions"].append(entry | ({} if way == "name" else {"ladder": []}))
    return flow(configuration), "institutions"


def duplicate(draw: st.DrawFn, configuration: dict[str, Any]) -> Wrong:
    way = draw(st.sampled_from(["institution", "grid", "key", "metric"]))
    if way == "institution":
        configuration["institutions"].append(draw(st.sampled_from(configuration["institutions"])))
        return flow(configuration), "institutions"
    if way == "grid":
        configuration["design"] = {"grid": {"crisis.war_cost": [1, 2, 1.0]}}
        return flow(configuration), "crisis.war_cost"
    if way == "metric":
        configuration["outputs"] = {"metrics": ["war", "war"]}
        return flow(configuration), "outputs.metrics"
    return flow(configuration)[:-1] + ', "institutions": ["anarchy"]}', "institutions"


def wrong_entry(draw: st.DrawFn, configuration: dict[str, Any]) -> Wrong:
    entry = draw(
        st.sampled_from(
            [
                3,
                "anarchi",
                [],
                {"name": "a", "extends": "nobody"},
                {"name": "a", "extends": "a"},
                {"name": "a", "obligation": {"strength": -1}},
                {"name": "a", "obligation.scope": "everybody"},
                {"name": "a", "council": {"seats": 0, "quota": 1}},
                {"name": "a", "council": {"quota": 1}},
                {"name": "a/b", "forum.norm": 1},
                {"name": "a", "ladder": [{"name": "force", "cost": 1}, {"name": "late", "cost": 1}]},
                {
                    "name": "a",
                    "ladder": [{"name": f"r{i}", "cost": 1} for i in range(4)] + [{"name": "force", "cost": 1}],
                },
                {"name": "a", "title": "\u001b[31m"},
            ]
        )
    )
    configuration["institutions"].append(entry)
    return flow(configuration), f"institutions[{len(configuration['institutions']) - 1}]"


def cut(draw: st.DrawFn, configuration: dict[str, Any]) -> Wrong:
    text = flow(configuration)
    return text[: draw(st.integers(1, len(text) - 1))], ""


WAYS = (bad_value, unknown_key, wrong_type, removed, duplicate, wrong_entry, cut)


@st.composite
def wrong_configurations(draw: st.DrawFn) -> tuple[str, Wrong]:
    configuration = copy.deepcopy(draw(configurations()))
    configuration.setdefault("parameters", {})
    way = draw(st.sampled_from(WAYS))
    return way.__name__, way(draw, configuration)


def check_that_it_is_refused(text: str, named: str, command: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wrong.yaml"
        path.write_text(text, encoding="utf-8")
        began = time.process_time()
        with pytest.raises(ConfigError) as caught:
            load_experiment(path)
        assert time.process_time() - began < SOON
        message = str(caught.value)
        assert named in message, (named, message, text)
        assert message.startswith(str(path)) or "outputs.metrics" in message
        assert "\x1b" not in message
        assert "\u202e" not in message
        if command:
            check_the_command(path, folder)
        assert os.listdir(folder) == ["wrong.yaml"]


def check_the_command(path: Path, folder: str) -> None:
    before = os.getcwd()
    os.chdir(folder)
    try:
        with pytest.raises(SystemExit) as ended:
            main(["run", str(path)])
    finally:
        os.chdir(before)
    assert ended.value.code == 2


def run_examples(examples: int) -> Counter:
    total: Counter = Counter()

    @settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(wrong_configurations())
    def every_one(example):
        way, (text, named) = example
        check_that_it_is_refused(text, named, command=total["all"] % 10 == 0)
        total.update({"all": 1, way: 1})

    every_one()
    return total


def test_a_configuration_with_one_thing_wrong_is_refused_by_place_and_writes_nothing():
    total = run_examples(80)
    assert total["all"] >= 80


@pytest.mark.proof
def test_a_thousand_configurations_with_one_thing_wrong_are_refused_and_write_nothing(evidence):
    total = run_examples(1000)
    assert all(total[way.__name__] > 20 for way in WAYS)
    evidence(
        Section.INPUT,
        "A legal configuration with one thing made wrong (a value, an unknown key, a type, a "
        "missing piece, a duplicate, an "
        "institution, the end cut off) raises ConfigError and nothing else, within a second of "
        "processor time; the message "
        "begins with the file and names the place, nothing is written, and the command exits with 2 (every tenth).",
        f"{total['all']:,} configurations, {len(WAYS)} ways",
    )


@pytest.mark.parametrize("command", ["run", "validate"])
def test_the_command_refuses_a_wrong_file_with_one_message_and_no_traceback(write, tmp_path, command):
    path = write(json.dumps({"institutions": ["anarchy"], "parameters": {"crisis.war_cost": -1}}))
    ended = subprocess.run(
        [sys.executable, "-m", "csmc.cli", command, path.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"error: {path.name}:1: parameters.crisis.war_cost = -1: ")
    assert "Traceback" not in ended.stderr
    assert os.listdir(tmp_path) == [path.name]

"""Configurations made from others: files that extend files, and overrides on the command line."""

from pathlib import Path

import pytest

from csmc.config import load_experiment
from tests.unit.configurations import GOOD, Write, refusal


def test_extends_merges_mappings_and_replaces_lists(write: Write):
    write(GOOD, "base.yaml")
    child = write(
        "extends: base.yaml\ninstitutions: [anarchy]\nparameters:\n  system.n_states: 4\n"
        "design: {grid: {interests.divergence: [1, 2]}}\n",
    )
    experiment = load_experiment(child)
    assert [institution.name for institution in experiment.institutions] == ["anarchy"]
    assert experiment.parameters["system.n_states"] == 4
    assert experiment.parameters["crisis.war_cost"] == 0.1
    assert experiment.n_points == 4
    assert experiment.seed == 20261122


def test_a_design_of_another_kind_replaces_the_design(write: Write):
    write(GOOD, "base.yaml")
    child = write("extends: base.yaml\ndesign: {cases: [{crisis.war_cost: 1}]}\n")
    assert load_experiment(child).n_points == 1


def test_errors_point_into_the_file_that_has_them(write: Write):
    base = write("institutions: [anarchy]\nparameters: {crisis.war_cost: -1}\n", "base.yaml")
    child = write("extends: base.yaml\n\nseed: -3\n")
    problems = refusal(child)
    assert [problem.split(": ")[0] for problem in problems] == [f"{base}:2", f"{child}:3"]


def test_a_table_is_relative_to_the_file_that_names_it(write: Write):
    write("name,capability\nA,3\nB,1\n", "shared/t.csv")
    write("institutions: [anarchy]\nparameters: {system: {table: t.csv}}\n", "shared/base.yaml")
    experiment = load_experiment(write("extends: ../shared/base.yaml\n", "mine/experiment.yaml"))
    assert experiment.parameters["system.n_states"] == 2


def test_a_circle_of_files_is_refused(write: Write):
    write("extends: b.yaml\n", "a.yaml")
    (problem,) = refusal(write("extends: a.yaml\n", "b.yaml"))
    assert "circle" in problem


def test_overrides_win_and_are_yaml(write: Write):
    overrides = [
        "crisis.war_cost=0.5",
        "parameters.response.rounds=4",
        "sampling.replicates=1_000",
        "outputs.path=elsewhere",
        "seed=3",
        "institutions.anarchy.forum.norm=0.7",
        "design.grid.interests.divergence=[1, 2]",
    ]
    experiment = load_experiment(write(GOOD), overrides)
    assert (experiment.parameters["crisis.war_cost"], experiment.parameters["response.rounds"]) == (0.5, 4)
    assert (experiment.sampling.replicates, experiment.seed, experiment.n_points) == (1000, 3, 4)
    assert experiment.outputs.path == Path("elsewhere")
    assert experiment.institutions[0].forum.norm == 0.7
    assert "# -s seed=3" in experiment.source_text


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("crisis.war_cost", "must be path=value"),
        ("=3", "must be path=value"),
        ("crisis.war_cost=-1", "must be a number"),
        ("crisis.wor_cost=1", "did you mean crisis.war_cost"),
        ("sed=1", "did you mean seed"),
        ("sampling.replicate=1", "did you mean replicates"),
        ("interests.divergence=1", "the design varies"),
        ("design.grid.interests.divergence=[]", "is empty"),
        ("seed=[", "is not YAML"),
        ("extends=x.yaml", "not a known key"),
        ("parameters={}", "one by one"),
    ],
)
def test_a_wrong_override_is_refused_by_its_text(write: Write, override, words):
    problems = refusal(write(GOOD), [override])
    assert any(problem.startswith(f"-s {override}") and words in problem for problem in problems)


def test_all_wrong_overrides_are_told_at_once(write: Write):
    assert len(refusal(write(GOOD), ["foo=1", "bar", "seed=["])) == 3

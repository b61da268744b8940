"""How wrong configurations are refused: every problem, by file and line, in words that help."""

import pytest

from tests.unit.configurations import Write, refusal, refusal_of


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("  crisis.war_cots: 1", "did you mean crisis.war_cost"),
        ("  n_states: 4", "did you mean system.n_states"),
        ("  crisis.war_cost: 0", "= 0: must be a number in [1e-9, 1000]"),
        ("  crisis.war_cost: .nan", "= nan: must be a number"),
        ("  crisis.war_cost: -.inf", "= -inf: must be a number"),
        ("  crisis.war_cost: 1e999", "= inf: must be a number"),
        ("  crisis.war_cost: '1'", "leave the quotes out"),
        ("  crisis.war_cost: true", "= true: must be a number"),
        ("  crisis.war_cost: NO", "= 'NO': must be a number"),
        ("  crisis.war_cost:", "= null: must be a number"),
        ("  crisis.war_cost: [1]", "must be a number"),
        ("  system.n_states: 8.0", "= 8.0: must be a whole number in [2, 64]"),
        ("  system.n_states: true", "must be a whole number"),
        ("  system.geography.layout: rng", "did you mean ring"),
        ("  system.geography.layout: table", "no system.geography.table"),
        ("  system.table: none.csv", "there is no file"),
        ("  institutions.anarchi.forum.norm: 1", "did you mean anarchy"),
        ("  institutions.anarchy.forum.nrm: 1", "did you mean forum.norm"),
        ("  institutions.anarchy.council.quota: 1", "anarchy has no council"),
        ("  institutions.*.council.quota: 1", "no institution has a council"),
        ("  institutions.anarchy.forum.norm: -1", "greater than or equal to 0"),
        ("  institutions.anarchy: 3", "must be institutions.NAME.FIELD"),
        ("  dynamics.survival: 8", "must be below system.n_states"),
    ],
)
def test_a_wrong_parameter_is_refused_by_line(write: Write, line, words):
    path = write(f"institutions: [anarchy]\nparameters:\n{line}\n")
    (problem,) = refusal(path)
    assert problem.startswith(f"{path}:3: parameters.")
    assert words in problem


@pytest.mark.parametrize(
    ("design", "words"),
    [
        ("{}", "one key out of grid"),
        ("[]", "one key out of grid"),
        ("", "one key out of grid"),
        ("{grid: {}}", "is empty"),
        ("{cases: []}", "is empty"),
        ("{product: []}", "is empty"),
        ("{grd: {interests.divergence: [1]}}", "did you mean grid"),
        ("{grid: {interests.divergence: [1]}, zip: {crisis.war_cost: [1]}}", "one key out of grid"),
        ("{grid: {interests.divergence: []}}", "is empty"),
        ("{grid: {interests.divergence: 3}}", "must be a list of values"),
        ("{grid: {interests.divergence: [[1]]}}", "single values"),
        ("{grid: {interests.divergence: [1, 11]}}", "divergence[1] = 11: must be a number in [0, 10]"),
        ("{grid: {interests.divergence: [1, 1.0]}}", "more than once"),
        ("{grid: {interests.divergance: [1]}}", "did you mean interests.divergence"),
        ("{grid: {interests: {divergence: [1]}, interests.divergence: [2]}}", "a second time"),
        ("{grid: {interests.divergence: {linspce: [0, 1, 3]}}}", "linspace"),
        ("{grid: {interests.divergence: {linspace: [0, 1]}}}", "three numbers"),
        ("{grid: {interests.divergence: {linspace: [0, 1, 1]}}}", "count must be"),
        ("{grid: {interests.divergence: {linspace: [1, 1, 3]}}}", "must differ"),
        ("{grid: {interests.divergence: {linspace: [0, .inf, 3]}}}", "three numbers"),
        ("{grid: {interests.divergence: {logspace: [0, 1, 3]}}}", "above 0"),
        ("{grid: {interests.divergence: {multiply: [1, 2]}}}", "fields of institutions only"),
        ("{grid: {institutions.*.obligation.scope: {multiply: [2]}}}", "cannot be multiplied"),
        ("{grid: {system.n_states: {linspace: [2, 3, 3]}}}", "must be a whole number"),
        ("{zip: {interests.divergence: [1, 2], crisis.war_cost: [1]}}", "equally many"),
        ("{cases: [{interests.divergence: 1}, 3]}", "mapping of paths to values"),
        ("{product: [{grid: {crisis.war_cost: [1]}}, {zip: {crisis.war_cost: [2]}}]}", "set by two parts"),
        (
            "{concat: [{zip: {institutions.*.forum.norm: [1]}}, {zip: {institutions.*.forum.norm: {multiply: [1]}}}]}",
            "write it one way",
        ),
        ("{lhs: {points: 1, ranges: {crisis.war_cost: [1, 2]}}}", "whole number in [2, 1000000]"),
        ("{lhs: {points: 4, ranges: {}}}", "[low, high]"),
        ("{lhs: {points: 4, range: {crisis.war_cost: [1, 2]}}}", "did you mean ranges"),
        ("{sobol: {points: 12, ranges: {crisis.war_cost: [1, 2]}}}", "power of two"),
        ("{sobol: {points: 4, ranges: {crisis.war_cost: [2, 1]}}}", "low must be below high"),
        ("{sobol: {points: 4, ranges: {crisis.war_cost: [0, 1]}}}", "must be a number in [1e-9, 1000]"),
        ("{sobol: {points: 4, ranges: {interests.divergence: {log: [0, 1]}}}}", "above 0"),
        ("{sobol: {points: 4, ranges: {system.geography.layout: [none, ring]}}}", "has no range"),
        ("{grid: {system.n_states: [2, 4], dynamics.survival: [1, 3]}}", "where system.n_states = 2"),
    ],
)
def test_a_wrong_design_is_refused_by_line(write: Write, design, words):
    path = write(f"institutions: [anarchy, alliance]\ndesign: {design}\n")
    problems = refusal(path)
    assert all(problem.startswith(f"{path}:2: design") for problem in problems)
    assert any(words in problem for problem in problems)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("institutions: [anarchy]\nsed: 1\n", 2, "did you mean seed"),
        ("institutions: [anarchy]\nseed: -1\n", 2, "greater than or equal to 0"),
        ("institutions: [anarchy]\nseed: 1.5\n", 2, "must be a valid integer"),
        ("institutions: [anarchy]\nname: ../x\n", 2, "must match"),
        ("institutions: [anarchy]\nreference: anarchi\n", 2, "did you mean anarchy"),
        ("institutions: [anarchy]\nsampling: {replicates: 0}\n", 2, "greater than or equal to 1"),
        ("institutions: [anarchy]\nsampling: {replicates: 68_719_476_737}\n", 2, "less than or equal to"),
        ("institutions: [anarchy]\nsampling:\n  replicate: 1\n", 3, "did you mean replicates"),
        ("institutions: [anarchy]\nsampling: 3\n", 2, "must be a mapping"),
        ("institutions: [anarchy]\nexecution: {engine: slurm}\n", 2, "must be 'auto', 'local' or 'ray'"),
        ("institutions: [anarchy]\noutputs: {path: ''}\n", 2, "path of a folder"),
        ("institutions: [anarchy]\noutputs: {metrics: []}\n", 2, "list of names"),
        ("institutions: [anarchy]\nparameters: 3\n", 2, "must be a mapping"),
        ("institutions: []\n", 1, "at least one institution"),
        ("institutions: anarchy\n", 1, "must be a list"),
        ("institutions:\n- anarchy\n- anarchy\n", 3, "listed twice"),
        ("institutions:\n- anarchy\n- {name: a,\n   extends: a}\n", 4, "cannot extend itself"),
        ("institutions: [anarchy]\nseed: 1\nseed: 2\n", 3, "a second time (first at line 2)"),
        ("institutions: &x [anarchy]\n", 1, "anchors and aliases"),
        ("institutions: [anarchy]\nseed: !!int '1'\n", 2, "tags"),
        ("institutions: [anarchy\nseed: 1\n", 2, "is not YAML"),
        ("institutions: [anarchy]\n---\nseed: 1\n", 2, "second document"),
        ("institutions: [anarchy]\nx: " + "[" * 40 + "]" * 40, 2, "nested deeper"),
        ("institutions: [anarchy]\nquestion: \x07\n", 2, "character that YAML does not allow"),
        ("institutions: [anarchy]\nseed: " + "9" * 5000, 2, "digits"),
        (b"institutions: [anarchy]\nquestion: \xe9\n", 2, "not UTF-8"),
    ],
)
def test_a_wrong_file_is_refused_by_line(write: Write, text, line, words):
    path = write(text)
    problems = refusal(path)
    assert any(problem.startswith(f"{path}:{line}: ") and words in problem for problem in problems)


@pytest.mark.parametrize("text", ["", "- 1", "3", b"\xff\xfea", b"#" * (2**20 + 1)])
def test_what_is_no_configuration_at_all_is_refused(write: Write, text):
    path = write(text)
    (problem,) = refusal(path)
    assert problem.startswith(str(path))


def test_a_missing_file_is_refused(tmp_path):
    assert "cannot be read" in refusal(tmp_path / "none.yaml")[0]
    assert "cannot be read" in refusal(tmp_path)[0]


def test_all_problems_of_a_file_are_told_at_once_and_in_order(write: Write):
    text = (
        "seed: -1\ninstitutions: [anarchi]\nparameters:\n  crisis.war_cost: -1\n  crisis.wor_cost: 1\n"
        "design:\n  grid:\n    interests.divergence: [99]\nsampling: {replicates: 0}\n"
    )
    path = write(text)
    lines = [int(problem.removeprefix(f"{path}:").split(":")[0]) for problem in refusal(path)]
    assert lines == [1, 2, 4, 5, 8, 9]


def test_fields_that_meet_are_checked_together():
    design = {
        "grid": {
            "institutions.*.council.quota": {"multiply": [1, 1.5]},
            "institutions.un_security_council.council.quota": {"multiply": [1, 1.5]},
        }
    }
    (problem,) = refusal_of(institutions=["un_security_council"], design=design)
    assert "council.quota" in problem


def test_messages_do_not_steer_the_terminal(write: Write):
    (problem,) = refusal(write('institutions: [anarchy]\n"\\e[31m": 1\n'))
    assert problem.isprintable()
    assert "\\x1b[31m" in problem

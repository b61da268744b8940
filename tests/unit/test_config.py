"""Configurations: what they mean, and how wrong ones are refused."""

import json
import pickle
from pathlib import Path

import pytest

from csmc.config import Experiment, load_experiment, schema
from csmc.errors import ConfigError
from csmc.institutions import get
from csmc.parameters import BY_PATH

ROOT = Path(__file__).parents[2]

GOOD = """
name: divergence-and-commitment
question: When does collective security keep the peace?
seed: 20261122
institutions:
  - anarchy
  - balance_of_power
  - {name: un_veto_restraint, extends: un_security_council, council.veto: none}
parameters:
  system: {n_states: 6}
  crisis.war_cost: 1e-1
  institutions.*.forum.norm: 0.3
design:
  grid:
    interests.divergence: {linspace: [0, 3, 4]}
    institutions.*.obligation.strength: {multiply: [0.5, 1]}
sampling: {replicates: 100_000}
"""


@pytest.fixture
def write(tmp_path):
    def write_file(text, name="experiment.yaml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_file


def refusal(path, overrides=()):
    with pytest.raises(ConfigError) as caught:
        load_experiment(path, overrides)
    return caught.value.problems


def refusal_of(**sections):
    with pytest.raises(ConfigError) as caught:
        Experiment(**({"institutions": ["anarchy"]} | sections))
    return caught.value.problems


def test_a_configuration_means_what_it_says(write):
    experiment = load_experiment(write(GOOD))
    assert experiment.name == "divergence-and-commitment"
    assert experiment.reference == "balance_of_power"
    assert experiment.sampling.replicates == 100_000
    assert experiment.outputs.path == Path("results/divergence-and-commitment")
    assert experiment.parameters.keys() == BY_PATH.keys()
    assert experiment.parameters["crisis.war_cost"] == 0.1
    assert experiment.n_points == 8
    assert experiment.varied == ("interests.divergence", "institutions.*.obligation.strength")
    assert [values for _, values in experiment.shape] == [(0.0, 1.0, 2.0, 3.0), (0.5, 1.0)]
    assert experiment.source_text == GOOD


def test_a_point_is_complete(write):
    point = load_experiment(write(GOOD)).point(7)
    record, system, institutions = point.packed()
    assert (record.divergence[0], record.n_states[0], record.war_cost[0]) == (3.0, 6, 0.1)
    assert system.n_states == 6
    assert institutions.strength.tolist() == [0.0, 1.5, 2.5]
    assert institutions.norm.tolist() == [0.3, 0.3, 0.3]
    assert institutions.veto.tolist() == [0, 0, 0]
    assert point.institutions[1].obligation.strength == 1.5
    assert load_experiment(write(GOOD)).point(6).packed()[2].strength.tolist() == [0.0, 0.75, 1.25]


def test_coordinates_are_labels_of_one_type(write):
    experiment = load_experiment(write(GOOD))
    coordinates = experiment.coordinates()
    assert coordinates["interests.divergence"] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert coordinates["institutions.*.obligation.strength"] == [0.5, 1.0] * 4
    assert experiment.coordinate("interests.divergence", 5) == 2.0


def test_where_a_point_leaves_a_path_alone_its_coordinate_is_the_fixed_value():
    experiment = Experiment(
        institutions=["anarchy", "balance_of_power"],
        parameters={"crisis.war_cost": 0.7},
        design={
            "concat": [
                {"grid": {"interests.divergence": [0, 1]}},
                {"cases": [{"crisis.war_cost": 1, "institutions.balance_of_power.obligation.scope": "none"}]},
            ]
        },
    )
    assert experiment.coordinates() == {
        "interests.divergence": [0.0, 1.0, 0.8],
        "crisis.war_cost": [0.7, 0.7, 1.0],
        "institutions.balance_of_power.obligation.scope": ["allies", "allies", "none"],
    }
    assert experiment.shape is None
    assert experiment.point(2).institutions[1].obligation.scope == "none"


def test_named_institutions_win_over_all_institutions():
    fields = {
        "institutions.un_security_council.council.quota": 0.9,
        "institutions.*.council.quota": 0.1,
    }
    experiment = Experiment(institutions=["anarchy", "un_security_council", "league_of_nations"], parameters=fields)
    assert experiment.institutions[0].council is None
    assert [institution.council.quota for institution in experiment.institutions[1:]] == [0.9, 0.1]


def test_no_design_is_one_point(write):
    experiment = Experiment(institutions=["anarchy"])
    assert (experiment.n_points, experiment.varied, experiment.shape) == (1, (), None)
    assert experiment.name == "experiment"
    assert load_experiment(write("institutions: [anarchy]\n", "my war.yaml")).name == "my-war"
    with pytest.raises(IndexError):
        experiment.point(1)


def test_great_powers_are_never_more_than_states():
    assert (
        Experiment(institutions=["anarchy"], parameters={"system.n_states": 2}).parameters["system.great_powers"] == 2
    )
    assert "at most system.n_states" in refusal_of(parameters={"system.great_powers": 9})[0]


def test_python_objects_and_a_file_make_the_same_experiment(write):
    experiment = load_experiment(write(GOOD))
    again = Experiment.from_dict(experiment.resolved())
    assert again.identity() == experiment.identity()
    assert pickle.loads(pickle.dumps(experiment)).identity() == experiment.identity()
    assert load_experiment(write(again.source_text, "again.yaml")).identity() == experiment.identity()


def test_identity_is_json_and_leaves_out_what_changes_no_number(write):
    path = write(GOOD)
    identity = load_experiment(path).identity()
    json.dumps(identity, allow_nan=False)
    same = ["sampling.replicates=7", "name=other", "outputs.joint=none", "execution.threads=1", "question=Why?"]
    assert load_experiment(path, same).identity() == identity
    for other in (
        "seed=1",
        "seeding=independent",
        "crisis.war_cost=0.2",
        "reference=anarchy",
        "institutions=[anarchy]",
    ):
        overrides = (
            [other] if other != "institutions=[anarchy]" else [other, "design={grid: {interests.divergence: [1]}}"]
        )
        overrides += ["reference=anarchy"] if len(overrides) == 2 else []
        assert load_experiment(path, overrides).identity() != identity


def test_the_contents_of_a_table_are_part_of_the_identity(write):
    path = write("institutions: [anarchy]\nparameters: {system.table: t.csv}\n")
    write("name,capability\nA,1\nB,2\n", "t.csv")
    first = load_experiment(path).identity()
    write("name,capability\nA,1\nB,3\n", "t.csv")
    assert load_experiment(path).identity() != first


def test_independent_seeding_gives_every_point_its_seed():
    design = {"grid": {"interests.divergence": [0, 1]}}
    common = Experiment(institutions=["anarchy"], design=design, seed=5)
    own = Experiment(institutions=["anarchy"], design=design, seed=5, seeding="independent")
    assert common.point(0).seed == common.point(1).seed == 5
    assert len({own.point(0).seed, own.point(1).seed, 5}) == 3
    assert 0 <= own.point(0).seed < 2**64


def test_the_largest_seed_is_exact():
    assert Experiment(institutions=["anarchy"], seed=2**64 - 1).point(0).seed == 2**64 - 1
    assert refusal_of(seed=2**64)


def test_a_table_decides_what_the_configuration_leaves_open(write):
    write("name,capability,ideal_point,great_power\nNO,3,0.5,yes\nB,1,-1,no\nC,1,0,no\n", "tables/t.csv")
    experiment = load_experiment(write("institutions: [anarchy]\nparameters: {system.table: tables/t.csv}\n"))
    assert experiment.parameters["system.n_states"] == 3
    assert experiment.parameters["system.great_powers"] == 1
    assert experiment.parameters["system.capability.distribution"] == "table"
    assert experiment.point(0).system.names == ("NO", "B", "C")


def test_tables_can_be_varied(write):
    write("name,capability\nA,3\nB,1\n", "two.csv")
    write("name,capability\nA,3\nB,1\nC,2\n", "three.csv")
    path = write("institutions: [anarchy]\ndesign: {grid: {system.table: [two.csv, three.csv]}}\n")
    experiment = load_experiment(path)
    assert [experiment.point(index).packed()[0].n_states[0] for index in (0, 1)] == [2, 3]
    assert experiment.coordinates() == {"system.table": ["two.csv", "three.csv"]}
    again = Experiment.from_dict(experiment.resolved(), base=path.parent)
    assert again.identity() == experiment.identity()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("  crisis.war_cots: 1", "did you mean crisis.war_cost"),
        ("  n_states: 4", "did you mean system.n_states"),
        ("  crisis.war_cost: 0", "= 0: must be a number in (0, 1000]"),
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
def test_a_wrong_parameter_is_refused_by_line(write, line, words):
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
        ("{sobol: {points: 4, ranges: {crisis.war_cost: [0, 1]}}}", "must be a number in (0, 1000]"),
        ("{sobol: {points: 4, ranges: {interests.divergence: {log: [0, 1]}}}}", "above 0"),
        ("{sobol: {points: 4, ranges: {system.geography.layout: [none, ring]}}}", "has no range"),
        ("{grid: {system.n_states: [2, 4], dynamics.survival: [1, 3]}}", "where system.n_states = 2"),
    ],
)
def test_a_wrong_design_is_refused_by_line(write, design, words):
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
def test_a_wrong_file_is_refused_by_line(write, text, line, words):
    path = write(text)
    problems = refusal(path)
    assert any(problem.startswith(f"{path}:{line}: ") and words in problem for problem in problems)


@pytest.mark.parametrize("text", ["", "- 1", "3", b"\xff\xfea", b"#" * (2**20 + 1)])
def test_what_is_no_configuration_at_all_is_refused(write, text):
    path = write(text)
    (problem,) = refusal(path)
    assert problem.startswith(str(path))


def test_messages_do_not_steer_the_terminal(write):
    (problem,) = refusal(write('institutions: [anarchy]\n"\\e[31m": 1\n'))
    assert problem.isprintable()
    assert "\\x1b[31m" in problem


def test_a_missing_file_is_refused(tmp_path):
    assert "cannot be read" in refusal(tmp_path / "none.yaml")[0]
    assert "cannot be read" in refusal(tmp_path)[0]


def test_byte_order_marks_and_carriage_returns_are_accepted(write):
    path = write(b"\xef\xbb\xbfinstitutions: [anarchy]\r\nseed: 3\r\n")
    assert load_experiment(path).seed == 3


def test_no_is_norway():
    assert Experiment(institutions=["anarchy"], question="NO").question == "NO"


def test_all_problems_of_a_file_are_told_at_once_and_in_order(write):
    text = (
        "seed: -1\ninstitutions: [anarchi]\nparameters:\n  crisis.war_cost: -1\n  crisis.wor_cost: 1\n"
        "design:\n  grid:\n    interests.divergence: [99]\nsampling: {replicates: 0}\n"
    )
    path = write(text)
    lines = [int(problem.removeprefix(f"{path}:").split(":")[0]) for problem in refusal(path)]
    assert lines == [1, 2, 4, 5, 8, 9]


def test_extends_merges_mappings_and_replaces_lists(write):
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


def test_a_design_of_another_kind_replaces_the_design(write):
    write(GOOD, "base.yaml")
    child = write("extends: base.yaml\ndesign: {cases: [{crisis.war_cost: 1}]}\n")
    assert load_experiment(child).n_points == 1


def test_errors_point_into_the_file_that_has_them(write):
    base = write("institutions: [anarchy]\nparameters: {crisis.war_cost: -1}\n", "base.yaml")
    child = write("extends: base.yaml\n\nseed: -3\n")
    problems = refusal(child)
    assert [problem.split(": ")[0] for problem in problems] == [f"{base}:2", f"{child}:3"]


def test_a_table_is_relative_to_the_file_that_names_it(write):
    write("name,capability\nA,3\nB,1\n", "shared/t.csv")
    write("institutions: [anarchy]\nparameters: {system: {table: t.csv}}\n", "shared/base.yaml")
    experiment = load_experiment(write("extends: ../shared/base.yaml\n", "mine/experiment.yaml"))
    assert experiment.parameters["system.n_states"] == 2


def test_a_circle_of_files_is_refused(write):
    write("extends: b.yaml\n", "a.yaml")
    (problem,) = refusal(write("extends: a.yaml\n", "b.yaml"))
    assert "circle" in problem


def test_overrides_win_and_are_yaml(write):
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
def test_a_wrong_override_is_refused_by_its_text(write, override, words):
    problems = refusal(write(GOOD), [override])
    assert any(problem.startswith(f"-s {override}") and words in problem for problem in problems)


def test_all_wrong_overrides_are_told_at_once(write):
    assert len(refusal(write(GOOD), ["foo=1", "bar", "seed=["])) == 3


@pytest.mark.parametrize("kind", ["lhs", "sobol"])
def test_space_filling_designs_fill_their_ranges(kind):
    ranges = {
        "interests.divergence": [0, 3],
        "crisis.war_cost": {"log": [0.1, 10]},
        "system": {"n_states": [4, 5]},
        "institutions.*.forum.norm": [0, 1],
    }
    spec = {"institutions": ["anarchy"], "design": {kind: {"points": 16, "seed": 3, "ranges": ranges}}}
    experiment = Experiment(**spec)
    columns = experiment.coordinates()
    assert experiment.n_points == 16
    assert sorted(int(value / 3 * 16) for value in columns["interests.divergence"]) == list(range(16))
    assert sum(value < 1 for value in columns["crisis.war_cost"]) == 8
    assert sorted(columns["system.n_states"]) == [4] * 8 + [5] * 8
    assert experiment.identity() == Experiment(**spec).identity()


def test_fields_that_meet_are_checked_together():
    design = {
        "grid": {
            "institutions.*.council.quota": {"multiply": [1, 1.5]},
            "institutions.un_security_council.council.quota": {"multiply": [1, 1.5]},
        }
    }
    (problem,) = refusal_of(institutions=["un_security_council"], design=design)
    assert "council.quota" in problem


def test_python_values_of_other_libraries_are_accepted():
    np = pytest.importorskip("numpy")
    experiment = Experiment(
        institutions=("anarchy", get("alliance")),
        parameters={"system.n_states": np.int64(4), "crisis.war_cost": np.float64(0.5)},
        design={"grid": {"interests.divergence": np.linspace(0, 1, 3)}},
    )
    assert (experiment.n_points, experiment.parameters["system.n_states"]) == (3, 4)


def test_a_design_of_a_million_points_loads_at_once():
    axis = {"linspace": [0.1, 0.9, 100]}
    grid = {"interests.divergence": axis, "crisis.war_cost": axis, "crisis.hegemony": axis}
    experiment = Experiment(institutions=["anarchy"], design={"grid": grid})
    assert experiment.n_points == 10**6
    assert experiment.point(999_999).values["crisis.hegemony"] == 0.9


def test_the_schema_in_the_repository_is_the_schema_of_the_code():
    assert json.loads((ROOT / "configs" / "schema.json").read_text()) == schema()


def test_the_schema_documents_every_parameter():
    properties = schema()["properties"]["parameters"]["properties"]
    for path, parameter in BY_PATH.items():
        assert parameter.meaning in properties[path]["description"]
        assert parameter.source in properties[path]["description"]
    assert properties["crisis.war_cost"]["exclusiveMinimum"] == 0
    assert properties["crisis"]["properties"]["war_cost"] == properties["crisis.war_cost"]


def test_the_schema_accepts_a_right_configuration_and_refuses_a_wrong_one():
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(schema())
    right = {"institutions": ["anarchy"], "parameters": {"system": {"n_states": 4}, "crisis.war_cost": 1}}
    assert validator.is_valid(right)
    assert not validator.is_valid(right | {"sed": 1})
    assert not validator.is_valid(right | {"parameters": {"crisis.war_cost": 0}})
    assert not validator.is_valid(right | {"parameters": {"crisis": {"wor_cost": 1}}})

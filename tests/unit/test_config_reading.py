"""What configurations mean: the experiment that comes out, point by point."""

import json
import pickle
from pathlib import Path

import pytest

from csmc.config import Experiment, load_experiment
from csmc.institutions import get
from csmc.parameters import BY_PATH
from tests.unit.configurations import GOOD, Write, refusal_of


def test_a_configuration_means_what_it_says(write: Write):
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


def test_a_point_is_complete(write: Write):
    point = load_experiment(write(GOOD)).point(7)
    record, system, institutions = point.packed()
    assert (record.divergence[0], record.n_states[0], record.war_cost[0]) == (3.0, 6, 0.1)
    assert system.n_states == 6
    assert institutions.strength.tolist() == [0.0, 1.5, 2.5]
    assert institutions.norm.tolist() == [0.3, 0.3, 0.3]
    assert institutions.veto.tolist() == [0, 0, 0]
    assert point.institutions[1].obligation.strength == 1.5
    assert load_experiment(write(GOOD)).point(6).packed()[2].strength.tolist() == [0.0, 0.75, 1.25]


def test_coordinates_are_labels_of_one_type(write: Write):
    experiment = load_experiment(write(GOOD))
    coordinates = experiment.coordinates()
    assert coordinates["interests.divergence"] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert coordinates["institutions.*.obligation.strength"] == [0.5, 1.0] * 4
    assert experiment.values_of("system.n_states") == [6] * 8


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


def test_no_design_is_one_point(write: Write):
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


def test_python_objects_and_a_file_make_the_same_experiment(write: Write):
    experiment = load_experiment(write(GOOD))
    again = Experiment.from_dict(experiment.resolved())
    assert again.identity() == experiment.identity()
    assert pickle.loads(pickle.dumps(experiment)).identity() == experiment.identity()
    assert load_experiment(write(again.source_text, "again.yaml")).identity() == experiment.identity()


def test_identity_is_json_and_leaves_out_what_changes_no_number(write: Write):
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


def test_titles_are_words_and_change_no_number():
    made = [Experiment(institutions=[{"name": "a", "extends": "anarchy", "title": title}]) for title in ("One", "Two")]
    assert [experiment.institutions[0].title for experiment in made] == ["One", "Two"]
    assert made[0].identity() == made[1].identity()
    assert Experiment.from_dict(made[0].resolved()).institutions == made[0].institutions


def test_the_contents_of_a_table_are_part_of_the_identity(write: Write):
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


def test_a_table_decides_what_the_configuration_leaves_open(write: Write):
    write("name,capability,ideal_point,great_power\nNO,3,0.5,yes\nB,1,-1,no\nC,1,0,no\n", "tables/t.csv")
    experiment = load_experiment(write("institutions: [anarchy]\nparameters: {system.table: tables/t.csv}\n"))
    assert experiment.parameters["system.n_states"] == 3
    assert experiment.parameters["system.great_powers"] == 1
    assert experiment.parameters["system.capability.distribution"] == "table"
    assert experiment.point(0).system.names == ("NO", "B", "C")


def test_tables_can_be_varied(write: Write):
    write("name,capability\nA,3\nB,1\n", "two.csv")
    write("name,capability\nA,3\nB,1\nC,2\n", "three.csv")
    path = write("institutions: [anarchy]\ndesign: {grid: {system.table: [two.csv, three.csv]}}\n")
    experiment = load_experiment(path)
    assert [experiment.point(index).packed()[0].n_states[0] for index in (0, 1)] == [2, 3]
    assert experiment.coordinates() == {"system.table": ["two.csv", "three.csv"]}
    assert experiment.values_of("system.n_states") == [2, 3]
    again = Experiment.from_dict(experiment.resolved(), base=path.parent)
    assert again.identity() == experiment.identity()


def test_byte_order_marks_and_carriage_returns_are_accepted(write: Write):
    path = write(b"\xef\xbb\xbfinstitutions: [anarchy]\r\nseed: 3\r\n")
    assert load_experiment(path).seed == 3


def test_no_is_norway():
    assert Experiment(institutions=["anarchy"], question="NO").question == "NO"


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

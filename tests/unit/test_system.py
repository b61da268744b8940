"""Systems out of tables, and tables that are wrong."""

import numpy as np
import pytest

from csmc.config.tables import read_distances, read_states
from csmc.errors import ConfigError
from csmc.parameters import defaults
from csmc.system import DistanceTable, StateTable, build_system, ring_distance, system_problems


@pytest.fixture
def write(tmp_path):
    def write_file(text):
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def test_ring_distance_is_hops_over_half_the_ring():
    assert ring_distance(4).tolist() == [[0, 0.5, 1, 0.5], [0.5, 0, 0.5, 1], [1, 0.5, 0, 0.5], [0.5, 1, 0.5, 0]]
    assert ring_distance(5)[0].tolist() == [0, 0.4, 0.8, 0.8, 0.4]


def test_a_system_without_tables_has_neutral_arrays():
    system = build_system(defaults())
    assert system.n_states == 8
    assert not system.capability.any()
    assert system.ideal_points.shape == (3, 8)
    assert not system.distance.any()
    assert (system.great_power == -1).all()
    assert (system.member == -1).all()


def test_a_table_fills_the_arrays(write):
    header = "# source: somewhere\nname, capability, ideal_point_1, ideal_point_2, great_power\n"
    states = read_states(write(header + "NO, 1, 0.5, 1, no\nB, 2e0, -1, 0, YES\n"))
    system = build_system(defaults() | {"system.n_states": 2}, states)
    assert system.names == ("NO", "B")
    assert system.capability.tolist() == [1, 2]
    assert system.ideal_points.tolist() == [[0.5, -1], [1, 0], [0, 0]]
    assert system.great_power.tolist() == [0, 1]
    assert system.member.tolist() == [-1, -1]
    assert all(
        array.flags.c_contiguous for array in (system.capability, system.ideal_points, system.distance, system.member)
    )


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("name,capability\nA,1\nB,-2\n", 3, "above 0"),
        ("name,capability\nA,1\nB,0\n", 3, "above 0"),
        ("name,capability\nA,1\nB,nan\n", 3, "above 0"),
        ("name,capability\nA,1\nB,\n", 3, "fill all rows or none"),
        ("name,capability\nA,1\nA,2\n", 3, "already at line 2"),
        ("name,capability\nA,1\n,2\n", 3, "printable"),
        ("name,capability\nA,1\nB,2,3\n", 3, "3 cells"),
        ("name,capabilty\nA,1\nB,2\n", 1, "did you mean capability"),
        ("capability\n1\n2\n", 1, "column name is missing"),
        ("name,name\nA,B\nC,D\n", 1, "occurs twice"),
        ("name,great_power\nA,yes\nB,\n", 3, "fill all rows or none"),
        ("name,great_power\nA,yes\nB,maybe\n", 3, "true or false"),
        ("name,ideal_point_2\nA,1\nB,2\n", 1, "without gaps"),
        ("name,ideal_point,ideal_point_1\nA,1,1\nB,2,2\n", 1, "one kind"),
        ("name,ideal_point\nA,1\nB,inf\n", 3, "must be a number"),
        ("name\nA\n", 1, "a system has 2 to 64"),
        ("", 1, "is empty"),
        ("# only a comment\n", 1, "is empty"),
    ],
)
def test_a_wrong_table_is_refused_by_line(write, text, line, word):
    path = write(text)
    with pytest.raises(ConfigError) as caught:
        read_states(path)
    assert any(problem.startswith(f"{path}:{line}: ") and word in problem for problem in caught.value.problems)


def test_all_problems_of_a_table_are_told_at_once(write):
    with pytest.raises(ConfigError) as caught:
        read_states(write("name,capability,member\nA,-1,yes\nA,x,\n"))
    assert len(caught.value.problems) == 4


def test_distances_are_read_with_or_without_row_names(write):
    with_names = read_distances(write("name,A,B\nA,0,2\nB,2,0\n"))
    assert with_names == read_distances(write("A,B\n0,2\n2,0\n"))
    assert with_names == DistanceTable(("A", "B"), ((0, 2), (2, 0)))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("A,B\n0,2\n1,0\n", "must be the same"),
        ("A,B\n1,2\n2,0\n", "must be 0"),
        ("A,B\n0,-2\n-2,0\n", "0 or larger"),
        ("A,B,C\n0,1,1\n1,0,1\n", "must be equal"),
        ("name,A,B\nB,0,1\nA,1,0\n", "order of the header"),
    ],
)
def test_a_wrong_distance_table_is_refused(write, text, word):
    with pytest.raises(ConfigError, match=word):
        read_distances(write(text))


def test_distances_follow_the_order_of_the_states():
    states = StateTable(("B", "A", "C"))
    distances = DistanceTable(("A", "B", "C"), ((0, 1, 2), (1, 0, 3), (2, 3, 0)))
    values = defaults() | {"system.n_states": 3, "system.geography.layout": "table"}
    assert not system_problems(values, states, distances)
    assert build_system(values, states, distances).distance.tolist() == [[0, 1, 3], [1, 0, 2], [3, 2, 0]]


def test_values_that_do_not_go_together_are_all_told():
    values = defaults() | {
        "system.n_states": 2,
        "dynamics.survival": 2.0,
        "system.capability.distribution": "table",
        "system.geography.layout": "table",
    }
    paths = [path for path, _ in system_problems(values)]
    assert paths == ["dynamics.survival", "system.capability.distribution", "system.geography.layout"]


def test_strength_must_not_underflow_over_distance():
    values = defaults() | {
        "system.n_states": 2,
        "system.geography.layout": "table",
        "system.geography.loss_of_strength": 1.0,
    }
    assert not system_problems(values, None, DistanceTable(("A", "B"), ((0, 700), (700, 0))))
    problems = system_problems(values, None, DistanceTable(("A", "B"), ((0, 701), (701, 0))))
    assert [path for path, _ in problems] == ["system.geography.loss_of_strength"]
    assert np.exp(-700.0) > 0

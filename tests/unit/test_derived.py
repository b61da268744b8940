"""Parameters that follow from others by a formula: their values, and what is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csmc.config import Experiment, load_experiment
from csmc.config.formulas import Undefined, parse
from csmc.errors import ConfigError, ParameterError
from tests.unit.configurations import Write, refusal_of

UNSC = "institutions.un_security_council.obligation.strength"
BOTH = ["un_security_council", "anarchy"]


def experiment(derived, design=None, institutions=("un_security_council", "anarchy"), **sections):
    chosen = {"design": design} if design else {}
    return Experiment(institutions=list(institutions), derived=derived, **chosen, **sections)


def test_what_varies_by_a_formula_is_a_coordinate_and_reaches_the_kernel():
    costs = [0.2, 0.4, 0.8]
    made = experiment({"crisis.audience_cost": "0.25 * crisis.war_cost"}, {"grid": {"crisis.war_cost": costs}})
    assert made.coordinates() == {"crisis.war_cost": costs, "crisis.audience_cost": [0.05, 0.1, 0.2]}
    assert [made.point(index).record.audience_cost[0] for index in range(3)] == [0.05, 0.1, 0.2]
    assert made.shape == (("crisis.war_cost", tuple(costs)),)


def test_what_a_formula_sets_alike_at_all_points_is_no_coordinate():
    made = experiment({"crisis.audience_cost": "crisis.war_cost / 2"}, parameters={"crisis.war_cost": 0.3})
    assert made.varied == ()
    assert made.parameters["crisis.audience_cost"] == 0.15
    assert made.point(0).values["crisis.audience_cost"] == 0.15


def test_formulas_may_read_what_others_set_in_any_order():
    derived = {
        "crisis.onset_floor": "crisis.audience_cost / 2",
        "crisis.audience_cost": "crisis.war_cost / 2",
        UNSC: "1 + crisis.onset_floor",
    }
    made = experiment(derived, {"zip": {"crisis.war_cost": [0.4, 0.8]}})
    assert made.coordinates()["crisis.onset_floor"] == [0.1, 0.2]
    assert [made.point(index).institutions[0].obligation.strength for index in range(2)] == [1.1, 1.2]


def test_formulas_read_and_set_fields_of_one_or_all_institutions_whatever_their_names():
    named = {"name": "half-way", "extends": "un_security_council"}
    derived = {
        "institutions.half-way.council.quota": "institutions.un_security_council.council.quota / 2",
        "institutions.*.obligation.strength": "4 * crisis.war_cost - 1",
        "crisis.onset_floor": "institutions.*.obligation.strength / institutions.half-way.council.quota",
    }
    made = experiment(derived, {"grid": {"crisis.war_cost": [0.5, 1]}}, ["un_security_council", named])
    first, second = made.point(1).institutions
    assert (first.obligation.strength, second.obligation.strength) == (3.0, 3.0)
    assert second.council.quota == first.council.quota / 2
    assert made.point(1).values["crisis.onset_floor"] == pytest.approx(3 / second.council.quota, rel=1e-11)


def test_whole_numbers_stay_whole():
    made = experiment({"system.great_powers": "floor(system.n_states / 3)"}, {"grid": {"system.n_states": [4, 9, 10]}})
    assert made.coordinates()["system.great_powers"] == [1, 3, 3]
    assert [type(value) for value in made.coordinates()["system.great_powers"]] == [int] * 3


def test_points_that_leave_a_path_alone_have_its_fixed_value():
    cases = [{"crisis.war_cost": 0.6}, {"interests.divergence": 1.0}]
    made = experiment(
        {"crisis.audience_cost": "crisis.war_cost"}, {"cases": cases}, parameters={"crisis.war_cost": 0.3}
    )
    assert made.coordinates()["crisis.audience_cost"] == [0.6, 0.3]


def test_another_formula_is_another_experiment_and_the_same_is_read_back():
    design = {"lhs": {"points": 4, "randomizations": 2, "ranges": {"crisis.war_cost": [0.1, 1]}}}
    one, other = (experiment({"crisis.audience_cost": f"{k} * crisis.war_cost"}, design) for k in (0.25, 0.5))
    assert one.identity() != other.identity()
    for again in (
        Experiment.from_dict(one.resolved()),
        Experiment.from_contents(
            {key: value for key, value in one.resolved().items() if key != "design"},
            one.identity()["design"],
            one.identity()["tables"],
        ),
    ):
        assert again.identity() == one.identity()
        assert again.layout() == one.layout()
        assert [again.point(index).key for index in range(8)] == [one.point(index).key for index in range(8)]


def test_a_file_that_extends_another_changes_its_formulas_and_so_does_an_option(write: Write):
    write("institutions: [anarchy]\nderived: {crisis: {audience_cost: crisis.war_cost / 2}}\n", "base.yaml")
    path = write("extends: base.yaml\nderived: {crisis.onset_floor: crisis.war_cost / 4}\n")
    assert dict(load_experiment(path).derived) == {
        "crisis.audience_cost": "crisis.war_cost / 2",
        "crisis.onset_floor": "crisis.war_cost / 4",
    }
    changed = load_experiment(path, ["derived.crisis.audience_cost=crisis.war_cost * 2"])
    assert changed.parameters["crisis.audience_cost"] == 0.8


GRID = {"grid": {"interests.divergence": [0.5, 1, 2]}}
REFUSED = [
    ({"crisis.audience_cost": "1 / (interests.divergence - 1)"}, "is inf at design point 1 (interests.divergence = 1)"),
    ({"crisis.audience_cost": "min(5, 1 / (interests.divergence - 1))"}, "1 / (interests.divergence - 1) is inf"),
    ({"crisis.audience_cost": "1 / (1 / (interests.divergence - 1))"}, "1 / (interests.divergence - 1) is inf"),
    ({"crisis.audience_cost": "sqrt(interests.divergence - 1)"}, "is nan at design point 0"),
    ({"crisis.audience_cost": "log(interests.divergence - 2)"}, "is nan at design point 0"),
    ({"crisis.audience_cost": "(0 - interests.divergence) ** 0.5"}, "is nan at design point 0"),
    ({"crisis.audience_cost": "exp(exp(exp(interests.divergence)))"}, "is inf at design point 2"),
    (
        {"crisis.audience_cost": "interests.divergence - 1"},
        "is -0.5 at design point 0 (interests.divergence = 0.5): must",
    ),
    ({"crisis.audience_cost": "999.9 + interests.divergence / 10"}, "is 1000.1 at design point 2"),
    (
        {"system.n_states": "3 * interests.divergence"},
        "is 1.5 at design point 0 (interests.divergence = 0.5): must be a whole",
    ),
    ({"system.n_states": "99 + interests.divergence * 0"}, "is 99 at design point 0"),
    ({"dynamics.survival": "6.5 + interests.divergence"}, "must be below system.n_states"),
    ({UNSC: "1000 * interests.divergence"}, "is 2000 at design point 2"),
    ({"system.geography.layout": "interests.divergence"}, "must be one of none, ring"),
    ({"interests.divergence": "1"}, "is also set in design"),
    ({"crisis.war_cost": "1"}, "is also set in parameters"),
    ({"crisis.onset_floor": "crisis.audience_cost", "crisis.audience_cost": "crisis.onset_floor"}, "into a circle"),
    ({"crisis.onset_floor": "crisis.onset_floor / 2"}, "into a circle"),
    ({"crisis.onset_flor": "1"}, "did you mean crisis.onset_floor?"),
    ({"crisis.onset_floor": "crisis.war_kost"}, "did you mean crisis.war_cost?"),
    ({"crisis.onset_floor": "system.geography.layout"}, "is 'none', no number"),
    ({"crisis.onset_floor": "system.table"}, "is null, no number"),
    ({"crisis.onset_floor": "institutions.*.obligation.strength"}, "differs between institutions"),
    ({"crisis.onset_floor": UNSC, "institutions.*.obligation.strength": "1"}, "sets too; read that"),
    ({"institutions.*.obligation.residual": "1"}, "by institutions.anarchy.obligation.residual, in parameters"),
    ({"crisis.onset_floor": "institutions.nato.obligation.strength"}, "is not one of the institutions"),
    (
        {"system.n_states": "8", "crisis.onset_floor": "system.great_powers"},
        "follows from system.n_states at each point",
    ),
    ({"crisis.onset_floor": 3}, "must be a formula"),
    ({"crisis.onset_floor": ""}, "cannot be read as a formula"),
    ({"crisis.onset_floor": "1" + " + 1" * 200}, "at most 500 letters"),
    ({"crisis.onset_floor": "-" * 30 + "1"}, "nested deeper than 20 levels"),
    ({"crisis.onset_floor": "(" * 240 + "1" + ")" * 240}, "cannot be read as a formula"),
    ({"crisis.onset_floor": "min(1)"}, "takes two or more numbers, not 1"),
    ({"crisis.onset_floor": "exp(1, 2)"}, "takes one number, not 2"),
    ({"crisis.onset_floor": "sqr(2)"}, "did you mean sqrt?"),
    ({"crisis.onset_floor": "1e400"}, "may have numbers"),
    ({"crisis.onset_floor": "κόσμος"}, "ASCII"),
    ([1], "must be a mapping"),
]


@pytest.mark.parametrize(("derived", "expected"), REFUSED, ids=lambda value: str(value)[:50])
def test_a_formula_that_does_not_make_legal_numbers_is_refused(derived, expected):
    fixed = {"crisis.war_cost": 0.4, "institutions.anarchy.obligation.residual": 0.5}
    sections = {"institutions": ["un_security_council", "anarchy"], "parameters": fixed}
    problems = refusal_of(derived=derived, design=GRID, **sections)
    assert len(problems) == 1
    assert expected in problems[0]


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "().__class__.__bases__[0]",
        "crisis.war_cost.__class__()",
        "(lambda: 1)()",
        "[x for x in (1,)]",
        "1 if 1 else 2",
        "1 < 2",
        "1 and 2",
        "not 1",
        "~1",
        "7 // 2",
        "7 % 2",
        "1 @ 2",
        "1 << 9",
        "'text'",
        "f'{1}'",
        "True",
        "None",
        "1j",
        "crisis.war_cost[0]",
        "min(*[1, 2])",
        "exp(x=1)",
        "min",
        "min.real",
        "(x := 1)",
        "1; 2",
        "x = 1",
        "await 1",
        "exp(crisis.war_cost).real",
        "1or 2",
        "institutions.é0.obligation.strength",
    ],
)
def test_nothing_but_arithmetic_on_paths_is_a_formula(text):
    problems = refusal_of(derived={"crisis.onset_floor": text})
    assert len(problems) == 1
    assert problems[0].startswith("derived.crisis.onset_floor")


@pytest.mark.parametrize("first", ["institutions.*.obligation.strength", UNSC])
def test_a_field_that_a_formula_sets_is_set_by_nothing_else_for_the_same_institution(first):
    second = UNSC if first != UNSC else "institutions.*.obligation.strength"
    design = {"grid": {second: [0.5, 1]}}
    assert any(
        f"by {second}, in design" in problem
        for problem in refusal_of(institutions=BOTH, derived={first: "1"}, design=design)
    )
    assert any(
        f"by {second}, in derived" in problem
        for problem in refusal_of(institutions=BOTH, derived={first: "1", second: "2"})
    )


def test_a_formula_says_otherwise_of_one_institution_what_parameters_say_of_all():
    fixed = {"institutions.*.obligation.strength": 0.5, "crisis.war_cost": 0.25}
    made = experiment({UNSC: "8 * crisis.war_cost"}, parameters=fixed)
    assert [institution.obligation.strength for institution in made.point(0).institutions] == [2.0, 0.5]


def test_a_multiplied_field_is_no_number_that_a_formula_could_read():
    design = {"grid": {"institutions.*.obligation.strength": {"multiply": [0.5, 1]}}}
    read = {"crisis.onset_floor": "institutions.*.obligation.strength"}
    assert any("the design multiplies" in problem for problem in refusal_of(derived=read, design=design))


def test_problems_of_formulas_name_the_line(write: Write):
    path = write("institutions: [anarchy]\nderived:\n  crisis:\n    audience_cost: crisis.war_cost - 1\n")
    with pytest.raises(ConfigError, match=r"experiment\.yaml:4: derived\.crisis\.audience_cost .* is -0\.6 \(crisis"):
        load_experiment(path)


LEAVES = st.one_of(st.floats(0.01, 100).map(lambda x: repr(round(x, 3))), st.sampled_from(["crisis.a", "crisis.b"]))


def combined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, parts, st.sampled_from(["+", "-", "*", "/", "**"]), parts),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), parts, parts),
        st.builds("{}({})".format, st.sampled_from(["abs", "exp", "log", "sqrt", "floor", "-"]), parts),
    )


@given(st.recursive(LEAVES, combined, max_leaves=6), st.floats(0.1, 5), st.floats(0.1, 5))
def test_formulas_have_the_values_that_python_gives_them(text, a, b):
    """Where Python gives a finite real number, and every part of it; else both say that there is none."""
    functions = {name: getattr(math, name) for name in ("exp", "log", "sqrt", "floor")}
    point = type("Point", (), {"a": a, "b": b})
    try:
        formula = parse(text)
    except ParameterError as error:
        assert "levels" in str(error) or "letters" in str(error)  # noqa: PT017
        return
    found = formula.values({"crisis.a": a, "crisis.b": b})
    try:
        expected = eval(text, {"crisis": point, "min": min, "max": max, "abs": abs, **functions})
    except (ArithmeticError, ValueError):
        assert isinstance(found, Undefined)
        return
    if isinstance(expected, complex) or not math.isfinite(expected):
        assert isinstance(found, Undefined)
    elif not ("floor" in text and isinstance(found, Undefined)):  # Python's whole numbers are never infinite
        assert float(found) == pytest.approx(expected, rel=1e-9, abs=1e-300)

"""The presets as documented, how institutions extend each other, and the kernel's record."""

import pytest
from pydantic import ValidationError

from csmc.errors import ConfigError, ParameterError
from csmc.institutions import INSTITUTION_DTYPE, Institution, Rung, get, names, pack_institutions, resolve
from csmc.institutions.fields import field_value, with_field

FORCE = [("force", 0.0, 1.0)]
LADDER = [("sanctions", 0.20, 0.30), ("isolation", 0.10, 0.45), ("force", 0.0, 1.0)]
UN_COUNCIL = (15, 0.6, "permanent", False, 0.25)

#: name: obligation (scope, strength, ally_radius, residual, exempt_permanent), balancing (weight, hegemon, bandwagon),
#: council (seats, quota, veto, parties_abstain, abstention), forum (legitimacy, mediation, condemnation, norm), ladder.
PRESETS = {
    "anarchy": (("none", 0, 1, 1, 0), (0, 0, 0), None, (1, 0, 0, 0), FORCE),
    "balance_of_power": (("allies", 1.5, 1, 1, 0), (2, 2, 0.5), None, (1, 0, 0, 0), FORCE),
    "alliance": (("allies", 3, 1.5, 1, 0), (0.7, 1, 0.2), None, (1, 0, 0, 0), FORCE),
    "collective_security": (("members", 3, 1, 1, 0), (0, 0, 0), None, (1, 0.2, 0.05, 1), LADDER),
    "league_of_nations": (
        ("members", 2, 1, 0.2, 0),
        (0.5, 0, 0),
        ("all", 0.5, "all", True, 0.25),
        (0.7, 0.15, 0.02, 0.5),
        LADDER,
    ),
    "un_security_council": (("members", 2.5, 1, 0.3, 0.5), (0.5, 0, 0), UN_COUNCIL, (0.8, 0.2, 0.05, 0.8), LADDER),
    "un_without_veto": (
        ("members", 2.5, 1, 0.3, 0),
        (0.5, 0, 0),
        (15, 0.6, "none", False, 0.25),
        (0.8, 0.2, 0.05, 0.8),
        LADDER,
    ),
    "concert_of_powers": (
        ("great_powers", 2.5, 1, 0.3, 0),
        (1, 1, 0),
        ("great_powers", 0.5, "all", True, 0.25),
        (0.8, 0.3, 0.03, 0.5),
        LADDER,
    ),
}


def test_the_presets_are_those_of_the_model():
    assert set(names()) == set(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_the_values_of_the_model(name):
    obligation, balancing, council, forum, ladder = PRESETS[name]
    preset = get(name)
    assert preset.name == name
    assert tuple(preset.obligation.model_dump().values()) == obligation
    assert tuple(preset.balancing.model_dump().values()) == balancing
    assert (tuple(preset.council.model_dump().values()) if preset.council else None) == council
    assert tuple(preset.forum.model_dump().values()) == forum
    assert [(rung.name, rung.severity, rung.cost) for rung in preset.ladder] == ladder


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_a_summary_and_sources(name):
    assert len(get(name).summary) > 40
    assert len(get(name).sources) >= 2


TITLES = {
    "league_of_nations": "League of Nations",
    "un_security_council": "UN Security Council",
    "un_without_veto": "UN without veto",
}


def test_titles_are_stated_or_made_of_the_name_and_never_inherited():
    assert {name: get(name).title for name in names()} == {name: name.replace("_", " ") for name in names()} | TITLES
    made = resolve(
        [
            {"name": "un_restrained", "extends": "un_security_council", "council.veto": "none"},
            {"name": "b", "extends": "un_restrained", "title": "Société des Nations"},
        ]
    )
    assert [institution.title for institution in made] == ["UN restrained", "Société des Nations"]
    assert Institution(name="own_idea").title == "own idea"


def test_an_unknown_preset_gets_a_suggestion():
    with pytest.raises(ParameterError, match="did you mean league_of_nations"):
        get("league_of_nation")


def test_an_entry_extends_what_it_names_in_dotted_or_nested_fields():
    changed, nested = resolve(
        [
            {"name": "a", "extends": "un_security_council", "council.veto": "none", "ladder.sanctions.severity": 0.5},
            {"name": "b", "extends": "a", "council": {"quota": 1}, "forum": {"norm": 0}},
        ]
    )
    assert changed.council.model_dump() == get("un_security_council").council.model_dump() | {"veto": "none"}
    assert [rung.severity for rung in changed.ladder] == [0.5, 0.1, 0.0]
    assert (nested.council.veto, nested.council.quota, nested.forum.norm) == ("none", 1, 0)
    assert changed.summary == "Extends un_security_council."


def test_a_council_can_be_removed_and_added():
    without, added = resolve(
        [
            {"name": "a", "extends": "un_security_council", "council": None},
            {"name": "b", "extends": "anarchy", "council": {"seats": "all", "quota": 0.5}},
        ]
    )
    assert without.council is None
    assert added.council.seats == "all"


def problems_of(entries):
    with pytest.raises(ConfigError) as caught:
        resolve(entries)
    return caught.value.problems


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("balance_of_powr", "did you mean balance_of_power"),
        ({"name": "a", "extends": "a"}, "cannot extend itself"),
        ({"name": "a", "extends": "leage_of_nations"}, "did you mean league_of_nations"),
        ({"name": "a", "extends": 3}, "must be the name"),
        ({"extends": "anarchy"}, "has no name"),
        ({"name": "anarchy", "forum.norm": 1}, "is the name of a preset"),
        ({"name": "a b"}, "is not a known institution"),
        ({"name": "a b", "forum.norm": 1}, "must match"),
        ({"name": "a", "title": "", "forum.norm": 1}, "must be one line"),
        ({"name": "a", "title": "a\x1b[31m", "forum.norm": 1}, "must be one line"),
        ({"name": "a", "title": 3, "forum.norm": 1}, "must be a valid string"),
        ({"name": "a", "obligation.strenght": 1}, "did you mean strength"),
        ({"name": "a", "oblgation.strength": 1}, "did you mean obligation"),
        ({"name": "a", "obligation": 3}, "must be a mapping"),
        ({"name": "a", "obligation.strength": True}, "must be a valid number"),
        ({"name": "a", "obligation.strength": "2"}, "must be a valid number"),
        ({"name": "a", "obligation.strength": float("nan")}, "must be a finite number"),
        ({"name": "a", "obligation.residual": 1.1}, "less than or equal to 1"),
        ({"name": "a", "obligation.scope": "friends"}, "must be 'none', 'allies', 'members' or 'great_powers'"),
        ({"name": "a", "council": {"seats": 0, "quota": 0.5}}, "must be all, great_powers or a whole number"),
        ({"name": "a", "council": {"seats": True, "quota": 0.5}}, "must be all, great_powers or a whole number"),
        ({"name": "a", "council.veto": "none"}, "is missing"),
        ({"name": "a", "ladder": []}, "at least 1 item"),
        ({"name": "a", "ladder": [{"name": "war", "cost": 1}]}, "must end with"),
        ({"name": "a", "ladder": [{"name": "force", "cost": 1}] * 2}, "must end with"),
        ({"name": "a", "ladder.embargo.cost": 1}, "must be a list"),
        ({"name": "a", "council.quota": 1, "council": {"quota": 0}}, "a second time"),
        (3, "must be the name of a preset or a mapping"),
    ],
)
def test_a_wrong_entry_is_refused(entry, words):
    problems = problems_of(["anarchy", entry])
    assert all(problem.startswith("institutions[1]") for problem in problems)
    assert any(words in problem for problem in problems)


def test_a_circle_of_entries_is_refused_once_per_entry():
    problems = problems_of([{"name": "a", "extends": "b"}, {"name": "b", "extends": "a"}])
    assert problems
    assert all("extend" in problem for problem in problems)


def test_duplicates_are_refused():
    assert "listed twice" in problems_of(["anarchy", "alliance", "anarchy"])[0]


def test_all_problems_are_told_at_once():
    assert (
        len(problems_of(["anarch", {"name": "a", "forum.norm": -1, "forum.legitimacy": 2}, "alliance", "alliance"]))
        == 4
    )


def test_an_institution_cannot_be_changed():
    with pytest.raises(ValidationError):
        get("anarchy").name = "order"


def test_records_have_force_first():
    league = pack_institutions([get("league_of_nations")])
    assert INSTITUTION_DTYPE.isalignedstruct
    assert league.rungs[0] == 3
    assert league.severity[0].tolist() == [0.0, 0.20, 0.10, 0.0]
    assert league.cost[0].tolist() == [1.0, 0.30, 0.45, 0.0]


def test_records_hold_codes():
    fields = ["scope", "seating", "seats", "veto", "parties_abstain"]
    packed = pack_institutions([get(name) for name in ("anarchy", "league_of_nations", "un_security_council")])
    assert [tuple(record[fields]) for record in packed] == [(0, 0, 0, 0, 0), (2, 1, 0, 2, 1), (2, 3, 15, 1, 0)]
    concert = pack_institutions([get("concert_of_powers")])
    assert tuple(concert[fields][0]) == (3, 2, 0, 2, 1)


def test_single_fields_by_path():
    un = get("un_security_council")
    assert field_value(un, "council.quota") == (True, 0.6)
    assert field_value(un, "ladder.sanctions.cost") == (True, 0.3)
    assert field_value(get("anarchy"), "council.quota") == (False, None)
    assert with_field(un, "ladder.sanctions.cost", 0.9).ladder[0] == Rung(name="sanctions", severity=0.2, cost=0.9)
    assert with_field(un, "council", None).council is None
    assert with_field(un, "obligation.strength", 1).obligation.strength == 1.0
    for path, value in (("council.quota", 2), ("council.quotta", 1), ("name", "x"), ("ladder.embargo.cost", 1)):
        with pytest.raises(ParameterError):
            with_field(un, path, value)


def test_an_institution_made_in_python_is_taken_as_it_is():
    own = Institution(name="own")
    assert resolve(["anarchy", own])[1] is own


@pytest.mark.parametrize("base", names())
def test_the_cost_of_force_of_every_preset_can_be_changed_by_name(base):
    (institution,) = resolve([{"name": "own", "extends": base, "ladder.force.cost": 0.5}])
    assert institution.ladder[-1].cost == 0.5
    assert institution.ladder[:-1] == get(base).ladder[:-1]

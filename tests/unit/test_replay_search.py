"""Conditions mean what the moves of an episode say, and a search finds the episodes that a plain count finds."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import csmc
from csmc.kernel.codes import Outcome
from csmc.replay import NAMES, Episode, find, play, search
from csmc.replay.condition import parse
from csmc.replay.names import Kind
from tests.unit.crises import EVENTFUL

Moves = dict[str, Any]

INSTITUTIONS = ["balance_of_power", "un_security_council", "un_without_veto"]
#: Of many votes and vetoes, in more than two batches.
COUNCILS = csmc.Experiment(
    seed=3,
    institutions=INSTITUTIONS,
    parameters=EVENTFUL | {"dynamics.episodes": 3},
    sampling={"replicates": 300},
)
#: Of states that die until one is left.
ENDS = csmc.Experiment(
    seed=4,
    institutions=["balance_of_power", "anarchy", "un_without_veto"],
    parameters={
        "dynamics.episodes": 8,
        "system.n_states": 3,
        "system.great_powers": 1,
        "dynamics.survival": 0.9,
        "crisis.audience_cost": 1.0,
        "crisis.challenge_cost": -1.0,
    },
    sampling={"replicates": 60},
)
WARS = (Outcome.BILATERAL_WAR, Outcome.LIMITED_WAR, Outcome.GENERAL_WAR)


def lives(m: Moves) -> bool:
    return "challenger" in m


def votes(m: Moves) -> list[Moves]:
    return list(m.get("votes", {}).values())


def forced(m: Moves) -> bool:
    return m.get("called", False) and 0 in m["helpers"]


def some(name: str) -> Callable[[Moves], Any]:
    """A number of the moves, None where there is none."""
    return lambda m: m.get(name)


#: What each name is by the moves of an episode; None where there is nothing.
BY_MOVES: dict[str, Callable[[Moves], Any]] = {
    **{outcome.name.lower(): lambda m, outcome=outcome: m["outcome"] == outcome for outcome in Outcome},
    "war": lambda m: m["outcome"] in WARS,
    "challenge": lambda m: m["outcome"] != Outcome.NO_CHALLENGE,
    "refused": lambda m: m["outcome"] not in (Outcome.NO_CHALLENGE, Outcome.NEGOTIATED_SETTLEMENT),
    "response": lambda m: m.get("called", False),
    "coerced": lambda m: Outcome(m["outcome"]).name.startswith("COERCED"),
    "mediated": lambda m: m.get("mediated", False),
    "force": forced,
    "won": lambda m: m.get("won", False),
    "enforced": lambda m: m.get("enforced", False),
    "death": lambda m: lives(m) and m["capability_after"].count(0.0) > m["capability"].count(0.0),
    "ended": lambda m: not lives(m),
    "great_power_challenger": lambda m: lives(m) and m["challenger"] in m["great_powers"],
    "vote": lambda m: len(votes(m)),
    "passed": lambda m: sum(m["authorised"].values()) if votes(m) else 0,
    "veto": lambda m: sum(vote["vetoed"] for vote in votes(m)),
    "helpers": lambda m: len(m["helpers"][0]) if forced(m) else 0,
    "joiners": lambda m: len(m["joiners"]) if forced(m) else 0,
    **{
        name: some(name)
        for name in (
            *("stake", "status_quo", "support", "estimate", "belief", "mandate_expected", "pressure_expected"),
            *("demand", "concession", "participation", "free_riding", "pressure", "chance", "engaged"),
            *("trust", "legitimacy"),
        )
    },
}


def all_episodes(experiment: csmc.Experiment) -> dict[tuple[int, int], dict[str, Episode]]:
    """Every episode under every institution, by replicate and episode, each played alone."""
    whose = [institution.name for institution in experiment.institutions]
    length = int(experiment.parameters["dynamics.episodes"])  # type: ignore[arg-type]
    return {
        (replicate, episode): dict(
            zip(whose, play(experiment, whose, replicate=replicate, episode=episode), strict=True)
        )
        for replicate in range(experiment.sampling.most)
        for episode in range(length)
    }


@pytest.fixture(scope="module")
def councils() -> dict[tuple[int, int], dict[str, Episode]]:
    return all_episodes(COUNCILS)


@pytest.fixture(scope="module")
def ends() -> dict[tuple[int, int], dict[str, Episode]]:
    return all_episodes(ENDS)


def found(experiment: csmc.Experiment, condition: str, institution: str) -> list[tuple[int, int]]:
    return list(find(experiment, condition, institution, first=10**9).found)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_what_the_moves_say(name: str, councils: Any, ends: Any) -> None:
    happened = 0
    for experiment, episodes in ((COUNCILS, councils), (ENDS, ends)):
        told = {place: BY_MOVES[name](by[INSTITUTIONS[-1]].moves) for place, by in episodes.items()}
        if NAMES[name].kind is not Kind.NUMBER:
            expected = [place for place, value in told.items() if value]
            assert found(experiment, name, INSTITUTIONS[-1]) == expected
            happened += len(expected)
        if NAMES[name].kind is not Kind.EVENT:
            there = sorted(value for value in told.values() if value is not None)
            middle = there[len(there) // 2]
            for sign, meets in ((">", float.__gt__), ("<=", float.__le__), ("==", float.__eq__)):
                expected = [p for p, value in told.items() if value is not None and meets(float(value), float(middle))]
                assert found(experiment, f"{name} {sign} {middle!r}", INSTITUTIONS[-1]) == expected
            happened += len(there)
    assert happened or name in {"coerced_by_rung_3", "veto"}  # there is no third rung, and no veto under the last one


CONDITIONS: dict[str, Callable[[dict[str, Moves]], Any]] = {
    "veto and general_war": lambda m: votes(m["un"]) and BY_MOVES["veto"](m["un"]) and m["un"]["outcome"] == 9,
    "veto and not war or coerced": lambda m: (
        (BY_MOVES["veto"](m["un"]) and not BY_MOVES["war"](m["un"])) or BY_MOVES["coerced"](m["un"])
    ),
    "veto and not (general_war or coerced)": lambda m: (
        BY_MOVES["veto"](m["un"]) and not (m["un"]["outcome"] == 9 or BY_MOVES["coerced"](m["un"]))
    ),
    "not not won": lambda m: BY_MOVES["won"](m["un"]),
    "war and not war[un_without_veto]": lambda m: BY_MOVES["war"](m["un"]) and not BY_MOVES["war"](m["free"]),
    "challenge[balance_of_power] and no_challenge": lambda m: (
        BY_MOVES["challenge"](m["balance"]) and m["un"]["outcome"] == 0
    ),
    "sanctions and not isolation": lambda m: bool(
        m["un"]["called"] and m["un"]["authorised"].get(1) and not m["un"]["authorised"].get(2)
    ),
    "stake>.5 and(helpers>=2)": lambda m: m["un"]["stake"] > 0.5 and BY_MOVES["helpers"](m["un"]) >= 2,
    "concession < -1e-2": lambda m: m["un"]["concession"] is not None and m["un"]["concession"] < -0.01,
    "not concession < 0.1": lambda m: not (m["un"]["concession"] is not None and m["un"]["concession"] < 0.1),
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_search_finds_exactly_the_episodes_that_a_plain_count_finds(condition: str, councils: Any) -> None:
    expected = []
    for place, by in councils.items():
        told = {name: by[which].moves for name, which in zip(("balance", "un", "free"), INSTITUTIONS, strict=True)}
        if CONDITIONS[condition](told):
            expected.append(place)
    assert found(COUNCILS, condition, "un_security_council") == expected
    assert expected


def test_a_search_goes_in_order_ends_with_the_last_that_is_wanted_and_says_how_far_it_looked(councils: Any) -> None:
    every = found(COUNCILS, "war", "balance_of_power")
    some = find(COUNCILS, "war", "balance_of_power", first=3)
    assert list(some.found) == every[:3] == sorted(every[:3])
    replicate, episode = every[2]
    assert (some.replicates, some.episodes) == (replicate + 1, replicate * 3 + episode + 1)
    later = find(COUNCILS, "war", "balance_of_power", first=3, start=200)
    assert list(later.found) == [place for place in every if place[0] >= 200][:3]
    assert later.replicates == later.found[-1][0] - 200 + 1


def test_a_search_that_finds_nothing_says_among_how_many() -> None:
    nothing = find(COUNCILS, "war and no_challenge", point=0)
    assert nothing.institution == "un_security_council"  # the first that is not the reference
    assert (nothing.found, nothing.replicates, nothing.episodes) == ((), 300, 900)


@pytest.mark.parametrize("room", [1, 20_000, 60_000, 1_000_000])
def test_how_much_is_traced_at_a_time_does_not_change_what_is_found(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = found(ENDS, "death or ended", "anarchy")
    monkeypatch.setattr(search, "MOST_BYTES", room)
    assert found(ENDS, "death or ended", "anarchy") == whole


def test_a_search_of_a_run_looks_at_what_it_has(tmp_path: Path) -> None:
    csmc.run(COUNCILS.sampled(100), output=tmp_path / "out").close()
    of_run = find(tmp_path / "out", "general_war", first=10**6)
    assert of_run.replicates == 100
    assert of_run.complete
    assert list(of_run.found) == [p for p in found(COUNCILS, "general_war", "un_security_council") if p[0] < 100]


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("vetto", "did you mean veto?"),
        ("sanction", "did you mean sanctions?"),
        ("zzz", r"\(known: no_challenge, "),
        ("war[un]", "institution 'un' is not in the experiment"),
        ("sanctions[balance_of_power]", "no name of a condition under balance_of_power"),
        ("stake", "compare it, as in stake > 0.5"),
        ("war > 0", "is yes or no"),
        ("", "a name is missing, at its end"),
        ("war and", "a name is missing, at its end"),
        ("and war", "a name is missing, at 'and war'"),
        ("(war", "a parenthesis is not closed"),
        ("war)", r"this does not belong there, at '\)'"),
        ("war peace", "this does not belong there, at 'peace'"),
        ("stake > ", "a number is missing after >"),
        ("stake > nan", "a number is missing after >"),
        ("stake > 1.2.3", "this cannot be read"),
        ("war & veto", "this cannot be read, at '& veto'"),
        ("__import__('os')", "this does not belong there"),
        ("stake > 1and war", "this cannot be read"),
        ("war[", "this cannot be read"),
        ("not " * 30 + "war", "nested deeper"),
        ("(" * 30 + "war" + ")" * 30, "nested deeper"),
        ("war or " * 100 + "war", "at most 500"),
    ],
)
def test_a_wrong_condition_is_refused_with_what_is_wrong(condition: str, words: str) -> None:
    with pytest.raises(csmc.ParameterError, match=words):
        find(COUNCILS, condition)


def test_a_search_for_less_than_one_episode_is_refused() -> None:
    with pytest.raises(csmc.ParameterError, match="first=0 is below 1"):
        find(COUNCILS, "war", first=0)
    with pytest.raises(csmc.ParameterError, match=r"point 1 is outside \[0, 0\]"):
        find(COUNCILS, "war", point=1)


def test_the_page_has_every_name_with_its_meaning(root: Path) -> None:
    page, _, _ = (root / "docs" / "replay.md").read_text(encoding="utf-8").partition("## Compare")
    rows = {name: meaning.strip() for name, meaning in re.findall(r"^\| `(\w+)` \| ([^|]+) \|", page, re.MULTILINE)}
    assert rows == {name: entry.meaning for name, entry in NAMES.items()}


def test_and_binds_closer_than_or() -> None:
    assert parse("war or veto and won") == parse("war or (veto and won)")
    assert parse("war or veto and won") != parse("(war or veto) and won")

"""A story tells what the moves say, and what the command prints can be read anywhere."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import csmc
from csmc.cli import main
from csmc.engine import Store
from csmc.estimate import plan
from csmc.institutions import names
from csmc.kernel.codes import STREAM_VERSION, Outcome
from csmc.replay import Episode, compare, find, play, replay, story
from csmc.replay.story import against, in_favour, price, share_of, vetoing
from csmc.replay.words import percent, state
from tests.unit.crises import EVENTFUL

TABLE = """\
# Made up
name,capability,ideal_point,great_power,member
[red]Ruritania,0.3,-1.0,yes,yes
Graustark,0.25,-0.8,yes,yes
San Lorenzo,0.2,0.9,yes,no
Sylvania,0.1,1.0,no,yes
Freedonia,0.15,0.1,no,yes
"""
CONFIGURATION = """\
name: told
seed: 6
institutions: [balance_of_power, un_security_council, un_without_veto]
parameters:
  system.table: states.csv
  dynamics.episodes: 3
  crisis.audience_cost: 0.4
  crisis.challenge_cost: -0.3
  crisis.misperception: 1.0
design: {grid: {institutions.*.obligation.strength: {multiply: [1, 2]}}}
sampling: {replicates: 300}
outputs: {metrics: [war], joint: none}
execution: {threads: 1}
"""
PRESETS = csmc.Experiment(institutions=list(names()), parameters=EVENTFUL | {"dynamics.episodes": 4})


class Ended(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        return " ".join(self.out.split())


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of states with names, one of which looks like a style of a terminal's text."""
    folder = tmp_path_factory.mktemp("told")
    (folder / "states.csv").write_text(TABLE)
    (folder / "told.yaml").write_text(CONFIGURATION)
    csmc.run(folder / "told.yaml", output=folder / "out").close()
    return folder / "out"


@pytest.fixture
def replayed(capsys: pytest.CaptureFixture[str], output: Path) -> Callable[..., Ended]:
    """`csmc replay` of that run, in this process."""

    def run(*arguments: object, path: Path = output) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["replay", str(path), *map(str, arguments)])
        return Ended(int(ended.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def episodes() -> list[Episode]:
    """1,920 episodes, under all presets."""
    addresses = ((replicate, episode) for replicate in range(60) for episode in range(4))
    return [one for r, e in addresses for one in play(PRESETS, list(names()), replicate=r, episode=e)]


def text_of(episode: Episode) -> str:
    return " ".join(sentence for step in story(episode) for sentence in step.sentences)


def test_a_story_names_challenger_target_demand_and_outcome(output: Path) -> None:
    search = find(output, "general_war and veto and sanctions", "un_security_council", point=1)
    (replicate, episode), name = search.found[0], "un_security_council"
    (one,) = play(output, [name], point=1, replicate=replicate, episode=episode)
    told, steps = one.moves, {step.about: " ".join(step.sentences) for step in story(one)}
    a, b = (one.states[told[role]] for role in ("challenger", "target"))
    assert {a, b} < {"[red]Ruritania", "Graustark", "San Lorenzo", "Sylvania", "Freedonia"}
    assert steps["who"].startswith(f"{a} ({percent(told['capability'][told['challenger']])} of all capability")
    assert f"challenges {b} (" in steps["who"]
    assert steps["demand"].startswith(f"{a} demands {percent(told['belief'] + told['premium'])} of the good")
    assert f"{b} refuses." in steps["answer"]
    assert "It is passed." in steps["sanctions"]
    assert [about for about in steps if about in ("sanctions", "isolation", "force")] == [
        *("sanctions", "isolation", "force"),
    ]
    assert f"{a if told['won'] else b} wins." in steps["war"]
    assert steps["outcome"] == "General war."
    assert f"Legitimacy {told['legitimacy_before']:.3f} → {told['legitimacy']:.3f}." in steps["after"]


def test_states_without_names_have_numbers(episodes: list[Episode]) -> None:
    one = episodes[0]
    told = one.moves
    assert text_of(one).startswith(f"State {told['challenger'] + 1} (")
    assert f"state {told['target'] + 1}" in text_of(one)
    assert state(one, 2) == "state 3"


def test_every_ending_has_its_words(episodes: list[Episode]) -> None:
    words = {
        "no_challenge": "It makes none.",
        "negotiated_settlement": "of the good. Against today",
        "backdown": "it was bluffing and backs down.",
        "coerced_by_rung_1": "Coerced by sanctions.",
        "coerced_by_rung_2": "Coerced by isolation.",
        "coerced_by_force": "yields.",
        "bilateral_war": "Bilateral war.",
        "limited_war": "Limited war.",
        "general_war": "General war.",
    }
    seen = set()
    for one in episodes:
        told = text_of(one)
        assert words[one.outcome] in told
        assert ("refuses." in told) == (one.moves["outcome"] >= Outcome.BACKDOWN)
        seen.add(one.outcome)
    assert seen == set(words)


@pytest.mark.parametrize("config", sorted((Path(__file__).parents[2] / "configs").glob("*.yaml")), ids=lambda p: p.stem)
def test_episodes_of_every_configuration_that_comes_with_csmc_are_told(config: Path) -> None:
    experiment = csmc.load_experiment(config)
    whose = [institution.name for institution in experiment.institutions]
    for point in (0, experiment.n_points - 1):
        for replicate in range(4):
            last = experiment.point(point).record[0].episodes - 1
            told = play(experiment, whose, point=point, replicate=replicate, episode=int(last))
            assert all(step.sentences for one in told for step in story(one))
            assert len({len(fact.values) for fact in compare(told)}) == 1
            json.dumps([one.as_data() for one in told], allow_nan=False)


def test_a_story_of_what_follows_the_end_of_a_history_says_so() -> None:
    two = csmc.Experiment(
        institutions=["anarchy"],
        parameters={
            "system.n_states": 2,
            "dynamics.survival": 1.5,
            "dynamics.episodes": 30,
            "crisis.challenge_cost": -1.0,
            "crisis.audience_cost": 1.0,
        },
    )
    (place, *_) = find(two, "ended").found
    (one,) = play(two, replicate=place[0], episode=place[1])
    assert text_of(one) == "The history has ended before: fewer than two states live. No challenge."
    (war,) = play(two, replicate=place[0], episode=place[1] - 1)
    assert "There are no third parties." in text_of(war)
    assert "dies (it had" in text_of(war)


def test_the_price_of_a_challenge_decides_whether_there_is_one(episodes: list[Episode]) -> None:
    for one in episodes:
        worth = one.moves["demand_value"] - price(one)
        assert (worth <= one.moves["status_quo"]) == (one.outcome == "no_challenge")
    assert sum(one.outcome == "no_challenge" for one in episodes) > 50


def test_votes_and_shares_that_are_told_are_those_that_were_counted(episodes: list[Episode]) -> None:
    held = failed = 0
    for one in (one for one in episodes if one.moves["called"]):
        told = one.moves
        taken = [item for item in told["authorised"] if item in told["helpers"]]
        if taken:
            assert share_of(one, told["helpers"][taken[-1]]) == pytest.approx(told["participation"], abs=1e-12)
        for item, vote in told.get("votes", {}).items():
            yes, no, vetoes = in_favour(one, item), against(one, item), vetoing(one, item)
            assert len(yes) == vote["yes"]
            assert bool(vetoes) == vote["vetoed"]
            assert {*yes, *no} <= {*told["council"]["voters"]}
            assert not {*yes} & {*no}
            need = told["council"]["need"]
            assert told["authorised"][item] == (need >= 0 and len(yes) >= need and not vetoes)
            held += 1
            failed += not told["authorised"][item]
    assert held - failed > 20
    assert failed > 20


def test_a_comparison_marks_what_differs(output: Path) -> None:
    place = find(output, "war and negotiated_settlement[un_without_veto]", "balance_of_power").found[0]
    whose = ["balance_of_power", "un_without_veto"]
    both = play(output, whose, replicate=place[0], episode=place[1])
    facts = {fact.about: fact for fact in compare(both)}
    assert facts["outcome"].values[1] == "negotiated settlement"
    assert facts["outcome"].differs
    assert facts["won by"].values[1] == "–"
    same = compare([both[0], both[0]])
    assert not any(fact.differs for fact in same)


def test_the_default_is_the_first_episode_under_the_first_institution_that_is_no_reference(replayed: Any) -> None:
    ended = replayed()
    assert ended.code == 0
    assert ended.out.splitlines()[0] == "told: UN Security Council"
    assert "point 0 (institutions.*.obligation.strength × 1)" in ended.out
    assert f"replicate 0, episode 0 of 0 to 2; seed 6, stream version {STREAM_VERSION}" in ended.out


def test_json_has_the_address_and_all_numbers_of_the_moves(replayed: Any, output: Path) -> None:
    ended = replayed("--point", 1, "--replicate", 7, "--episode", 2, "--compare", "balance_of_power", "--json")
    data = json.loads(ended.out)
    un, balance = data["episodes"]
    assert un["address"] == {
        "point": 1,
        "replicate": 7,
        "episode": 2,
        "institution": "un_security_council",
        "seed": 6,
        "replication": "plain",
        "stream_version": STREAM_VERSION,
    }
    assert balance["address"] == un["address"] | {"institution": "balance_of_power"}
    assert un["varied"] == {"institutions.*.obligation.strength": 2}
    assert un["parameters"]["crisis.audience_cost"] == 0.4
    assert un["states"][0] == "[red]Ruritania"
    moves = replay(output, "un_security_council", point=1, replicate=7, episode=2)
    assert un["moves"] == json.loads(json.dumps(moves))
    assert data["search"] is None


def test_what_was_found_is_told_one_after_the_other(replayed: Any, output: Path) -> None:
    search = find(output, "veto and war", "un_security_council", first=2)
    ended = replayed("--find", "veto and war", "--first", 2)
    heads = [line for line in ended.out.splitlines() if line.startswith("replicate")]
    assert [head.partition(" of")[0] for head in heads] == [f"replicate {r}, episode {e}" for r, e in search.found]
    assert f"found 2 in {search.replicates:,} replicates ({search.episodes:,} episodes) looked at" in ended.out
    data = json.loads(replayed("--find", "veto and war", "--first", 2, "--json").out)
    assert data["search"]["found"] == [list(place) for place in search.found]
    assert len(data["episodes"]) == 2


def test_that_none_was_found_is_said_with_among_how_many(replayed: Any) -> None:
    ended = replayed("--find", "war and no_challenge")
    assert (ended.code, ended.err) == (0, "")
    assert "none of 300 replicates (900 episodes) of point 0 under un_security_council" in ended.out


@pytest.mark.parametrize("columns", [200, 80, 45])
def test_names_are_shown_as_they_are_at_any_width(
    replayed: Any, output: Path, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    search = find(output, "bilateral_war", "balance_of_power", first=100)
    runs = [play(output, ["balance_of_power"], replicate=r, episode=e)[0] for r, e in search.found]
    one = next(run.address for run in runs if run.moves["challenger"] == 0)
    at = ("--replicate", one.replicate, "--episode", one.episode, "--institution", "balance_of_power")
    for more in ((), ("--compare", "un_security_council,un_without_veto")):
        ended = replayed(*at, *more)
        assert ended.code == 0
        assert "[red]Ruritania" in ended.out
        if not more:
            assert max(map(len, ended.out.splitlines())) <= max(columns, 80)
    assert ("≠  outcome" in ended.out) == (columns >= 90)
    assert "≠" in ended.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--point", 2), "point 2 is outside [0, 1]"),
        (("--replicate", 300), "replicate 300 is outside [0, 299], what the run has at point=0"),
        (("--episode", 3), "episode 3 is outside [0, 2]"),
        (("--institution", "un_securty_council"), "did you mean un_security_council?"),
        (("--compare", "anarchy"), "(it has: balance_of_power, un_security_council, un_without_veto)"),
        (("--find", "war and no_challenge", "--compare", "un_withot_veto"), "did you mean un_without_veto?"),
        (("--find", "vetto"), "did you mean veto?"),
        (("--find", "war", "--episode", 0), "take --episode out"),
        (("--find", "war", "--replicate", 300), "replicate 300 is outside"),
        (("--first", 2), "--first is of --find"),
    ],
)
def test_a_wrong_address_is_one_message(replayed: Any, arguments: tuple[object, ...], words: str) -> None:
    ended = replayed(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err


def test_a_folder_that_is_no_run_is_refused(replayed: Any, tmp_path: Path) -> None:
    ended = replayed(path=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "holds no csmc run" in ended.err


def test_a_search_of_a_partial_run_that_finds_too_few_ends_as_partial(
    replayed: Any, output: Path, tmp_path: Path
) -> None:
    asked, more = (
        csmc.load_experiment(output.parent / "told.yaml", [f"sampling.replicates={count}"]) for count in (300, 4000)
    )
    csmc.run(asked, output=tmp_path / "out").close()
    with Store(tmp_path / "out").claim(more, plan(more)):  # a larger run that is stopped at once
        pass
    ended = replayed("--find", "war and no_challenge", path=tmp_path / "out")
    assert ended.code == 3
    assert "none of" in ended.out
    assert "this result is partial" in ended.err

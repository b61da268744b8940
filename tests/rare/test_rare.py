"""Rare outcomes of the model against plain replication and exact probabilities; the answers, wherever computed."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import csmc
from csmc import analysis
from csmc.cli import main
from csmc.config import Experiment
from csmc.engine import LocalEngine
from csmc.engine.calls import call_all
from csmc.engine.tallies import Job
from csmc.errors import ParameterError
from csmc.estimate import plan
from csmc.estimate.splitting import splitting_estimate
from csmc.institutions import get, pack_institutions
from csmc.kernel import Plan, tally, trace
from csmc.kernel.codes import Outcome, Tally
from csmc.kernel.lanes import OUTCOME
from csmc.rare.answers import _notes
from csmc.rare.escalation import EVENTS, escalation
from csmc.rare.splitting import EVENT, Effort, UnreachedError, choose_levels, split
from csmc.rare.work import chain_score
from tests.evidence import Section
from tests.exact.cases import NO_ERROR
from tests.exact.episode import Resolution
from tests.exact.history import history
from tests.exact.world import World
from tests.exact.world import packed as packed_world
from tests.kernel.support import PRESETS, packed

Evidence = Callable[[Section, str, str], None]

#: A deviation of so many standard errors is none.
ERRORS = 4.0
SMALL: dict[str, Any] = {"particles": 100, "runs": 3, "moves": 2}


def experiment(**sections: Any) -> Experiment:
    return Experiment(
        **{
            "institutions": ["balance_of_power", "collective_security"],
            "parameters": {"crisis.general_war": 0.9},
            "design": {"grid": {"system.n_states": [6, 8]}},
        }
        | sections
    )


@pytest.mark.parametrize("event", sorted(EVENTS.keys() - {"coerced_by_rung_3"}))  # no preset has so many rungs
def test_a_history_scores_as_the_event_if_and_only_if_it_is_counted_as_one(event: str) -> None:
    point, system = packed({"dynamics.episodes": 3, "crisis.audience_cost": 0.3, "crisis.challenge_cost": -0.3})
    seen = 0
    for name in PRESETS:
        rules = pack_institutions([get(name)])
        scores = escalation(trace(point, system, rules, 5, 0, replicates=128), point, rules, EVENTS[event])
        sums = [tally(point, system, rules, 5, replicate, 1, Plan(joint="none")).sums[0] for replicate in range(128)]
        happened = np.array(sums)[:, list(EVENTS[event])].any(axis=1)
        assert ((scores == EVENT) == happened).all()
        assert ((scores >= 0) & (scores <= EVENT)).all()
        seen += int(happened.sum())
    assert seen > 0


def test_scores_rise_with_the_rungs_of_the_ladder() -> None:
    point, system = packed({"crisis.audience_cost": 0.3, "crisis.challenge_cost": -0.3})
    rules = pack_institutions([get("balance_of_power")])
    traced = [trace(point, system, rules, 5, first, replicates=128) for first in range(0, 1280, 128)]
    outcomes = np.concatenate([part.crisis[0, 0, OUTCOME] for part in traced])
    scores = np.concatenate([escalation(part, point, rules, EVENTS["general_war"]) for part in traced])
    outcomes = np.where(outcomes == Outcome.LIMITED_WAR, Outcome.BILATERAL_WAR, outcomes)  # one rung to a general war
    reached = [scores[outcomes == code] for code in Outcome if (outcomes == code).any()]
    assert len(reached) >= 5
    for lower, higher in pairwise(reached):
        assert lower.max() <= higher.min()
    assert all(len(np.unique(part)) > 1 for part in reached[:2]), "within a rung, scores tell histories apart"


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize(
    ("event", "parameters"),
    [
        ("general_war", {"crisis.general_war": 0.8}),
        ("general_war", {"crisis.general_war": 0.9, "dynamics.episodes": 6, "system.n_states": 6}),
        ("coerced_by_force", {"crisis.audience_cost": 0.0, "crisis.misperception": 0.0}),
    ],
)
def test_splitting_finds_what_ten_million_plain_replicates_find(
    event: str, parameters: dict[str, Any], evidence: Evidence
) -> None:
    posed = Experiment(institutions=["collective_security"], parameters=parameters)
    found = analysis.rare(posed, event, particles=1000, runs=20).isel(point=0, institution=0)
    replicates = 10_000_000 // int(parameters.get("dynamics.episodes", 1))
    sums = tally(*posed.point(0).packed(), 11, 0, replicates, Plan(joint="none")).sums[0]
    count = replicates - int(sums[Tally.NO_GENERAL_WAR]) if event == "general_war" else int(sums[EVENTS[event][0]])
    brute, value = count / replicates, float(found["probability"])
    error = np.hypot(value * float(found["relative_error"]), np.sqrt(count) / replicates)
    assert 50 < count < 1e-3 * replicates
    assert abs(value - brute) < ERRORS * error
    evidence(
        Section.STATISTICS,
        f"Splitting finds the probability of {event.replace('_', ' ')} that plain replication does "
        f"({', '.join(f'{name} {number:g}' for name, number in parameters.items())})",
        f"{value:.3g} and {brute:.3g} ({count:,} of {replicates:,} replicates), {(value - brute) / error:+.2f} "
        "standard errors apart",
    )


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize(("joining_cost", "about"), [(1.5, 1e-5), (2.6, 1e-9)])
def test_splitting_finds_the_exact_probability_of_a_general_war(
    joining_cost: float, about: float, evidence: Evidence
) -> None:
    corners = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
    changes = {**NO_ERROR, "response.joining_cost": joining_cost, "crisis.general_war": 0.95}
    world = World("all must fight", get("anarchy"), (0.25,) * 4, corners, changes, great_power=(0, 0, 0, 0))
    truth, twice = (float(history(world, Resolution(fine)).first[Outcome.GENERAL_WAR]) for fine in (2, 4))
    assert truth == pytest.approx(twice, rel=1e-4)
    assert about / 3 < truth < about * 3
    effort, count = Effort(1500, 8), 20
    score = chain_score(*packed_world(world), "general_war", 3)
    levels = choose_levels(score, effort, 3)
    hits = np.array([split(score, levels, effort, 3, number).hits for number in range(1, count + 1)])
    found = splitting_estimate(hits, effort.particles, level=0.999)
    assert found.low < truth < found.high
    assert found.relative_error < 0.6
    assert truth / 3 < found.probability < 3 * truth
    evidence(
        Section.EXACT,
        f"Four states of which all must fight: splitting finds a general war of exact probability {truth:.4g}",
        f"{found.probability:.3g}, 99.9 % interval {found.low:.2g} to {found.high:.2g}, relative error "
        f"{found.relative_error:.0%}, {count} runs of {effort.particles:,} particles",
    )


def test_threads_never_change_a_number() -> None:
    one, two = (analysis.rare(experiment(), threads=threads, **SMALL) for threads in (1, 2))
    xr.testing.assert_identical(one, two)


def test_an_answer_has_labels_numbers_and_the_method() -> None:
    calls: list[tuple[int, int]] = []
    found = csmc.analysis.rare(experiment(), **SMALL, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (16, 16)
    assert [done for done, _ in calls] == list(range(1, 17))
    assert [found.sizes[dim] for dim in ("point", "institution", "run")] == [2, 2, 3]
    assert found["system.n_states"].values.tolist() == [6, 8]
    assert found.attrs["event"] == "general_war"
    assert found.attrs["n"] == 300
    assert "splitting" in found.attrs["method"]
    assert (found["low"] <= found["probability"]).all()
    assert (found["probability"] <= found["high"]).all()
    for place in range(4):
        here = found.isel(point=place // 2, institution=place % 2)
        depth = int(here["levels"])
        hits = here["hits"].values
        assert (hits[:, depth:] == -1).all()
        assert float(here["probability"]) == pytest.approx(np.prod(hits[:, :depth] / 100, axis=1).mean())
        assert here["threshold"].values[depth - 1] == 1
        assert (here["movement"] <= here["acceptance"])[: depth - 1].all()


def test_one_cell_alone_has_the_numbers_it_has_among_others_and_another_seed_has_others() -> None:
    whole = analysis.rare(experiment(), **SMALL)
    alone = analysis.rare(experiment(), institutions=["collective_security"], points=[1], **SMALL)
    depth = int(alone["levels"].values[0, 0])
    assert np.array_equal(alone["hits"].values[0, 0], whole["hits"].values[1, 1][:, :depth])
    other = analysis.rare(experiment(), institutions=["collective_security"], points=[1], seed=1, **SMALL)
    assert not np.array_equal(other["hits"].values[0, 0][:, 0], alone["hits"].values[0, 0][:, 0])


def test_poor_answers_say_so() -> None:
    found = analysis.rare(experiment(), particles=10, runs=4, moves=1, points=[1])
    notes = [str(note) for note in found["note"].values.ravel()]
    assert any("runs disagree" in note or "never came to the event" in note for note in notes)
    often = analysis.rare(experiment(), "war", particles=100, runs=2, points=[0], institutions=["balance_of_power"])
    assert str(often["note"].values[0, 0]).startswith("not rare: plain replication")


STEEP = [0.1] * 6
MANY = [30, 30, 30]


@pytest.mark.parametrize(
    ("shares", "ancestors", "told"),
    [
        ([[0.3, 0.03]] * 3, [1, 1, 1], ["not rare: plain replication (`csmc run`) needs less work"]),
        ([[1e-3, 1e-3]] * 3, MANY, ["2 levels that hardly a particle reached: more moves or particles"]),
        ([[0.96, *STEEP]] * 3, MANY, ["1 levels that nearly all particles reached split nothing"]),
        ([STEEP] * 3, [10, 10, 9], ["few ancestors (9.7 of a run's particles): more particles"]),
        ([STEEP] * 3, [10, 10, 10], []),
        (
            [STEEP, STEEP, [*STEEP[1:], 0.5]],
            MANY,
            ["runs disagree (relative error 57%): more particles or runs"],
        ),
        (
            [STEEP, STEEP, [*STEEP[1:], 0.0]],
            [9, 9, 0],
            [
                "1 of 3 runs never came to the event: more particles",
                "runs disagree (relative error 50%): more particles or runs",
            ],
        ),
    ],
)
def test_an_answer_tells_what_to_mind_and_nothing_else(
    shares: list[list[float]], ancestors: list[int], told: list[str]
) -> None:
    hits = np.rint(np.array(shares) * 10_000).astype(np.int64)
    found = splitting_estimate(hits, 10_000)
    assert list(_notes(found, hits / 10_000, np.array(ancestors))) == told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"event": "general_wars"}, "'general_wars' is no event; did you mean general_war?"),
        (
            {"event": "coerced_by_rung_3"},
            "coerced_by_rung_3 cannot happen at point 0 under balance_of_power: its ladder",
        ),
        ({"institutions": ["anarchy"]}, "'anarchy' is no institution of this experiment"),
        ({"points": [2]}, "point 2 is not in the design, which has points 0 to 1"),
        ({"points": []}, "no design point is named"),
        ({"particles": 1}, r"particles=1 is outside \[2, 1048576\]"),
        ({"runs": 1}, r"runs=1 is outside \[2, "),
        ({"moves": 0}, r"moves=0 is outside \[1, "),
        ({"level": 1.0}, "level=1.0 is not between 0 and 1"),
        ({"seed": -1}, r"seed=-1 is outside \[0, "),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        analysis.rare(experiment(), **changes)


def test_a_general_war_of_two_states_is_refused_and_an_event_that_is_not_reached_is_told() -> None:
    two = experiment(design={"grid": {"system.n_states": [2]}})
    with pytest.raises(ParameterError, match="it takes third parties, and there are two states; choose `war`"):
        analysis.rare(two)
    hopeless = experiment(parameters={"crisis.challenge_cost": 50.0}, institutions=["anarchy"])
    with pytest.raises(UnreachedError, match="no pilot came to the event 'war': it may be impossible here"):
        analysis.rare(hopeless, "war", points=[0], **SMALL)
    mixed = experiment(design={"grid": {"crisis.challenge_cost": [0.0, 50.0]}}, institutions=["anarchy"])
    found = analysis.rare(mixed, "war", **SMALL)
    assert np.isfinite(found["probability"].values[0, 0])
    assert np.isnan(found["probability"].values[1, 0])
    assert str(found["note"].values[1, 0]) == "the pilot never came to the event"


def test_what_a_call_raises_is_raised_and_answers_come_in_the_order_of_the_calls() -> None:
    posed = experiment()
    job = Job(posed, plan(posed))
    calls = [(0, 0, "war", 8, 1, 0), (1, 1, "war", 8, 1, 0), (9, 0, "war", 8, 1, 0)]
    with pytest.raises(IndexError, match="point 9 is outside the design"):
        call_all(LocalEngine(2), job, "csmc.rare.work:pilot", calls)
    one, other = (call_all(LocalEngine(1), job, "csmc.rare.work:pilot", [call])[0] for call in calls[:2])
    assert call_all(LocalEngine(2), job, "csmc.rare.work:pilot", calls[:2]) == [one, other]


def test_the_command_prints_a_table_or_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "few.yaml"
    config.write_text("institutions: [balance_of_power, anarchy]\nparameters: {crisis.general_war: 0.9}\n")
    arguments = ["rare", str(config), "-s", "system.n_states=6", "--particles", "100", "--runs", "3", "--threads", "1"]
    answers = []
    for more in ([], ["--json"]):
        with pytest.raises(SystemExit) as ended:
            main([*arguments, *more])
        assert not ended.value.code
        answers.append(capsys.readouterr().out)
    text, document = answers[0], json.loads(answers[1])
    assert "probability that a history has general_war" in text
    assert "independent estimates, not a paired comparison" in text
    assert [answer["institution"] for answer in document["answers"]] == ["balance_of_power", "anarchy"]
    for answer in document["answers"]:
        assert f"{answer['probability']:.3g}" in text
        assert answer["low"] <= answer["probability"] <= answer["high"]
        assert len(answer["hits"]) == 3

"""Any single episode of an experiment or a run can be replayed, and is the one that was counted."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import csmc
from csmc.engine import Store
from csmc.estimate import plan
from csmc.institutions import names
from csmc.kernel import Plan, tally
from csmc.kernel.codes import Outcome, Tally, row_scale
from csmc.replay import Episode, opened, play, replay
from tests.evidence import Section
from tests.unit.crises import EVENTFUL

EXPERIMENT = csmc.Experiment(
    name="replayed",
    seed=5,
    seeding="independent",
    institutions=["anarchy", "un_security_council"],
    parameters={"dynamics.episodes": 3, "crisis.audience_cost": 0.5, "crisis.challenge_cost": -0.3},
    design={"grid": {"interests.divergence": [0.5, 1.5]}},
    sampling={"replicates": 60},
)

#: All presets, in histories of which every kind of end is seen that they can have.
PRESETS = csmc.Experiment(
    seed=11,
    institutions=list(names()),
    parameters=EVENTFUL | {"dynamics.episodes": 4, "dynamics.survival": 0.5},
    sampling={"replicates": 100, "replication": "antithetic"},
)


def played(experiment: csmc.Experiment) -> dict[str, list[Episode]]:
    """Every episode of point 0 under every institution, by replicate and then by episode."""
    whose = [institution.name for institution in experiment.institutions]
    length = int(experiment.parameters["dynamics.episodes"])  # type: ignore[arg-type]
    found: dict[str, list[Episode]] = {name: [] for name in whose}
    for replicate in range(experiment.sampling.most):
        for episode in range(length):
            for one in play(experiment, whose, replicate=replicate, episode=episode):
                found[one.address.institution].append(one)
    return found


@pytest.fixture(scope="module")
def episodes() -> dict[str, list[Episode]]:
    """3,200 episodes: each of those of PRESETS, played alone."""
    return played(PRESETS)


def council_votes(moves: dict[str, Any]) -> list[dict[str, Any]]:
    return list(moves.get("votes", {}).values())


#: What the moves of an episode say of a tally.
COUNTED: dict[Tally, Callable[[dict[str, Any]], float]] = {
    **{Tally(outcome): lambda m, outcome=outcome: m["outcome"] == outcome for outcome in Outcome},
    Tally.VOTES: lambda m: len(council_votes(m)),
    Tally.PASSED: lambda m: sum(m["authorised"].values()) if "votes" in m else 0,
    Tally.VETOED: lambda m: sum(vote["vetoed"] for vote in council_votes(m)),
    Tally.WARS_WON: lambda m: m.get("won", False),
    Tally.ENFORCED: lambda m: m.get("enforced", False),
    Tally.RESPONSES: lambda m: m.get("called", False),
    Tally.FORCE_RESPONSES: lambda m: m.get("called", False) and 0 in m["helpers"],
    Tally.PARTICIPATION: lambda m: m.get("participation", 0.0),
    Tally.FREE_RIDING: lambda m: m.get("free_riding", 0.0),
    Tally.CONCESSION: lambda m: m.get("concession") or 0.0,
    Tally.ENGAGED: lambda m: m.get("engaged") or 0.0,
}


def test_replays_agree_with_what_the_kernel_counts_under_every_preset(
    episodes: dict[str, list[Episode]], evidence: Callable[[Section, str, str], None]
) -> None:
    point = PRESETS.point(0)
    counted = tally(*point.packed(), point.seed, point.number(0), 100, Plan(group=2))
    ends = {one.outcome for told in episodes.values() for one in told}
    assert ends == {outcome.name.lower() for outcome in Outcome} - {"coerced_by_rung_3"}  # no preset has a third rung
    for k, name in enumerate(names()):
        assert len(episodes[name]) == 400
        for row, read in COUNTED.items():
            told = sum(float(read(one.moves)) for one in episodes[name])
            in_units = counted.sums[k, row] / row_scale(row, 4)
            resolution = 0.0 if row_scale(row, 4) == 1 else 100 / row_scale(row, 4)  # of each replicate's tally
            assert told == pytest.approx(in_units, rel=0, abs=resolution), (name, row)
    evidence(
        Section.REFERENCE,
        "Episodes that are played again one by one add up to what the kernel counted: outcomes, votes, measures passed "
        "and vetoed, responses, wars won (exactly), shares (to the resolution of a tally)",
        "3,200 episodes under all presets, antithetic, histories of 4 episodes",
    )


def test_an_episode_is_the_same_alone_as_beside_other_institutions(episodes: dict[str, list[Episode]]) -> None:
    for name, told in episodes.items():
        for one in told[:80]:
            at = {"replicate": one.address.replicate, "episode": one.address.episode}
            assert replay(PRESETS, name, **at) == one.moves


def test_replayed_episodes_are_those_that_a_run_has_counted(tmp_path: Path) -> None:
    with csmc.run(EXPERIMENT, output=tmp_path / "out") as result:
        for point, name in ((0, "anarchy"), (1, "un_security_council")):
            told = Counter(
                replay(tmp_path / "out", name, point=point, replicate=replicate, episode=episode)["outcome"]
                for replicate in range(60)
                for episode in range(3)
            )
            counted = result.outcome_count.isel(point=point).sel(institution=name).values
            assert [told[outcome] for outcome in Outcome] == counted.tolist()
        here = {"point": 1, "replicate": 59, "episode": 2}
        again = replay(EXPERIMENT, "anarchy", **here)
        assert result.csmc.replay("anarchy", **here) == again
        assert replay(tmp_path / "out" / "result.zarr", "anarchy", **here) == again
        assert result.csmc.find("war", "anarchy", point=1) == csmc.replay.find(EXPERIMENT, "war", "anarchy", point=1)


def test_a_dataset_of_no_output_cannot_be_replayed(tmp_path: Path) -> None:
    with csmc.run(EXPERIMENT.sampled(2), output=tmp_path / "out") as result:
        result.encoding.clear()
        with pytest.raises(csmc.CsmcError, match="has not been opened from an output"):
            result.csmc.replay("anarchy")


def test_a_replayed_episode_tells_who_and_what() -> None:
    told = replay(EXPERIMENT, "un_security_council", replicate=7, episode=2)
    assert told["challenger"] != told["target"]
    assert sum(told["capability"]) == pytest.approx(1.0)
    assert set(told["effective"]) == {told["challenger"], told["target"], *told["third_parties"]}
    assert 0.0 <= told["status_quo"] <= 1.0
    assert len(told["great_powers"]) == 3
    assert told["members"] == list(range(8))


def test_trust_and_legitimacy_before_an_episode_are_those_after_the_one_before(
    episodes: dict[str, list[Episode]],
) -> None:
    for told in episodes.values():
        for number, one in enumerate(told):
            first = one.address.episode == 0
            start = {"trust": PRESETS.parameters["dynamics.trust"], "legitimacy": one.institution.forum.legitimacy}
            before = start if first else told[number - 1].moves
            assert one.moves["trust_before"] == before["trust"]
            assert one.moves["legitimacy_before"] == before["legitimacy"]


def test_the_reasons_that_are_told_are_those_that_decided(episodes: dict[str, list[Episode]]) -> None:
    yielded = 0
    for one in (one for told in episodes.values() for one in told if "challenger" in one.moves):
        told, outcome = one.moves, one.moves["outcome"]
        assert (told["demand"] is None) == (outcome == Outcome.NO_CHALLENGE)
        if outcome == Outcome.BACKDOWN:
            assert told["fighting_value"] - told["pressure_expected"] < told["retreat_value"]
        if Outcome.COERCED_BY_RUNG_1 <= outcome <= Outcome.COERCED_BY_RUNG_3:
            assert told["fighting_value"] - told["pressure"] < told["retreat_value"]
            yielded += 1
        if told["called"] and told["belief_before_war"] is not None:
            value = told["belief_before_war"] - told["challenger_war_cost"] - told["pressure"]
            assert (value < told["retreat_value"]) == (outcome == Outcome.COERCED_BY_FORCE)
            yielded += outcome == Outcome.COERCED_BY_FORCE
    assert yielded > 30


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"institution": "league"}, "not in the experiment"),
        ({"institution": "un_securty_council"}, "did you mean un_security_council"),
        ({"point": 2}, r"point 2 is outside \[0, 1\]"),
        ({"replicate": -1}, "replicate -1"),
        ({"replicate": 2**35}, "replicate"),
        ({"episode": 3}, r"episode 3 is outside \[0, 2\]"),
        ({"episode": -1}, r"episode -1 is outside \[0, 2\]"),
    ],
)
def test_what_there_is_not_cannot_be_replayed(where: dict[str, Any], words: str) -> None:
    with pytest.raises(csmc.ParameterError, match=words):
        replay(EXPERIMENT, **{"institution": "anarchy", **where})


def test_of_a_run_only_the_replicates_that_it_has_are_replayed(tmp_path: Path) -> None:
    csmc.run(EXPERIMENT, output=tmp_path / "out").close()
    run = opened(tmp_path / "out")
    assert run.finished(1) == [(0, 60)]
    assert run.is_complete(1)
    with pytest.raises(csmc.ParameterError, match=r"replicate 60 is outside \[0, 59\], what the run has at point=1"):
        play(run, point=1, replicate=60)


def test_what_is_beyond_the_end_of_a_point_is_not_replayed(tmp_path: Path) -> None:
    precise = csmc.Experiment(
        institutions=["anarchy", "balance_of_power"],
        sampling={"precision": {"war": {"half_width": 0.02}}, "max_replicates": 100_000},
    )
    with csmc.run(precise, output=tmp_path / "out") as result:
        count = int(result.replicates[0])
    assert opened(tmp_path / "out").finished(0) == [(0, count)]
    assert opened(tmp_path / "out").is_complete(0)


def test_a_run_of_another_kernel_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    csmc.run(EXPERIMENT.sampled(10), output=tmp_path / "out").close()
    monkeypatch.setattr("csmc.engine.spec.DIGEST", "0" * 64)
    with pytest.raises(csmc.StoreError, match="the kernel: that one was made by another version of csmc"):
        opened(tmp_path / "out")


def test_no_run_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(csmc.StoreError, match="holds no csmc run"):
        opened(tmp_path)
    csmc.run(EXPERIMENT.sampled(10), output=tmp_path / "out").close()
    (block,) = (tmp_path / "out" / "blocks").glob("*.blk")
    block.write_bytes(block.read_bytes()[:-8])
    with pytest.raises(csmc.StoreError, match="it is not what was written for this run"):
        play(tmp_path / "out")
    spec = tmp_path / "out" / "spec.json"
    spec.write_bytes(spec.read_bytes()[:-8])
    with pytest.raises(csmc.StoreError, match="cannot be read"):
        opened(tmp_path / "out")


def test_a_point_without_finished_work_is_told(tmp_path: Path) -> None:
    store = Store(tmp_path / "out")
    with store.claim(EXPERIMENT, plan(EXPERIMENT)):
        pass
    with pytest.raises(csmc.StoreError, match="no work has finished at point 1 yet"):
        play(tmp_path / "out", point=1)


def test_a_late_episode_of_a_long_history_is_that_of_a_short_one() -> None:
    parameters = {"crisis.challenge_cost": -0.3}
    long, short = (
        csmc.Experiment(institutions=["alliance"], parameters=parameters | {"dynamics.episodes": length})
        for length in (1_000_000, 40)
    )
    assert replay(long, "alliance", replicate=3, episode=39) == replay(short, "alliance", replicate=3, episode=39)

"""Any single episode of an experiment can be replayed, and is the one that was counted."""

from collections import Counter
from typing import Any

import pytest

import csmc
from csmc.kernel.codes import Outcome
from csmc.replay import replay

EXPERIMENT = csmc.Experiment(
    name="replayed",
    seed=5,
    seeding="independent",
    institutions=["anarchy", "un_security_council"],
    parameters={"dynamics.episodes": 3, "crisis.audience_cost": 0.5, "crisis.challenge_cost": -0.3},
    design={"grid": {"interests.divergence": [0.5, 1.5]}},
    sampling={"replicates": 60},
)


def test_replayed_episodes_are_those_that_were_counted(tmp_path: Any) -> None:
    with csmc.run(EXPERIMENT, output=tmp_path / "out") as result:
        for point, name in ((0, "anarchy"), (1, "un_security_council")):
            told = Counter(
                replay(EXPERIMENT, name, point=point, replicate=replicate, episode=episode)["outcome"]
                for replicate in range(60)
                for episode in range(3)
            )
            counted = result.outcome_count.isel(point=point).sel(institution=name).values
            assert [told[outcome] for outcome in Outcome] == counted.tolist()


def test_a_replayed_episode_tells_who_and_what() -> None:
    told = replay(EXPERIMENT, "un_security_council", replicate=7, episode=2)
    assert told["challenger"] != told["target"]
    assert sum(told["capability"]) == pytest.approx(1.0)
    assert set(told["effective"]) == {told["challenger"], told["target"], *told["third_parties"]}
    assert 0.0 <= told["status_quo"] <= 1.0


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"institution": "league"}, "not in the experiment"),
        ({"point": 2}, r"point 2 is outside \[0, 1\]"),
        ({"replicate": -1}, "replicate -1"),
        ({"replicate": 2**35}, "replicate"),
        ({"episode": 3}, r"episode 3 is outside \[0, 2\]"),
    ],
)
def test_what_there_is_not_cannot_be_replayed(where: dict[str, Any], words: str) -> None:
    with pytest.raises(csmc.ParameterError, match=words):
        replay(EXPERIMENT, **{"institution": "anarchy", **where})

"""A trace is what was counted, for whichever episodes and replicates it is asked."""

import numpy as np
import pytest

from csmc.institutions import get, pack_institutions
from csmc.kernel import lanes as field
from csmc.kernel import trace
from csmc.kernel.codes import N_OUTCOMES, Tally
from csmc.kernel.tracing import LEGITIMACY, TRUST

from .support import PRESETS, SEED, packed, simulate

CHANGES = {"dynamics.episodes": 9, "dynamics.survival": 0.5, "crisis.audience_cost": 0.5, "crisis.challenge_cost": -0.2}
RECORDS = pack_institutions([get(name) for name in PRESETS])


def test_a_trace_has_the_outcomes_and_the_memory_that_were_counted():
    traced = trace(*packed(CHANGES), RECORDS, SEED, 40, replicates=120)
    counted = simulate(CHANGES, first=40, count=120)
    outcomes = traced.crisis[:, :, field.OUTCOME].astype(int)
    for k in range(len(PRESETS)):
        assert (np.bincount(outcomes[k].ravel(), minlength=N_OUTCOMES) == counted.sums[k, :N_OUTCOMES]).all()
    for row, kept in ((Tally.TRUST, TRUST), (Tally.LEGITIMACY, LEGITIMACY)):
        ends = np.floor(traced.standing[:, -1, kept] * 2.0**27 + 0.5).astype(np.int64)
        assert (ends.sum(axis=1) == counted.sums[:, row]).all()


def test_any_episode_of_any_replicate_can_be_traced_alone():
    whole = trace(*packed(CHANGES), RECORDS, SEED, 0, replicates=16)
    for replicate, episode in ((0, 0), (5, 3), (15, 8)):
        alone = trace(*packed(CHANGES), RECORDS, SEED, replicate, first_episode=episode, episodes=1)
        for name in ("crisis", "before", "after", "standing"):
            assert np.array_equal(getattr(alone, name)[:, 0, ..., 0], getattr(whole, name)[:, episode, ..., replicate])


def test_the_decisions_of_a_trace_add_up_to_its_coalitions_and_votes():
    traced = trace(*packed(CHANGES), RECORDS, SEED, 0, replicates=128)
    war = traced.crisis[:, :, field.FORCED] > 0
    choices = traced.thirds[:, :, field.CHOICE]
    assert ((choices > 0).sum(axis=2) == traced.crisis[:, :, field.HELPERS])[war].all()
    assert ((choices < 0).sum(axis=2) == traced.crisis[:, :, field.JOINERS])[war].all()
    assert war.sum() > 100
    council = PRESETS.index("un_without_veto")
    held = traced.crisis[council, :, field.REACHED] > 0
    yes = (traced.thirds[council, :, field.BALLOT] > 0).sum(axis=1) + traced.crisis[council, :, field.VICTIM_VOTES]
    assert (yes == traced.crisis[council, :, field.YES_VOTES])[held].all()
    assert held.sum() > 25


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"replicates": 0}, "replicates=0"),
        ({"replicates": 129}, "replicates=129"),
        ({"first_episode": 9}, "episodes 9 to 8"),
        ({"first_episode": 4, "episodes": 6}, "episodes 4 to 9"),
        ({"first_episode": -1}, "episodes -1"),
        ({"episodes": 0}, "episodes 0 to -1"),
    ],
)
def test_a_trace_of_what_there_is_not_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        trace(*packed(CHANGES), RECORDS, SEED, 0, **arguments)

"""Rules of councils that coincide, and rules that can only take mandates away, draw by draw."""

import itertools

import numpy as np
import pytest

from csmc.institutions.fields import with_field
from csmc.kernel import Plan
from csmc.kernel.codes import Outcome, Tally
from tests.evidence import Section
from tests.theory.settings import UNSELECTED

from .support import institution, play, replicates, states

COUNCILS = ("league_of_nations", "un_security_council", "un_without_veto", "concert_of_powers")
#: What a vote decides at once; everything else may follow from it.
OF_VOTES = [Tally.PASSED, Tally.VETOED, Tally.ENFORCED]


def same(left, right):
    return (left.sums[0] == right.sums[0]).all()


def pair(first, second, changes, **options):
    """Two institutions over the same histories: their tallies row by row, and outcomes that differ."""
    tallies = play(changes, [first, second], plan=Plan(joint="reference"), **options)
    return tallies.sums[0] != tallies.sums[1], int(tallies.joint[1, 0].sum() - np.trace(tallies.joint[1, 0]))


@pytest.mark.parametrize("name", COUNCILS)
@pytest.mark.parametrize("parties_abstain", [True, False])
def test_a_quota_of_one_is_unanimity_whether_or_not_everybody_has_a_veto(name, parties_abstain, evidence):
    unanimous = institution(
        name, council__quota=1.0, council__parties_abstain=parties_abstain, council__abstention=0.25
    )
    by_quota, by_veto = (with_field(unanimous, "council.veto", veto) for veto in ("none", "all"))
    count = 20_000
    differ, outcomes = pair(by_quota, by_veto, {"dynamics.episodes": 5}, count=count)
    assert outcomes == 0
    assert not np.delete(differ, Tally.VETOED).any()
    passed = play({"dynamics.episodes": 5}, [by_quota], count=count).sums[0, Tally.PASSED]
    parties_block = not parties_abstain and name != "concert_of_powers"  # where the challenger may have no seat
    assert (passed > 0) != parties_block
    evidence(
        Section.METAMORPHIC,
        f"{name}, parties {'abstaining' if parties_abstain else 'voting'}: quota 1 without any veto and quota 1 with "
        f"a veto for all end every crisis alike ({count:,} histories of 5)",
        f"0 outcomes differ; {passed:,} measures passed under both",
    )


#: A quarter of all crises comes to a vote, which decides about no double standard.
MANY_VOTES = UNSELECTED | {"system.n_states": 20, "system.great_powers": 5, "dynamics.double_standard": 0.0}


def idle(name, **fields):
    """A council whose votes decide nothing: the whole obligation stands without a mandate, and there is force alone."""
    changed = institution(name, obligation__residual=1.0, **fields)
    return changed.model_copy(update={"ladder": changed.ladder[-1:]})


def votes(rules, count, changes=None):
    """Measures passed in every replicate under each of `rules` that differ in votes alone."""
    rows = replicates(MANY_VOTES | (changes or {}), rules, count=count)
    others = np.delete(rows, OF_VOTES, axis=2)
    assert (others == others[:, :1]).all()  # the same crises come to the same votes
    assert (rows[:, 0, Tally.VOTES] <= 1).all()
    return rows[:, :, Tally.PASSED]


@pytest.mark.parametrize("name", COUNCILS[1:])  # in the League, each of 19 voters has a veto, and nothing passes
def test_raising_the_quota_never_authorises_what_a_lower_quota_did_not(name, evidence):
    quotas = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
    passed = votes([idle(name, council__quota=q) for q in quotas], count=1200)
    assert (np.diff(passed, axis=1) <= 0).all()
    assert passed[:, 0].sum() > passed[:, -1].sum()
    evidence(
        Section.METAMORPHIC,
        f"{name}, draw by draw: no measure passes at a higher quota that fails at a lower one (20 states, quotas "
        f"{quotas})",
        f"{', '.join(map(str, passed.sum(axis=0)))} of the same votes pass",
    )


@pytest.mark.parametrize("name", COUNCILS)
def test_more_vetoes_never_authorise_what_fewer_did_not(name, evidence):
    kinds = ("none", "permanent", "all")
    passed = votes([idle(name, council__veto=veto, council__quota=0.4) for veto in kinds], count=1200)
    assert (np.diff(passed, axis=1) <= 0).all()
    assert passed[:, 0].sum() > passed[:, -1].sum()
    evidence(
        Section.METAMORPHIC,
        f"{name}, draw by draw: no measure passes with more veto holders that fails with fewer (veto "
        f"{', '.join(kinds)})",
        f"{', '.join(map(str, passed.sum(axis=0)))} of the same votes pass",
    )


def test_a_larger_cost_of_voting_never_authorises_what_a_smaller_one_did_not():
    runs = [votes([idle("un_without_veto")], 1000, {"response.vote_cost": cost})[:, 0] for cost in (0.0, 0.3, 1.0)]
    assert all((dear <= cheap).all() for cheap, dear in itertools.pairwise(runs))
    assert runs[0].sum() > runs[2].sum()


@pytest.mark.parametrize("veto", ["none", "permanent", "all"])
def test_states_outside_never_count_in_a_council(veto):
    """Outsiders would all vote no, members all yes: what passes shows who was counted."""
    members = (1, 1, 1, 1, 0, 0, 0, 0)
    table = {"great_power": (1, 0, 0, 0, 1, 1, 1, 0), "ideal_points": [[0, 0, 0, 0, 9, 9, 9, 9], [0] * 8]}
    rules = idle(
        "un_security_council",
        council__seats="all",
        council__quota=1.0,
        council__veto=veto,
        council__parties_abstain=True,
    )
    certain = UNSELECTED | {
        "interests.divergence": 0.0,
        "interests.volatility": 0.0,
        "response.noise": 0.01,
        "response.vote_cost": 0.0,
        "crisis.onset_power": 10.0,
    }
    strong_outsider = [0.01] * 7 + [1.0]
    inside, everybody = (
        play(certain, [rules], count=8000, states=states(strong_outsider, member=flags, **table)).sums[0]
        for flags in (members, (1,) * 8)
    )
    victims_within = inside[Tally.PASSED] / inside[Tally.VOTES]
    assert inside[Tally.VOTES] > 1000
    assert victims_within > 0.9  # all but attacks on the outsiders themselves
    assert everybody[Tally.PASSED] == 0


def test_a_council_without_members_authorises_and_vetoes_nothing():
    nobody = {"system.members": 0.0, "system.great_power_members": 0.0}
    sums = play(nobody, COUNCILS, count=20_000).sums
    assert (sums[:, Tally.VOTES] > 1000).all()
    assert (sums[:, [Tally.PASSED, Tally.VETOED]] == 0).all()


@pytest.mark.parametrize("episodes", [1, 10])
def test_collective_security_without_members_is_its_forum_norm_and_sanctions_alone(episodes):
    nobody = {"system.members": 0.0, "system.great_power_members": 0.0, "dynamics.episodes": episodes}
    unbound = institution("collective_security", obligation__strength=0.0)
    differ, outcomes = pair("collective_security", unbound, nobody, count=8192)
    assert outcomes == 0
    assert not np.delete(differ, Tally.ENFORCED).any()


@pytest.mark.parametrize("episodes", [1, 10])
def test_without_great_powers_the_security_council_is_the_un_without_veto_in_every_tally(episodes):
    changes = {"system.great_powers": 0, "dynamics.episodes": episodes, "system.n_states": 20}
    differ, outcomes = pair("un_security_council", "un_without_veto", changes, count=4096)
    assert outcomes == 0
    assert not differ.any()


def test_without_great_powers_a_concert_holds_no_vote_that_passes():
    sums = play({"system.great_powers": 0}, ["concert_of_powers"], count=20_000).sums[0]
    assert sums[Tally.VOTES] > 1000
    assert sums[Tally.PASSED] == 0


@pytest.mark.parametrize("n", [5, 15, 20])
def test_as_many_seats_as_states_or_more_seat_everybody(n):
    everybody = institution("un_security_council", council__seats="all")
    for seats in (n, n + 1, 64):
        numbered = institution("un_security_council", council__seats=seats)
        changes = {"system.n_states": n, "system.members": 0.8, "dynamics.episodes": 5}
        differ, outcomes = pair(everybody, numbered, changes, count=1024)
        assert outcomes == 0
        assert not differ.any()


def test_as_many_seats_as_permanent_members_seat_the_great_powers():
    """With everybody a member, the permanent members fill the seats, so both are the council of great powers."""
    by_rank = institution("concert_of_powers")
    by_number = institution("concert_of_powers", council__seats=4)
    changes = {"system.n_states": 12, "system.great_powers": 4, "dynamics.survival": 0.0, "dynamics.episodes": 5}
    differ, outcomes = pair(by_rank, by_number, changes, count=2048)
    assert outcomes == 0
    assert not differ.any()


def test_fewer_seats_than_members_are_another_council():
    """The counterpart of the two tests above: seats matter where they bind."""
    few, all_ = institution("un_without_veto", council__seats=5), institution("un_without_veto", council__seats="all")
    differ, outcomes = pair(all_, few, {"system.n_states": 20}, count=8192)
    assert outcomes > 0
    assert differ[Outcome.NO_CHALLENGE]

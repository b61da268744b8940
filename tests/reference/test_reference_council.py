"""The council of the reference: expected mandates, seats and votes."""

import itertools
import math
from typing import Any

import pytest

from .council import NO, YES, Ballot, Council, authorisation_probability
from .defaults import PRESETS, UN_SECURITY_COUNCIL
from .philox import uniform
from .support import SEED, crises, preset_histories, simulate


class TestCouncil:
    """Expected mandates and votes."""

    def test_the_expected_mandate_is_the_probability_of_passing(self) -> None:
        ballots = {
            k: Ballot(yes=0.8 * uniform(SEED, 2, 0, 0, k), not_no=0.8 + 0.2 * uniform(SEED, 2, 0, 1, k))
            for k in range(5)
        }
        for need, vetoes in itertools.product(range(6), [(), (0, 3), tuple(range(5))]):
            council = Council(tuple(range(5)), tuple(range(5)), vetoes, need, can_act=True)
            exact = 0.0
            for votes in itertools.product((YES, NO, 0), repeat=5):
                if votes.count(YES) >= need and all(votes[k] != NO for k in vetoes):
                    exact += math.prod(
                        {YES: ballots[k].yes, NO: 1.0 - ballots[k].not_no, 0: ballots[k].not_no - ballots[k].yes}[vote]
                        for k, vote in enumerate(votes)
                    )
            assert authorisation_probability(council, ballots) == pytest.approx(exact, abs=1e-13)

    def test_a_certain_no_with_a_veto_leaves_no_mandate(self) -> None:
        council = Council((0, 1), (0, 1), (0,), 0, can_act=True)
        assert authorisation_probability(council, {0: Ballot(0.0, 0.0), 1: Ballot(1.0, 1.0)}) == 0.0

    def test_measures_pass_as_often_as_expected(self) -> None:
        passed, expected, variance = 0, 0.0, 0.0
        for replicate in range(1200):
            episode = simulate(PRESETS["un_without_veto"], replicate, challenge_cost=-50.0).episodes[0]
            for vote in episode.enforcement.votes if episode.enforcement else ():
                mandate = episode.mandates[vote.item]
                passed += vote.passed
                expected += mandate
                variance += mandate * (1.0 - mandate)
        assert expected > 50.0
        assert abs(passed - expected) < 4.0 * math.sqrt(variance)

    def test_a_permanent_member_that_challenges_is_never_the_object_of_an_authorised_measure(self) -> None:
        refused = 0
        for replicate in range(500):
            episode = simulate(UN_SECURITY_COUNCIL, replicate, challenge_cost=-50.0).episodes[0]
            if not episode.great_challenger:
                continue
            assert episode.crisis is not None
            assert episode.council is not None
            assert episode.crisis.challenger in episode.council.seats
            assert episode.mandates == (0.0, 0.0, 0.0)
            if episode.enforcement is not None:
                refused += 1
                assert episode.enforcement.none_authorised
                assert all(vote.vetoed for vote in episode.enforcement.votes)
        assert refused > 20

    def test_a_council_of_a_number_seats_the_permanent_members_first(self) -> None:
        for seats, expected in [(2, 2), (5, 5), (15, 8)]:
            institution = UN_SECURITY_COUNCIL | {"seats": seats}
            for replicate in range(20):
                episode = simulate(institution, replicate).episodes[0]
                assert episode.council is not None
                assert episode.crisis is not None
                capability = episode.crisis.capability
                great = sorted(range(8), key=lambda k: -capability[k])[:3]
                assert len(episode.council.seats) == expected
                assert set(great[:seats]) <= set(episode.council.seats)

    def test_parties_that_must_abstain_neither_vote_nor_veto(self) -> None:
        for episode, crisis in crises(preset_histories("league_of_nations")):
            assert episode.council is not None
            assert not {crisis.challenger, crisis.target} & set(episode.council.eligible)
            assert episode.council.veto_holders == episode.council.eligible

    def test_a_council_without_members_authorises_only_what_needs_no_vote(self) -> None:
        league = PRESETS["league_of_nations"]
        empty: dict[str, Any] = {"members": 0.0, "great_power_members": 0.0}
        assert simulate(league, 0, **empty).episodes[0].mandates == (0.0, 0.0, 0.0)
        assert simulate(league | {"quota": 0.0}, 0, **empty).episodes[0].mandates == (1.0, 1.0, 1.0)

"""The reference satisfies what the model must satisfy, before anything is compared with it."""

import math
from typing import Any

import pytest

from .codes import Distribution, Layout, Outcome, Scope, Seating, Tally, Veto
from .defaults import ANARCHY, POINT, PRESETS, UN_SECURITY_COUNCIL, system_of
from .support import crises, outcomes, preset_histories, simulate


class TestLimits:
    """Limits in which institutions coincide, draw by draw."""

    @pytest.mark.parametrize("name", sorted(set(PRESETS) - {"anarchy"}))
    def test_between_two_states_no_institution_differs_from_anarchy(self, name: str) -> None:
        institution = PRESETS[name] | {"mediation": 0.0, "condemnation": 0.0}
        for replicate in range(60):
            changes: dict[str, Any] = {"n_states": 2, "great_powers": 1, "episodes": 4}
            assert outcomes(simulate(institution, replicate, **changes)) == outcomes(
                simulate(ANARCHY, replicate, **changes)
            )

    @pytest.mark.parametrize("name", sorted(set(PRESETS) - {"anarchy"}))
    def test_an_institution_without_strength_is_anarchy(self, name: str) -> None:
        powerless = {
            "strength": 0.0,
            "weight": 0.0,
            "hegemon_weight": 0.0,
            "bandwagon_weight": 0.0,
            "mediation": 0.0,
            "condemnation": 0.0,
            "norm": 0.0,
            "severity": [0.0] * 4,
        }
        for replicate in range(25):
            changes: dict[str, Any] = {"episodes": 4, "challenge_cost": -1.0}
            assert outcomes(simulate(PRESETS[name] | powerless, replicate, **changes)) == outcomes(
                simulate(ANARCHY, replicate, **changes)
            )

    def test_a_council_that_needs_no_votes_and_knows_no_veto_is_no_council(self) -> None:
        idle = {"seating": Seating.ALL, "quota": 0.0, "veto": Veto.NONE, "residual": 0.3}
        for name in ("collective_security", "alliance"):
            without = PRESETS[name] | {"residual": 0.3}
            for replicate in range(60):
                changes: dict[str, Any] = {"episodes": 4, "challenge_cost": -1.0}
                with_council = simulate(without | idle, replicate, **changes)
                without_council = simulate(without, replicate, **changes)
                assert outcomes(with_council) == outcomes(without_council)
                assert with_council.final == without_council.final

    @pytest.mark.parametrize("capability", [[1.0, 1.0], [1.0, 4.0]])
    def test_a_quarter_of_forced_challenges_between_two_states_ends_in_war(self, capability: list[float]) -> None:
        n = 2500
        forced: dict[str, Any] = {
            "n_states": 2,
            "great_powers": 0,
            "capability_distribution": Distribution.TABLE,
            "war_cost": 0.1,
            "misperception": 0.0,
            "challenge_cost": -50.0,
            "audience_cost": 10.0,
        }
        system = system_of(2, capability=capability)
        ends = [simulate(ANARCHY, replicate, system, **forced).episodes[0].outcome for replicate in range(n)]
        assert set(ends) == {Outcome.NEGOTIATED_SETTLEMENT, Outcome.BILATERAL_WAR}
        rate = ends.count(Outcome.BILATERAL_WAR) / n
        assert abs(rate - 0.25) < 4.0 * math.sqrt(0.25 * 0.75 / n)

    def test_only_shares_of_capability_matter(self) -> None:
        capability = [3.0, 1.0, 2.0, 0.5, 7.0, 1.5, 0.25, 4.0]
        for replicate in range(20):
            changes: dict[str, Any] = {"capability_distribution": Distribution.TABLE, "episodes": 3}
            one = simulate(UN_SECURITY_COUNCIL, replicate, system_of(8, capability=capability), **changes)
            doubled = system_of(8, capability=[64.0 * c for c in capability])
            assert one.episodes == simulate(UN_SECURITY_COUNCIL, replicate, doubled, **changes).episodes

    def test_only_differences_of_ideal_points_matter(self) -> None:
        for replicate in range(20):
            shifted = system_of(8, ideal_points=[[3.0] * 8, [-2.0] * 8, [0.0] * 8])
            assert outcomes(simulate(UN_SECURITY_COUNCIL, replicate, episodes=3)) == outcomes(
                simulate(UN_SECURITY_COUNCIL, replicate, shifted, episodes=3)
            )


class TestHistories:
    """What holds of every history."""

    @pytest.mark.parametrize("name", sorted(PRESETS))
    def test_outcomes_are_exclusive_and_exhaustive(self, name: str) -> None:
        for history in preset_histories(name):
            rows = history.tallies
            assert sum(rows[outcome] for outcome in Outcome) == 8
            assert rows[Tally.WARS] + rows[Tally.PEACE] == 8
            assert rows[Tally.CHALLENGES] == 8 - rows[Outcome.NO_CHALLENGE]
            assert rows[Tally.REFUSALS] == rows[Tally.DETERRED] + rows[Tally.WARS]
            assert rows[Tally.SUCCESSES] == rows[Tally.GAINS] + rows[Tally.WARS_WON]
            assert rows[Tally.RESPONSES] == rows[Tally.REFUSALS] - rows[Outcome.BACKDOWN]
            assert rows[Tally.RESPONSES] == rows[Tally.RESPONSES_GREAT] + rows[Tally.RESPONSES_OTHER]
            assert rows[Tally.PARTICIPATION] <= rows[Tally.RESPONSES]
            assert rows[Tally.ENFORCED] <= rows[Tally.WARS]
            assert rows[Tally.BELLIGERENTS] >= 2 * rows[Tally.WARS]

    def test_every_outcome_occurs(self) -> None:
        ladder = {"rungs": 4, "severity": [0.0, 0.2, 0.2, 0.2], "cost": [1.0, 0.5, 0.5, 0.5]}
        institution = PRESETS["league_of_nations"] | ladder
        seen = set()
        for replicate in range(600):
            seen |= set(outcomes(simulate(institution, replicate, episodes=3, divergence=0.4)))
        assert seen == set(Outcome)

    def test_obligations_bind_only_whom_the_scope_names(self) -> None:
        flagged = system_of(8, great_power=[1, 1, 0, 0, 1, 0, 0, 0], member=[1, 0, 1, 1, 1, 0, 1, 1])
        for replicate in range(40):
            for name in ("un_security_council", "concert_of_powers", "anarchy"):
                episode = simulate(PRESETS[name], replicate, flagged).episodes[0]
                assert episode.crisis is not None
                for party in episode.third_parties:
                    members = flagged.member[party.state] and flagged.member[episode.crisis.target]
                    bound = {
                        Scope.MEMBERS: members,
                        Scope.GREAT_POWERS: members and flagged.great_power[party.state],
                        Scope.NONE: 0,
                    }[PRESETS[name]["scope"]]
                    assert (party.obligation_match > 0.0) == bool(bound)

    def test_the_dead_take_no_part_and_stay_dead(self) -> None:
        deadly: dict[str, Any] = {
            "n_states": 4,
            "episodes": 40,
            "survival": 3.0,
            "spoils": 0.9,
            "challenge_cost": -50.0,
            "audience_cost": 10.0,
        }
        deaths, ended = 0, 0
        for replicate in range(40):
            history = simulate(PRESETS["league_of_nations"], replicate, **deadly)
            dead: set[int] = set()
            for episode in history.episodes:
                if episode.crisis is None:
                    assert episode.outcome == Outcome.NO_CHALLENGE
                    continue
                crisis = episode.crisis
                now_dead = {k for k, c in enumerate(crisis.capability) if c == 0.0}
                assert dead <= now_dead
                dead = now_dead
                active = {crisis.challenger, crisis.target, *crisis.third_parties}
                assert active == set(range(4)) - dead
                assert episode.council is not None
                assert set(episode.council.seats) <= active
                assert sum(crisis.capability) == pytest.approx(1.0)
            assert history.final.survivors == sum(c > 0.0 for c in history.final.capability)
            deaths += 4 - history.final.survivors
            if history.final.survivors < 2:
                ended += 1
                assert history.episodes[-1].crisis is None
                assert history.final.hhi == 1.0
                assert history.final.con == 1.0
        assert deaths > 50
        assert ended > 0

    def test_peace_and_settlements_leave_trust_and_legitimacy_alone(self) -> None:
        for history in preset_histories("un_security_council"):
            trust, legitimacy = POINT["trust"], UN_SECURITY_COUNCIL["legitimacy"]
            for episode in history.episodes:
                if episode.outcome in (Outcome.NO_CHALLENGE, Outcome.NEGOTIATED_SETTLEMENT):
                    assert (episode.trust, episode.legitimacy) == (trust, legitimacy)
                if episode.outcome == Outcome.BACKDOWN:
                    assert episode.trust == trust
                    assert episode.legitimacy == legitimacy + 0.1 * (1.0 - legitimacy)
                trust, legitimacy = episode.trust, episode.legitimacy

    def test_a_war_destroys_what_both_lose_and_moves_the_spoils(self) -> None:
        checked = 0
        for replicate in range(300):
            history = simulate(ANARCHY, replicate, challenge_cost=-50.0, survival=0.0)
            episode = history.episodes[0]
            if not episode.outcome.is_war:
                continue
            assert episode.crisis is not None
            assert episode.enforcement is not None
            winner, loser = episode.crisis.challenger, episode.crisis.target
            if not episode.enforcement.aggressor_won:
                winner, loser = loser, winner
            after = list(episode.crisis.capability)
            after[winner] = 0.9 * (after[winner] + 0.3 * after[loser])
            after[loser] *= 0.9 * 0.7
            assert history.final.capability == pytest.approx([c / sum(after) for c in after])
            checked += 1
        assert checked > 20

    def test_a_war_that_nobody_joins_is_bilateral(self) -> None:
        for name in PRESETS:
            for episode, _ in crises(preset_histories(name)):
                if episode.enforcement is not None and episode.outcome.is_war:
                    alone = not episode.enforcement.last.helpers and not episode.enforcement.last.joiners
                    assert (episode.outcome == Outcome.BILATERAL_WAR) == alone

    def test_time_to_war_is_one_based_and_restricted_to_the_history(self) -> None:
        for history in preset_histories("anarchy"):
            wars = [outcome.is_war for outcome in outcomes(history)]
            expected = wars.index(True) + 1 if any(wars) else 8
            assert history.tallies[Tally.TIME_TO_WAR] == expected
            assert history.tallies[Tally.NO_WAR] == (not any(wars))

    @pytest.mark.parametrize("distribution", list(Distribution))
    @pytest.mark.parametrize("layout", list(Layout))
    def test_every_kind_of_system_plays(self, distribution: Distribution, layout: Layout) -> None:
        system = system_of(
            5,
            capability=[1.0, 2.0, 3.0, 4.0, 5.0],
            distance=[[0.3 * abs(i - j) for j in range(5)] for i in range(5)],
        )
        changes: dict[str, Any] = {
            "n_states": 5,
            "capability_distribution": distribution,
            "capability_concentration": 0.3,
            "capability_noise": 0.2,
            "layout": layout,
            "loss_of_strength": 1.0,
            "polarization": 1.0,
            "dimensions": 3,
        }
        history = simulate(UN_SECURITY_COUNCIL, 0, system, episodes=3, **changes)
        assert len(history.episodes) == 3
        assert sum(history.final.capability) == pytest.approx(1.0)

    def test_dirichlet_shares_have_the_moments_of_their_distribution(self) -> None:
        n, states = 1500, 4
        for concentration in (0.4, 2.5):
            squares = []
            for replicate in range(n):
                episode = simulate(
                    ANARCHY,
                    replicate,
                    n_states=states,
                    capability_distribution=Distribution.DIRICHLET,
                    capability_concentration=concentration,
                ).episodes[0]
                assert episode.crisis is not None
                squares.append(sum(c * c for c in episode.crisis.capability))
            mean = sum(squares) / n
            error = math.sqrt(sum((s - mean) ** 2 for s in squares)) / n
            assert abs(mean - (concentration + 1.0) / (states * concentration + 1.0)) < 4.0 * error

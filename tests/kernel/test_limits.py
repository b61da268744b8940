"""Limits in which the model's answer is known : exact draw by draw, or within four standard errors."""

from math import sqrt

import numpy as np
import pytest

from csmc.kernel import Plan
from csmc.kernel.codes import Outcome, Tally

from .support import PRESETS, institution, simulate

WARS = [Outcome.BILATERAL_WAR, Outcome.LIMITED_WAR, Outcome.GENERAL_WAR]


def off_diagonal(table):
    """Episodes whose outcome differs between the institution (rows) and the reference (columns)."""
    return int(table.sum() - np.trace(table))


@pytest.mark.parametrize("episodes", [1, 10])
def test_among_two_states_every_institution_without_mediation_and_condemnation_is_anarchy_draw_by_draw(episodes):
    alone = [institution(name, forum__mediation=0.0, forum__condemnation=0.0) for name in PRESETS]
    changes = {"system.n_states": 2, "dynamics.episodes": episodes}
    result = simulate(changes, alone, count=4096, plan=Plan(joint="reference"))
    assert result.joint[0].sum() == 4096 * episodes
    assert [off_diagonal(result.joint[k, 0]) for k in range(len(PRESETS))] == [0] * len(PRESETS)


@pytest.mark.parametrize("war_cost", [0.05, 0.1, 0.2])
def test_an_ultimatum_between_equals_leads_to_war_a_quarter_of_the_time(war_cost):
    # Fearon (1995): with both costs uniform on (0, K), E[(K - k_a) / 2K] = 1/4, whatever K <= 1.
    changes = {
        "system.n_states": 2,
        "system.capability.distribution": "equal",
        "crisis.misperception": 0.0,
        "crisis.challenge_cost": -1000.0,
        "crisis.audience_cost": 10.0,
        "crisis.war_cost": war_cost,
    }
    count = 200_000
    sums = simulate(changes, ["anarchy"], count=count).sums[0]
    assert sums[Tally.CHALLENGES] == count
    assert abs(sums[Tally.WARS] / count - 0.25) < 4 * sqrt(0.25 * 0.75 / count)


@pytest.mark.parametrize("episodes", [1, 10])
def test_institutions_without_any_rule_that_bites_are_anarchy_draw_by_draw(episodes):
    toothless = [
        institution(
            name,
            **{f"ladder__{rung.name}__severity": 0.0 for rung in institution(name).ladder[:-1]},
            obligation__strength=0.0,
            balancing__weight=0.0,
            balancing__hegemon_weight=0.0,
            balancing__bandwagon_weight=0.0,
            forum__mediation=0.0,
            forum__condemnation=0.0,
            forum__norm=0.0,
        )
        for name in PRESETS
    ]
    result = simulate({"dynamics.episodes": episodes}, toothless, count=4096)
    assert [off_diagonal(result.joint[k, 0]) for k in range(len(PRESETS))] == [0] * len(PRESETS)


@pytest.mark.parametrize("name", ["league_of_nations", "un_security_council", "concert_of_powers"])
@pytest.mark.parametrize("episodes", [1, 10])
def test_a_council_with_quota_0_and_no_veto_is_no_council_draw_by_draw(name, episodes):
    powerless = institution(name, council__quota=0.0, council__veto="none")
    none = institution(name).model_copy(update={"name": "no_council", "council": None})
    result = simulate({"dynamics.episodes": episodes}, [none, powerless], count=4096)
    assert off_diagonal(result.joint[1, 0]) == 0


@pytest.mark.parametrize("episodes", [1, 10])
def test_a_seated_permanent_member_is_never_the_object_of_an_authorised_measure(episodes):
    changes = {"system.great_powers": 8, "dynamics.episodes": episodes}
    sums = simulate(changes, ["un_security_council", "un_without_veto"], count=8192).sums
    assert sums[0, Tally.VOTES] > 100
    assert sums[0, Tally.PASSED] == 0
    assert sums[0, Tally.VETOED] == sums[0, Tally.VOTES]
    assert sums[1, Tally.PASSED] > 100


@pytest.mark.parametrize(
    "changes", [{}, {"dynamics.episodes": 20}, {"system.n_states": 15, "system.geography.layout": "ring"}]
)
def test_outcomes_are_exclusive_and_exhaustive_and_compound_tallies_add_up(changes):
    count = 2048
    sums = simulate(changes, count=count).sums
    outcomes = sums[:, : len(Outcome)]
    episodes = count * changes.get("dynamics.episodes", 1)
    assert (outcomes.sum(axis=1) == episodes).all()
    wars = outcomes[:, WARS].sum(axis=1)
    assert (sums[:, Tally.WARS] == wars).all()
    assert (sums[:, Tally.PEACE] == episodes - wars).all()
    assert (sums[:, Tally.CHALLENGES] == episodes - outcomes[:, Outcome.NO_CHALLENGE]).all()
    assert (sums[:, Tally.REFUSALS] == sums[:, Tally.CHALLENGES] - outcomes[:, Outcome.NEGOTIATED_SETTLEMENT]).all()
    assert (sums[:, Tally.DETERRED] == sums[:, Tally.REFUSALS] - wars).all()
    assert (sums[:, Tally.RESPONSES] == sums[:, Tally.RESPONSES_GREAT] + sums[:, Tally.RESPONSES_OTHER]).all()


def test_a_duplicated_institution_has_the_same_tallies_and_the_same_outcome_in_every_episode():
    result = simulate(institutions=["un_security_council", "anarchy", "un_security_council"], count=4096)
    assert (result.sums[0] == result.sums[2]).all()
    assert off_diagonal(result.joint[2, 0]) == 0
    assert off_diagonal(result.joint[1, 0]) > 0


def test_an_institution_is_simulated_alike_alone_and_in_company():
    together = simulate({"dynamics.episodes": 5}, count=512)
    for k, name in enumerate(PRESETS):
        assert (simulate({"dynamics.episodes": 5}, [name], count=512).sums[0] == together.sums[k]).all()

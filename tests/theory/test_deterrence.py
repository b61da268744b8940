"""Deterrence: commitment, divergence, sanctions that are only expected, misperception, and the status quo."""

import itertools

import pytest

from csmc.kernel import Plan
from csmc.kernel.codes import Outcome, Tally
from tests.evidence import Section
from tests.metamorphic.support import PRESETS, WARS, institution, play

from .measuring import (
    K,
    blocks,
    change,
    changes_along,
    differences,
    effect,
    estimates,
    falls,
    level,
    levels,
    listed,
    rises,
    weakest,
)
from .settings import without_sanctions

pytestmark = pytest.mark.statistical
STRENGTHS = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0)


@pytest.mark.parametrize("name", ["collective_security", "un_security_council", "league_of_nations"])
def test_general_deterrence_rises_and_war_falls_with_the_strength_of_commitments_of_members(name, evidence):
    committed = [institution(name, obligation__strength=strength) for strength in STRENGTHS]
    metrics = ("general_deterrence", "war")
    found = [estimates(metrics, committed, count=50_000, reference=k) for k in range(len(STRENGTHS) - 1)]
    deterrence, war = ([differences(estimate[metric])[k + 1] for k, estimate in enumerate(found)] for metric in metrics)
    assert rises(deterrence)
    assert falls(war)
    evidence(
        Section.THEORY,
        f"{name}: general deterrence rises and war falls with every step of strength {STRENGTHS}",
        f"deterrence {listed(levels(found[0]['general_deterrence']))}; weakest step {weakest(deterrence)} SE, of war "
        f"{weakest(war)} SE",
    )


DIVERGENCES = (0.0, 0.4, 0.8, 1.6, 3.0, 5.0, 7.0, 10.0)
AGAINST_BALANCE = (
    "balance_of_power",
    "collective_security",
    "un_without_veto",
    "un_security_council",
    "concert_of_powers",
    "league_of_nations",
    institution("un_security_council", forum__condemnation=0.0),
    institution("un_security_council", forum__condemnation=0.0, forum__norm=0.0, forum__mediation=0.0),
)
LABELS = (
    *AGAINST_BALANCE[:6],
    "un_security_council without condemnation",
    "un_security_council without condemnation, mediation and norm",
)


@pytest.fixture(scope="module")
def diverging():
    """The same crises at every divergence."""
    return [blocks(AGAINST_BALANCE, {"interests.divergence": d}, count=100_000) for d in DIVERGENCES]


def _lead(metric, run, which):
    return effect(lambda value: value[which] - value[0], (metric, run))


def _lead_changes(metric, runs, which):
    pairs = itertools.pairwise(runs)
    return [
        effect(lambda a, b: (b[which] - b[0]) - (a[which] - a[0]), (metric, before), (metric, after))
        for before, after in pairs
    ]


def test_divergence_takes_deterrence_from_collective_security_and_its_lead_over_the_balance_of_power(
    diverging, evidence
):
    for k in range(1, 6):
        steps = _lead_changes("general_deterrence", diverging, k)
        assert falls(steps)
        evidence(
            Section.THEORY,
            f"{LABELS[k]}: its lead in general deterrence over the balance of power falls with every step of "
            f"divergence {DIVERGENCES}",
            f"{listed(_lead('general_deterrence', run, k) for run in diverging)}; weakest step {weakest(steps)} SE",
        )
    for k in (1, 2, 3):
        assert falls(changes_along("general_deterrence", diverging[:-1], k))


def test_the_balance_of_power_and_the_league_deter_more_not_less_as_interests_diverge(diverging, evidence):
    """The prediction speaks of every form of collective security (docs: predictions that failed)."""
    gains = [change("general_deterrence", diverging[0], diverging[-1], k) for k in (0, 5)]
    assert rises(gains)
    evidence(
        Section.THEORY,
        "General deterrence rises from divergence 0 to 10 under the balance of power, and even under the League",
        f"balance of power {gains[0]}, League {gains[1]}",
    )


def test_under_anarchy_diverging_interests_lower_challenges_and_raise_war_through_the_stakes(evidence):
    """With the same stake in every crisis nothing of it is left (docs: predictions that failed)."""

    def far_minus_near(stake_floor):
        near, far = (
            blocks(["anarchy"], {"interests.divergence": d, "crisis.stake_floor": stake_floor}, count=200_000)
            for d in (0.0, 10.0)
        )
        return change("challenge", near, far), change("war", near, far)

    (challenge, war), (same_challenge, same_war) = far_minus_near(0.2), far_minus_near(1.0)
    assert challenge.z < -K
    assert war.z > K
    assert abs(same_challenge.value) < abs(challenge.value) / 10
    assert abs(same_war.value) < abs(war.value) / 10
    evidence(
        Section.THEORY,
        "anarchy: from divergence 0 to 10 crises are challenged less often and end in war more often, because more "
        "is at stake and costs weigh less; with stakes all alike neither moves by a tenth of that",
        f"challenges {challenge}, war {war}; with stakes alike {same_challenge} and {same_war}",
    )


def test_where_the_lead_of_each_institution_over_the_balance_of_power_ends(diverging, evidence):
    """Divergence at which deterrence is that of the balance of power; the UN has none up to 10."""
    for k, interval in {5: (0.8, 1.6), 6: (0.4, 0.8), 7: (0.0, 0.4)}.items():
        before, after = (diverging[DIVERGENCES.index(d)] for d in interval)
        ahead, behind = (_lead("general_deterrence", run, k) for run in (before, after))
        assert ahead.z > K
        assert behind.z < -K
        evidence(
            Section.THEORY,
            f"{LABELS[k]}: deters more than the balance of power at divergence {interval[0]}, less at {interval[1]}",
            f"{ahead} and {behind}",
        )
    for k in range(1, 5):
        ends = [_lead("general_deterrence", diverging[-1], k), _lead("war", diverging[-1], k)]
        assert ends[0].z > K
        assert ends[1].z < -K
        evidence(
            Section.THEORY,
            f"{LABELS[k]}: no crossing up to divergence 10; it still deters more there, with less war",
            f"deterrence {ends[0]}, war {ends[1]}",
        )


@pytest.mark.proof
def test_the_league_has_less_war_than_the_balance_of_power_up_to_divergence_3_and_more_at_10(evidence):
    pair = ("balance_of_power", "league_of_nations")
    near, far = (
        differences(estimates(["war"], pair, {"interests.divergence": d}, count=2_000_000)["war"])[1]
        for d in (3.0, 10.0)
    )
    assert near.z < -K
    assert far.z > K
    evidence(
        Section.THEORY,
        "league_of_nations: less war than under the balance of power at divergence 3, more at 10",
        f"{near} and {far}",
    )


@pytest.mark.parametrize(
    "name",
    ["collective_security", "un_without_veto", "un_security_council", "league_of_nations", "concert_of_powers"],
)
def test_sanctions_prevent_more_wars_by_being_expected_than_by_being_imposed(name, evidence):
    count = 200_000
    tallies = play(None, [without_sanctions(name), name], count=count, plan=Plan(joint="reference"))
    wars = tallies.joint[1, 0][:, WARS].sum(axis=1)  # by outcome with sanctions
    expected = int(wars[[Outcome.NO_CHALLENGE, Outcome.NEGOTIATED_SETTLEMENT, Outcome.BACKDOWN]].sum())
    imposed = int(wars[[Outcome.COERCED_BY_RUNG_1, Outcome.COERCED_BY_RUNG_2]].sum())
    assert expected - imposed > K * (expected + imposed) ** 0.5
    early = expected / wars.sum()
    late = (
        tallies.sums[1, [Outcome.COERCED_BY_RUNG_1, Outcome.COERCED_BY_RUNG_2]].sum() / tallies.sums[1, Tally.RESPONSES]
    )
    assert late < early
    evidence(
        Section.THEORY,
        f"{name}: of the wars that the same institution has without sanctions, more are prevented because sanctions "
        f"are expected than because they are imposed ({count:,} crises)",
        f"{expected:,} against {imposed:,} of {int(wars.sum()):,}; success before imposition {early:.3f} of those "
        f"wars, after it {late:.3f} of the responses",
    )


MISPERCEPTIONS = (0.0, 0.2, 0.4, 0.8, 1.6, 3.0)


@pytest.mark.proof
def test_more_misperception_more_war(evidence):
    runs = [blocks(PRESETS, {"crisis.misperception": m}, count=400_000) for m in MISPERCEPTIONS]
    for k, name in enumerate(PRESETS):
        steps = changes_along("war", runs, k)
        assert rises(steps)
        evidence(
            Section.THEORY,
            f"{name}: war rises with every step of misperception {MISPERCEPTIONS}",
            f"{listed(level('war', run, k) for run in runs)}; weakest step {weakest(steps)} SE",
        )


REVISIONISM = (0.0, 0.1, 0.25, 0.5, 1.0, 3.0)


@pytest.mark.proof
def test_war_is_rarer_the_better_the_status_quo_mirrors_power_under_every_institution_but_anarchy(evidence):
    names = ("balance_of_power", "un_security_council", "un_without_veto", "collective_security")
    runs = [blocks(names, {"crisis.revisionism": s}, count=400_000) for s in REVISIONISM]
    for k, name in enumerate(names):
        steps = changes_along("war", runs, k)
        assert rises(steps)
        evidence(
            Section.THEORY,
            f"{name}: war rises with every step of the gap between benefits and power, revisionism {REVISIONISM}",
            f"{listed(level('war', run, k) for run in runs)}; weakest step {weakest(steps)} SE",
        )


@pytest.mark.proof
def test_under_anarchy_war_is_rarest_with_a_small_gap_between_benefits_and_power_not_with_none(evidence):
    """Only the challenger's gap counts, and its bluffs are called (docs: predictions that failed)."""
    none, small, large = (blocks(["anarchy"], {"crisis.revisionism": s}, count=2_000_000) for s in (0.0, 0.1, 0.25))
    assert change("war", none, small).z < -K
    assert change("war", small, large).z > K
    evidence(
        Section.THEORY,
        "anarchy: war is rarer at revisionism 0.1 than at 0, and more frequent at 0.25",
        f"{listed(level('war', run) for run in (none, small, large))}; changes {change('war', none, small)} and "
        f"{change('war', small, large)}",
    )

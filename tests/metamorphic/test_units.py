"""Units and origins that must not matter: of capability, of interests, of distance, of utility."""

import numpy as np
import pytest

from csmc.kernel import Plan
from csmc.kernel.codes import Outcome, Tally
from tests.evidence import Section

from .support import PRESETS, distances, institution, outcome_codes, play, replicates, states

CAPABILITY = (0.31, 0.07, 0.22, 0.13, 0.05, 0.4, 0.11, 0.9)
POINTS = np.array(
    [[0.3, -1.2, 0.8, 0.1, 2.0, -0.4, 1.1, -0.9], [1.0, 0.2, -0.7, 0.5, -1.5, 0.0, 0.6, 1.3]],
)
#: Every column of the table moves by noise of its own, and histories have a memory.
NOISY = {"system.capability.noise": 0.3, "interests.divergence": 0.5, "dynamics.episodes": 8}
#: The table's ideal points are the interests.
STILL = {"interests.divergence": 0.0, "interests.volatility": 0.0}


def same(left, right):
    return all((a == b).all() for a, b in zip(left, right, strict=True))


@pytest.mark.parametrize("factor", [2.0**-40, 0.5, 4.0, 2.0**60])
def test_capabilities_in_units_of_another_power_of_two_leave_every_tally_bit_for_bit(factor):
    plain, scaled = (
        play(NOISY, count=512, states=states(capability=np.array(CAPABILITY) * unit), plan=Plan(joint="all"))
        for unit in (1.0, factor)
    )
    assert same(plain, scaled)


@pytest.mark.parametrize("factor", [3.7, 1e6])
def test_capabilities_in_any_other_unit_leave_every_outcome_but_for_rounding(factor, evidence):
    count = 1000
    plain, scaled = (
        outcome_codes(replicates(STILL, count=count, states=states(np.array(CAPABILITY) * unit, POINTS)))
        for unit in (1.0, factor)
    )
    changed = int((plain != scaled).sum())
    assert changed <= plain.size // 4000
    evidence(
        Section.METAMORPHIC,
        f"All capabilities of a table multiplied by {factor:g}: the outcome of every crisis under every preset is the "
        "same but for rounding",
        f"{changed} of {plain.size:,} outcomes differ (replicate by replicate)",
    )


@pytest.mark.parametrize("shift", [(0.1, 3.3), (100.0, -70.0)])
def test_only_differences_of_ideal_points_matter(shift, evidence):
    count = 1000
    moved = POINTS + np.array(shift)[:, None]
    plain, shifted = (
        outcome_codes(replicates({"interests.divergence": 0.5}, count=count, states=states(ideal_points=points)))
        for points in (POINTS, moved)
    )
    changed = int((plain != shifted).sum())
    assert changed <= plain.size // 4000
    evidence(
        Section.METAMORPHIC,
        f"All ideal points of a table shifted by {shift}: the outcome of every crisis under every preset is the same "
        "but for rounding",
        f"{changed} of {plain.size:,} outcomes differ (replicate by replicate)",
    )


QUARTER_TURN = np.array([[0.0, -1.0], [1.0, 0.0]])
MIRROR = np.array([[1.0, 0.0], [0.0, -1.0]])


@pytest.mark.parametrize("turn", [QUARTER_TURN, QUARTER_TURN @ QUARTER_TURN, MIRROR, MIRROR @ QUARTER_TURN])
def test_turning_interests_by_a_right_angle_or_mirroring_them_leaves_every_tally_bit_for_bit(turn):
    changes = STILL | {"dynamics.episodes": 8}
    plain, turned = (
        play(changes, count=512, states=states(CAPABILITY, points), plan=Plan(joint="all"))
        for points in (POINTS, turn @ POINTS)
    )
    assert same(plain, turned)


@pytest.mark.parametrize("degrees", [10, 211])
def test_turning_interests_by_any_angle_leaves_every_outcome_but_for_rounding(degrees, evidence):
    count, angle = 1000, np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    plain, turned = (
        outcome_codes(replicates(STILL, count=count, states=states(CAPABILITY, points)))
        for points in (POINTS, turn @ POINTS)
    )
    changed = int((plain != turned).sum())
    assert changed <= plain.size // 4000
    evidence(
        Section.METAMORPHIC,
        f"The space of interests turned by {degrees} degrees: the outcome of every crisis under every preset is the "
        "same but for rounding",
        f"{changed} of {plain.size:,} outcomes differ (replicate by replicate)",
    )


def test_a_dimension_in_which_nobody_differs_changes_nothing():
    changes = STILL | {"dynamics.episodes": 8}
    two, three = (
        play(changes | {"interests.dimensions": d}, count=512, states=states(CAPABILITY, POINTS)) for d in (2, 3)
    )
    assert same(two, three)


def test_distances_in_another_unit_change_nothing_if_the_loss_of_strength_is_in_that_unit_too():
    grid = np.add.outer(np.arange(8.0), -np.arange(8.0))
    plain, doubled = (
        play(
            {"system.geography.loss_of_strength": loss, "dynamics.episodes": 8},
            count=512,
            distances=distances(np.abs(grid) * unit),
        )
        for loss, unit in ((0.5, 1.0), (0.25, 2.0))
    )
    assert same(plain, doubled)


def test_a_table_of_equal_capabilities_is_the_distribution_equal():
    table = play({"dynamics.episodes": 8}, count=512, states=states(capability=[5.0] * 8))
    drawn = play({"dynamics.episodes": 8, "system.capability.distribution": "equal"}, count=512)
    assert same(table, drawn)


UTILITIES = (
    "response.interest_weight",
    "response.efficacy_weight",
    "response.assurance_weight",
    "response.joining_cost",
    "response.noise",
)


def test_utilities_of_third_parties_in_another_unit_change_nothing_where_nobody_is_obliged():
    """Obligations start the expectations (g(B)), so for them the unit is fixed."""
    base = dict(zip(UTILITIES, (1.5, 1.0, 0.75, 1.0, 0.4), strict=True))
    runs = []
    for unit in (1.0, 2.0):
        rules = institution(
            "un_security_council",
            obligation__strength=0.0,
            balancing__weight=0.5 * unit,
            balancing__hegemon_weight=1.0 * unit,
            balancing__bandwagon_weight=0.25 * unit,
            council__abstention=0.25 * unit,
            forum__norm=0.75 * unit,
        )
        changes = {path: value * unit for path, value in base.items()} | {"dynamics.episodes": 8}
        runs.append(play(changes, [rules], count=1024))
    assert same(*runs)
    assert runs[0].sums[0, Tally.PASSED] > 0
    assert runs[0].sums[0, Outcome.GENERAL_WAR] > 0


def test_what_a_crisis_leaves_behind_is_of_no_account_to_a_single_crisis():
    """Dynamics other than trust and spoils are read after the only episode."""
    after = {
        "dynamics.growth": 0.9,
        "dynamics.war_loss": 0.8,
        "dynamics.survival": 3.0,
        "dynamics.trust_learning": 1.0,
        "dynamics.legitimacy_learning": 1.0,
        "dynamics.double_standard": 1.0,
        "interests.persistence": 0.2,
    }
    plain, other = (play(changes, count=4096, plan=Plan(joint="all")) for changes in ({}, after))
    ends = [Tally.SURVIVORS, Tally.CONCENTRATION_HHI, Tally.CONCENTRATION_CON, Tally.TRUST, Tally.LEGITIMACY]
    during = [row for row in Tally if row not in ends]
    assert (plain.sums[:, during] == other.sums[:, during]).all()
    assert (plain.joint == other.joint).all()
    assert (plain.sums[:, ends] != other.sums[:, ends]).any(axis=0).all()
    assert len(PRESETS) == len(plain.sums)

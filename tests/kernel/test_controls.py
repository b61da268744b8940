"""Control variates as the kernel sums them: what they are, that their mean is 0, and that nothing else is changed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from csmc.institutions import get, pack_institutions
from csmc.kernel import Plan, lanes, trace
from csmc.kernel.codes import (
    DRAWN_CONTROLS,
    N_TALLIES,
    Assessment,
    Control,
    CrisisDraw,
    Outcome,
    Replication,
    Tally,
    numbered,
    row_scale,
)
from csmc.kernel.tracing import ACTIVE, LEGITIMACY
from tests.evidence import Section
from tests.kernel.support import PRESETS, SEED, packed, simulate

Evidence = Callable[[Section, str, str], None]
Floats = NDArray[np.float64]

#: Histories in which legitimacy and capability change, states perish, and mediation is common.
HISTORIES = {"dynamics.episodes": 12, "dynamics.legitimacy_learning": 0.3, "dynamics.spoils": 0.8}
#: Pressure that makes challengers yield; and challengers that are too sure, in worlds that soon have one state left.
PRESSED = {
    "system.n_states": 5,
    "dynamics.episodes": 2,
    "crisis.challenge_cost": -1.0,
    "crisis.audience_cost": 0.3,
    "crisis.misperception": 1.0,
    "response.joining_cost": 0.2,
}
ENDING = {
    "system.n_states": 3,
    "dynamics.episodes": 6,
    "crisis.challenge_cost": -5.0,
    "crisis.audience_cost": 3.0,
    "crisis.misperception": 2.0,
    "crisis.war_cost": 0.3,
    "dynamics.survival": 0.5,
}
#: Every product of a few tallies and all controls.
ROWS = [int(Tally.NO_CHALLENGE), int(Tally.WARS), int(Tally.TRUST), *map(int, Control)]
FIELDS = (
    "OUTCOME", "BELIEF", "PREMIUM", "ESTIMATE", "COST_RANGE", "FIGHTING_VALUE", "PRESSURE", "RETREAT_VALUE",
)  # fmt: skip
PAIRS = np.array([(i, j) for i in ROWS for j in ROWS if i <= j])


def controls_of(changes: dict[str, Any], names: tuple[str, ...], first: int, count: int) -> Floats:
    """(institution, control, replicate) from a trace, by docs/model.md."""
    point, system = packed(changes)
    rules = pack_institutions([get(name) for name in names])
    traced = trace(point, system, rules, SEED, first, replicates=count)
    draw, error = lanes.CRISIS_DRAW, lanes.ASSESSMENT
    drawn = np.stack(
        [
            traced.shocks[:, draw + CrisisDraw.CHALLENGER_COST] - 0.5,
            traced.shocks[:, draw + CrisisDraw.TARGET_COST] - 0.5,
            traced.shocks[:, error + Assessment.STATUS_QUO],
            traced.shocks[:, error + Assessment.MISPERCEPTION],
        ]
    ).sum(axis=1)
    found = []
    for k, rule in enumerate(rules):
        crisis = dict(
            zip(FIELDS, traced.crisis[k].swapaxes(0, 1)[[getattr(lanes, name) for name in FIELDS]], strict=True)
        )
        started = np.full((1, count), rule["legitimacy"])
        legitimacy = np.concatenate([started, traced.standing[k, :-1, LEGITIMACY]])
        outcome = crisis["OUTCOME"]
        challenged = (traced.standing[k, :, ACTIVE] > 0) & (outcome != Outcome.NO_CHALLENGE)
        refused = challenged & (outcome != Outcome.NEGOTIATED_SETTLEMENT)
        asked = (crisis["BELIEF"] + crisis["PREMIUM"] - crisis["ESTIMATE"]) / crisis["COST_RANGE"]
        chance = (1 - rule["mediation"] * legitimacy) * np.clip(asked, 0, 1)
        surprise = np.where(challenged, refused - chance, 0.0)
        stands = crisis["FIGHTING_VALUE"] - crisis["PRESSURE"] >= crisis["RETREAT_VALUE"]
        parts = [np.where(stands, surprise, 0).sum(axis=0), np.where(stands, 0, surprise).sum(axis=0)]
        found.append(np.stack([*parts, *drawn]))
    return np.stack(found)


def natural(sums: NDArray[np.int64], episodes: int) -> Floats:
    """(institution, control) sums in natural units."""
    return sums[:, N_TALLIES:] / np.array([row_scale(control, episodes) for control in Control])


def compared_with_a_trace(changes: dict[str, Any], names: tuple[str, ...], count: int) -> Floats:
    """Assert that sums and products of controls are those of a trace, which are returned."""
    length = changes.get("dynamics.episodes", 1)
    tallies = simulate(changes, names, first=30, count=count, plan=Plan(PAIRS, PAIRS, joint="all", controls=True))
    expected = controls_of(changes, names, 30, count)
    resolution = count * length * 1e-6
    np.testing.assert_allclose(natural(tallies.sums, length), expected.sum(axis=2), rtol=0, atol=resolution)
    place = np.flatnonzero((PAIRS == [Control.REFUSAL_STOOD_BY, Control.MISPERCEPTION]).all(axis=1))[0]
    scale = row_scale(Control.REFUSAL_STOOD_BY, length) * row_scale(Control.MISPERCEPTION, length)
    own = (tallies.own_high[:, place] * 2.0**32 + tallies.own_low[:, place]) / scale
    np.testing.assert_allclose(own, (expected[:, 0] * expected[:, 5]).sum(axis=1), rtol=0, atol=10 * resolution)
    return expected


@pytest.mark.parametrize("changes", [{}, HISTORIES, PRESSED], ids=["one-shot", "histories", "pressed"])
def test_controls_are_what_a_trace_says(changes: dict[str, Any]) -> None:
    expected = compared_with_a_trace(changes, PRESETS, 100)
    assert (np.abs(expected).sum(axis=2) > 1).all(), "every control is at work"


def test_histories_that_are_over_have_no_refusals() -> None:
    compared_with_a_trace(ENDING, PRESETS, 100)


@pytest.mark.parametrize("replication", list(Replication))
@pytest.mark.parametrize("episodes", [1, 6])
def test_the_mean_of_every_control_is_0(replication: Replication, episodes: int, evidence: Evidence) -> None:
    """4.5 standard errors of 2**18 groups of replicates: one in 147,000 would be missed by chance, of 288 controls."""
    group = 1 << int(replication)
    units = 2**18 // episodes
    rows = np.array([(int(control), int(control)) for control in Control])
    plan = Plan(own_pairs=rows, joint="none", controls=True, group=group)
    first = numbered(replication, 0)
    tallies = simulate({"dynamics.episodes": episodes}, first=first, count=units * group, plan=plan)
    scales = np.array([row_scale(control, episodes) for control in Control], dtype=float)
    squares = (tallies.own_high[:, : len(Control)] * 2.0**32 + tallies.own_low[:, : len(Control)]) / scales**2
    varies = squares > 1e-6 * units
    z = np.abs(natural(tallies.sums, episodes)[varies] / np.sqrt(squares[varies]))
    assert z.max() < 4.5
    opposite = [control - N_TALLIES for control in DRAWN_CONTROLS] if replication is Replication.ANTITHETIC else []
    assert [control for control in range(len(Control)) if not varies[:, control].all()] == opposite, "they cancel"
    if episodes == 1:
        claim = f"Every control has the mean 0 ({replication.name.lower()} replication, all presets)"
        evidence(Section.STATISTICS, claim, f"largest distance {z.max():.1f} standard errors")


@pytest.mark.parametrize("changes", [{}, HISTORIES], ids=["one-shot", "histories"])
def test_controls_change_nothing_else_and_one_that_is_drawn_is_the_same_everywhere(changes: dict[str, Any]) -> None:
    plan = Plan(PAIRS[PAIRS.max(axis=1) < N_TALLIES], joint="all")
    without = simulate(changes, count=300, plan=plan)
    having = simulate(changes, count=300, plan=replace(plan, controls=True))
    assert (having.sums[:, :N_TALLIES] == without.sums).all()
    for name in ("own_high", "own_low", "joint", "patterns"):
        assert (getattr(having, name) == getattr(without, name)).all()
    drawn = having.sums[:, list(DRAWN_CONTROLS)]
    assert (drawn == drawn[0]).all()
    refusals = having.sums[:, [Control.REFUSAL_STOOD_BY, Control.REFUSAL_YIELDED_TO]]
    assert len(np.unique(refusals[:, 0])) == len(PRESETS)


def test_controls_of_parts_add_up_to_those_of_the_whole() -> None:
    plan = Plan(PAIRS, PAIRS, joint="all", controls=True)
    whole = simulate(HISTORIES, count=700, plan=plan)
    parts = simulate(HISTORIES, count=257, plan=plan) + simulate(HISTORIES, first=257, count=443, plan=plan)
    assert all(map(np.array_equal, whole, parts))

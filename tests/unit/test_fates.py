"""What is said of wars under two institutions equals a plain version, and what follows from the definitions."""

from collections.abc import Callable

import numpy as np
import pytest

from csmc.errors import CsmcError
from csmc.estimate import Moments
from csmc.estimate.fates import Prevention, follow, prevention
from csmc.kernel.result import PREVENTED, Plan, Tallies
from tests.estimates.wars import by_hand
from tests.estimates.worlds import WORLDS, histories
from tests.evidence import Section
from tests.stacked import stack
from tests.unit.synthetic import count, crises, one_shot

STATEMENTS = ("fates", "origins", "added", "net")
TABULATED = [name for name, world in WORLDS.items() if world.joint != "none" and len(world.settings[0].wars) > 1]


def all_pairs(reference: int, joint: str, institutions: int) -> list[tuple[int, int]]:
    pairs = np.argwhere(~np.eye(institutions, dtype=bool)).tolist()
    return [(one, other) for one, other in pairs if joint == "all" or reference in (one, other)]


def moments(tallies: list[Tallies], the_plan: Plan, replicates: int, episodes: int) -> Moments:
    known = (np.full(len(tallies), number) for number in (replicates, episodes, 8))
    return Moments(stack(tallies), the_plan, *known)


@pytest.mark.parametrize("name", TABULATED)
def test_every_number_on_wars_equals_that_of_a_plain_version(
    name: str, evidence: Callable[[Section, str, str], None]
) -> None:
    world, numbers, missing = WORLDS[name], 0, 0
    the_plan = Plan(reference=world.reference, joint=world.joint, histories=True)
    pairs = all_pairs(world.reference, world.joint, len(world.settings[0].wars))
    for setting, (rows, outcomes) in zip(world.settings, histories(name), strict=True):
        counted = count(rows, the_plan, outcomes.reshape(-1, outcomes.shape[2]))
        point = moments([counted], the_plan, setting.histories, setting.episodes)
        for one, other in pairs:
            found, plain = prevention(point, one, other), by_hand(outcomes.tolist(), one, other)
            for statement in STATEMENTS:
                expected = np.array(plain[statement]).T
                ours = np.stack([part[0] for part in getattr(found, statement)])
                np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-12, err_msg=statement)
                numbers, missing = numbers + expected.size, missing + int(np.isnan(expected).sum())
    evidence(
        Section.ANSWERS,
        "What becomes of the wars under one institution under another (shares, new wars, net, errors and intervals) "
        f"equals a plain version that reads single histories and episodes, where {name} (made-up data)",
        f"{numbers:,} numbers ({missing:,} missing in both) within 1e-10 of their size, or 1e-12: {len(pairs)} ordered "
        f"pairs at {len(world.settings)} points",
    )


def test_one_shot_crises_need_no_moments_of_their_own() -> None:
    outcomes = crises(400, (0.3, 0.25, 0.1))
    plans = [Plan(joint="all", histories=histories_too) for histories_too in (False, True)]
    found = [moments([count(one_shot(outcomes), each, outcomes)], each, 400, 1) for each in plans]
    for one, other in all_pairs(0, "all", 3):
        for mine, theirs in zip(*(follow(point, one, other) for point in found), strict=True):
            assert (mine == theirs).all()


def copies(episodes: int) -> Prevention:
    """Of an institution and another that does the same."""
    outcomes = np.repeat(crises(400, (0.2,), seed=3), 2, axis=1)
    rows = one_shot(outcomes).reshape(400 // episodes, episodes, 2, -1).sum(axis=1)
    the_plan = Plan(joint="all", histories=episodes > 1)
    return prevention(moments([count(rows, the_plan, outcomes)], the_plan, len(rows), episodes), 0, 1)


@pytest.mark.parametrize("episodes", [1, 20])
def test_a_copy_prevents_nothing_and_brings_nothing_new(episodes: int) -> None:
    found = copies(episodes)
    for known, place in (
        (found.fates, PREVENTED),
        (found.origins, PREVENTED),
        (found.added, PREVENTED),
        (found.net, 0),
    ):
        assert known.value[0, place] == known.se[0, place] == 0
    assert found.fates.low[0, PREVENTED] == 0 < found.fates.high[0, PREVENTED] < 0.2  # what so few could have missed
    assert found.net.low[0, 0] < 0 < found.net.high[0, 0]


def test_without_wars_shares_are_missing_and_not_0() -> None:
    outcomes = crises(50, (0.0, 0.4))
    point = moments([count(one_shot(outcomes), Plan(joint="all"), outcomes)], Plan(joint="all"), 50, 1)
    found = prevention(point, 0, 1)
    for known in (found.fates, found.added, found.net):
        assert np.isnan(np.stack(known)).all()
    assert found.origins.value[0, PREVENTED] == 1
    assert found.there.wars[0, 0] == 0


def test_without_joint_tables_the_error_says_what_to_run() -> None:
    outcomes = crises(50, (0.3, 0.4))
    point = moments([count(one_shot(outcomes), Plan(joint="none"), outcomes)], Plan(joint="none"), 50, 1)
    with pytest.raises(CsmcError, match=r"run with outputs\.joint: reference or all"):
        follow(point, 0, 1)


def test_a_pair_without_the_reference_needs_all_joint_tables() -> None:
    outcomes = crises(50, (0.3, 0.4, 0.2))
    point = moments([count(one_shot(outcomes), Plan(), outcomes)], Plan(), 50, 1)
    with pytest.raises(CsmcError, match=r"run with outputs\.joint: all"):
        follow(point, 1, 2)
    with pytest.raises(CsmcError, match=r"run with outputs\.joint: all"):
        point.against(1)

"""Replicates in groups: what their draws have in common, what each has alone, and that moments are of groups."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise, permutations, product
from typing import Any

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from csmc.kernel import Plan, draws
from csmc.kernel.codes import N_OUTCOMES, NUMBER_BITS, Outcome, Purpose, Replication, Tally, group_size, numbered
from tests.evidence import Section
from tests.kernel.support import packed, simulate
from tests.kernel.test_draws import drawn, normals, uniforms
from tests.reference import philox as reference

Evidence = Callable[[Section, str, str], None]
ANTITHETIC, STRATIFIED = Replication.ANTITHETIC, Replication.STRATIFIED
SEED, EPISODE = 0xFEDCBA9876543210, 9
#: Enough pairs of tallies: two counts, two fractions, and one that every history has.
PAIRS = np.array([[10, 10], [10, 12], [24, 33], [33, 33], [37, 38], [38, 38]])
GROUPS = 1 << 17
#: The multiplier of an order changes at these values of the 30 bits that draw it; one past the last of them at the end.
FIRST_OF_KIND = [-(-kind * 2**30 // 3) for kind in range(4)]


@numba.njit
def place(rank: int, word: int) -> int:
    return draws.place_in_order(rank, word)


def order_of(word: int) -> tuple[int, ...]:
    """The quarters of the four ranks."""
    return tuple(int(place(np.uint64(rank), np.uint64(word))) for rank in range(4))


def sample(
    replication: Replication, fill: Any, groups: int = GROUPS, purpose: Purpose = Purpose.COST
) -> NDArray[np.float64]:
    """(4 draws, group, replicate in its group) by the kernel."""
    size = group_size(replication)
    numbers = numbered(replication, 0) + np.arange(groups * size, dtype=np.int64)
    return drawn(fill, 4, numbers, EPISODE, int(purpose), 0, np.uint64(SEED)).reshape(4, groups, size)


@pytest.mark.parametrize("replication", [ANTITHETIC, STRATIFIED])
@pytest.mark.parametrize("first", [0, 64])
def test_every_draw_of_a_scheme_is_that_of_the_reference(replication: Replication, first: int) -> None:
    numbers = [0, 1, 2, 3, 77, 78, 2**32 + 3, 2**40, 2**40 + 1]
    replicates = np.array([numbered(replication, number) for number in numbers], dtype=np.int64)
    for fill, expected, tolerance in ((uniforms, reference.uniform, 0.0), (normals, reference.normal, 4e-15)):
        out = drawn(fill, 11, replicates, EPISODE, int(Purpose.VOTE), first, np.uint64(SEED))
        by_hand = [
            [expected(SEED, r, EPISODE, Purpose.VOTE, first + i) for r in map(int, replicates)] for i in range(11)
        ]
        np.testing.assert_allclose(out, by_hand, rtol=0, atol=tolerance)


def test_antithetic_uniforms_add_up_to_1_and_normals_to_0_exactly() -> None:
    assert (sample(ANTITHETIC, uniforms).sum(axis=2) == 1.0).all()
    assert (sample(ANTITHETIC, normals).sum(axis=2) == 0.0).all()


def test_the_first_of_an_antithetic_pair_is_the_plain_replicate_of_the_pairs_number() -> None:
    plain = drawn(normals, 4, np.arange(1000, dtype=np.int64), EPISODE, int(Purpose.COST), 0, np.uint64(SEED))
    assert (sample(ANTITHETIC, normals, 1000)[:, :, 0] == plain).all()


def test_four_stratified_replicates_take_one_quarter_each_in_every_draw() -> None:
    quarters = np.sort(np.floor(4 * sample(STRATIFIED, uniforms)), axis=2)
    assert (quarters == np.arange(4)).all()


def test_the_orders_take_two_ranks_to_any_two_quarters_as_often_as_all_permutations_do() -> None:
    orders = [order_of(4 * first + shift) for first in FIRST_OF_KIND[:3] for shift in range(4)]
    assert len(set(orders)) == 12
    assert set(orders) <= set(permutations(range(4)))
    for one, other in product(range(4), repeat=2):
        seen = Counter((order[one], order[other]) for order in orders)
        every = Counter((order[one], order[other]) for order in permutations(range(4)))
        assert {pair: 2 * times for pair, times in seen.items()} == every


def test_the_multipliers_of_an_order_are_equally_likely_but_for_1_in_a_billion() -> None:
    sizes = np.diff(FIRST_OF_KIND)
    assert sizes.max() - sizes.min() <= 1
    for first, after in pairwise(FIRST_OF_KIND):
        assert order_of(4 * first) == order_of(4 * (after - 1))


@pytest.mark.statistical
def test_the_draws_of_a_group_are_in_every_order_equally_often() -> None:
    quarters = np.floor(4 * sample(STRATIFIED, uniforms)).astype(int)
    counts = Counter(map(tuple, quarters.reshape(-1, 4).tolist()))
    expected = 4 * GROUPS / 12
    assert len(counts) == 12
    assert max(abs(count - expected) for count in counts.values()) < 5 * np.sqrt(expected * 11 / 12)  # n = 2**19


@pytest.mark.statistical
@pytest.mark.parametrize("replication", [ANTITHETIC, STRATIFIED])
def test_each_replicate_alone_has_plain_uniforms_and_normals(replication: Replication) -> None:
    error = 5 / np.sqrt(4 * GROUPS)  # five standard errors of a mean of 2**19 draws of unit variance
    for rank in range(group_size(replication)):
        u, z = (sample(replication, fill)[:, :, rank].ravel() for fill in (uniforms, normals))
        assert 0.0 < u.min() < u.max() < 1.0
        assert abs(u.mean() - 1 / 2) < error * np.sqrt(1 / 12)
        assert abs(u.var() - 1 / 12) < error * np.sqrt(1 / 180)
        for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
            assert abs((z**power).mean() - moment) < error * np.sqrt(variance)


def test_draws_and_orders_are_all_at_different_addresses() -> None:
    orders = int(draws._ORDERS)
    draw_places = {(int(purpose) << 16) | quad for purpose in Purpose for quad in range(16 * 64 // 4)}
    order_places = {place | orders for place in draw_places}
    assert len(draw_places) == len(order_places) == len(Purpose) * 256
    assert draw_places.isdisjoint(order_places)
    assert max(order_places) < 2**32
    assert orders >> 16 > max(Purpose)


#: Outcomes of one uniform, and their known ratio of variances, of antithetic pairs over independent replicates.
OUTCOMES: dict[str, tuple[Callable[[Any], Any], float]] = {
    "u - 1/2": (lambda u: u - 0.5, 0.0),
    # at most one of a pair is below 1/4, one of the two with probability 1/2: variance 1/4 against 2 * 3/16
    "u < 1/4": (lambda u: (u < 0.25).astype(float), 2 / 3),
    # not monotone, and the same for both of a pair
    "(u - 1/2)^2": (lambda u: (u - 0.5) ** 2, 2.0),
}


def ratio_of_variances(values: NDArray[np.float64]) -> tuple[float, float]:
    """Variance of group sums over what independent replicates would have, of (group, rank), and its standard error."""
    groups, size = values.shape
    sums = values.sum(axis=1) - values.mean() * size
    ratio = (sums**2).mean() / (size * values.var())
    # the delta method, group by group
    singles = ((values - values.mean()) ** 2).sum(axis=1)
    error = (sums**2 - ratio * singles).std() / singles.mean() / np.sqrt(groups)
    return float(ratio), float(error)


def within_quarters(f: Callable[[Any], Any]) -> float:
    """The mean variance within quarters over the whole variance: what is left of an outcome of one stratified draw."""
    values = f((np.arange(1 << 16) + 0.5) / (1 << 16))
    return float(values.reshape(4, -1).var(axis=1).mean() / values.var())


@pytest.mark.statistical
@pytest.mark.parametrize("name", OUTCOMES)
def test_the_ratio_of_variances_of_an_outcome_of_one_draw_is_the_known_one(name: str, evidence: Evidence) -> None:
    f, of_pairs = OUTCOMES[name]
    found = []
    for replication, known in ((ANTITHETIC, of_pairs), (STRATIFIED, within_quarters(f))):
        ratio, error = ratio_of_variances(f(sample(replication, uniforms)[0]))
        assert abs(ratio - known) <= 4 * error + 1e-12  # four standard errors, n = 2**17 groups
        found.append(f"{ratio:.4f} ({known:.4f})")
    evidence(
        Section.STATISTICS,
        f"The variance by groups over that of independent replicates is the known one, of an outcome of one uniform: "
        f"{name}; within four standard errors, {GROUPS:,} groups.",
        f"antithetic pairs {found[0]}, stratified fours {found[1]}",
    )


@pytest.mark.statistical
def test_fours_balance_what_adds_up_over_draws_and_leave_what_does_not() -> None:
    u = sample(STRATIFIED, uniforms)
    ratio, error = ratio_of_variances((u - 0.5).sum(axis=0))
    assert abs(ratio - 1 / 16) < 4 * error  # four standard errors, n = 2**17
    # Of a draw 15/16 of the variance are between quarters, so two replicates have a correlation of -15/16/3 in it, and
    # of the square of that in the product of two draws, whose orders are independent.
    ratio, error = ratio_of_variances((u[0] - 0.5) * (u[1] - 0.5))
    assert abs(ratio - (1 + 3 * (15 / 16 / 3) ** 2)) < 4 * error


@pytest.mark.parametrize("replication", list(Replication))
@pytest.mark.parametrize(("episodes", "joint"), [(1, "none"), (3, "all"), (40, "reference")])
def test_second_moments_are_of_the_sums_of_groups_and_then_of_single_replicates(
    replication: Replication, episodes: int, joint: str
) -> None:
    size, first, count = group_size(replication), numbered(replication, 2**32 - 64), 152
    changes = {"dynamics.episodes": episodes, "crisis.audience_cost": 0.5}
    names = ("anarchy", "balance_of_power", "un_security_council")
    plan = Plan(PAIRS, PAIRS[::-1], 1, joint, group=size)
    counted = simulate(changes, names, first=first, count=count, plan=plan)
    rows = np.array(
        [simulate(changes, names, first=first + i, count=1, plan=Plan(joint="none")).sums for i in range(count)]
    )
    sums = rows.reshape(count // size, size, *rows.shape[1:]).sum(axis=1)
    expected = [_moments(units, plan) for units in ((sums, rows) if size > 1 else (sums,))]
    own, cross = (np.concatenate(part, axis=-1) for part in zip(*expected, strict=True))
    assert cross.shape == counted.cross_high.shape
    assert (counted.sums == rows.sum(axis=0)).all()
    assert (counted.own_high.astype(object) * 2**32 + counted.own_low == own).all()
    assert (counted.cross_high.astype(object) * 2**32 + counted.cross_low == cross).all()


def _moments(rows: NDArray[np.int64], plan: Plan) -> tuple[NDArray[Any], NDArray[Any]]:
    """Own and cross moments of (unit, institution, tally) in whole numbers."""
    exact, crossed = rows.astype(object), plan.cross_pairs
    own = (exact[:, :, PAIRS[:, 0]] * exact[:, :, PAIRS[:, 1]]).sum(axis=0)
    theirs = exact[:, plan.compared(rows.shape[1])][:, :, crossed[:, 1]]
    return own, (exact[:, :, None, crossed[:, 0]] * theirs[:, None]).sum(axis=0)


@pytest.mark.parametrize("replication", list(Replication))
@pytest.mark.parametrize(("episodes", "joint"), [(1, "reference"), (1, "all"), (33, "all")])
def test_the_fates_of_wars_have_second_moments_of_the_sums_of_groups(
    replication: Replication, episodes: int, joint: str
) -> None:
    size, first, count = group_size(replication), numbered(replication, 128), 136
    changes = {"dynamics.episodes": episodes, "crisis.audience_cost": 0.5}
    names = ("anarchy", "balance_of_power", "un_security_council")
    plan = Plan(reference=1, joint=joint, histories=True, group=size)
    counted = simulate(changes, names, first=first, count=count, plan=plan)
    each = [simulate(changes, names, first=first + i, count=1, plan=Plan(joint="all")) for i in range(count)]
    tables = np.array([one.joint for one in each]).reshape(count // size, size, 3, 3, N_OUTCOMES, N_OUTCOMES)
    tables = tables.sum(axis=1).astype(object)
    wars = np.array([one.sums[:, Tally.WARS] for one in each]).reshape(-1, size, 3).sum(axis=1).astype(object)
    is_war = np.arange(N_OUTCOMES) >= Outcome.BILATERAL_WAR
    assert len(plan.fates(3)) == {"reference": 4, "all": 6}[joint]
    for place, (one, other) in enumerate(plan.fates(3)):
        ended = tables[:, one, other][:, is_war].sum(axis=1)
        fates = np.concatenate([ended, ended[:, ~is_war].sum(axis=1, keepdims=True)], axis=1)
        expected = [(fates * factor).sum(axis=0) for factor in (fates, wars[:, [one]], wars[:, [other]])]
        found = counted.fate_high[place].astype(object) * 2**32 + counted.fate_low[place]
        assert (found == np.array(expected)).all()
        assert found.any()


@pytest.mark.parametrize("replication", [ANTITHETIC, STRATIFIED])
def test_the_largest_tallies_of_whole_batches_have_exact_moments(replication: Replication) -> None:
    size, count = group_size(replication), 1 << 12
    changes = {"dynamics.trust": 1.0, "dynamics.trust_learning": 0.0}  # always 2**27 units
    plan = Plan(np.array([[Tally.TRUST, Tally.TRUST]]), joint="none", group=size)
    counted = simulate(changes, ("anarchy",), first=numbered(replication, 0), count=count, plan=plan)
    exact = [int(high) * 2**32 + int(low) for high, low in zip(counted.own_high[0], counted.own_low[0], strict=True)]
    assert counted.sums[0, Tally.TRUST] == count * 2**27
    assert exact == [count // size * (size * 2**27) ** 2, count * 2**54]


@pytest.mark.parametrize("replication", list(Replication))
def test_however_whole_groups_are_cut_their_moments_are_the_same(replication: Replication) -> None:
    size, first = group_size(replication), numbered(replication, 1024)
    plan = Plan(PAIRS, PAIRS, 1, "reference", histories=True, group=size)
    whole = simulate(first=first, count=600, plan=plan)
    cuts = np.cumsum([0, 4, 252, 128, 8, 208])
    parts = [simulate(first=first + int(a), count=int(b - a), plan=plan) for a, b in pairwise(cuts)]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    assert all(map(np.array_equal, total, whole))


@pytest.mark.parametrize(
    ("replication", "first", "count", "group", "words"),
    [
        (Replication.PLAIN, 0, 4, 2, r"plan.group=2 is not the size of the groups that are drawn \(\[1\]\)"),
        (ANTITHETIC, 0, 4, 1, r"plan.group=1 is not the size of the groups that are drawn \(\[2\]\)"),
        (ANTITHETIC, 0, 4, 4, r"plan.group=4 is not the size"),
        (ANTITHETIC, 1, 2, 2, r"firsts=1152921504606846977 is not a multiple of the group of 2"),
        (STRATIFIED, 4, 6, 4, r"counts=6 is not a multiple of the group of 4"),
    ],
)
def test_moments_of_groups_that_are_not_whole_or_not_drawn_are_refused(
    replication: Replication, first: int, count: int, group: int, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        simulate(first=numbered(replication, first), count=count, plan=Plan(PAIRS, PAIRS, 0, "none", group=group))


def test_replicates_of_no_scheme_are_refused() -> None:
    with pytest.raises(ValueError, match="7 is not a valid Replication"):
        simulate(first=7 << NUMBER_BITS, count=4)


def test_numbers_leave_the_scheme_its_bits() -> None:
    assert numbered(Replication.PLAIN, 2**35) == 2**35
    assert [numbered(scheme, 5) >> NUMBER_BITS for scheme in Replication] == [0, 1, 2]
    assert [group_size(scheme) for scheme in Replication] == [1, 2, 4]
    assert packed()[0].dtype.names  # a scheme is no parameter of a point
    assert "replication" not in packed()[0].dtype.names

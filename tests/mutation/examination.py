"""What a faulty kernel is shown: enough of the tests, on little enough data, to run in plain Python in seconds."""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from csmc.institutions import INSTITUTION_DTYPE
from csmc.kernel import Blocks, Plan, codes, is_cached, lanes, tally, tally_points, trace, trace_chains
from csmc.kernel.codes import N_OUTCOMES, N_TALLIES, Outcome, Tally
from csmc.kernel.result import (
    N_FACTORS,
    N_FATES,
    PATTERN_INSTITUTIONS,
    as_rows,
    from_rows,
    row_width,
    tally_shapes,
)
from csmc.kernel.tallies import add_fates
from csmc.parameters import POINT_DTYPE
from tests.reference import codes as reference_codes
from tests.reference.cases import Case, random_case, record, regression_cases
from tests.reference.defaults import POINT, PRESETS, system_of
from tests.reference.history import History
from tests.reference.model import simulate_history
from tests.reference.test_kernel_equality import CLOSE_CALL, assert_same_episodes, assert_same_tallies

#: A case's fields, and what the reference says of its histories.
Expected = tuple[tuple[Any, ...], list[History]]


def prepare() -> list[Expected]:
    """The reference's answers, computed once; those that find most faults first."""
    generator = random.Random(5)
    chosen = [case for case in (random_case(generator, replicates=2) for _ in range(160)) if _is_small(case)]
    regression = list(regression_cases(replicates=3))
    some, rest = regression[5::8], [case for position, case in enumerate(regression) if position % 8 != 5]
    return [_expect(case) for case in [*some, *chosen, *rest]]


def _is_small(case: Case) -> bool:
    return case.point["n_states"] * case.point["episodes"] <= 60


def _expect(case: Case) -> Expected:
    replicates = range(case.first, case.first + case.replicates)
    return tuple(case), [
        simulate_history(case.point, case.system, case.institution, case.seed, replicate) for replicate in replicates
    ]


def examine(expected: Sequence[Expected]) -> None:
    """Raise AssertionError (or anything else) if the kernel is at fault."""
    check_cases(expected[:8])
    check_codes()
    check_draws_and_functions()
    check_many_replicates()
    check_groups()
    check_controls()
    check_large_fates()
    check_results()
    check_points_of_one_call()
    check_traces()
    check_chains()
    check_door()
    check_cases(expected[8:])


def check_cases(expected: Sequence[Expected]) -> None:
    """Every move and tally of these histories is that of the reference."""
    for fields, histories in expected:
        case = Case(*fields)
        traced = case.trace()
        for lane, history in enumerate(histories):
            if history.margin >= CLOSE_CALL:
                assert_same_episodes(case, history, traced, lane)
                assert_same_tallies(case, history, lane)


def check_codes() -> None:
    """Codes are those that the reference numbers independently; scales leave room for the largest tally."""
    for name in ("Purpose", "CrisisDraw", "Distribution", "Layout", "Scope", "Seating", "Veto", "Outcome"):
        assert {c.name: c.value for c in getattr(codes, name)} == {
            {"CHALLENGER_WAR_COST": "CHALLENGER_COST", "TARGET_WAR_COST": "TARGET_COST"}.get(c.name, c.name): c.value
            for c in getattr(reference_codes, name)
        }
    golden = json.loads((Path(__file__).parents[1] / "identity" / "golden.json").read_text())
    assert golden["stream_version"] == codes.STREAM_VERSION
    for episodes in (1, 2, 3, 20, 1024, 10**6):
        scale = codes.row_scale(codes.Tally.CONCESSION, episodes)
        assert 2**26 < scale * episodes <= 2**27
        assert codes.row_scale(codes.Tally.TRUST, episodes) == 2**27
        assert codes.row_scale(codes.Tally.WARS, episodes) == 1


def check_results() -> None:
    """Results add up, and hold the tables that were asked for."""
    arguments = record(POINT, POINT_DTYPE), system_of(8), record(PRESETS["anarchy"], INSTITUTION_DTYPE), 3
    parts = [tally(*arguments, first, 2, Plan(joint="all")) for first in (0, 2)]
    whole = tally(*arguments, 0, 4, Plan(joint="all"))
    for added, counted in zip(parts[0] + parts[1], whole, strict=True):
        assert (added == counted).all()
    assert whole.own_high.shape == (1, 0)
    assert whole.joint.shape == (1, 1, N_OUTCOMES, N_OUTCOMES)
    assert whole.patterns.shape == (2,)
    assert Plan(joint="none").partners(3).shape == (0,)
    assert Plan(joint="all").partners(3).tolist() == [0, 1, 2]
    assert Plan(reference=2).partners(3).tolist() == [2]
    assert Plan().own_pairs.shape == (0, 2)
    assert not Plan(joint="all").histories
    assert Plan(joint="none", histories=True).fates(3).shape == (0, 2)
    assert Plan(reference=2, histories=True).fates(3).tolist() == [[0, 2], [1, 2], [2, 0], [2, 1]]
    assert Plan(reference=2).compared(3).tolist() == Plan(reference=2, joint="none").compared(3).tolist() == [2]
    with pytest.raises(TypeError):
        whole + 1  # type: ignore[operator]


def check_traces() -> None:
    """Any episode can be traced alone; what there is not is refused in words."""
    point = record(POINT | {"n_states": 4, "episodes": 3, "audience_cost": 0.5, "challenge_cost": -1.0}, POINT_DTYPE)
    arguments = point, system_of(4), record(PRESETS["un_security_council"], INSTITUTION_DTYPE), 3, 8
    whole = trace(*arguments, replicates=6)
    alone = trace(*arguments, replicates=6, first_episode=1, episodes=1)
    rest = trace(*arguments, first_episode=1)
    assert rest.crisis.shape == (1, 2, *whole.crisis.shape[2:3], 1)
    for name in ("crisis", "thirds", "before", "after", "standing"):
        assert np.array_equal(getattr(whole, name)[:, 1], getattr(alone, name)[:, 0])
        assert np.array_equal(getattr(whole, name)[:, 1:, ..., :1], getattr(rest, name))
    assert np.array_equal(whole.world[1], alone.world[0])
    idle = whole.crisis[0, :, lanes.OUTCOME] <= codes.Outcome.BACKDOWN
    assert idle.any()
    for e, lane in zip(*np.nonzero(idle), strict=True):
        assert (whole.crisis[0, e, lanes.EXPECTED_FIELDS : lanes.RESPONSE_END, lane] == 0).all()
        assert (whole.thirds[0, e, lanes.BALLOT : lanes.TRACED_THIRD_FIELDS, :, lane] == 0).all()
    for options, words in (
        ({"replicates": 0}, "replicates=0 is"),
        ({"replicates": 257}, "replicates=257 is"),
        ({"first_episode": 3}, "episodes 3 to 2 are outside [0, 2]"),
        ({"first_episode": 1, "episodes": 3}, "episodes 1 to 3 are outside [0, 2]"),
        ({"first_episode": -1, "episodes": 1}, "episodes -1 to -1 are"),
        ({"episodes": 0}, "episodes 0 to -1 are"),
    ):
        with pytest.raises(ValueError, match=re.escape(words)):
            trace(*arguments, **options)


def check_chains() -> None:
    """A history of a chain has the draws of the reference, and a chain of one link is a plain replicate."""
    from tests.kernel import test_chains

    test_chains.test_split_mix_gives_the_published_numbers()
    test_chains.test_every_draw_of_a_chain_is_that_of_its_first_link_shifted_by_the_others()
    test_chains.test_a_chain_of_one_link_is_the_plain_replicate_of_that_number()
    test_chains.test_what_is_no_chain_is_refused()
    case = Case(POINT | {"n_states": 4, "episodes": 2}, system_of(4), PRESETS["alliance"], 3, 0, 3)
    chains = test_chains.mixed_chains(5, 3)
    traced = trace_chains(*case.records(), case.seed, chains)
    for particle in range(3):
        chain = tuple(map(int, chains[:, particle]))
        history = simulate_history(case.point, case.system, case.institution, case.seed, chain)
        assert [episode.outcome for episode in history.episodes] == list(traced.crisis[0, :, lanes.OUTCOME, particle])


def check_many_replicates() -> None:
    """Tallies of many replicates in batches are those of each alone; moments, joint tables and patterns follow."""
    for changes in ({"episodes": 3}, {"n_states": 3, "challenge_cost": -50.0, "audience_cost": 10.0}):
        point = POINT | {"n_states": 5, "audience_cost": 0.5, "challenge_cost": -1.0} | changes
        names = ["un_security_council", "un_without_veto", "concert_of_powers"]  # seated alike, and otherwise
        records = np.concatenate([record(PRESETS[name], INSTITUTION_DTYPE) for name in names]).view(np.recarray)
        pairs = np.array([[0, 0], [10, 12], [24, 24], [33, 33], [37, 38]])
        arguments = record(point, POINT_DTYPE), system_of(point["n_states"]), records, 3
        for joint, reference in (("all", 1), ("reference", 2)):
            plan = Plan(pairs, pairs[::-1], reference, joint, histories=point["episodes"] > 1)
            whole = tally(*arguments, 7, 11, plan)
            single = [tally(*arguments, replicate, 1, plan) for replicate in range(7, 18)]
            rows = np.array([one.sums for one in single])
            for k in range(len(names)):  # alone and in company
                alone = tally(*arguments[:2], records[k : k + 1], 3, 7, 11, Plan(joint="none"))
                assert (alone.sums[0] == whole.sums[k]).all()
                assert alone.patterns.shape == (0,)
            assert (whole.sums == rows.sum(axis=0)).all()
            own = (rows[:, :, pairs[:, 0]].astype(object) * rows[:, :, pairs[:, 1]]).sum(axis=0)
            assert (whole.own_high.astype(object) * 2**32 + whole.own_low == own).all()
            theirs = rows[:, None, plan.compared(len(names))][..., pairs[::-1][:, 1]]
            cross = (rows[:, :, None, pairs[::-1][:, 0]].astype(object) * theirs).sum(axis=0)
            assert (whole.cross_high.astype(object) * 2**32 + whole.cross_low == cross).all()
            assert (whole.joint == sum(one.joint for one in single)).all()
            _check_tables(whole, single, plan, int(point["episodes"]))


def check_groups() -> None:
    """Replicates in groups have their draws; second moments are of the sums of groups, then of each; fates of sums."""
    from tests.kernel import test_replication as groups

    arguments = record(POINT | {"n_states": 4, "episodes": 2, "audience_cost": 0.5}, POINT_DTYPE), system_of(4)
    records = [record(PRESETS[name], INSTITUTION_DTYPE) for name in ("balance_of_power", "un_security_council")]
    rules = np.concatenate(records).view(np.recarray)
    pairs = np.array([[0, 0], [10, 12], [33, 33], [37, 38]])
    for scheme, size in ((codes.Replication.ANTITHETIC, 2), (codes.Replication.STRATIFIED, 4)):
        groups.test_every_draw_of_a_scheme_is_that_of_the_reference(scheme, 64)
        first = (int(scheme) << 60) + 12
        plan = Plan(own_pairs=pairs, cross_pairs=pairs, joint="all", histories=True, group=size)
        whole = tally(*arguments, rules, 3, first, 12, plan)
        rows = np.array([tally(*arguments, rules, 3, first + i, 1, Plan(joint="none")).sums for i in range(12)])
        for part, units in enumerate((rows.reshape(-1, size, *rows.shape[1:]).sum(axis=1), rows)):
            exact, place = units.astype(object), slice(part * len(pairs), (part + 1) * len(pairs))
            own = (exact[:, :, pairs[:, 0]] * exact[:, :, pairs[:, 1]]).sum(axis=0)
            cross = (exact[:, :, None, pairs[:, 0]] * exact[:, None, :, pairs[:, 1]]).sum(axis=0)
            assert (_joined(whole.own_high, whole.own_low)[:, place] == own).all()
            assert (_joined(whole.cross_high, whole.cross_low)[:, :, place] == cross).all()
        each = [tally(*arguments, rules, 3, first + i, size, plan) for i in range(0, 12, size)]
        for place_of_pair, pair in enumerate(((0, 1), (1, 0))):
            _check_fates(whole, each, plan, place_of_pair, pair)
        for start, count, group in ((first, 12, 1), (first + 1, 12, size), (first, 13, size)):
            with pytest.raises(ValueError, match="group"):
                tally(*arguments, rules, 3, start, count, replace(plan, group=group))


def check_controls() -> None:
    """Controls are those of a trace, in several batches; scales leave room for the largest."""
    from tests.kernel import test_controls as controls

    for changes in ({"system.n_states": 4}, controls.PRESSED, controls.ENDING):
        controls.compared_with_a_trace(changes, ("un_security_council", "alliance"), 14)
    for episodes in (1, 2, 3, 20, 1024, 10**6):
        whole = [codes.row_scale(control, episodes) * episodes for control in codes.Control]
        assert all(2**26 < scale <= 2**27 for scale in whole[:4])
        assert all(2**23 < scale <= 2**24 for scale in whole[4:])


def _joined(high: Any, low: Any) -> Any:
    return high.astype(object) * 2**32 + low


def _check_tables(whole: Any, single: Sequence[Any], plan: Plan, episodes: int) -> None:
    partners = plan.partners(3)
    assert len(plan.fates(3)) == ({1: 4, 3: 6}[len(partners)] if episodes > 1 else 0)
    for place, (one, other) in enumerate(plan.fates(3)):
        assert one != other
        assert {one, other} & {*partners}
        _check_fates(whole, single, plan, place, (int(one), int(other)))
    for position, partner in enumerate(partners):
        assert (whole.joint[:, position].sum(axis=2) == whole.sums[:, :N_OUTCOMES]).all()
        assert (whole.joint[:, position].sum(axis=1) == whole.sums[partner, :N_OUTCOMES]).all()
    if episodes == 1:
        wars = np.array([one.sums[:, Outcome.BILATERAL_WAR : N_OUTCOMES].sum(axis=1) > 0 for one in single])
        patterns = np.bincount(wars @ np.array([1, 2, 4]), minlength=8)
        assert (whole.patterns == patterns).all()
    assert whole.patterns.sum() == len(single) * episodes
    assert whole.sums.shape == (3, N_TALLIES)
    assert PATTERN_INSTITUTIONS == 10


def _check_fates(whole: Any, single: Sequence[Any], plan: Plan, place: int, pair: tuple[int, int]) -> None:
    """Products of what the joint tables of single replicates count of a pair of institutions."""
    one, other = pair
    partners, war = plan.partners(whole.sums.shape[0]).tolist(), slice(Outcome.BILATERAL_WAR, N_OUTCOMES)
    expected: Any = 0
    for each in single:
        table = each.joint[one, partners.index(other)] if other in partners else each.joint[other, 0].T
        ended = table[war].sum(axis=0)
        count = np.append(ended, ended[: Outcome.BILATERAL_WAR].sum()).astype(object)
        expected += np.array([count * count, count * each.sums[one, Tally.WARS], count * each.sums[other, Tally.WARS]])
    assert (whole.fate_high[place].astype(object) * 2**32 + whole.fate_low[place] == expected).all()


def check_large_fates() -> None:
    """Second moments of fates beyond the low limb are exact, and fates are counted anew after them."""
    fates, counts = np.full((1, N_FATES, 4), 70_000, np.int32), np.zeros((2, N_TALLIES, 4), np.int32)
    counts[:, Tally.WARS] = [[80_000], [90_000]]
    high, low = np.zeros((2, 1, N_FACTORS, N_FATES), np.int64)
    add_fates(fates, np.array([[0, 1]]), counts, 10**6, np.ones(N_TALLIES), high, low)
    exact = 4 * 70_000 * np.array([70_000, 80_000, 90_000])
    assert (high * 2**32 + low == exact[:, None]).all()
    assert (high > 0).all()
    assert (fates == 0).all()


def check_points_of_one_call() -> None:
    """Several points in one call are counted as each is alone, and a row holds all that is counted."""
    system, plan = system_of(4), Plan(own_pairs=np.array([[0, 0]]), cross_pairs=np.array([[1, 2]]), joint="all")
    records = [record(POINT | {"n_states": 4, "episodes": length}, POINT_DTYPE) for length in (1, 3, 2)]
    rules = [_together([record(PRESETS[name], INSTITUTION_DTYPE) for name in pair]).reshape(-1) for pair in _PAIRS]
    firsts, counts = np.array([0, 5, 2]), np.array([6, 3, 9])
    blocks = Blocks(np.array([3, 4, 4], dtype=np.uint64), firsts, counts)
    points, institutions = _together(records).reshape(-1), _together(rules)
    rows = as_rows(tally_points(points, system, institutions, blocks, plan))
    shapes = tally_shapes(2, plan)
    assert rows.shape == (3, row_width(shapes))
    for number, (one, theirs) in enumerate(zip(records, rules, strict=True)):
        alone = tally(one, system, theirs, int(blocks.seeds[number]), int(firsts[number]), int(counts[number]), plan)
        again = from_rows(rows[number], shapes)
        assert all(map(np.array_equal, alone, again))
        assert [field.shape for field in again] == list(shapes.values())
    mixed = _together([records[0], record(POINT | {"n_states": 5}, POINT_DTYPE), records[1]]).reshape(-1)
    with pytest.raises(ValueError, match="not the 4 of the system"):
        tally_points(mixed, system, institutions, blocks, plan)


def _together(records: Sequence[Any]) -> Any:
    joined = bytearray().join(one.tobytes() for one in records)
    return np.frombuffer(joined, dtype=records[0].dtype).reshape(len(records), -1).view(np.recarray)


_PAIRS = [("anarchy", "un_security_council"), ("balance_of_power", "anarchy"), ("concert_of_powers", "alliance")]


def check_draws_and_functions() -> None:
    """Known answers of the generator, and elementary functions at the ends of their ranges."""
    from tests.kernel import test_draws, test_mathematics

    pi, key = test_draws.PI, (0xA4093822, 0x299F31D0)
    words = test_draws.words(pi, key)[0]
    assert " ".join(f"{word:08x}" for word in words) == "d16cfe09 94fdcceb 5001e420 24126ea1"
    test_draws.test_every_draw_is_a_function_of_its_address_alone(64)
    test_mathematics.test_exp_and_log_take_their_limits_at_the_ends()
    test_mathematics.test_the_log_of_a_ratio_is_infinite_where_one_side_is_0()
    test_mathematics.test_the_logistic_function_stays_in_0_1_for_every_argument()
    test_mathematics.test_the_contest_is_a_probability_complementary_in_its_sides_at_all_magnitudes(0.7)
    test_mathematics.test_the_three_way_logit_is_a_softmax_and_stays_finite_at_extreme_utilities()
    generator = np.random.default_rng(0)
    arguments = np.concatenate([np.exp(generator.uniform(-740, 709, 60)), generator.uniform(0.5, 2.0, 60)])
    ulp, exact = test_mathematics.largest_ulp, test_mathematics.mpmath
    assert ulp(test_mathematics.log, exact.log, arguments) < 1.0
    assert ulp(test_mathematics.exp, exact.exp, generator.uniform(-708, 709, 120)) < 1.0


def check_door() -> None:
    """What the kernel cannot do is refused."""
    point, system = record(POINT | {"n_states": 2}, POINT_DTYPE), system_of(2)
    records = record(PRESETS["anarchy"], INSTITUTION_DTYPE)
    large = record(POINT | {"n_states": 65}, POINT_DTYPE)
    for impossible in (large, record(POINT | {"n_states": 1}, POINT_DTYPE)):
        with pytest.raises(ValueError, match="is outside"):
            tally(impossible, system, records, 1, 0, 1, Plan())
    tally(point, system, records, 1, 0, 1, Plan(joint="none"))
    assert is_cached(), "plain Python needs no machine code"

"""The same bits, however the work is cut and wherever it runs."""

import hashlib
import json
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import pytest

from csmc.kernel import Plan
from csmc.kernel.block import tally_block
from csmc.kernel.codes import STREAM_VERSION

from .support import simulate

PLAN = Plan(
    own_pairs=np.array([[0, 0], [10, 12], [24, 21], [33, 33], [38, 38]]),
    cross_pairs=np.array([[10, 10], [33, 1], [24, 24], [37, 38]]),
    reference=1,
    joint="all",
    histories=True,
)
CASES = {
    "one-shot": {},
    "histories": {"dynamics.episodes": 12, "dynamics.survival": 0.4},
    "ring": {"system.n_states": 20, "system.geography.layout": "ring", "system.geography.loss_of_strength": 1.5},
    "plane": {
        "system.n_states": 17,
        "system.capability.distribution": "dirichlet",
        "system.geography.layout": "plane",
        "system.geography.loss_of_strength": 2.0,
        "system.members": 0.7,
        "interests.polarization": 1.0,
        "dynamics.episodes": 3,
    },
}


def digest(tallies):
    return hashlib.sha256(b"".join(array.astype("<i8").tobytes() for array in tallies)).hexdigest()


def digests(count=384):
    """One digest per case, of all tallies under all presets."""
    return {name: digest(simulate(changes, count=count, plan=PLAN)) for name, changes in CASES.items()}


@pytest.mark.parametrize("case", CASES)
def test_the_lanes_that_a_replicate_shares_a_batch_with_never_show_in_its_result(case):
    whole = simulate(CASES[case], first=3, count=12, plan=PLAN)
    parts = [simulate(CASES[case], first=first, count=1, plan=PLAN) for first in range(3, 15)]
    assert digest(reduce(add, parts)) == digest(whole)


@pytest.mark.parametrize("case", CASES)
def test_any_cut_and_order_of_the_replicates_merges_to_the_same_bits(case):
    whole = simulate(CASES[case], first=100, count=700, plan=PLAN)
    cuts = [(500, 300), (100, 1), (101, 255), (356, 144)]
    parts = [simulate(CASES[case], first=first, count=count, plan=PLAN) for first, count in cuts]
    assert digest(reduce(add, parts)) == digest(whole)


@pytest.mark.parametrize("episodes", [1, 32, 33])
def test_second_moments_are_the_sums_of_the_products_of_each_replicate_s_tallies(episodes):
    changes = {"dynamics.episodes": episodes, "crisis.audience_cost": 0.5, "crisis.challenge_cost": -1.0}
    whole = simulate(changes, first=9, count=140, plan=PLAN)
    rows = np.array([simulate(changes, first=9 + i, count=1, plan=Plan(joint="none")).sums for i in range(140)])
    for pairs, high, low, one, other in (
        (PLAN.own_pairs, whole.own_high, whole.own_low, rows, rows),
        (PLAN.cross_pairs, whole.cross_high, whole.cross_low, rows[:, :, None], rows[:, None]),
    ):
        exact = (one[..., pairs[:, 0]].astype(object) * other[..., pairs[:, 1]].astype(object)).sum(axis=0)
        assert (high.astype(object) * 2**32 + low.astype(object) == exact).all()


def test_results_are_those_of_this_stream_version():
    golden = json.loads((Path(__file__).parent / "golden.json").read_text())
    assert golden["stream_version"] == STREAM_VERSION
    assert digests() == golden["digests"]


def test_the_kernel_is_compiled_for_one_signature_whatever_is_asked_of_it():
    for plan in (PLAN, Plan(), Plan(joint="none")):
        for changes in CASES.values():
            simulate(changes, ["anarchy", "un_security_council"], count=2, plan=plan)
    assert len(tally_block.signatures) == 1

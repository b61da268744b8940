"""The C twin counts what the kernel counts: the same draws, the same rules, written twice."""

import math
from typing import Any

import numpy as np
import pytest

from csmc.benchmark.twin import CompilerError, Twin, find_compiler
from csmc.errors import ParameterError
from csmc.institutions import Institution, get, names, pack_institutions, resolve
from csmc.kernel import Plan, tally
from csmc.kernel.codes import N_OUTCOMES, Tally, row_scale
from csmc.parameters import defaults, pack_point
from csmc.system import build_system

SEED = 20261122
#: The twin multiplies exponentials where the kernel adds logits: last bits differ, and a comparison whose
#: two sides are equal but for rounding may fall either way. A tie may decide an outcome as rarely as this.
EPISODES_PER_DIFFERENCE = 1_000_000

COUNCILS: list[dict[str, Any]] = [
    {"council.seats": 5, "council.veto": "all"},
    {"council.seats": 1, "council.abstention": 0.0},
    {"council.seats": 5, "council.veto": "none", "council.parties_abstain": True},
    {"council.seats": "great_powers", "council.quota": 1.0, "council.abstention": 3.0},
    {"council.seats": "all", "council.quota": 0.0, "obligation.scope": "allies"},
    {"council.seats": "all", "council.parties_abstain": True, "obligation.residual": 1.0},
]
FOUR_RUNGS = [
    {"name": "protest", "severity": 0.05, "cost": 0.05},
    {"name": "sanctions", "severity": 0.2, "cost": 0.3},
    {"name": "blockade", "severity": 0.3, "cost": 0.6},
    {"name": "force", "cost": 1.2},
]
POINTS: list[dict[str, Any]] = [
    {},
    {"system.n_states": 2},
    {"system.n_states": 3, "system.great_powers": 0},
    {"system.n_states": 13, "system.members": 0.4, "system.great_power_members": 0.8, "interests.dimensions": 3},
    {"system.n_states": 20, "system.great_powers": 20, "interests.polarization": 2.0, "interests.dimensions": 1},
    {"system.n_states": 32, "system.members": 0.7},
    {"system.n_states": 64, "system.capability.sigma": 2.0},
    {"system.capability.distribution": "equal", "crisis.decisiveness": 2.0, "crisis.onset_power": 1.5},
    {"response.noise": 0.02, "response.rounds": 7, "crisis.misperception": 0.0},
    {"response.noise": 0.01, "system.n_states": 9, "system.members": 0.8, "interests.divergence": 3.0},
    {
        "response.cost_heterogeneity": 1.0,
        "response.power_cost": 3.0,
        "crisis.hegemony": 0.3,
        "crisis.challenge_cost": -0.2,
    },
    {"crisis.revisionism": 1.0, "crisis.war_cost": 1.5, "crisis.audience_cost": 0.5, "dynamics.trust": 0.9},
]


def institutions() -> list[Institution]:
    """The presets, and councils and ladders that no preset has."""
    variants = [
        {"name": f"council_{i}", "extends": "un_security_council", **changes} for i, changes in enumerate(COUNCILS)
    ]
    ladder = {"name": "ladder", "extends": "un_security_council", "ladder": FOUR_RUNGS, "council.seats": 7}
    return [*map(get, names()), *resolve([*variants, ladder])]


@pytest.fixture(scope="module")
def twin() -> Twin:
    try:
        find_compiler()
    except CompilerError as error:
        pytest.skip(str(error))
    return Twin()


@pytest.mark.parametrize("changes", POINTS, ids=lambda changes: ",".join(changes) or "defaults")
def test_twin_and_kernel_count_the_same_outcomes(twin, changes):
    values = {**defaults(), **changes}
    point, records = pack_point(values), pack_institutions(institutions())
    count = 4000 if values["system.n_states"] > 16 else 10_000
    twins, concessions = twin.counts_and_concessions(point, records, SEED, 5, count)
    sums = tally(point, build_system(values), records, SEED, 5, count, Plan(joint="none")).sums
    differences = np.abs(twins - sums[:, :N_OUTCOMES]).sum() // 2
    assert (twins.sum(axis=1) == count).all()
    assert differences <= math.ceil(count * len(records) / EPISODES_PER_DIFFERENCE)
    expected = sums[:, Tally.CONCESSION] / row_scale(Tally.CONCESSION, 1)
    np.testing.assert_allclose(concessions, expected, rtol=0, atol=count * 1e-8 + differences)


def test_any_range_of_replicates_is_counted_alone(twin):
    point, records = pack_point(defaults()), pack_institutions(institutions())
    parts = [twin.counts(point, records, SEED, first, count) for first, count in [(0, 1), (1, 130), (131, 169)]]
    assert (sum(parts) == twin.counts(point, records, SEED, 0, 300)).all()
    beyond_32_bits = twin.counts(point, records, 2**64 - 1, 2**33, 300)
    assert (beyond_32_bits != twin.counts(point, records, 2**64 - 1, 0, 300)).any()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("dynamics.episodes", 2),
        ("system.geography.loss_of_strength", 0.5),
        ("system.capability.distribution", "pareto"),
    ],
)
def test_what_the_twin_does_not_simulate_is_refused(twin, path, value):
    with pytest.raises(ParameterError, match="C twin"):
        twin.counts(pack_point({**defaults(), path: value}), pack_institutions([get("anarchy")]), SEED, 0, 1)


def test_a_compiler_that_is_missing_or_fails_is_named(monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(CompilerError, match="no-such-compiler not found"):
        find_compiler()
    with pytest.raises(CompilerError, match="false cannot compile"):
        Twin("false")

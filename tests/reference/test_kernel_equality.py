"""The compiled kernel equals the independent reference implementation, history by history."""

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from csmc.institutions import INSTITUTION_DTYPE
from csmc.kernel import Plan, tally
from csmc.kernel.codes import N_TALLIES, Tally, row_scale
from csmc.parameters import POINT_DTYPE

from .codes import Distribution, Layout, Scope, Seating, Veto
from .defaults import POINT, PRESETS, system_of
from .model import simulate_history

#: Histories in which a decision was closer than this are not compared: another exp may decide them otherwise.
CLOSE_CALL = 1e-12


def record(fields: Mapping[str, Any], dtype: np.dtype[Any]) -> np.recarray[Any, Any]:
    """One packed record of the kernel."""
    packed = np.zeros(1, dtype=dtype).view(np.recarray)
    for name, value in fields.items():
        packed[name] = value
    return packed


def kernel_tallies(point: Mapping[str, Any], system: Any, institution: Mapping[str, Any], seed: int, replicate: int):
    """Unscaled tallies of one history, (tally,)."""
    packed = record(point, POINT_DTYPE), system, record(institution, INSTITUTION_DTYPE)
    sums = tally(*packed, seed, replicate, 1, Plan(joint="none"), lanes=1).sums[0]
    scales = np.array([row_scale(row, int(point["episodes"])) for row in range(N_TALLIES)])
    return sums / scales, 1.5 / scales


def random_case(generator: random.Random) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    """A point, a system and an institution over wide legal ranges."""
    u = generator.uniform
    n = generator.choice([2, 3, 4, 5, 6, 8, 8, 9, 12, 16, 33])
    point = dict(
        POINT,
        n_states=n,
        great_powers=generator.randint(0, n),
        capability_distribution=generator.choice(list(Distribution)),
        capability_sigma=u(0, 2),
        capability_alpha=u(0.3, 4),
        capability_concentration=generator.choice([u(0.1, 1), u(1, 5)]),
        capability_noise=generator.choice([0.0, 0.5]),
        layout=generator.choice(list(Layout)),
        loss_of_strength=generator.choice([0.0, u(0, 5)]),
        members=generator.choice([1.0, u(0, 1)]),
        great_power_members=generator.choice([1.0, u(0, 1)]),
        dimensions=generator.randint(1, 3),
        divergence=u(0, 3),
        polarization=generator.choice([0.0, u(0, 3)]),
        volatility=u(0, 1.5),
        persistence=u(0, 0.99),
        onset_power=generator.choice([0.0, 0.5, u(0, 3)]),
        onset_floor=u(0.01, 1),
        stake_floor=u(0.01, 1),
        decisiveness=u(0.1, 3),
        revisionism=u(0, 0.6),
        war_cost=u(0.05, 1.5),
        audience_cost=u(0, 0.5),
        challenge_cost=generator.choice([-5.0, u(-0.2, 0.2)]),
        misperception=u(0, 1.5),
        hegemony=u(0.05, 0.9),
        general_war=u(0.1, 0.9),
        interest_weight=u(0, 4),
        efficacy_weight=u(0, 3),
        assurance_weight=u(0, 3),
        joining_cost=u(0, 2),
        power_cost=u(0, 2),
        cost_heterogeneity=u(0, 1),
        noise=generator.choice([0.01, u(0.05, 1)]),
        rounds=generator.randint(1, 8),
        vote_cost=u(0, 1),
        episodes=generator.choice([1, 1, 2, 7, 15]),
        growth=u(0, 0.5),
        war_loss=u(0, 0.6),
        spoils=u(0, 1),
        survival=u(0, 0.8),
        trust=u(0, 1),
        trust_learning=u(0, 1),
        legitimacy_learning=u(0, 1),
        double_standard=u(0, 1),
    )
    institution = dict(generator.choice(list(PRESETS.values())))
    rungs = generator.randint(1, 4)
    if generator.random() < 0.75:
        institution.update(
            scope=generator.choice(list(Scope)),
            strength=u(0, 5),
            ally_radius=u(0.2, 3),
            residual=u(0, 1),
            exempt_permanent=u(0, 1),
            weight=u(0, 3),
            hegemon_weight=u(0, 3),
            bandwagon_weight=u(0, 2),
            seating=generator.choice(list(Seating)),
            seats=generator.randint(1, n),
            quota=generator.choice([0.0, u(0, 1), 1.0]),
            veto=generator.choice(list(Veto)),
            parties_abstain=generator.randint(0, 1),
            abstention=generator.choice([0.0, u(0, 1)]),
            legitimacy=u(0, 1),
            mediation=u(0, 1),
            condemnation=u(0, 0.2),
            norm=u(0, 2),
            rungs=rungs,
            severity=[0.0, *(u(0, 0.8) for _ in range(3))],
            cost=[u(0.2, 1.5), *(u(0, 1) for _ in range(3))],
        )
    axis = [[u(0, 1) for _ in range(n)] for _ in range(2)]
    columns: dict[str, Any] = {}
    if point["layout"] == Layout.TABLE:
        gaps = [
            [((axis[0][i] - axis[0][j]) ** 2 + (axis[1][i] - axis[1][j]) ** 2) ** 0.5 for j in range(n)]
            for i in range(n)
        ]
        columns["distance"] = gaps
    elif point["layout"] == Layout.RING:
        columns["distance"] = [[min(abs(i - j), n - abs(i - j)) / (n / 2) for j in range(n)] for i in range(n)]
    if point["capability_distribution"] == Distribution.TABLE:
        columns["capability"] = [u(0.01, 1) for _ in range(n)]
    if generator.random() < 0.2:
        columns["ideal_points"] = [[u(-2, 2) for _ in range(n)] for _ in range(3)]
    if generator.random() < 0.2:
        columns["great_power"] = [generator.randint(0, 1) for _ in range(n)]
    if generator.random() < 0.2:
        columns["member"] = [generator.randint(0, 1) for _ in range(n)]
    return point, system_of(n, **columns), institution


def compare(cases: int, replicates: int, seed: int) -> int:
    """Assert equality over random cases; return the number of episodes compared."""
    generator = random.Random(seed)
    compared = 0
    for case in range(cases):
        point, system, institution = random_case(generator)
        key = generator.getrandbits(64)
        first = generator.choice([0, 2**31, 2**33 + 5])
        for replicate in range(first, first + replicates):
            history = simulate_history(point, system, institution, key, replicate)
            if history.margin < CLOSE_CALL:
                continue
            got, tolerance = kernel_tallies(point, system, institution, key, replicate)
            want = np.array([history.tallies[row] for row in range(N_TALLIES)])
            wrong = np.flatnonzero(np.abs(got - want) > tolerance)
            detail = [(Tally(row).name, got[row], want[row]) for row in wrong]
            assert not detail, (
                f"case {case}, replicate {replicate}, margin {history.margin}: {detail}\n{point}\n{institution}"
            )
            compared += point["episodes"]
    return compared


def test_every_tally_of_every_history_equals_the_reference_over_random_parameters_and_institutions():
    assert compare(cases=250, replicates=4, seed=1) > 3000


@pytest.mark.proof
def test_every_tally_of_every_history_equals_the_reference_over_many_random_parameters_and_institutions():
    assert compare(cases=4000, replicates=6, seed=2) > 80_000

"""The kernel at the ends of every range at once: no impossible tally, and no cliff at an end."""

from collections import Counter
from random import Random
from typing import Any

import numpy as np
import pytest

from csmc.estimate.metrics import METRICS, cross_pairs, own_pairs
from csmc.institutions import Institution, pack_institutions
from csmc.kernel import Plan, tally
from csmc.kernel.codes import N_OUTCOMES
from csmc.parameters import PARAMETERS, Parameter, defaults, pack_point
from csmc.system import build_system
from tests.evidence import Section
from tests.input.checking import impossible_tallies
from tests.input.strategies import ends
from tests.kernel.support import PRESETS, simulate

EVERYTHING = Plan(
    own_pairs=own_pairs(tuple(METRICS.values())), cross_pairs=cross_pairs(tuple(METRICS.values())), joint="all"
)
REPLICATES = 16


def extreme_values(draw: Random) -> dict[str, Any]:
    """Every parameter at one of its ends; histories of up to 20 episodes."""
    values = {parameter.path: draw.choice(ends(parameter)) for parameter in PARAMETERS}
    n_states = draw.choice([2, 64])
    survival = min(values["dynamics.survival"], float(np.nextafter(n_states, 0)))
    return values | {
        "system.n_states": n_states,
        "dynamics.episodes": draw.choice([1, 3, 20]),
        "dynamics.survival": survival,
    }


def extreme_institution(draw: Random, name: str) -> Institution:
    """Every rule at one of its ends."""

    def share() -> float:
        return draw.choice([0.0, 1.0])

    def weight() -> float:
        return draw.choice([0.0, 1000.0])

    lower = [{"name": f"rung_{i}", "severity": weight(), "cost": weight()} for i in range(draw.randrange(4))]
    council = {
        "seats": draw.choice(["all", "great_powers", 1, 64]),
        "quota": share(),
        "veto": draw.choice(["none", "permanent", "all"]),
        "parties_abstain": draw.random() < 0.5,
        "abstention": weight(),
    }
    return Institution.model_validate(
        {
            "name": name,
            "obligation": {
                "scope": draw.choice(["none", "allies", "members", "great_powers"]),
                "strength": weight(),
                "ally_radius": draw.choice([1e-6, 1e6]),
                "residual": share(),
                "exempt_permanent": share(),
            },
            "balancing": {"weight": weight(), "hegemon_weight": weight(), "bandwagon_weight": weight()},
            "council": draw.choice([None, council]),
            "forum": {"legitimacy": share(), "mediation": share(), "condemnation": weight(), "norm": weight()},
            "ladder": [*lower, {"name": "force", "cost": weight()}],
        }
    )


def run_extremes(examples: int) -> Counter:
    draw, total = Random(20261122), Counter()
    for _ in range(examples):
        values = defaults() | extreme_values(draw)
        institutions = [extreme_institution(draw, f"institution_{k}") for k in range(3)]
        record, system, seed = pack_point(values), build_system(values), draw.randrange(2**64)
        tallies = tally(record, system, pack_institutions(institutions), seed, 0, REPLICATES, EVERYTHING)
        episodes, n_states = values["dynamics.episodes"], values["system.n_states"]
        wrong = list(impossible_tallies(tallies, REPLICATES, episodes, n_states))
        assert wrong == [], (values, institutions)
        total.update({"points": 1, "episodes": 3 * REPLICATES * episodes, n_states: 1})
    return total


def test_all_parameters_and_rules_at_random_ends_of_their_ranges_give_possible_tallies():
    assert run_extremes(60)["points"] == 60


@pytest.mark.proof
def test_a_thousand_points_at_random_ends_of_all_ranges_give_possible_tallies(evidence):
    total = run_extremes(1000)
    evidence(
        Section.INPUT,
        "With every parameter and every rule of three institutions at a random end of its range (2 "
        "or 64 states, 1 to 20 "
        "episodes), the kernel's tallies are possible: counts add up, fractions stay in their bounds, nothing is NaN.",
        f"{total['points']:,} points ({total[2]} with 2 states, {total[64]} with 64), {total['episodes']:,} "
        "institution-episodes: no violation",
    )


NUMBERS = [p for p in PARAMETERS if p.kind == "float"]
#: Worlds in which an end can matter: the default, one where all interests agree, a ring, and histories.
WORLDS: list[dict[str, Any]] = [
    {},
    {"interests.divergence": 0.0, "interests.volatility": 0.0},
    {"system.geography.layout": "ring", "system.geography.loss_of_strength": 1.0},
    {"dynamics.episodes": 5, "system.n_states": 4},
]


def moved_in(parameter: Parameter, end: float) -> float:
    """A value next to an end of the range, by a billionth of it (or ten times the smallest legal value)."""
    step = 1e-9 * (parameter.high - parameter.low)
    if 0 < end < 1e-3:
        return end * 10 if end > 1e-300 else 1e-12
    return end + step if end == ends(parameter)[0] else end - step


def outcomes_that_move(path: str, world: dict[str, Any], value: float, near: float) -> int:
    """How many of the outcome counts of all presets move when the parameter moves from one value to the other."""
    at, beside = (simulate(world | {path: v}, PRESETS, count=512).sums[:, :N_OUTCOMES] for v in (value, near))
    return int(np.abs(at - beside).max())


@pytest.mark.parametrize("parameter", NUMBERS, ids=lambda parameter: parameter.path)
def test_the_ends_of_a_range_are_no_cliffs(parameter, evidence):
    # A value that overflows, underflows or cancels at the end of its range answers another question than its neighbour.
    moves = []
    for world in WORLDS:
        for end in ends(parameter):
            survivable = parameter.path != "dynamics.survival" or end < world.get("system.n_states", 8)
            if parameter.path == "system.capability.sigma":  # at 0 all are equal, and great powers go by index
                world = world | {"system.great_powers": 0}
            if survivable and parameter.path not in world:
                moves.append(outcomes_that_move(parameter.path, world, end, moved_in(parameter, end)))
    assert max(moves) <= 5, moves
    if parameter is NUMBERS[-1]:
        evidence(
            Section.INPUT,
            "The ends of every numeric range are ordinary values: next to an end (a billionth of the "
            "range away) no count "
            "of an outcome under any preset moves by more than 1%, in four worlds of 512 histories.",
            f"{len(NUMBERS)} parameters, both ends of each",
        )

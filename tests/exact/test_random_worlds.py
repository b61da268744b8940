"""Tiny worlds with random parameters and rules against the kernel, so that no case is one that somebody thought of."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from csmc.institutions import Balancing, Council, Forum, Institution, Obligation, Rung
from tests.evidence import Section
from tests.exact.comparison import TOLERANCE, compare
from tests.exact.episode import Resolution
from tests.exact.history import history
from tests.exact.world import World

WORLDS = 40
REPLICATES = 1_000_000
SEED = 20261125

#: Uniform ranges of the parameters.
RANGES = {
    "crisis.onset_power": (0, 2), "crisis.onset_floor": (0.05, 1), "crisis.stake_floor": (0.1, 1),
    "crisis.decisiveness": (0.3, 2), "crisis.revisionism": (0.1, 0.6), "crisis.war_cost": (0.1, 1),
    "crisis.audience_cost": (0.01, 0.5), "crisis.challenge_cost": (-0.3, 0.1), "crisis.hegemony": (0.3, 0.7),
    "crisis.general_war": (0.3, 0.95), "response.interest_weight": (0, 2), "response.efficacy_weight": (0, 2),
    "response.assurance_weight": (0, 1), "response.joining_cost": (0.2, 1.5), "response.power_cost": (0, 2),
    "response.noise": (0.2, 1), "response.vote_cost": (0, 1), "system.geography.loss_of_strength": (0, 1.5),
    "dynamics.war_loss": (0, 0.5), "dynamics.spoils": (0, 1), "dynamics.survival": (0, 1), "dynamics.trust": (0, 1),
    "dynamics.trust_learning": (0, 1), "dynamics.legitimacy_learning": (0, 1), "dynamics.double_standard": (0, 1),
}  # fmt: skip


def random_world(rng: np.random.Generator) -> World:
    """Two to four states; every third world with misperception."""
    n = int(rng.choice([2, 3, 3, 3, 4]))
    changes: dict[str, Any] = {path: float(rng.uniform(low, high)) for path, (low, high) in RANGES.items()}
    changes["crisis.misperception"] = float(rng.uniform(0.1, 1) * (rng.random() < 1 / 3))
    changes["response.rounds"] = int(rng.integers(1, 6))
    changes["system.geography.layout"] = str(rng.choice(["none", "ring"]))
    return World(
        "random",
        _institution(rng),
        tuple(float(c) for c in rng.dirichlet(np.full(n, 3.0))),
        tuple((float(x), float(y)) for x, y in rng.normal(0, 0.8, (n, 2))),
        changes,
        great_power=tuple(int(i) for i in rng.integers(0, 2, n)),
        member=tuple(int(i) for i in rng.random(n) < 0.8),
    )


def _institution(rng: np.random.Generator) -> Institution:
    lower = [Rung(name=f"measure_{i}", severity=_up_to(rng, 0.6), cost=_up_to(rng, 1)) for i in range(rng.integers(3))]
    return Institution(
        name="random",
        obligation=Obligation(
            scope=str(rng.choice(["none", "allies", "members", "great_powers"])),
            strength=_up_to(rng, 4), ally_radius=0.3 + _up_to(rng, 2), residual=_up_to(rng, 1),
            exempt_permanent=_up_to(rng, 1),
        ),
        balancing=Balancing(weight=_up_to(rng, 2), hegemon_weight=_up_to(rng, 2), bandwagon_weight=_up_to(rng, 2)),
        council=_council(rng) if rng.random() < 2 / 3 else None,
        forum=Forum(legitimacy=_up_to(rng, 1), mediation=_up_to(rng, 0.5), condemnation=_up_to(rng, 0.2),
                    norm=_up_to(rng, 1)),
        ladder=(*lower, Rung(name="force", cost=0.5 + _up_to(rng, 1))),
    )  # fmt: skip


def _council(rng: np.random.Generator) -> Council:
    return Council(
        seats=["all", "great_powers", 1, 2, 3][rng.integers(5)],
        quota=float(rng.choice([0, 0.3, 0.5, 0.6, 1])),
        veto=str(rng.choice(["none", "permanent", "all"])),
        parties_abstain=bool(rng.random() < 0.5),
        abstention=_up_to(rng, 0.5),
    )


def _up_to(rng: np.random.Generator, high: float) -> float:
    return float(rng.uniform(0, high))


@pytest.mark.proof
@pytest.mark.statistical
def test_random_tiny_worlds_have_the_exact_probabilities(evidence: Callable[..., None]) -> None:
    rng = np.random.default_rng(SEED)
    deviations = []
    for number in range(WORLDS):
        world = random_world(rng)
        exact = history(world, Resolution(2 if world.n == 2 else 1))
        assert exact.total == pytest.approx(1, abs=1e-9)
        compared = compare(world, exact, REPLICATES, SEED + number)
        assert not [(world, each) for each in compared if not abs(each.errors) <= TOLERANCE]
        deviations += [abs(each.errors) for each in compared if each.errors != 0]
    evidence(
        Section.EXACT,
        f"{WORLDS} worlds of two to four states with random parameters and institutions: outcomes, tallies and metrics "
        f"equal their exact expectations within {TOLERANCE:g} standard errors",
        f"{len(deviations):,} numbers that are not certain, the farthest {max(deviations):.2f} standard errors away, "
        f"root mean square {np.sqrt(np.mean(np.square(deviations))):.2f} (1 expected), {REPLICATES:,} replicates each",
    )

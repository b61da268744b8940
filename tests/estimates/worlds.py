"""The data on which the estimators and their plain versions are compared, and what the plain versions say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from tests.estimates.estimates import ByHand, Observed, by_hand
from tests.estimates.histories import Histories, Setting, simulate


@dataclass(frozen=True)
class World:
    """Points of one experiment: all with the same institutions, one of which is the reference."""

    reference: int
    joint: str
    settings: tuple[Setting, ...]


WORLDS: Mapping[str, World] = {
    "the pairs of outcomes with the reference are known": World(
        reference=1,
        joint="reference",
        settings=(
            Setting((0.30, 0.25, 0.10), histories=60),
            Setting((0.40, 0.45, 0.40), histories=110, alone=1.0),
            Setting((0.02, 0.00, 0.05), histories=50),
            Setting((0.45, 0.45, 0.30), histories=100, alone=0.05, states=5),
            Setting((0.15, 0.20, 0.05), histories=12, episodes=10, together=0.8),
            Setting((0.30, 0.20, 0.40), histories=60, episodes=7, together=0.5, alone=0.3),
            Setting((0.03, 0.02, 0.00), histories=20, episodes=20, together=0.9, alone=0.1),
            Setting((0.10, 0.20, 0.30), histories=2, episodes=5),
            Setting((0.10, 0.30, 0.20), histories=1, episodes=6),
        ),
    ),
    "all pairs of outcomes are known": World(
        reference=2,
        joint="all",
        settings=(
            Setting((0.20, 0.30, 0.20), histories=40, alone=0.2),
            Setting((0.05, 0.10, 0.07), histories=15, episodes=12, together=0.7),
            Setting((0.50, 0.40, 0.45), histories=80, episodes=4, alone=0.4, states=20),
            Setting((1.00, 0.90, 1.00), histories=9, episodes=3),
            Setting((0.00, 0.00, 0.00), histories=10, episodes=3),
        ),
    ),
    "no pairs of outcomes are known": World(
        reference=0,
        joint="none",
        settings=(
            Setting((0.35, 0.20, 0.35), histories=90),
            Setting((0.20, 0.22, 0.02), histories=25, episodes=15, together=0.85, alone=0.1),
            Setting((0.06, 0.04, 0.01), histories=70, episodes=6, together=0.5, states=3),
            Setting((0.40, 0.35, 0.45), histories=6, episodes=30, together=0.3, alone=0.6),
            Setting((0.10, 0.00, 0.90), histories=3, episodes=4),
        ),
    ),
    "there is nothing to compare with": World(
        reference=0,
        joint="reference",
        settings=(Setting((0.3,), histories=30, episodes=5, together=0.5), Setting((0.2,), histories=1)),
    ),
}


@cache
def histories(name: str) -> Sequence[Histories]:
    """The histories of each point, each from a seed of its own."""
    return [simulate(setting, seed) for seed, setting in enumerate(WORLDS[name].settings)]


@cache
def expected(name: str, metric: str, reference: int) -> list[list[ByHand]]:
    """The plain estimates by point and institution, with differences from one of them."""
    world = WORLDS[name]
    return [
        by_hand(
            metric,
            Observed(rows.tolist(), outcomes.tolist(), setting.states, reference, world.joint != "none"),
        )
        for (rows, outcomes), setting in zip(histories(name), world.settings, strict=True)
    ]

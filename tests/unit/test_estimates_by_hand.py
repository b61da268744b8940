"""Estimates equal those of a plain version that reads single histories and episodes, number by number."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import product

import numpy as np
import pytest

from csmc.estimate import METRICS, Moments, estimate
from csmc.estimate.metrics import cross_pairs, own_pairs
from csmc.kernel.result import Plan
from tests.estimates.definitions import DEFINITIONS
from tests.estimates.worlds import WORLDS, expected, histories
from tests.evidence import Section
from tests.stacked import stack
from tests.unit.synthetic import count


@cache
def counted(name: str) -> Moments:
    """What a run keeps of a world."""
    world = WORLDS[name]
    histories_too = world.joint != "none"
    plan = Plan(own_pairs(METRICS.values()), cross_pairs(METRICS.values()), world.reference, world.joint, histories_too)
    tallies = [count(rows, plan, outcomes.reshape(-1, outcomes.shape[2])) for rows, outcomes in histories(name)]
    settings = [(setting.histories, setting.episodes, setting.states) for setting in world.settings]
    return Moments(stack(tallies), plan, *np.array(settings).T)


@pytest.mark.parametrize("name", WORLDS)
def test_every_number_equals_that_of_a_plain_version(name: str, evidence: Callable[[Section, str, str], None]) -> None:
    numbers = missing = 0
    for metric, reference in product(METRICS.values(), references(name)):
        found = np.stack(estimate(metric, counted(name).against(reference)), axis=-1)
        plain = np.array(expected(name, metric.name, reference))
        np.testing.assert_allclose(found, plain, rtol=1e-10, atol=1e-13, err_msg=metric.name)
        numbers, missing = numbers + plain.size, missing + int(np.isnan(plain).sum())
    evidence(
        Section.ANSWERS,
        "Every value, standard error, interval, paired difference and pairing gain equals that of a plain version "
        f"that reads single histories and episodes, where {name} (made-up data)",
        f"{numbers:,} numbers ({missing:,} missing in both) within 1e-10 of their size, or 1e-13: {len(METRICS)} "
        f"metrics, differences from {len(references(name))} of the institutions, {sizes(name)}",
    )


def references(name: str) -> Sequence[int]:
    """The institutions from which the differences of all others are known in a world."""
    world = WORLDS[name]
    return range(len(world.settings[0].wars)) if world.joint == "all" else [world.reference]


def sizes(name: str) -> str:
    """How much data a world has, in words."""
    settings = WORLDS[name].settings
    histories_each, episodes_each = ([getattr(s, each) for s in settings] for each in ("histories", "episodes"))
    return (
        f"{len(settings)} points, institutions: {len(settings[0].wars)}, histories: {min(histories_each)} to "
        f"{max(histories_each)}, episodes in each: {min(episodes_each)} to {max(episodes_each)}"
    )


def test_every_metric_has_a_plain_version() -> None:
    assert list(DEFINITIONS) == list(METRICS)

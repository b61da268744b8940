"""States are what their columns say, not where they stand in the table; equals have equal chances."""

import numpy as np
import pytest

from csmc.estimate import METRICS, estimate
from csmc.estimate.metrics import own_pairs
from csmc.kernel import Plan
from csmc.kernel.codes import Tally
from tests.evidence import Section
from tests.theory.settings import UNSELECTED

from .support import SEED, distances, institution, moments, play, states

pytestmark = pytest.mark.statistical

N = 9
#: With about 300 comparisons of a run, one of 5 standard errors happens by chance in one of 5,000 runs.
K_OF_MANY = 5.0
CHANGES = {
    "dynamics.episodes": 6,
    "interests.divergence": 0.3,
    "system.capability.noise": 0.2,
    "system.geography.loss_of_strength": 1.0,
}


def world():
    """A table in which no two states are alike."""
    generator = np.random.default_rng(SEED)
    capability = np.exp(generator.normal(size=N))
    points = generator.normal(size=(2, N))
    places = generator.random((N, 2))
    apart = np.hypot(*(places[:, None, :] - places[None, :, :]).transpose(2, 0, 1))
    great_power = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0])
    member = np.array([1, 0, 1, 1, 1, 0, 1, 0, 1])
    return capability, points, apart, great_power, member


def estimates(table, seed, count=20_000):
    """Value and standard error of every metric under every preset, (2, metric, institution)."""
    capability, points, apart, great_power, member = table
    metrics = tuple(METRICS.values())
    plan = Plan(own_pairs(metrics), reference=0, joint="none", cross_pairs=_products_with_the_reference(metrics))
    rows = states(capability, points, great_power, member)
    tallies = play(CHANGES, count=count, seed=seed, plan=plan, states=rows, distances=distances(apart))
    played = moments(tallies, plan, count, CHANGES, N)
    found = [estimate(metric, played) for metric in metrics]
    return np.array([[entry.value[0] for entry in found], [entry.se[0] for entry in found]])


def _products_with_the_reference(metrics):
    return np.array([(i, j) for metric in metrics for i in metric.rows() for j in metric.rows()], dtype=np.int64)


def standard_errors_apart(left, right):
    """How far two independent runs are apart, for every metric that both have."""
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.abs(left[0] - right[0]) / np.hypot(left[1], right[1])
    return z[np.isfinite(z)]


def permuted(table, order, flags=True):
    capability, points, apart, great_power, member = table
    ranks, belonging = (great_power[order], member[order]) if flags else (great_power, member)
    return capability[order], points[:, order], apart[np.ix_(order, order)], ranks, belonging


def test_relabelling_the_states_of_a_table_changes_no_metric(evidence):
    """Draws are addressed by index, so the same law is tested with independent draws, not bit for bit."""
    order = np.random.default_rng(SEED + 1).permutation(N)
    original = estimates(world(), SEED)
    z = standard_errors_apart(original, estimates(permuted(world(), order), SEED + 1))
    wrong = standard_errors_apart(original, estimates(permuted(world(), order, flags=False), SEED + 1))
    assert z.max() < K_OF_MANY
    assert wrong.max() > 2 * K_OF_MANY  # flags that stay behind are seen
    evidence(
        Section.METAMORPHIC,
        f"Relabelling the {N} states of a table (with ideal points, distances, great-power and member flags) leaves "
        f"every metric of every preset as it is, within {K_OF_MANY:g} standard errors of independent draws",
        f"{z.size} comparisons of 20,000 histories of 6 crises: largest {z.max():.1f} SE, mean square "
        f"{(z**2).mean():.2f}; with the flags left behind {wrong.max():.0f} SE",
    )


def won(changes, rules, count):
    sums = play(changes, [rules], count=count, plan=Plan(joint="none")).sums[0]
    return int(sums[Tally.WARS_WON]), int(sums[Tally.WARS])


DYAD = {"system.n_states": 2, "system.capability.distribution": "equal"}


@pytest.mark.parametrize("decisiveness", [0.1, 0.7, 10.0])
def test_of_two_equals_the_aggressor_wins_half_the_wars(decisiveness, evidence):
    changes = DYAD | {"crisis.decisiveness": decisiveness}
    wins, wars = won(changes, "anarchy", 200_000)
    deviation = (wins / wars - 0.5) / (0.5 / wars**0.5)
    assert wars > 5000
    assert abs(deviation) < 4
    evidence(
        Section.METAMORPHIC,
        f"Two equal states: the aggressor wins half the wars (decisiveness {decisiveness:g})",
        f"{wins:,} of {wars:,} wars, {deviation:+.1f} SE from a half",
    )


def test_among_equals_without_a_reason_to_prefer_a_side_the_aggressor_wins_half_the_wars(evidence):
    """Anybody challenges anybody, third parties join either side for the same reasons, and nothing selects the wars."""
    changes = UNSELECTED | {
        "crisis.onset_floor": 1000.0,
        "system.capability.distribution": "equal",
        "response.efficacy_weight": 0.0,
        "response.assurance_weight": 0.0,
        "response.joining_cost": 0.1,
    }
    wins, wars = won(changes, "anarchy", 400_000)
    deviation = (wins / wars - 0.5) / (0.5 / wars**0.5)
    helped = play(changes, ["anarchy"], count=400_000).sums[0]
    assert helped[Tally.BELLIGERENTS] > 3 * wars
    assert abs(deviation) < 4
    evidence(
        Section.METAMORPHIC,
        "Eight equal states that challenge one another almost at random, and whose third parties have no reason of "
        "their own to prefer the victim: the aggressor wins half the wars",
        f"{wins:,} of {wars:,} wars, {deviation:+.1f} SE from a half, with {helped[Tally.BELLIGERENTS] / wars:.1f} "
        "belligerents each",
    )


def test_blocs_at_a_distance_of_zero_are_no_blocs():
    """The side is drawn, and adds half of nothing."""
    plain, blocs = (play({"interests.polarization": p, "dynamics.episodes": 5}, count=500) for p in (0.0, 1e-300))
    assert (plain.sums == blocs.sums).all()


def test_a_norm_that_nobody_would_break_anyway_changes_nothing_where_nobody_could_join():
    """Among two states there are no third parties: the norm has nobody to bind."""
    rules = [institution("anarchy"), institution("anarchy", forum__norm=5.0)]
    sums = play({"system.n_states": 2, "dynamics.episodes": 5}, rules, count=2000).sums
    assert (sums[0] == sums[1]).all()

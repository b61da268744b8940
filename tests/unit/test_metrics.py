"""Metrics, the plan of moments, and standard errors against plain per-replicate arithmetic."""

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from csmc.errors import ConfigError
from csmc.estimate import METRICS, Metric, Moments, estimate, plan
from csmc.estimate.metrics import Constant, Ratio, chosen_metrics, cross_pairs, own_pairs
from csmc.kernel.codes import Outcome, Tally, row_scale
from csmc.kernel.result import Integers, Plan, empty_tallies
from tests.unit.synthetic import empty, moments

EPISODES = 20
CLUSTERED = [METRICS[name] for name in ("war", "war_given_challenge", "participation_great", "selectivity")]
#: No metric of the registry divides by a share, but one may be added.
OF_SHARES = Metric(
    "of_shares", Ratio(Tally.PARTICIPATION_GREAT, Tally.PARTICIPATION_OTHER), "a ratio of shares", "", "mean"
)


@pytest.fixture(scope="module")
def histories() -> Integers:
    """Tallies of 300 histories under four institutions; the last is a copy of the first."""
    generator = np.random.default_rng(7)
    rows = empty(300, 4)
    crises = generator.integers(0, EPISODES + 1, size=300)
    for k in range(3):
        challenges = np.clip(crises + generator.integers(-1, 2, size=300), 0, EPISODES)
        rows[:, k, Tally.CHALLENGES] = challenges
        rows[:, k, Tally.WARS] = generator.binomial(challenges, 0.3)
        for responses, joined in (
            (Tally.RESPONSES_GREAT, Tally.PARTICIPATION_GREAT),
            (Tally.RESPONSES_OTHER, Tally.PARTICIPATION_OTHER),
        ):
            called = generator.binomial(challenges, 0.4)
            rows[:, k, responses] = called
            share = generator.beta(2, 3 + k, size=300)
            rows[:, k, joined] = (called * share * row_scale(joined, EPISODES)).astype(np.int64)
    rows[:, 3] = rows[:, 0]
    return rows


def asking_for(names: str | tuple[str, ...]) -> SimpleNamespace:
    """What the registry reads of an experiment."""
    return SimpleNamespace(outputs=SimpleNamespace(metrics=names), describe=str)


def per_replicate(metric: Metric, rows: Integers) -> tuple[np.ndarray, np.ndarray]:
    """The metric and each replicate's influence on it, from the raw numbers."""
    natural = rows / np.array([row_scale(row, EPISODES) for row in Tally])
    value, influence = np.zeros(rows.shape[1]), np.zeros(rows.shape[:2])
    for sign, ratio in metric.terms:
        n = natural[:, :, ratio.numerator]
        constant = EPISODES if ratio.denominator is Constant.EPISODES else 1
        d = np.full(n.shape, constant) if isinstance(ratio.denominator, Constant) else natural[:, :, ratio.denominator]
        r = n.sum(axis=0) / d.sum(axis=0)
        informative = d.sum(axis=0) ** 2 / (d**2).sum(axis=0)
        value += sign * r
        influence += sign * (n - r * d) / d.sum(axis=0) * np.sqrt(informative / (informative - 1))
    return value, influence


@pytest.mark.parametrize("metric", [*CLUSTERED, OF_SHARES], ids=lambda metric: metric.name)
def test_errors_equal_those_of_the_raw_replicates(metric: Metric, histories: Integers) -> None:
    result = estimate(metric, moments(histories, [metric], EPISODES))
    value, influence = per_replicate(metric, histories)
    np.testing.assert_allclose(result.value[0], value, rtol=1e-12)
    np.testing.assert_allclose(result.se[0], np.sqrt((influence**2).sum(axis=0)), rtol=1e-10)
    paired = influence - influence[:, [0]]
    np.testing.assert_allclose(result.difference_se[0], np.sqrt((paired**2).sum(axis=0)), rtol=1e-10)
    unpaired = result.se[0, 1] ** 2 + result.se[0, 0] ** 2
    assert result.pairing_gain[0, 1] == pytest.approx(unpaired / result.difference_se[0, 1] ** 2)


@pytest.mark.parametrize("metric", CLUSTERED, ids=lambda metric: metric.name)
def test_a_copy_of_the_reference_differs_by_exactly_nothing(metric: Metric, histories: Integers) -> None:
    result = estimate(metric, moments(histories, [metric], EPISODES))
    assert result.difference[0, 3] == 0
    assert result.difference_se[0, 3] == 0
    assert np.isnan(result.pairing_gain[0, 3])


@pytest.mark.parametrize("metric", CLUSTERED, ids=lambda metric: metric.name)
def test_order_of_institutions_does_not_matter(metric: Metric, histories: Integers) -> None:
    forward = estimate(metric, moments(histories[:, [0, 1]], [metric], EPISODES, reference=0))
    backward = estimate(metric, moments(histories[:, [0, 1]], [metric], EPISODES, reference=1))
    assert forward.difference[0, 1] == -backward.difference[0, 0]
    assert forward.difference_se[0, 1] == pytest.approx(backward.difference_se[0, 0], rel=1e-12)


def test_one_shot_error_is_the_textbook_one() -> None:
    rows = empty(100, 1)
    rows[:40, 0, Tally.CHALLENGES] = 1
    rows[:10, 0, Tally.WARS] = 1
    metrics = [METRICS["war"], METRICS["war_given_challenge"]]
    war, given = (estimate(metric, moments(rows, metrics)) for metric in metrics)
    assert war.se[0, 0] == pytest.approx(np.sqrt(0.1 * 0.9 / 99))
    assert given.se[0, 0] == pytest.approx(np.sqrt(0.25 * 0.75 / 39))


def test_nothing_to_divide_by_is_missing_and_never_zero() -> None:
    metric = METRICS["veto"]
    result = estimate(metric, moments(empty(50, 2), [metric]))
    assert np.isnan(np.stack(result)).all()


def test_no_replicates_is_missing() -> None:
    metric = METRICS["war"]
    assert np.isnan(np.stack(estimate(metric, moments(empty(0, 2), [metric])))).all()


def test_one_replicate_has_no_standard_error_but_an_interval() -> None:
    rows = empty(1, 1)
    rows[0, 0, Tally.WARS] = 3
    result = estimate(METRICS["war"], moments(rows, [METRICS["war"]], 10))
    assert result.value[0, 0] == pytest.approx(0.3)
    assert np.isnan(result.se[0, 0])
    assert result.low[0, 0] < 0.05
    assert result.high[0, 0] > 0.8


def test_a_constant_has_no_error_however_large_it_is() -> None:
    rows = empty(1000, 2)
    rows[:, :, Tally.TRUST] = 123_456_789
    result = estimate(METRICS["final_trust"], moments(rows, [METRICS["final_trust"]]))
    assert result.value[0, 0] == 123_456_789 / 2**27
    assert (result.se == 0).all()


def test_moments_beyond_the_precision_of_floats_are_exact() -> None:
    rows = empty(4, 1)
    rows[:, 0, Tally.TRUST] = 2**27 - np.array([0, 1, 0, 1])
    metric = METRICS["final_trust"]
    point = moments(rows, [metric])
    billion = 10**9
    field = {name: getattr(point.tallies, name) * billion for name in ("sums", "own_high", "own_low")}
    large = replace(point, tallies=point.tallies._replace(**field), replicates=point.replicates * billion)
    variance = 0.25 / 2**54
    assert estimate(metric, large).se[0, 0] == pytest.approx(np.sqrt(variance / (4 * billion)), rel=1e-6)


def test_plan_holds_what_the_metrics_need_and_no_more() -> None:
    experiment = SimpleNamespace(
        institutions=tuple(SimpleNamespace(name=name) for name in ("a", "b")),
        reference="b",
        outputs=SimpleNamespace(metrics=("war", "war_given_challenge"), joint="none"),
    )
    result = plan(experiment)  # type: ignore[arg-type]
    wars, challenges = int(Tally.WARS), int(Tally.CHALLENGES)
    assert result.own_pairs.tolist() == [[wars, wars], [wars, challenges], [challenges, challenges]]
    assert result.cross_pairs.tolist() == [
        [wars, wars],
        [wars, challenges],
        [challenges, wars],
        [challenges, challenges],
    ]
    assert (result.reference, result.joint) == (1, "none")


def test_pairs_of_all_metrics_are_sorted_and_unique() -> None:
    own, cross = own_pairs(METRICS.values()), cross_pairs(METRICS.values())
    for pairs in (own, cross):
        assert all(first < second for first, second in pairwise(map(tuple, pairs.tolist())))
    assert (own[:, 0] <= own[:, 1]).all()


def test_metrics_are_chosen_by_name_in_the_order_of_the_registry() -> None:
    assert chosen_metrics(asking_for("all")) == tuple(METRICS.values())  # type: ignore[arg-type]
    assert chosen_metrics(asking_for(("veto", "war"))) == (METRICS["war"], METRICS["veto"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "hint"), [("wars_given_refusal", "did you mean war_given_refusal?"), ("xyzzy", "(known: no_challenge, ")]
)
def test_an_unknown_metric_is_named_with_what_may_have_been_meant(name: str, hint: str) -> None:
    with pytest.raises(ConfigError) as error:
        chosen_metrics(asking_for(("war", name)))  # type: ignore[arg-type]
    (problem,) = error.value.problems
    assert "outputs.metrics[1]" in problem
    assert hint in problem


def test_every_outcome_and_every_tally_is_measured() -> None:
    assert {outcome.name.lower() for outcome in Outcome} <= set(METRICS)
    assert {row for metric in METRICS.values() for row in metric.rows()} == set(Tally) - {Tally.GAINS}


def test_names_are_those_of_the_registry() -> None:
    assert all(name == metric.name for name, metric in METRICS.items())
    assert all(metric.kind == "mean" or (metric.low, metric.high) == (0, 1) for metric in METRICS.values())


@pytest.mark.parametrize("share", [0, 1, 100])
@pytest.mark.parametrize("skew", [-10, 0, 10])
def test_centred_products_are_exact_at_every_size(skew: int, share: int) -> None:
    """In 64 bits the larger ones would overflow.

    The rows go together in no replicate, evenly in all (the two terms nearly cancel), or in one of a hundred.
    """
    replicates = 100
    plan = Plan(own_pairs=np.array([[Tally.WARS, Tally.PEACE]]), joint="none")
    for bits in range(40, 84):
        first, second = (1 << bits // 2 + skew) + 1, (1 << bits // 2 - skew) - 1
        products = first * second * share // replicates + (share == 1)
        tallies = empty_tallies(1, plan, 1)
        tallies.sums[0, 0, [Tally.WARS, Tally.PEACE]] = first, second
        tallies.own_high[:], tallies.own_low[:] = divmod(products, 1 << 32)
        moments = Moments(tallies, plan, *(np.array([number]) for number in (replicates, 1, 8)))
        exact = (products * replicates - first * second) / replicates
        assert moments.own(Tally.WARS, Tally.PEACE)[0, 0] == pytest.approx(exact, rel=2e-16, abs=0), bits

"""Splitting against closed forms, through the code that histories go through; and the intervals of its answers."""

from collections.abc import Callable

import numpy as np
import pytest

from csmc.estimate.splitting import products, splitting_estimate
from csmc.kernel.codes import NO_LINK
from csmc.rare.chains import ancestors, moved, new_links
from csmc.rare.splitting import EVENT, Effort, Run, Score, UnreachedError, choose_levels, split
from tests.evidence import Section
from tests.rare.toys import at_least, chained_uniforms, gambler, ruin_escaped, successes

Evidence = Callable[[Section, str, str], None]

#: A deviation of so many standard errors is none.
ERRORS = 4.0


def runs_of(score: Score, effort: Effort, count: int, levels: list[float] | None = None) -> list[Run]:
    """Independent runs, at the levels of a pilot unless they are given."""
    chosen = levels or choose_levels(score, effort, 1)
    return [split(score, chosen, effort, 1, number) for number in range(1, count + 1)]


def deviation(runs: list[Run], particles: int, truth: float) -> tuple[float, float]:
    """Standard errors between the mean of the runs and the truth, and the mean's relative standard error."""
    found = products(np.array([run.hits for run in runs]), particles)
    error = found.std(ddof=1) / np.sqrt(len(found))
    return float((found.mean() - truth) / error), float(error / found.mean())


def test_fifty_trials_have_twenty_successes_with_the_binomial_probability(evidence: Evidence) -> None:
    truth, effort = at_least(50, 0.1, 20), Effort(500, 4)
    assert truth == pytest.approx(2.3686e-8, rel=1e-4)
    errors, relative = deviation(runs_of(successes(3, 50, 0.1, 20), effort, 40), effort.particles, truth)
    assert abs(errors) < ERRORS
    assert relative < 0.1
    evidence(
        Section.ANSWERS,
        "Splitting finds P(Bin(50, 0.1) >= 20) = 2.3686e-8 with the draws of chains",
        f"{errors:+.2f} standard errors of {relative:.1%}, 40 runs of 500 particles",
    )


@pytest.mark.proof
def test_a_gambler_escapes_ruin_with_the_exact_probability(evidence: Evidence) -> None:
    truth, effort = ruin_escaped(0.3, 20), Effort(500, 8)
    assert truth == pytest.approx(5.826437e-8, rel=1e-6)
    errors, relative = deviation(runs_of(gambler(3, 0.3, 20), effort, 20), effort.particles, truth)
    assert abs(errors) < ERRORS
    assert relative < 0.4
    evidence(
        Section.ANSWERS,
        "Splitting finds the gambler's ruin (up 0.3, from 1 to 20 before 0): 5.826437e-8",
        f"{errors:+.2f} standard errors of {relative:.1%}, 20 runs of 500 particles",
    )


@pytest.mark.proof
@pytest.mark.statistical
def test_the_mean_of_many_short_runs_is_the_probability_however_poor_each_is(evidence: Evidence) -> None:
    truth, effort, count = at_least(12, 0.2, 8), Effort(20, 1), 8000
    levels = [0.5, 0.75, EVENT]
    runs = runs_of(successes(5, 12, 0.2, 8), effort, count, levels)
    errors, relative = deviation(runs, effort.particles, truth)
    empty = np.mean([run.hits[-1] == 0 for run in runs])
    assert empty > 0.2, "runs are so short that many come to nothing"
    assert abs(errors) < ERRORS
    evidence(
        Section.STATISTICS,
        f"Splitting is unbiased: {count:,} runs of 20 particles with one move, {empty:.0%} of which come to nothing",
        f"mean {errors:+.2f} standard errors of {relative:.1%} from the exact {truth:.3g}",
    )


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize(("particles", "moves", "runs"), [(60, 2, 10), (60, 2, 20), (200, 2, 10)])
def test_intervals_from_runs_hold_their_level(particles: int, moves: int, runs: int, evidence: Evidence) -> None:
    truth, experiments = at_least(12, 0.2, 9), 300
    levels = [4 / 9, 6 / 9, 8 / 9, EVENT]
    every = runs_of(successes(6, 12, 0.2, 9), Effort(particles, moves), experiments * runs, levels)
    hits = np.array([run.hits for run in every]).reshape(experiments, runs, len(levels))
    estimates = [splitting_estimate(some, particles) for some in hits]
    share = np.mean([one.low <= truth <= one.high for one in estimates])
    spread = np.std([products(some, particles) for some in hits]) / truth
    assert share > 0.95 - ERRORS * np.sqrt(0.95 * 0.05 / experiments)
    assert share < 0.999 + 1 / experiments
    evidence(
        Section.STATISTICS,
        f"Intervals of 95 % from {runs} runs of splitting whose products spread by {spread:.0%} of the truth",
        f"{share:.1%} of {experiments} hold the exact probability {truth:.2g}",
    )


def test_a_certain_event_has_the_probability_1() -> None:
    runs = runs_of(successes(2, 4, 0.9999, 1), Effort(20, 1), 3)
    found = splitting_estimate(np.array([run.hits for run in runs]), 20)
    assert found == (1.0, 1.0, 1.0, 0.0)
    assert [run.ancestors for run in runs] == [20, 20, 20]


def test_levels_rise_to_the_event_and_each_keeps_about_a_third() -> None:
    score, effort = successes(4, 50, 0.1, 20), Effort(400, 4)
    levels = choose_levels(score, effort, 1)
    assert levels == sorted(set(levels))
    assert levels[-1] == EVENT
    shares = np.mean([run.hits for run in runs_of(score, effort, 5, levels)], axis=0) / 400
    assert shares.min() > 0.1
    assert shares.max() < 0.65


def test_an_event_that_cannot_happen_is_told() -> None:
    def never(chains: np.ndarray) -> np.ndarray:
        return 0.5 * (chained_uniforms(1, chains, 4)[0] < 0.5)

    with pytest.raises(UnreachedError, match="80 levels of the pilot came to a score of 0"):
        choose_levels(lambda chains: 0.9 * chained_uniforms(1, chains, 64).mean(axis=0), Effort(20, 2), 1)
    with pytest.raises(UnreachedError, match=r"no particle of the pilot came further than a score of 0\.5 of 1"):
        choose_levels(never, Effort(50, 2), 1)


def test_chains_grow_where_moves_are_accepted_and_no_more_than_they_must() -> None:
    first, second, third = new_links(1, 0, 3, 0), new_links(1, 1, 3, 4), new_links(1, 2, 3, 2)
    once = moved(first, second, np.array([True, False, True]))
    assert once.tolist() == [first[0].tolist(), [second[0, 0], NO_LINK, second[0, 2]]]
    twice = moved(once, third, np.array([False, True, False]))
    assert twice.tolist() == [first[0].tolist(), [second[0, 0], third[0, 1], second[0, 2]]]
    thrice = moved(twice, third, np.array([False, False, True]))
    assert sorted(thrice[1:, 2].tolist()) == sorted([int(second[0, 2]), int(third[0, 2])])
    assert ancestors(thrice[:, [0, 0, 2]]) == 2
    assert len(np.unique(np.concatenate([first, second, third, new_links(2, 0, 3, 0)]))) == 12


def test_a_run_without_hits_stops_and_the_next_levels_have_none() -> None:
    run = split(successes(2, 8, 0.1, 8), [0.25, 0.9, EVENT], Effort(5, 1), 1, 1)
    assert run.hits.tolist()[1:] == [0, 0]
    assert run.ancestors == 0

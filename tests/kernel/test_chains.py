"""Histories that are chains of links: what draws they have, and that appending a link keeps the law of all draws."""

import random
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import chi2, kstwo

from csmc.kernel import Plan, lanes, tally, trace, trace_chains
from csmc.kernel.codes import NO_LINK, Outcome
from csmc.rare.chains import new_links
from tests.evidence import Section
from tests.rare.toys import chained_normals, chained_uniforms, chained_words
from tests.reference import philox as reference
from tests.reference.cases import Case, random_case
from tests.reference.model import simulate_history
from tests.reference.test_kernel_equality import CLOSE_CALL

SEED = 0xFEDCBA9876543210
PARTICLES = 1 << 14
#: A deviation of so many standard errors is none: a normal number is beyond in one of 15,000 cases.
ERRORS = 4.0


def mixed_chains(links: int, particles: int) -> np.ndarray:
    """Chains of first links and of links of the octaves 1, 2, 3 and so on, each particle its own."""
    parts = [new_links(1, step, particles, min(step, 15)) for step in range(links)]
    return np.concatenate(parts)


def test_split_mix_gives_the_published_numbers() -> None:
    steps = [(1234567 + step * 0x9E3779B97F4A7C15) % 2**64 for step in range(1, 6)]
    published = [
        6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
    ]  # fmt: skip
    assert [reference.split_mix64(step) for step in steps] == published
    assert chained_words(np.array(steps, dtype=np.uint64)).tolist() == published


def test_every_draw_of_a_chain_is_that_of_its_first_link_shifted_by_the_others() -> None:
    chains = mixed_chains(7, 9)
    uniforms, normals = chained_uniforms(SEED, chains, 11), chained_normals(SEED, chains, 11)
    for particle in range(9):
        chain = tuple(map(int, chains[:, particle]))
        expected = [reference.uniform(SEED, chain, 0, 1, index) for index in range(11)]
        assert uniforms[:, particle].tolist() == expected
        expected = [reference.normal(SEED, chain, 0, 1, index) for index in range(11)]
        np.testing.assert_allclose(normals[:, particle], expected, rtol=0, atol=4e-15)


def test_a_chain_of_one_link_is_the_plain_replicate_of_that_number() -> None:
    case = random_case(random.Random(3), replicates=5)
    plain = trace(*case.records(), case.seed, 7, replicates=5)
    for nothing in (0, 3):
        chains = np.concatenate([np.arange(7, 12, dtype=np.uint64)[None], np.full((nothing, 5), NO_LINK, np.uint64)])
        alone = trace_chains(*case.records(), case.seed, chains)
        assert np.array_equal(alone.crisis, plain.crisis)
        assert np.array_equal(alone.standing, plain.standing)
        assert np.array_equal(alone.thirds, plain.thirds)
        assert alone.world.size == alone.before.size == alone.shocks.size == 0


def test_whole_histories_of_chains_are_those_of_the_reference() -> None:
    generator, compared, called = random.Random(8), 0, 0
    for _ in range(60):
        case: Case = random_case(generator, replicates=1)
        if case.point["n_states"] * case.point["episodes"] > 60:
            continue
        chains = mixed_chains(6, 4)
        traced = trace_chains(*case.records(), case.seed, chains)
        for particle in range(4):
            chain = tuple(map(int, chains[:, particle]))
            history = simulate_history(case.point, case.system, case.institution, case.seed, chain)
            if history.margin < CLOSE_CALL:
                continue
            compared += 1
            crisis = traced.crisis[0, :, :, particle]
            assert [int(code) for code in crisis[:, lanes.OUTCOME]] == [e.outcome for e in history.episodes]
            for row, episode in zip(crisis, history.episodes, strict=True):
                called += episode.outcome > Outcome.BACKDOWN
                if episode.crisis is not None:
                    assert row[lanes.STAKE] == pytest.approx(episode.crisis.stake, rel=1e-9)
    assert compared > 80
    assert called > 20


@pytest.mark.parametrize("octave", [1, 3, 5])
def test_a_link_shifts_a_draw_with_probability_one_in_two_to_its_octave(octave: int) -> None:
    first = new_links(1, 0, PARTICLES, 0)
    before = chained_uniforms(SEED, first, 64)
    after = chained_uniforms(SEED, np.concatenate([first, new_links(1, 1, PARTICLES, octave)]), 64)
    share = 2.0**-octave * (1 - sum(2.0 ** (j - 31) for j in range(24)) / 32)  # but for lengths that are reduced to 0
    n = 64 * PARTICLES
    assert abs((before != after).mean() - share) < ERRORS * np.sqrt(share * (1 - share) / n)
    chosen = (before != after) - share
    together = (chosen @ chosen.T / PARTICLES)[np.triu_indices(64, 1)] / (share * (1 - share))
    assert np.abs(together).max() < 6 / np.sqrt(PARTICLES), "links shift draws independently of one another"


def test_steps_are_as_likely_up_as_down_and_of_all_sizes() -> None:
    first = new_links(1, 0, PARTICLES, 0)
    before = chained_uniforms(SEED, first, 64)
    after = chained_uniforms(SEED, np.concatenate([first, new_links(1, 1, PARTICLES, 0)]), 64)
    steps = (after - before + 0.5) % 1 - 0.5
    n = steps.size
    assert abs(steps.mean()) < ERRORS * steps.std() / np.sqrt(n)
    for least in (2.0**-2, 2.0**-10, 2.0**-20):  # every size 2**-j of a length below 1/2 has a chance of 1/32
        exact = (8 * (1 - 2 * least) + sum(max(1 - 2 * least * 2**j, 0) for j in range(24))) / 32
        assert abs((np.abs(steps) >= least).mean() - exact) < ERRORS * np.sqrt(exact * (1 - exact) / n)
    assert abs(np.corrcoef(before.ravel(), steps.ravel())[0, 1]) < ERRORS / np.sqrt(n)


def test_the_draws_of_long_chains_are_uniform_and_independent(evidence: Callable[[Section, str, str], None]) -> None:
    draws, cells, links = 16, 32, 40
    chains = np.concatenate(
        [new_links(2, step, PARTICLES, (0, 3, 5, 2, 4)[step and step % 4 + 1]) for step in range(links)]
    )
    uniforms = chained_uniforms(SEED, chains, draws)
    n = uniforms.size
    counts = np.bincount((uniforms * cells).astype(int).ravel(), minlength=cells)
    uniform = ((counts - n / cells) ** 2).sum() / (n / cells)
    ordered = np.sort(uniforms.ravel())
    distance = np.abs(ordered - (np.arange(n) + 0.5) / n).max() + 0.5 / n
    pairs = np.array([(i, j) for j in range(draws) for i in range(j)])
    correlation = np.array([np.corrcoef(uniforms[i], uniforms[j])[0, 1] for i, j in pairs])
    assert chi2.sf(uniform, cells - 1) > 1e-4
    assert kstwo.sf(distance, n) > 1e-4
    assert np.abs(correlation).max() < 5 / np.sqrt(PARTICLES)
    joint = np.zeros((8, 8))
    np.add.at(joint, ((uniforms[0::2] * 8).astype(int).ravel(), (uniforms[1::2] * 8).astype(int).ravel()), 1)
    independent = ((joint - n / 128) ** 2).sum() / (n / 128)
    assert chi2.sf(independent, 63) > 1e-4
    evidence(
        Section.STATISTICS,
        f"The draws of histories after {links} random steps are uniform and independent of one another",
        f"{n:,} draws of {PARTICLES:,} histories: chi2 {uniform:.1f} of 31, pairs {independent:.1f} of 63 degrees of "
        f"freedom, Kolmogorov-Smirnov p {kstwo.sf(distance, n):.2f}",
    )


def test_the_outcomes_of_chains_are_distributed_as_those_of_plain_replicates() -> None:
    case = random_case(random.Random(12), replicates=1)
    point, system, institution = case.records()
    particles = 128 * 64
    chains = np.concatenate([new_links(3, step, particles, (0, 2, 4, 3)[step]) for step in range(4)])
    parts = np.split(chains, particles // 128, axis=1)
    traces = [trace_chains(point, system, institution, case.seed, part) for part in parts]
    outcomes = np.concatenate([traced.crisis[0, :, lanes.OUTCOME] for traced in traces], axis=1)
    plain = 100_000
    expected = tally(point, system, institution, 99, 0, plain, Plan(joint="none")).sums[0, : len(Outcome)] / plain
    for outcome in Outcome:
        found = (outcomes == outcome).sum(axis=0)
        error = np.sqrt(max(found.var(), 1 / particles) / particles * (1 + particles / plain))
        assert abs(found.mean() - expected[outcome]) < 5 * error, outcome


def test_what_is_no_chain_is_refused() -> None:
    case = random_case(random.Random(3), replicates=1)
    links = new_links(1, 0, 4, 0)
    for chains, words in (
        (new_links(1, 0, 129, 0), "1 links of 129 histories"),
        (links[:0], "0 links of 4 histories"),
        (links[:, :0], "1 links of 0 histories"),
        (new_links(1, 0, 4, 1), "the first link of a chain must be the number of a replicate"),
    ):
        with pytest.raises(ValueError, match=words):
            trace_chains(*case.records(), case.seed, chains)

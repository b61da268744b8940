"""Voting facts of the UN Charter and of unanimity, out of the kernel's own council."""

from collections.abc import Callable
from itertools import product
from math import comb, log, sqrt

import pytest

from csmc.institutions import pack_institutions
from csmc.kernel import lanes as field
from csmc.kernel import trace
from csmc.kernel.codes import Tally
from tests.evidence import Section

from .support import SEED, institution, packed, simulate

NOISE = 0.4


def council(permanent: int, voters: int, quota: float, veto: str, probability: float) -> tuple:
    """(parameters, institution) in which each of `voters` states says yes with one probability, else no.

    All states are members, and allies of one another, so that the obligation alone decides; the two parties abstain.
    """
    states = voters + 2
    changes = {
        "system.n_states": states,
        "system.great_powers": permanent,
        "system.capability.distribution": "equal",
        "interests.divergence": 0.0,
        "interests.volatility": 0.0,
        "response.noise": NOISE,
        "response.vote_cost": 0.0,
        "crisis.challenge_cost": -50.0,
        "crisis.audience_cost": 10.0,
    }
    record = institution(
        "un_security_council",
        obligation__scope="allies",
        obligation__strength=NOISE * log(probability / (1 - probability)) if probability != 0.5 else 0.0,
        obligation__exempt_permanent=0.0,
        forum__legitimacy=1.0,
        council__seats="all",
        council__quota=quota,
        council__veto=veto,
        council__parties_abstain=True,
        council__abstention=0.0,
    )
    return changes, record


def passing(permanent: int, voters: int, quota: float, veto: str, probability: float) -> float:
    """The kernel's Π in crises between states without a veto.

    With equal capability the great powers are the first states, so all of them are among the voters then.
    """
    changes, record = council(permanent, voters, quota, veto, probability)
    traced = trace(*packed(changes), pack_institutions([record]), SEED, 0, replicates=128)
    crisis = traced.crisis[0, 0]
    outsiders = (crisis[field.CHALLENGER] >= permanent) & (crisis[field.TARGET] >= permanent)
    mandates = set(crisis[field.MANDATE, outsiders].tolist())
    assert len(mandates) == 1, "every crisis between outsiders meets the same council"
    return mandates.pop()


def by_enumeration(permanent: int, voters: int, need: int, veto: bool, probability: float) -> tuple[float, int]:
    """(probability of passing, winning coalitions) over all ways of voting."""
    chance, winning = 0.0, 0
    for votes in product((0, 1), repeat=voters):
        if sum(votes) >= need and (not veto or all(votes[:permanent])):
            winning += 1
            chance += probability ** sum(votes) * (1 - probability) ** (voters - sum(votes))
    return chance, winning


@pytest.mark.parametrize(
    ("permanent", "voters", "need", "coalitions"), [(5, 15, 9, 848), (5, 11, 7, 57)], ids=["since 1965", "before"]
)
def test_the_security_council_has_the_winning_coalitions_of_the_charter(
    permanent: int, voters: int, need: int, coalitions: int, evidence: Callable[[Section, str, str], None]
) -> None:
    chance = passing(permanent, voters, need / voters, "permanent", 0.5)
    assert by_enumeration(permanent, voters, need, True, 0.5)[1] == coalitions
    assert chance * 2**voters == pytest.approx(coalitions, rel=1e-13)
    evidence(
        Section.ANSWERS,
        f"A Security Council of {voters} with {permanent} vetoes and {need} votes to pass has the Charter's winning "
        "coalitions",
        f"{coalitions} of {2**voters:,}: the kernel's probability of a mandate times {2**voters:,}, to 1e-13",
    )


@pytest.mark.parametrize(
    ("veto", "need", "probability", "published"),
    [
        ("permanent", 9, 0.9, 0.5905),
        ("none", 9, 0.9, 0.99969),
        ("permanent", 9, 0.8, 0.3274),
        ("none", 9, 0.8, 0.9819),
    ],
)
def test_a_measure_passes_as_often_as_the_charter_lets_it(
    veto: str, need: int, probability: float, published: float, evidence: Callable[[Section, str, str], None]
) -> None:
    chance = passing(5, 15, need / 15, veto, probability)
    exact, _ = by_enumeration(5, 15, need, veto == "permanent", probability)
    assert chance == pytest.approx(exact, rel=1e-12)
    assert chance == pytest.approx(published, abs=5.1e-5)
    evidence(
        Section.ANSWERS,
        f"If each of 15 votes yes with probability {probability}, a measure that needs 9 votes passes with the known "
        f"probability ({'five vetoes' if veto != 'none' else 'no veto'})",
        f"{chance:.6f} (enumerated {exact:.6f})",
    )


@pytest.mark.parametrize(("voters", "probability"), [(14, 0.9), (14, 0.8), (2, 0.5), (20, 0.5), (40, 0.9)])
def test_unanimity_is_the_power_of_one_vote(voters: int, probability: float) -> None:
    assert passing(0, voters, 1.0, "none", probability) == pytest.approx(probability**voters, rel=1e-12)
    assert passing(0, voters, 0.0, "all", probability) == pytest.approx(probability**voters, rel=1e-12)


@pytest.mark.parametrize("need", [1, 5, 9, 15])
def test_a_majority_is_the_binomial_tail(need: int) -> None:
    tail = sum(comb(15, yes) * 0.7**yes * 0.3 ** (15 - yes) for yes in range(need, 16))
    assert passing(5, 15, need / 15, "none", 0.7) == pytest.approx(tail, rel=1e-12)


@pytest.mark.statistical
def test_measures_pass_as_often_as_their_mandate_says(evidence: Callable[[Section, str, str], None]) -> None:
    """Realised votes against the anticipated Π, in crises between states without a veto: within 4 standard errors."""
    changes, record = council(0, 15, 9 / 15, "none", 0.6)
    sums = simulate(changes, [record], count=60_000).sums[0]
    held = int(sums[Tally.VOTES])
    expected = by_enumeration(0, 15, 9, False, 0.6)[0]
    z = (sums[Tally.PASSED] / held - expected) / sqrt(expected * (1 - expected) / held)
    assert held > 10_000
    assert abs(z) < 4
    evidence(
        Section.ANSWERS,
        "Measures put to a vote pass as often as the mandate that the challenger anticipates",
        f"{sums[Tally.PASSED] / held:.4f} of {held:,} votes, anticipated {expected:.4f} (z = {z:+.2f})",
    )

"""The kernel's tallies of a world against their exact expectations, in exact standard errors."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from scipy.stats import binom, norm

from csmc.estimate.metrics import METRICS
from csmc.kernel.codes import Outcome, Tally, row_scale
from csmc.kernel.result import Tallies
from tests.exact.history import History
from tests.exact.quadrature import Floats
from tests.exact.world import World, simulated

#: Within this many standard errors everything must lie. All tests together compare about 4,000 numbers; a normal number
#: leaves 5 in one of 1.7 million cases, so a correct kernel fails any of them with a probability below 0.3%.
TOLERANCE = 5.0
#: A mean or ratio is compared if its variance is that of this many independent observations or more.
ENOUGH = 1000

#: MODEL 6: every ratio of tallies that is no rate per episode or history.
RATIOS = {
    "war_given_challenge": ("WARS", "CHALLENGES"),
    "war_given_refusal": ("WARS", "REFUSALS"),
    "immediate_deterrence": ("DETERRED", "REFUSALS"),
    "settlement": ("NEGOTIATED_SETTLEMENT", "CHALLENGES"),
    "concession": ("CONCESSION", "NEGOTIATED_SETTLEMENT"),
    "aggressor_war_success": ("WARS_WON", "WARS"),
    "aggressor_success": ("SUCCESSES", "CHALLENGES"),
    "authorisation": ("PASSED", "VOTES"),
    "veto": ("VETOED", "VOTES"),
    "participation": ("PARTICIPATION", "RESPONSES"),
    "participation_great": ("PARTICIPATION_GREAT", "RESPONSES_GREAT"),
    "participation_other": ("PARTICIPATION_OTHER", "RESPONSES_OTHER"),
    "selectivity": ("PARTICIPATION_OTHER", "RESPONSES_OTHER", "PARTICIPATION_GREAT", "RESPONSES_GREAT"),
    "enforcement": ("ENFORCED", "WARS"),
    "belligerents": ("BELLIGERENTS", "WARS"),
    "engaged": ("ENGAGED", "WARS"),
    "aggressor_joining": ("AGGRESSOR_JOINING", "FORCE_RESPONSES"),
    "free_riding": ("FREE_RIDING", "RESPONSES"),
}


@dataclass(frozen=True)
class Compared:
    """One number: its exact value, what the kernel found, and their distance in standard errors."""

    name: str
    exact: float
    found: float
    errors: float


def compare(world: World, exact: History, replicates: int, seed: int) -> list[Compared]:
    """Every number of `world` that `replicates` histories can tell."""
    pairs = list(combinations_with_replacement(Outcome, 2))
    episodes = world.values["dynamics.episodes"]
    tallies = simulated(world, replicates, seed, [(int(i), int(j)) for i, j in pairs])
    scale = np.array([row_scale(row, episodes) for row in Tally])
    means = tallies.sums[0] / scale / replicates
    compared = [*_tallies(exact, means, replicates), *_ratios(exact, means, replicates)]
    if exact.second is None:
        return compared
    return compared + list(_pairs(exact, tallies, pairs, replicates))


def deviation(count: int, trials: int, probability: float) -> float:
    """How far a binomial count is from its mean, as the normal number with the same tail (infinite if impossible)."""
    if probability in (0.0, 1.0):
        return 0.0 if count == trials * probability else float("inf")
    spread = np.sqrt(trials * probability * (1 - probability))
    if spread > 100:
        return float((count - trials * probability) / spread)
    above = binom.sf(count - 1, trials, probability)
    below = binom.cdf(count, trials, probability)
    return float(norm.isf(min(above, 0.5))) if above < below else float(norm.ppf(min(below, 0.5)))


def _tallies(exact: History, means: Floats, replicates: int) -> Iterator[Compared]:
    """Mean tallies: outcomes of one-shot crises by the binomial distribution, all others by the normal."""
    for row in Tally:
        mean, square = exact.mean[row], exact.products[row, row]
        if row < len(Outcome) and exact.second is None:
            errors = deviation(round(means[row] * replicates), replicates, _probability(mean))
        else:
            errors = _errors(means[row] - mean, square - mean**2, replicates)
            if 0 < replicates * mean**2 < ENOUGH * square:
                continue
        yield Compared(f"mean {row.name.lower()}", mean, means[row], errors)


def _probability(mean: float) -> float:
    return float(np.clip(round(mean, 15), 0, 1))


def _errors(difference: float, variance: float, replicates: int) -> float:
    """Standard errors in a difference of means; what does not vary must agree to the kernel's fixed point."""
    if variance < 1e-12:
        return 0.0 if abs(difference) < 1e-8 else float("inf")
    return float(difference / np.sqrt(variance / replicates))


def _ratios(exact: History, means: Floats, replicates: int) -> Iterator[Compared]:
    """The metrics that are ratios, as csmc's registry divides the kernel's tallies, by the delta method."""
    for name, rows in RATIOS.items():
        weights, value, enough = np.zeros(len(Tally)), 0.0, True
        for sign, numerator, denominator in zip((1, -1), rows[::2], rows[1::2], strict=False):
            n, d = Tally[numerator], Tally[denominator]
            if exact.mean[d] == 0 or replicates * min(_weight(exact, n), _weight(exact, d)) < ENOUGH:
                enough = False
                break
            ratio = exact.mean[n] / exact.mean[d]
            value += sign * ratio
            weights[n] += sign / exact.mean[d]
            weights[d] -= sign * ratio / exact.mean[d]
        if enough:
            found = sum(sign * means[r.numerator] / means[Tally(r.denominator)] for sign, r in METRICS[name].terms)
            yield Compared(name, value, found, _errors(found - value, weights @ exact.products @ weights, replicates))


def _weight(exact: History, row: Tally) -> float:
    """Per replicate, how many observations of its mean size a tally is worth; 1 if it is always 0."""
    return float(exact.mean[row] ** 2 / exact.products[row, row]) if exact.products[row, row] > 0 else 1.0


def _pairs(
    exact: History, tallies: Tallies, pairs: list[tuple[Outcome, Outcome]], replicates: int
) -> Iterator[Compared]:
    """How often the two episodes of a history end in each pair of outcomes, in whichever order."""
    for position, (i, j) in enumerate(pairs):
        found = int(tallies.own_high[0, position]) * 2**32 + int(tallies.own_low[0, position])
        probability = exact.products[i, j]
        if i == j:
            found, probability = (found - int(tallies.sums[0, i])) // 2, (probability - exact.mean[i]) / 2
        errors = deviation(found, replicates, _probability(probability))
        yield Compared(f"{i.name} and {j.name}".lower(), probability, found / replicates, errors)

"""The functions that the model is written in."""

import math
from collections.abc import Callable, Sequence


def saturate(distance: float) -> float:
    """g(d) = d / (1 + d) (E1)."""
    return distance / (1.0 + distance)


def logistic(x: float) -> float:
    """1 / (1 + exp(-x)), without overflow (E2)."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    return math.exp(x) / (1.0 + math.exp(x))


def clip(x: float, low: float, high: float) -> float:
    """`x`, moved into [`low`, `high`]."""
    return min(max(x, low), high)


def contest(attack: float, defence: float, decisiveness: float) -> float:
    """Probability that the attacker wins: 1 / (1 + (defence / attack)**decisiveness) (E32)."""
    if attack == 0.0:
        return 0.5 if defence == 0.0 else 0.0
    try:
        return 1.0 / (1.0 + math.pow(defence / attack, decisiveness))
    except OverflowError:
        return 0.0


def three_way_logit(help_value: float, join_value: float, noise: float) -> tuple[float, float]:
    """Probabilities of helping and of joining, when abstaining is worth 0 (E57)."""
    best = max(0.0, help_value, join_value)
    abstain = math.exp((0.0 - best) / noise)
    helping = math.exp((help_value - best) / noise)
    joining = math.exp((join_value - best) / noise)
    total = abstain + helping + joining
    return helping / total, joining / total


def poisson_binomial_tail(probabilities: Sequence[float], need: int) -> float:
    """Probability of at least `need` successes in independent trials (E49)."""
    if need <= 0:
        return 1.0
    counts = [1.0]
    for probability in probabilities:
        failed = [count * (1.0 - probability) for count in counts] + [0.0]
        succeeded = [0.0] + [count * probability for count in counts]
        counts = [left + right for left, right in zip(failed, succeeded, strict=True)]
    return sum(counts[need:])


def share(part: float, whole: float) -> float:
    """`part` / `whole`; 0 of nothing is 0 (E4)."""
    return part / whole if whole > 0.0 else 0.0


class Comparisons:
    """Makes the comparisons that decide something discrete, and remembers the closest one.

    Margins are relative to the larger side if that exceeds 1, absolute otherwise.
    """

    def __init__(self) -> None:
        self.smallest = math.inf

    def note(self, left: float, right: float) -> None:
        """Remember how close `left` and `right` are."""
        self.smallest = min(self.smallest, abs(left - right) / max(1.0, abs(left), abs(right)))

    def less(self, left: float, right: float) -> bool:
        """Whether `left` < `right`."""
        self.note(left, right)
        return left < right

    def at_least(self, left: float, right: float) -> bool:
        """Whether `left` >= `right`."""
        self.note(left, right)
        return left >= right

    def first(self, states: Sequence[int], count: int, key: Callable[[int], float]) -> list[int]:
        """The `count` states with the smallest key, ties to the lower index.

        An exact tie is decided by the index, in any arithmetic, so it is no close comparison; keys may be tiny, so
        margins are relative.
        """
        ranked = sorted(states, key=lambda state: (key(state), state))
        if 0 < count < len(ranked):
            last_in, first_out = key(ranked[count - 1]), key(ranked[count])
            if last_in != first_out:
                scale = max(abs(last_in), abs(first_out))
                self.note(last_in / scale, first_out / scale)
        return ranked[:count]

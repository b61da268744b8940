"""Which institution is best, said so that all statements hold together: multiple comparisons with the best."""

from typing import NamedTuple

import numpy as np

from csmc.estimate.intervals import LEVEL, Flags, Floats


class Selection(NamedTuple):
    """What is sure of each institution, (point, institution).

    contender: nobody is surely better. certain: the only contender. close: surely no more than delta worse than the
    best.
    """

    contender: Flags
    certain: Flags
    close: Flags


def simultaneous_level(n_institutions: int, level: float = LEVEL) -> float:
    """Level of the two-sided paired intervals from which `select` makes statements that hold together.

    Bonferroni over the comparisons of the true best with each other institution, each of which can fail on one side
    only.
    """
    return 1 - 2 * (1 - level) / max(n_institutions - 1, 1)


def select(low: Floats, high: Floats, delta: float = 0.0) -> Selection:
    """Judge every institution at every point (multiple comparisons with the best, Hsu 1984).

    Parameters
    ----------
    low, high
        Ends of the intervals of how much worse one institution is than another, (point, one, other), at the level of
        `simultaneous_level`. NaN excludes nobody.
    delta
        How much worse than the best is as good as the best.

    With the probability of that level no interval of the true best b against another j lies above the true difference.
    Then b is a contender, and what is said to be close is: `high[i, b]` is `-low[b, i]`.
    """
    contender = np.asarray(~(low > 0).any(axis=2))
    certain = contender & (contender.sum(axis=1, keepdims=True) == 1)
    itself = np.eye(low.shape[1], dtype=np.bool_)
    return Selection(contender, certain, np.asarray(((high <= delta) | itself).all(axis=2)))

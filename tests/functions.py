"""Functions of the unit cube whose Sobol' indices are known."""

from typing import Any

import numpy as np

#: Indices of Ishigami's function with 7 and 0.1, from its variances V1, V2 and V13.
ISHIGAMI_FIRST = np.array([0.313905, 0.442411, 0.0])
ISHIGAMI_TOTAL = np.array([0.557589, 0.442411, 0.243684])


def ishigami(shares: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1 over [-pi, pi]^3, the last axis being the parameter."""
    x1, x2, x3 = np.moveaxis((2 * shares - 1) * np.pi, -1, 0)
    return np.sin(x1) + 7 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1)

"""The mean of a result over the distribution that its design samples, with what the sample and the draws leave open.

Two errors that are never one number: that of *integration*, because the design has some points of the region and not
all, and that of *Monte Carlo*, because each point has some histories.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import stdtrit

from csmc.analysis.estimands import estimands, seeding
from csmc.analysis.refusals import require_level
from csmc.design import RANDOMIZATION
from csmc.errors import CsmcError
from csmc.estimate import METRICS
from csmc.estimate.intervals import LEVEL, Floats, upper

#: Parts of the answer, and what each means.
PARTS = {
    "mean": "mean over the distribution of the design",
    "integration_se": "standard error of the mean as an integral over the distribution",
    "integration_low": "lower end of the interval for the error of integration",
    "integration_high": "upper end of the interval for the error of integration",
    "monte_carlo_se": "standard error of the mean from the finite number of replicates at each point",
}
MONTE_CARLO = {
    "common": "at most the mean of the points' standard errors, as if points, which share their draws, erred together; "
    "the interval for the error of integration does not hold it",
    "independent": "the root of the sum of the points' squared standard errors, divided by their number; the interval "
    "for the error of integration holds it too, because each randomization has draws of its own",
}


class Mean(NamedTuple):
    """A mean over independent randomizations, its standard error, and the ends of its interval."""

    value: Floats
    se: Floats
    low: Floats
    high: Floats


def randomized_mean(values: Floats, randomization: NDArray[np.integer], level: float = LEVEL) -> Mean:
    """Mean over points (first axis) and its error, from independent randomizations alone.

    The mean of each of R randomizations is an independent, unbiased estimate of the integral. Their mean is the value,
    and Student's t with R - 1 degrees of freedom gives the interval (L'Ecuyer and Lemieux 2002, "Recent advances in
    randomized quasi-Monte Carlo methods").

    Raises
    ------
    CsmcError
        There are fewer than two randomizations, or they have unequal numbers of points.
    """
    numbers, counts = np.unique(randomization, return_counts=True)
    if len(numbers) < 2:
        raise CsmcError(
            "one sample that fills a space (a Latin hypercube, a Sobol' sequence) says nothing of its own error, "
            "because its points avoid each other; and other designs are no samples. Run lhs or sobol with "
            "randomizations: 8 or more; points that have been run are kept"
        )
    if len(set(counts.tolist())) > 1:
        raise CsmcError("the randomizations have unequal numbers of points; select the same points of each")
    ordered = values[np.argsort(randomization, kind="stable")]
    means = ordered.reshape(len(numbers), counts[0], *values.shape[1:]).mean(axis=1)
    value, se = means.mean(axis=0), means.std(axis=0, ddof=1) / np.sqrt(len(numbers))
    width = stdtrit(len(numbers) - 1, upper(level)) * se
    return Mean(value, se, value - width, value + width)


def monte_carlo_se(errors: Floats, draws: str) -> Floats:
    """Standard error of a mean over points (first axis) from theirs; a bound where points share their draws.

    With independent draws sqrt(sum se_i^2) / n. With common draws correlations are unknown, and the standard deviation
    of a sum is at most the sum of those of its terms: sum se_i / n.
    """
    total = np.sqrt((errors**2).sum(axis=0)) if draws == "independent" else errors.sum(axis=0)
    return np.asarray(total / len(errors))


def average(result: xr.Dataset, metrics: Sequence[str] | None = None, *, level: float = LEVEL) -> xr.Dataset:
    """Mean over the design's distribution of metrics and of their paired differences from the reference.

    Parameters
    ----------
    result
        A result whose design has independent randomizations (`randomizations` of `lhs` or `sobol`, or `samples`), or
        points selected from it, as many of each randomization.
    metrics
        Names of metrics; all of the result by default.
    level
        Of the interval for the error of integration.

    Returns
    -------
    By `estimand` (each metric M, and M_difference) and `institution`: `mean`; `integration_se`, `integration_low` and
    `integration_high`, from the randomizations alone; `monte_carlo_se`, which bounds the error of the replicates if
    points share their draws (the attribute `monte_carlo` says which). Where a metric is missing at a point, as war
    given challenge where nobody challenges, its mean over the region is missing too.

    Raises
    ------
    ParameterError
        The result has no metric of that name, or the level is not between 0 and 1.
    CsmcError
        The design has no independent randomizations, or some point has not run.
    """
    asked = estimands(result, metrics or [name for name in METRICS if name in result], None, differences=True)
    require_level(level)
    missing = int((result["replicates"] == 0).sum())
    if missing:
        raise CsmcError(
            f"{missing:,} of {result.sizes['point']:,} points have not run, so their mean is not that of the region; "
            "`csmc run` with the same configuration goes on"
        )
    alone = np.zeros(result.sizes["point"], dtype=np.int64)
    numbers = result[RANDOMIZATION].values if RANDOMIZATION in result.coords else alone
    draws = seeding(result)
    means, error = randomized_mean(asked.values, numbers, level), monte_carlo_se(np.sqrt(asked.errors), draws)
    parts = dict(zip(PARTS, (*means, error), strict=True))
    count = len(np.unique(numbers))
    return xr.Dataset(
        {name: (("estimand", "institution"), part, {"long_name": PARTS[name]}) for name, part in parts.items()},
        coords={"estimand": list(asked.names), "institution": result["institution"].values},
        attrs={
            "method": f"mean of {count} independent randomizations, Student's t with {count - 1} degrees of freedom",
            "level": level,
            "n": count,
            "points": result.sizes["point"],
            "replicates": int(result["replicates"].min()),
            "reference": result.csmc.reference,
            "seeding": draws,
            "monte_carlo": MONTE_CARLO[draws],
        },
    )

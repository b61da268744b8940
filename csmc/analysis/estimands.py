"""What an analysis over a design asks about: metrics and their differences; edit to ask about something else."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from csmc.analysis.refusals import require, require_level
from csmc.errors import CsmcError, ParameterError
from csmc.estimate import METRICS
from csmc.estimate.intervals import Floats
from csmc.results import refuse_other_stream

#: Noise from this share of the variance between points on is warned of.
NOISY = 0.1


class Estimands(NamedTuple):
    """Estimates and squared standard errors as (point, estimand, institution); NaN where there is none."""

    names: tuple[str, ...]
    institutions: tuple[str, ...]
    values: Floats
    errors: Floats
    independent: bool  #: whether points have draws of their own, so that their errors are independent

    @property
    def columns(self) -> tuple[Floats, Floats]:
        """Values and errors as (point, quantity), a quantity being an estimand under an institution."""
        return self.values.reshape(len(self.values), -1), self.errors.reshape(len(self.errors), -1)

    def unflat(self, values: NDArray[Any]) -> NDArray[Any]:
        """The last axis (quantity) as two, (estimand, institution)."""
        return values.reshape(*values.shape[:-1], len(self.names), len(self.institutions))


def estimands(
    result: xr.Dataset, metrics: Sequence[str], institutions: Sequence[str] | None, differences: bool
) -> Estimands:
    """Read the metrics, and their paired differences from the reference, of all points; what is named twice, once.

    Raises
    ------
    ParameterError
        No metric, or a name that the result does not have.
    StoreError
        The result has another stream version.
    """
    refuse_other_stream(result)
    known = [name for name in METRICS if name in result]
    for name in metrics:
        require("metric", name, known)
    here = [str(name) for name in result["institution"].values]
    for name in institutions or ():
        require("institution", name, here)
    if not metrics:
        raise ParameterError(f"no metric is named; known: {', '.join(known)}")
    chosen = tuple(dict.fromkeys(institutions or here))
    stems = ("", "_difference") if differences else ("",)
    names = tuple(metric + stem for metric in dict.fromkeys(metrics) for stem in stems)
    part = result[[name + end for name in names for end in ("", "_se")]].sel(institution=list(chosen)).load()
    values, errors = (
        np.stack([part[name + end].transpose("point", "institution").values for name in names], axis=1)
        for end in ("", "_se")
    )
    return Estimands(names, chosen, values, errors**2, seeding(result) == "independent")


def check_resampling(resamples: int, level: float) -> None:
    """Refuse numbers that give no interval."""
    if resamples < 100:
        raise ParameterError(f"resamples={resamples} is below 100; an interval needs at least as many, such as 1000")
    require_level(level)


def seeding(result: xr.Dataset) -> str:
    """Tell whether the points of a result share their draws ("common") or have their own ("independent")."""
    return str(result.attrs["seeding"])


def parameters(result: xr.Dataset) -> tuple[str, ...]:
    """Names of the parameters that vary.

    Raises
    ------
    CsmcError
        There are fewer than two points, or none of the parameters has two values.
    """
    names: tuple[str, ...] = result.csmc.design
    if result.sizes["point"] < 2 or not names:
        raise CsmcError(
            "this result has one point, so nothing varies in it; run a design such as saltelli, lhs or sobol"
        )
    return names


def percentiles(resampled: Floats, level: float) -> tuple[Floats, Floats]:
    """The percentile interval of the first axis; NaN where a resample beyond its share is NaN."""
    lost = np.isnan(resampled).mean(axis=0) > (1 - level) / 2
    tails = np.quantile(np.where(np.isnan(resampled), 0.0, resampled), [(1 - level) / 2, (1 + level) / 2], axis=0)
    low, high = np.where(lost, np.nan, tails)
    return low, high


def noise_share(values: Floats, errors: Floats) -> Floats:
    """Mean squared standard error over the variance of the estimates, both over the points (first axis)."""
    usable = np.isfinite(values) & np.isfinite(errors)
    n = np.maximum(usable.sum(axis=0), 1)
    mean = np.where(usable, values, 0.0).sum(axis=0) / n
    variance = np.where(usable, values - mean, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(usable, errors, 0.0).sum(axis=0) / (variance**2).sum(axis=0)
    return np.where(np.isfinite(share), share, np.nan)


def noise_words(independent: bool) -> str:
    """Say what is known of the noise between points."""
    if independent:
        return "subtracted: points have draws of their own, so their standard errors say what noise adds"
    return (
        "bounded: points share their draws, so noise moves them together and nothing is subtracted; figures on noise "
        "are upper bounds, and intervals hold for these draws"
    )


def each_quantity(found: xr.Dataset) -> Iterator[tuple[str, xr.Dataset]]:
    """Yield every estimand under every institution with its name, but the reference's difference from itself."""
    for estimand in found["estimand"].values:
        for institution in found["institution"].values:
            if not (str(estimand).endswith("_difference") and institution == found.attrs["reference"]):
                yield f"{estimand} of {institution}", found.sel(estimand=estimand, institution=institution)


def noise_warnings(found: xr.Dataset) -> list[str]:
    """Warn of every quantity in which noise has a large share, or one that nobody knows."""
    most = "" if found.attrs["seeding"] == "independent" else "up to "
    said = []
    for name, here in each_quantity(found):
        share, varies = float(here["noise_share"]), here["variance"] if "variance" in here else here["mu_star"].max()
        if share > NOISY:
            much = f"{most}{100 * share:.0f} % of the variance between points"
            said.append(f"{name}: noise is {much}; more replicates make it less")
        elif np.isnan(share) and float(varies) > 0:
            said.append(f"{name}: points have no standard errors, so how much of this is noise is unknown")
    return said

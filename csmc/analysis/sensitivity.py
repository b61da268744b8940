"""Which parameters the results depend on: Sobol' indices of a finished result; edit to change what is reported."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from csmc.analysis.estimands import (
    Estimands,
    check_resampling,
    each_quantity,
    estimands,
    noise_share,
    noise_warnings,
    noise_words,
    parameters,
    percentiles,
)
from csmc.analysis.main_effects import basis, main_effects, resampled_first
from csmc.analysis.sobol import Samples, resampled_indices, sobol_indices
from csmc.errors import CsmcError
from csmc.estimate.intervals import Floats

ARRANGED = "first order Saltelli et al. (2010), total order Jansen (1999), from A, B and A with single values of B"
GIVEN = "first order only: variance of main effects, cosines of ranks fitted together, less what residuals give it"
INTERVALS = "percentiles of bootstrap resamples of the {unit}"


class Found(NamedTuple):
    """Indices and their ends as (parameter, quantity); variance, noise and the rest by quantity; total may be none."""

    first: tuple[Floats, Floats, Floats]
    total: tuple[Floats, Floats, Floats] | None
    total_noise: Floats | None
    variance: Floats
    noise_share: Floats
    used: NDArray[np.int64]
    units: int


def sensitivity(
    result: xr.Dataset,
    metrics: Sequence[str] = ("war",),
    *,
    institutions: Sequence[str] | None = None,
    differences: bool = True,
    resamples: int = 1000,
    seed: int = 1,
    level: float = 0.95,
) -> xr.Dataset:
    """Estimate how much of the variance over the design each parameter explains, alone (first) and in all (total).

    A design `saltelli` gives both; any other sample of the space of parameters (`lhs`, `sobol`, cases) the first.

    Parameters
    ----------
    result
        A result, as `csmc.open_results` gives it.
    metrics
        Names of metrics.
    institutions
        Names of institutions; all by default.
    differences
        Whether to add the paired differences from the reference.
    resamples, seed, level
        Of the bootstrap and its intervals.

    Returns
    -------
    A Dataset by estimand, institution and parameter: `first`, `total` with `_low` and `_high`; `total_noise`, the part
    of the variance that noise puts into `total` (subtracted from it, or at most in it); by estimand and institution:
    `variance` over the design, `noise_share`, and how many samples (or points) were `used` and `missing`. Attributes
    name the methods, say what was done about noise and warn where it is large. NaN where nothing varies beyond it.

    Raises
    ------
    ParameterError
        A name is not known, or a number is out of bounds.
    CsmcError
        The design is no sample: one point, a full grid, trajectories of `morris`; or it has too few points.
    """
    check_resampling(resamples, level)
    names = parameters(result)
    asked = estimands(result, metrics, institutions, differences)
    settings = resamples, seed, level
    if "matrix" in result.coords:
        found, method, unit = _arranged(asked, result, len(names), settings), ARRANGED, "samples"
    else:
        _require_sample(result, names)
        found, method, unit = _given(asked, result, names, settings), GIVEN, "points"
    dataset = _labelled(asked, names, found)
    dataset.attrs |= {
        "method": method,
        "interval_method": INTERVALS.format(unit=unit),
        "level": level,
        "resamples": resamples,
        "seed": seed,
        "n": found.units,
        "unit": unit,
        "reference": result.csmc.reference,
        "seeding": "independent" if asked.independent else "common",
        "noise": noise_words(asked.independent),
    }
    dataset.attrs["warnings"] = "\n".join(_warnings(dataset))
    return dataset


def _require_sample(result: xr.Dataset, names: tuple[str, ...]) -> None:
    if "step" in result.coords:
        raise CsmcError("these are trajectories of Morris, which give no indices; screen them, or run design: saltelli")
    if len(names) > 1 and _is_grid(result):
        raise CsmcError(
            "the points are a full grid, whose values were chosen and not sampled, so variance over them says nothing "
            "of the space; run design: saltelli (first and total order), lhs or sobol (first order)"
        )


def _is_grid(result: xr.Dataset) -> bool:
    try:
        result.csmc.grid()
    except CsmcError:
        return False
    return True


def _arranged(asked: Estimands, result: xr.Dataset, d: int, settings: tuple[int, int, float]) -> Found:
    resamples, seed, level = settings
    values, errors = (_by_sample(result, part, d) for part in asked.columns)
    independent = errors if asked.independent else np.where(np.isfinite(values), 0.0, np.nan)
    parts = [(part[:, 0], part[:, 1], part[:, 2:]) for part in (values, independent)]
    samples = Samples(*parts[0], *parts[1])
    used = samples.whole.sum(axis=0)
    if used.max(initial=0) < 2:
        raise CsmcError(f"of {len(values)} samples none, or one, has all its points; finish the run first")
    found, resampled = sobol_indices(samples), resampled_indices(samples, resamples, seed)
    share = noise_share(values[:, :2].reshape(-1, values.shape[-1]), errors[:, :2].reshape(-1, values.shape[-1]))
    return Found(
        first=(found.first, *percentiles(resampled.first, level)),
        total=(found.total, *percentiles(resampled.total, level)),
        total_noise=_total_noise(errors, samples.whole, asked.independent) / found.variance,
        variance=found.variance,
        noise_share=share,
        used=used,
        units=len(values),
    )


def _by_sample(result: xr.Dataset, part: Floats, d: int) -> Floats:
    """Columns of points as (sample, matrix, quantity), whatever the points' order; NaN where a point is not there."""
    sample, matrix = result["sample"].values, result["matrix"].values
    _, row = np.unique(sample, return_inverse=True)
    placed = np.full((row.max() + 1, d + 2, part.shape[1]), np.nan)
    placed[row, matrix] = part
    return placed


def _total_noise(errors: Floats, whole: NDArray[np.bool_], independent: bool) -> Floats:
    """Mean square that noise adds to (a - ab_i)^2 / 2: a sum if errors are independent, else at most so much."""
    a, mixed = errors[:, :1], errors[:, 2:]
    each = (a + mixed) / 2 if independent else (np.sqrt(a) + np.sqrt(mixed)) ** 2 / 2
    kept = whole[:, None] & np.isfinite(each)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(kept, each, 0.0).sum(axis=0) / kept.sum(axis=0))


def _given(asked: Estimands, result: xr.Dataset, names: tuple[str, ...], settings: tuple[int, int, float]) -> Found:
    resamples, seed, level = settings
    values, errors = asked.columns
    counted = errors if asked.independent else np.where(np.isfinite(values), 0.0, np.nan)
    usable = np.isfinite(values) & np.isfinite(counted)
    first = np.full((3, len(names), values.shape[1]), np.nan)
    variance = np.full(values.shape[1], np.nan)
    columns = [result[name].values for name in names]
    for mask in np.unique(usable[:, usable.any(axis=0)], axis=1).T:
        which = np.flatnonzero((usable == mask[:, None]).all(axis=0))
        y, e = values[np.ix_(mask, which)], counted[np.ix_(mask, which)]
        fitted = basis([column[mask] for column in columns], names)
        here = main_effects(fitted, y, e)
        ends = percentiles(resampled_first(fitted, y, e, resamples, seed), level)
        first[:, :, which], variance[which] = np.stack([here.first, *ends]), here.variance
    return Found(
        first=(first[0], first[1], first[2]),
        total=None,
        total_noise=None,
        variance=variance,
        noise_share=noise_share(values, errors),
        used=usable.sum(axis=0),
        units=len(values),
    )


def _labelled(asked: Estimands, names: tuple[str, ...], found: Found) -> xr.Dataset:
    by_parameter, by_quantity = ("parameter", "estimand", "institution"), ("estimand", "institution")
    variables: dict[str, Any] = {}
    for name, words in (("first", "variance explained alone"), ("total", "variance explained alone or with others")):
        for end, part in zip(("", "_low", "_high"), getattr(found, name) or (), strict=False):
            described = {"units": "1", "long_name": f"share of the {words}{_END[end]}"}
            variables[name + end] = (by_parameter, asked.unflat(part), described)
    if found.total_noise is not None:
        meaning = {"units": "1", "long_name": "share of the variance that noise adds to total"}
        variables["total_noise"] = (by_parameter, asked.unflat(found.total_noise), meaning)
    meanings = {
        "variance": "variance over the design",
        "noise_share": "mean squared standard error over the variance of the estimates",
        "used": "samples or points that nothing is missing of",
    }
    for name, meaning_ in meanings.items():
        variables[name] = (by_quantity, asked.unflat(getattr(found, name)), {"units": "1", "long_name": meaning_})
    missing = asked.unflat(found.units - found.used)
    variables["missing"] = (by_quantity, missing, {"units": "1", "long_name": "samples or points left out"})
    coordinates = {"estimand": list(asked.names), "institution": list(asked.institutions), "parameter": list(names)}
    return xr.Dataset(variables, coordinates).transpose("estimand", "institution", "parameter")


_END = {"": "", "_low": ": lower end of the interval", "_high": ": upper end of the interval"}


def _warnings(found: xr.Dataset) -> list[str]:
    """What a reader has to mind."""
    said = noise_warnings(found)
    for name, here in each_quantity(found):
        if missing := int(here["missing"]):
            said.append(
                f"{name}: {missing} of {found.attrs['n']} {found.attrs['unit']} are left out, because a point or its "
                "error is missing; where they are not missing at random, indices are off"
            )
        if not np.isfinite(float(here["variance"])):
            said.append(f"{name}: nothing varies beyond noise, so there are no indices")
    return said

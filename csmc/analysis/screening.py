"""Which parameters matter at all: Morris' screening of a finished result; edit to change what is reported."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from csmc.analysis.estimands import (
    Estimands,
    check_resampling,
    estimands,
    noise_share,
    noise_warnings,
    noise_words,
    parameters,
    percentiles,
)
from csmc.errors import CsmcError
from csmc.estimate.intervals import Floats

METHOD = "elementary effects of half a range, per range: Morris (1991), mu_star of Campolongo et al. (2007)"
#: A step is half of the range.
PER_RANGE = 2.0


def screen(
    result: xr.Dataset,
    metrics: Sequence[str] = ("war",),
    *,
    institutions: Sequence[str] | None = None,
    differences: bool = True,
    resamples: int = 1000,
    seed: int = 1,
    level: float = 0.95,
) -> xr.Dataset:
    """Estimate the elementary effects of the parameters of a design `morris`: what a change over the range would do.

    An elementary effect is EE = (f(x + D e_i) - f(x)) / D with D = 1/2 of the range, taken upwards. doi:10.1080/
    00401706.1991.10484804, doi:10.1016/j.envsoft.2006.10.004. Parameters and errors are those of `sensitivity`.

    Returns
    -------
    A Dataset by estimand, institution and parameter: `mu_star` (mean size of the effect), `mu` (mean), `sigma`
    (standard deviation: interactions and curvature), each with `_low` and `_high`; `noise`, the standard deviation (or,
    where points share draws, its bound) that noise alone gives to an effect; `used`, how many effects there are. All
    are in the unit of the estimand. By estimand and institution: `noise_share` as in `sensitivity`.
    """
    check_resampling(resamples, level)
    names = parameters(result)
    if "step" not in result.coords:
        raise CsmcError("the points are no trajectories of Morris; run design: morris")
    asked = estimands(result, metrics, institutions, differences)
    effects, noise = _effects(result, asked, names)
    dataset = _labelled(asked, names, effects, noise, (resamples, seed, level))
    dataset.attrs |= {
        "method": METHOD,
        "interval_method": "percentiles of bootstrap resamples of the trajectories",
        "level": level,
        "resamples": resamples,
        "seed": seed,
        "n": len(effects),
        "unit": "trajectories",
        "reference": result.csmc.reference,
        "seeding": "independent" if asked.independent else "common",
        "noise": _NOISE[asked.independent],
    }
    said = noise_warnings(dataset)
    if lost := int((len(effects) - dataset["used"]).max()):
        said.append(f"up to {lost} of {len(effects)} effects of a parameter are left out, because a point is missing")
    dataset.attrs["warnings"] = "\n".join(said)
    return dataset


_NOISE = {
    True: "reported: points have draws of their own, so their standard errors give the noise of an effect; mu_star and "
    "sigma hold it",
    False: noise_words(independent=False),
}


def _effects(result: xr.Dataset, asked: Estimands, names: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Elementary effects, and the expected squares of their errors, as (trajectory, parameter, quantity)."""
    values, errors = (_by_trajectory(result, part, len(names)) for part in asked.columns)
    columns = np.stack([result[name].values.astype(np.float64) for name in names], axis=1)
    direction = np.sign(np.diff(_by_trajectory(result, columns, len(names)), axis=1))  # trajectory, step, parameter
    steps = PER_RANGE * np.diff(values, axis=1)
    roots = np.sqrt(errors)
    noise = errors[:, 1:] + errors[:, :-1] if asked.independent else (roots[:, 1:] + roots[:, :-1]) ** 2
    changed = direction != 0  # a factor that no step changed has no effect there
    effects = np.where(changed[..., None], steps[:, :, None] * direction[..., None], 0.0).sum(axis=1)
    squares = np.where(changed[..., None], PER_RANGE**2 * noise[:, :, None], 0.0).sum(axis=1)
    return effects, squares


def _by_trajectory(result: xr.Dataset, part: Floats, d: int) -> Floats:
    """Columns of points as (trajectory, step, column), whatever the points' order; NaN where a point is not there."""
    _, row = np.unique(result["trajectory"].values, return_inverse=True)
    placed = np.full((row.max() + 1, d + 1, part.shape[1]), np.nan)
    placed[row, result["step"].values] = part
    return placed


def _labelled(
    asked: Estimands, names: tuple[str, ...], effects: Floats, noise: Floats, settings: tuple[int, int, float]
) -> xr.Dataset:
    resamples, seed, level = settings
    there = np.isfinite(effects)
    drawn = np.random.default_rng(seed).multinomial(len(effects), np.full(len(effects), 1 / len(effects)), resamples)
    found, resampled = _statistics(effects, np.ones((1, len(effects)))), _statistics(effects, drawn.astype(np.float64))
    variables: dict[str, Any] = {}
    for name, words in _WORDS.items():
        low, high = percentiles(resampled[name], level)
        for end, part in (("", found[name][0]), ("_low", low), ("_high", high)):
            variables[name + end] = (_BY_PARAMETER, asked.unflat(part), {"units": "1", "long_name": words})
    kept = there & np.isfinite(noise)
    mean = np.where(kept, noise, 0.0).sum(axis=0) / np.where(kept.any(axis=0), kept.sum(axis=0), np.nan)
    meaning = {"units": "1", "long_name": "standard deviation that noise gives to an elementary effect"}
    variables["noise"] = (_BY_PARAMETER, asked.unflat(np.sqrt(mean)), meaning)
    variables["used"] = (_BY_PARAMETER, asked.unflat(there.sum(axis=0)), {"units": "1", "long_name": "effects"})
    share = asked.unflat(noise_share(*asked.columns))
    meaning = {"units": "1", "long_name": "mean squared standard error over the variance of the estimates"}
    variables["noise_share"] = (_BY_PARAMETER[1:], share, meaning)
    coordinates = {"estimand": list(asked.names), "institution": list(asked.institutions), "parameter": list(names)}
    return xr.Dataset(variables, coordinates).transpose("estimand", "institution", "parameter")


_BY_PARAMETER = ("parameter", "estimand", "institution")
_WORDS = {
    "mu_star": "mean size of the elementary effects",
    "mu": "mean of the elementary effects",
    "sigma": "standard deviation of the elementary effects",
}


def _statistics(effects: Floats, weights: Floats) -> dict[str, Floats]:
    """Statistics of weighted effects (trajectory, parameter, quantity), as (resample, parameter, quantity)."""
    there = np.isfinite(effects)
    count = np.maximum(there.sum(axis=0), 1)
    centre = np.where(there, effects, 0.0).sum(axis=0) / count
    deviation = np.where(there, effects - centre, 0.0)
    shape = (len(weights), *effects.shape[1:])
    n, size, linear, square = (
        (weights @ part.reshape(len(effects), -1)).reshape(shape)
        for part in (there * 1.0, np.where(there, np.abs(effects), 0.0), deviation, deviation**2)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = linear / n
        variance = np.maximum(square - n * mean**2, 0.0) / (n - 1)
        return {"mu_star": size / n, "mu": np.where(n > 0, centre + mean, np.nan), "sigma": np.sqrt(variance)}

"""Sobol' indices and Morris' effects of known functions, against other implementations, and what is refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr
from SALib.analyze import morris as salib_morris
from SALib.analyze import sobol as salib_sobol
from scipy.stats import sobol_indices, uniform

from csmc.analysis import screen, sensitivity
from csmc.errors import CsmcError, ParameterError
from tests.analysed import over, result_of, shares
from tests.functions import ISHIGAMI_FIRST, ISHIGAMI_TOTAL, ishigami

HERE = {"estimand": "war", "institution": "collective_security"}


@pytest.fixture(scope="module")
def arranged() -> xr.Dataset:
    experiment = over(3, "saltelli", 1024)
    return result_of(experiment, {"war": ishigami(shares(experiment))})


def by_matrix(result: xr.Dataset) -> np.ndarray[Any, Any]:
    values = result["war"].sel(institution="collective_security").values
    return values.reshape(-1, 5)


def test_ishigamis_indices_are_found(arranged: xr.Dataset) -> None:
    found = sensitivity(arranged).sel(HERE)
    # the root mean square errors of 40 scrambles at N = 1024 are at most .013 (first) and .006 (total); four of them
    np.testing.assert_allclose(found["first"], ISHIGAMI_FIRST, atol=4 * 0.013)
    np.testing.assert_allclose(found["total"], ISHIGAMI_TOTAL, atol=4 * 0.006)
    assert (found["first_low"] < found["first"]).all()
    assert (found["total"] < found["total_high"]).all()


def test_scipy_finds_the_same(arranged: xr.Dataset) -> None:
    values = by_matrix(arranged)
    func = {"f_A": values[None, :, 0], "f_B": values[None, :, 1], "f_AB": values.T[2:, None, :]}
    theirs = sobol_indices(func=func, n=len(values), dists=[uniform()] * 3)
    found = sensitivity(arranged).sel(HERE)
    np.testing.assert_allclose(found["first"], theirs.first_order, atol=1e-12)
    np.testing.assert_allclose(found["total"], theirs.total_order, atol=1e-12)


def test_salib_finds_the_same_but_for_the_mean_it_centres_by(arranged: xr.Dataset) -> None:
    values = by_matrix(arranged)
    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0, 1]] * 3}
    in_their_order = np.concatenate([values[:, :1], values[:, 2:], values[:, 1:2]], axis=1).ravel()
    theirs = salib_sobol.analyze(problem, in_their_order, calc_second_order=False, num_resamples=2, seed=1)
    found = sensitivity(arranged).sel(HERE)
    np.testing.assert_allclose(found["total"], theirs["ST"], atol=1e-12)
    # SALib takes the mean of all points, csmc that of A and B: b (ab - a) differs by the difference of means.
    apart = values.mean() - values[:, :2].mean()
    moved = apart * (values[:, 2:] - values[:, :1]).mean(axis=0) / values[:, :2].var()
    np.testing.assert_allclose(found["first"], theirs["S1"] + moved, atol=1e-12)


def test_the_order_of_points_does_not_matter(arranged: xr.Dataset) -> None:
    shuffled = arranged.isel(point=np.random.default_rng(1).permutation(arranged.sizes["point"]))
    xr.testing.assert_identical(sensitivity(shuffled), sensitivity(arranged))


def test_a_sample_that_lacks_a_point_is_left_out_and_counted(arranged: xr.Dataset) -> None:
    holes = arranged.copy(deep=True)
    for point in (7, 8, 4000):  # two of sample 1, one of sample 800
        for name in ("war", "war_se", "war_difference", "war_difference_se"):
            holes[name][point] = np.nan
    found = sensitivity(holes)
    kept = arranged.isel(point=~arranged["sample"].isin([1, 800]).values)
    np.testing.assert_allclose(found.sel(HERE)["first"], sensitivity(kept).sel(HERE)["first"], rtol=1e-12)
    assert found.sel(HERE)["missing"] == 2
    assert found.sel(HERE)["used"] == 1022
    assert "war of collective_security: 2 of 1024 samples are left out" in found.attrs["warnings"]


def test_the_difference_of_an_unchanging_reference_has_the_indices_of_the_metric(arranged: xr.Dataset) -> None:
    found = sensitivity(arranged).sel(institution="collective_security")
    np.testing.assert_array_equal(found["total"].sel(estimand="war"), found["total"].sel(estimand="war_difference"))


@pytest.mark.parametrize("level", [0.0, 0.1, 1e6])
def test_what_does_not_vary_has_no_indices_and_says_so(level: float) -> None:
    for design in ("saltelli", "lhs"):
        experiment = over(2, design, 64)
        found = sensitivity(result_of(experiment, {"war": np.full(experiment.n_points, level)}))
        assert np.isnan(found["first"]).all()
        assert np.isnan(found["first_low"]).all()
        assert "war of collective_security: nothing varies beyond noise" in found.attrs["warnings"]


def test_resamples_are_fixed_by_the_seed_and_intervals_nest_by_level(arranged: xr.Dataset) -> None:
    one, same, other = (sensitivity(arranged, seed=seed) for seed in (1, 1, 2))
    xr.testing.assert_identical(one, same)
    assert (one["total_low"] != other["total_low"]).any()
    narrow = sensitivity(arranged, level=0.5)
    assert (narrow["total_high"] <= one["total_high"]).sel(HERE).all()
    assert one.attrs["level"] == 0.95
    assert one.attrs["n"] == 1024


def additive(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """2 x0 + x1, of variances 4/12 and 1/12: indices .8, .2 and 0."""
    return 2 * x[:, 0] + x[:, 1]


@pytest.mark.parametrize("design", ["lhs", "sobol"])
def test_a_plain_sample_gives_first_order_and_no_total(design: str) -> None:
    experiment = over(3, design, 512)
    found = sensitivity(result_of(experiment, {"war": additive(shares(experiment))})).sel(HERE)
    np.testing.assert_allclose(found["first"], [0.8, 0.2, 0.0], atol=0.01)
    assert "total" not in found
    assert found.attrs["method"].startswith("first order only")


def test_parameters_that_do_not_vary_apart_are_refused() -> None:
    experiment = over(2, "lhs", 128)
    result = result_of(experiment, {"war": shares(experiment)[:, 0]})
    first, second = result.csmc.design
    with pytest.raises(CsmcError, match="do not vary apart"):
        sensitivity(result.assign_coords({second: (result[first] ** 2).assign_attrs(result[second].attrs)}))


def test_text_is_a_parameter_too() -> None:
    experiment = over(2, "lhs", 256)
    x = shares(experiment)
    result = result_of(experiment, {"war": (x[:, 0] > 0.5) * 1.0})
    first, _ = result.csmc.design
    words = np.where(x[:, 0] > 0.5, "high", "low").astype(np.dtypes.StringDType())
    found = sensitivity(result.assign_coords({first: ("point", words, result[first].attrs)})).sel(HERE)
    np.testing.assert_allclose(found["first"], [1.0, 0.0], atol=0.01)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda result: result.isel(point=[0]), "one point"),
        (lambda result: result.isel(point=slice(0, 9)), "9 points are too few for the main effects of 2 parameters"),
    ],
)
def test_too_few_points_are_refused(change: Callable[[xr.Dataset], xr.Dataset], said: str) -> None:
    experiment = over(2, "lhs", 64)
    with pytest.raises(CsmcError, match=said):
        sensitivity(change(result_of(experiment, {"war": additive(shares(experiment))})))


def test_a_large_sample_of_many_parameters_is_no_grid() -> None:
    result = result_of(over(6, "lhs", 4096), {"war": np.zeros(4096)})  # a grid of its values had 4096^6 points
    with pytest.raises(CsmcError, match="no full grid"):
        result.csmc.grid()


def test_a_grid_and_trajectories_are_refused_with_the_way_out(arranged: xr.Dataset) -> None:
    x, y = (part.ravel() for part in np.meshgrid(np.arange(8) / 8, np.arange(8) / 8))
    experiment = over(2, "lhs", 64)
    result = result_of(experiment, {"war": x + y})
    first, second = result.csmc.design
    grid = result.assign_coords({first: ("point", x), second: ("point", y)})
    with pytest.raises(CsmcError, match=r"full grid.*saltelli"):
        sensitivity(grid)
    trajectories = over(2, "morris", 4)
    with pytest.raises(CsmcError, match=r"trajectories of Morris.*saltelli"):
        sensitivity(result_of(trajectories, {"war": shares(trajectories)[:, 0]}))
    with pytest.raises(CsmcError, match=r"no trajectories of Morris.*design: morris"):
        screen(arranged)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"metrics": ["wars"]}, "'wars' is no metric of this result; did you mean war"),
        ({"metrics": []}, "no metric is named"),
        ({"institutions": ["colective_security"]}, "did you mean collective_security"),
        ({"resamples": 50}, "resamples=50 is below 100"),
        ({"level": 95}, "level=95 is not between 0 and 1"),
    ],
)
def test_wrong_questions_are_refused(arranged: xr.Dataset, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        sensitivity(arranged, **options)


def test_what_is_named_twice_is_told_once(arranged: xr.Dataset) -> None:
    twice = sensitivity(arranged, ["war", "war"], institutions=["collective_security"] * 2)
    xr.testing.assert_identical(twice, sensitivity(arranged, institutions=["collective_security"]))


def test_a_linear_function_has_its_slopes_as_effects_and_no_spread() -> None:
    experiment = over(4, "morris", 10)
    slopes = np.array([2.0, -1.0, 0.0, 0.5])
    found = screen(result_of(experiment, {"war": shares(experiment) @ slopes})).sel(HERE)
    np.testing.assert_allclose(found["mu_star"], np.abs(slopes), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found["mu"], slopes, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found["sigma"], 0, atol=1e-14)
    np.testing.assert_allclose(found["mu_star_high"] - found["mu_star_low"], 0, atol=1e-14)


def test_salib_screens_the_same_but_for_the_length_of_its_step() -> None:
    experiment = over(3, "morris", 30)
    x = shares(experiment)
    values = ishigami(x)
    found = screen(result_of(experiment, {"war": values})).sel(HERE)
    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0, 1]] * 3}
    theirs = salib_morris.analyze(problem, x, values, num_levels=4, scaled=False, seed=1)
    longer = 0.5 / (2 / 3)  # a step of csmc is 1/2 of the range, SALib takes p / 2(p - 1) for it
    for name in ("mu_star", "mu", "sigma"):
        np.testing.assert_allclose(found[name] * longer, theirs[name], rtol=1e-9)


def test_the_noise_of_an_effect_is_reported_or_bounded() -> None:
    for seeding, noise in (("independent", 2 * np.sqrt(2) * 0.01), ("common", 2 * 2 * 0.01)):
        experiment = over(2, "morris", 6, seeding=seeding)
        found = screen(result_of(experiment, {"war": shares(experiment)[:, 0]}, error=0.01))
        np.testing.assert_allclose(found.sel(HERE)["noise"], noise, rtol=1e-12)
        assert found.attrs["noise"].startswith("reported" if seeding == "independent" else "bounded")


def test_an_effect_that_lacks_a_point_is_left_out_and_counted() -> None:
    experiment = over(2, "morris", 6)
    result = result_of(experiment, {"war": shares(experiment)[:, 0]})
    result["war"][4] = np.nan  # the second point of the second trajectory: both its effects
    found = screen(result)
    np.testing.assert_array_equal(found.sel(HERE)["used"], 5)
    np.testing.assert_allclose(found.sel(HERE)["mu_star"], [1, 0], atol=1e-12)
    assert "up to 1 of 6 effects" in found.attrs["warnings"]

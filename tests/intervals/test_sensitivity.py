"""Indices of parameters: what noise does to them, what is taken off, and that intervals hold their level."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import qmc

from csmc.analysis import sensitivity
from csmc.analysis.main_effects import basis, main_effects, resampled_first
from csmc.analysis.sobol import Samples, resampled_indices, sobol_indices
from csmc.config.arranged import saltelli_shares
from tests.analysed import over, result_of, shares
from tests.evidence import Section
from tests.functions import ISHIGAMI_FIRST, ISHIGAMI_TOTAL, ishigami

RUNS, N = 200, 256
#: Standard deviation of the noise: two fifths of the variance between points are then noise.
NOISE = 3.0
AMOUNT = {0.0: "without noise", NOISE: "39 % of the variance being noise"}
LEVEL = 0.95
PATH = "system.members"
#: a^2 / 8 + b pi^4 / 5 + b^2 pi^8 / 18 + 1/2 with a = 7 and b = 0.1
ISHIGAMI_VARIANCE = 49 / 8 + 0.1 * np.pi**4 / 5 + 0.01 * np.pi**8 / 18 + 0.5
#: Fewest of RUNS intervals that hold, four standard errors below the level.
FEWEST = LEVEL - 4 * np.sqrt(LEVEL * (1 - LEVEL) / RUNS)


def samples(run: int, noise: float, known: bool = True, sequence: bool = True) -> Samples:
    """Ishigami's function with independent normal noise, whose variance is told or not."""
    generator = np.random.default_rng([run, 7])
    if sequence:
        points = saltelli_shares(N, 3, run)
    else:
        both = generator.random((N, 2, 3))
        mixed = np.repeat(both[:, :1], 3, axis=1)
        mixed[:, range(3), range(3)] = both[:, 1]
        points = np.concatenate([both, mixed], axis=1).reshape(-1, 3)
    values = (ishigami(points) + noise * generator.standard_normal(len(points))).reshape(N, 5, 1)
    errors = np.full_like(values, noise**2 if known else 0.0)
    return Samples(*_parts(values), *_parts(errors))


def _parts(part: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return part[:, 0], part[:, 1], part[:, 2:]


def means(known: bool) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the indices (first, then total) over the runs, and its standard error."""
    found = []
    for run in range(RUNS):
        indices = sobol_indices(samples(run, NOISE, known))
        found.append(np.concatenate([indices.first, indices.total])[:, 0])
    return np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(RUNS)


@pytest.mark.statistical
def test_noise_is_taken_off_and_would_otherwise_count_as_a_parameter(
    evidence: Callable[[Section, str, str], None],
) -> None:
    truth = np.concatenate([ISHIGAMI_FIRST, ISHIGAMI_TOTAL])
    mean, error = means(known=True)
    assert (np.abs(mean - truth) <= 4 * error).all()
    plain, plain_error = means(known=False)
    assert (np.abs(plain - truth) > 4 * plain_error)[[0, 1, 3, 4, 5]].all()
    assert (plain[3:] > mean[3:]).all()
    evidence(
        Section.STATISTICS,
        f"Independent noise between points (39 % of their variance) leaves Sobol' indices unbiased: means over {RUNS} "
        f"runs of {N} samples of Ishigami's function are the known indices, within four standard errors; without the "
        "correction all but the zero are off by more.",
        f"total order {', '.join(f'{m:.3f}' for m in mean[3:])}; known {', '.join(f'{t:.3f}' for t in truth[3:])}; "
        f"uncorrected {', '.join(f'{p:.3f}' for p in plain[3:])}",
    )


def held(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    low, high = np.quantile(found[..., 0], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return (low <= truth) & (truth <= high)


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize("noise", [0.0, NOISE], ids=["exact", "noisy"])
@pytest.mark.parametrize("sequence", [True, False], ids=["sobol", "random"])
def test_intervals_of_sobol_indices_hold_their_level(
    evidence: Callable[[Section, str, str], None], noise: float, sequence: bool
) -> None:
    held_ = []
    for run in range(RUNS):
        found = resampled_indices(samples(run, noise, sequence=sequence), 1000, run)
        held_.append([held(found.first, ISHIGAMI_FIRST), held(found.total, ISHIGAMI_TOTAL)])
    share = np.mean(held_, axis=0)
    assert share.min() >= FEWEST
    kind = "a Sobol' sequence" if sequence else "random points"
    evidence(
        Section.STATISTICS,
        f"95 % intervals of Sobol' indices hold over {RUNS} runs of {N} samples of {kind}, "
        f"{AMOUNT[noise]} (at least {FEWEST:.3f}: four standard errors).",
        f"first {', '.join(f'{s:.3f}' for s in share[0])}; total {', '.join(f'{s:.3f}' for s in share[1])}",
    )


@pytest.mark.proof
@pytest.mark.statistical
@pytest.mark.parametrize("noise", [0.0, NOISE], ids=["exact", "noisy"])
@pytest.mark.parametrize("kind", ["lhs", "sobol", "random"])
def test_intervals_of_main_effects_of_a_plain_sample_hold_their_level(
    evidence: Callable[[Section, str, str], None], noise: float, kind: str
) -> None:
    n, held_, first = 512, [], []
    for run in range(RUNS):
        generator = np.random.default_rng([run, 11])
        points = {
            "lhs": lambda run=run: qmc.LatinHypercube(3, rng=run).random(n),
            "sobol": lambda run=run: qmc.Sobol(3, rng=run).random(n),
            "random": lambda generator=generator: generator.random((n, 3)),
        }[kind]()
        values = (ishigami(points) + noise * generator.standard_normal(n))[:, None]
        errors = np.full_like(values, noise**2)
        fitted = basis(list(points.T), list("abc"))
        first.append(main_effects(fitted, values, errors).first[:, 0])
        held_.append(held(resampled_first(fitted, values, errors, 200, run), ISHIGAMI_FIRST))
    share = np.mean(held_, axis=0)
    assert share.min() >= FEWEST
    # What eight cosines miss of x1 and x2, and what Sobol' points have less of than the residuals promise.
    assert np.abs(np.mean(first, axis=0) - ISHIGAMI_FIRST).max() <= 0.015
    evidence(
        Section.STATISTICS,
        f"95 % intervals of first-order indices from a plain sample ({kind}, {n} points) hold over {RUNS} runs, "
        f"{AMOUNT[noise]} (at least {FEWEST:.3f}: four standard errors).",
        f"{', '.join(f'{s:.3f}' for s in share)}; means {', '.join(f'{m:.3f}' for m in np.mean(first, axis=0))}",
    )


def noisy(seeding: str, design: str = "saltelli", error: float = NOISE):
    experiment = over(3, design, 256, seeding=seeding)
    x = shares(experiment)
    noise = error * np.random.default_rng(5).standard_normal(len(x))
    return sensitivity(result_of(experiment, {"war": ishigami(x) + noise}, error=error))


@pytest.mark.parametrize("design", ["saltelli", "lhs"])
def test_with_draws_of_their_own_noise_is_subtracted_and_warned_of(design: str) -> None:
    found = noisy("independent", design).sel(estimand="war", institution="collective_security")
    share = NOISE**2 / (ISHIGAMI_VARIANCE + NOISE**2)
    # four standard errors of a variance of 512 (saltelli's A and B) or 256 nearly normal values
    np.testing.assert_allclose(found["noise_share"], share, rtol=4 * np.sqrt(2 / 256))
    np.testing.assert_allclose(
        found["variance"], ISHIGAMI_VARIANCE, atol=4 * np.sqrt(2 / 256) * ISHIGAMI_VARIANCE / share
    )
    assert found.attrs["noise"].startswith("subtracted")
    assert "war of collective_security: noise is " in found.attrs["warnings"]
    if design == "saltelli":
        np.testing.assert_allclose(found["total_noise"], NOISE**2 / float(found["variance"]), rtol=1e-12)


def test_with_shared_draws_nothing_is_subtracted_and_noise_is_bounded() -> None:
    found = noisy("common").sel(estimand="war", institution="collective_security")
    assert found.attrs["noise"].startswith("bounded")
    assert "noise is up to " in found.attrs["warnings"]
    own = noisy("independent").sel(estimand="war", institution="collective_security")
    assert (found["total"] > own["total"]).all()
    np.testing.assert_allclose(found["total_noise"], 2 * NOISE**2 / float(found["variance"]), rtol=1e-12)


@pytest.mark.statistical
def test_noise_that_points_share_stays_within_its_bound() -> None:
    experiment = over(2, "saltelli", 128)
    x = shares(experiment)
    added = []
    for phase in np.random.default_rng(3).random(25):
        # As unlike between A and its neighbours as can be where the wave is short, alike where it is long.
        for waves in (0.5, 8.0):
            error = 0.1 * np.sqrt(2) * np.cos(2 * np.pi * (waves * x[:, 0] + phase))
            found = sensitivity(
                result_of(experiment, {"war": x[:, 1] + error}, error=0.1), resamples=100, differences=False
            )
            here = found.sel(estimand="war", institution="collective_security", parameter=PATH)
            added.append((float(here["total"]), float(here["total_noise"])))
    total, bound = np.transpose(added)
    assert total.mean() > 0.01
    assert total.mean() <= bound.mean()


def test_noise_that_nobody_knows_is_warned_of() -> None:
    for design in ("saltelli", "lhs"):
        experiment = over(3, design, 256)
        x = shares(experiment)
        found = sensitivity(result_of(experiment, {"war": ishigami(x)}, error=np.nan), resamples=100)
        assert "war of collective_security: points have no standard errors" in found.attrs["warnings"]
        assert np.isfinite(found["first"].sel(estimand="war", institution="collective_security")).all()


def test_quiet_results_are_not_warned_of() -> None:
    assert "of the variance between points" not in noisy("independent", error=0.1).attrs["warnings"]

"""How long the analyses of a finished result of 4,096 points and 8 institutions take."""

import numpy as np
import pytest

from csmc.analysis import discover, screen, sensitivity
from csmc.institutions.catalogue import names
from tests.analysed import over, result_of, shares

#: Of six parameters, by design: 8 points a sample, 7 a trajectory.
COUNTS = {"saltelli": 512, "lhs": 4096, "morris": 585}


def eight_institutions(design: str):
    experiment = over(6, design, COUNTS[design], institutions=names())
    x = shares(experiment)
    war = x[:, 0] * x[:, 1] + 0.3 * x[:, 2]
    return result_of(experiment, {"war": war}, 0.01, lambda value: [(k + 1) * value for k in range(8)])


@pytest.mark.benchmark(group="analysis")
@pytest.mark.parametrize("design", COUNTS)
def test_indices_and_effects(benchmark, design):
    result = eight_institutions(design)
    found = benchmark.pedantic(screen if design == "morris" else sensitivity, (result,), rounds=1)
    assert np.isfinite(found["mu_star" if design == "morris" else "first"].sel(estimand="war")).all()


@pytest.mark.benchmark(group="analysis")
def test_discovery(benchmark):
    result = eight_institutions("lhs")
    found = benchmark.pedantic(discover, (result, "war[collective_security] > 3"), rounds=1)
    assert found.attrs["box_density"] > found.attrs["base_density"]

"""Every peer simulates the same model as the kernel: equal rates of all outcomes, within their standard errors."""

import numpy as np
import pytest

from bench.peers import PEERS
from csmc.institutions import get, names, pack_institutions
from csmc.kernel import Plan, tally
from csmc.kernel.codes import N_OUTCOMES
from csmc.parameters import defaults, pack_point
from csmc.system import build_system

SEED = 20261122
KERNEL_REPLICATES = 400_000
#: Enough to see a wrong rule, few enough for a test.
REPLICATES = {"NumPy": 100_000, "JAX": 50_000, "Python objects": 4_000, "Mesa": 4_000}
#: In standard errors of a difference of two frequencies; 80 are compared at once, some of them rare.
TOLERANCE = 5.0


@pytest.mark.statistical
@pytest.mark.parametrize("n_states", [8, 20], ids=["everybody sits", "seats are elected"])
@pytest.mark.parametrize("name", PEERS)
def test_a_peer_has_the_rates_of_the_kernel(name, n_states):
    peer, replicates = PEERS[name], REPLICATES[name]
    if not peer.is_installed:
        pytest.skip(f"{peer.package} is not installed")
    values = {**defaults(), "system.n_states": n_states}
    records = pack_institutions([get(preset) for preset in names()])
    arguments = (pack_point(values), build_system(values), records, SEED, 0, KERNEL_REPLICATES, Plan(joint="none"))
    counts = tally(*arguments).sums[:, :N_OUTCOMES]
    rates = peer.load()(n_states, replicates, SEED)
    assert rates.shape == counts.shape
    np.testing.assert_allclose(rates.sum(axis=1), 1, rtol=1e-12)
    pooled = (counts + rates * replicates) / (KERNEL_REPLICATES + replicates)
    errors = np.sqrt(pooled * (1 - pooled) * (1 / KERNEL_REPLICATES + 1 / replicates))
    assert (np.abs(rates - counts / KERNEL_REPLICATES) <= TOLERANCE * errors).all()

"""Every peer simulates the same model as the kernel: equal rates of all outcomes, within their standard errors."""

import numpy as np
import pytest

from bench.peers import PEERS
from bench.peers.agreement import SEED, TOLERANCE, largest_deviation
from csmc.institutions import names
from csmc.kernel.codes import N_OUTCOMES


@pytest.mark.statistical
@pytest.mark.parametrize("n_states", [8, 20], ids=["everybody sits", "seats are elected"])
@pytest.mark.parametrize("name", PEERS)
def test_a_peer_has_the_rates_of_the_kernel(name, n_states):
    peer = PEERS[name]
    if not peer.is_installed:
        pytest.skip(f"{peer.package} is not installed")
    assert largest_deviation(peer.load(), n_states, peer.checked) <= TOLERANCE


def test_rates_are_frequencies_of_one_seed():
    rates = PEERS["NumPy"].load()
    assert rates(8, 500, SEED).shape == (len(names()), N_OUTCOMES)
    np.testing.assert_allclose(rates(8, 500, SEED).sum(axis=1), 1, rtol=1e-12)
    assert (rates(8, 500, SEED) == rates(8, 500, SEED)).all()
    assert (rates(8, 500, SEED) != rates(8, 500, SEED + 1)).any()

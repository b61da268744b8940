"""Whether a peer simulates the kernel's model: a comparison of speed is worth nothing otherwise."""

import numpy as np
from numpy.typing import NDArray

from bench.peers import Rates
from csmc.institutions import get, names, pack_institutions
from csmc.kernel import Plan, tally
from csmc.kernel.codes import N_OUTCOMES
from csmc.parameters import Record, defaults, pack_point
from csmc.system import build_system

SEED = 20261122
KERNEL_REPLICATES = 400_000
#: In standard errors of a difference of two frequencies; 80 are compared at once, some of them rare.
TOLERANCE = 5.0


def setting(n_states: int) -> tuple[Record, Record]:
    """The point and the institutions that all programs simulate."""
    values = {**defaults(), "system.n_states": n_states}
    return pack_point(values), pack_institutions([get(name) for name in names()])


def kernel_counts(n_states: int, replicates: int, seed: int = SEED) -> NDArray[np.int64]:
    """The kernel's outcomes, (K, outcome)."""
    point, records = setting(n_states)
    system = build_system({**defaults(), "system.n_states": n_states})
    return tally(point, system, records, seed, 0, replicates, Plan(joint="none")).sums[:, :N_OUTCOMES]


def largest_deviation(rates: Rates, n_states: int, replicates: int) -> float:
    """The largest difference between a peer's and the kernel's outcome frequencies, in its standard error."""
    kernel, peer = kernel_counts(n_states, KERNEL_REPLICATES) / KERNEL_REPLICATES, rates(n_states, replicates, SEED)
    pooled = (kernel * KERNEL_REPLICATES + peer * replicates) / (KERNEL_REPLICATES + replicates)
    error = np.sqrt(pooled * (1 - pooled) * (1 / KERNEL_REPLICATES + 1 / replicates))
    difference = np.abs(peer - kernel)
    return float(np.max(np.divide(difference, error, out=difference.copy(), where=error > 0)))

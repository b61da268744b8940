"""Particles as chains of numbered links (`csmc.kernel.draws`), all that is kept of a history; edit how links are named.

A link is named by the run, the step of the run and the particle that drew it, so no two runs, steps or particles share
a draw. Chains that are shorter than others repeat their first link, which changes nothing.
"""

import numpy as np
from numpy.typing import NDArray

from csmc.kernel.codes import LINK_BITS

#: (link, particle) uint64, oldest link first.
Chains = NDArray[np.uint64]

#: Bits of a link's number: the run, then its step, then the particle.
PARTICLE_BITS, STEP_BITS = 20, 16
MOST_PARTICLES = 1 << PARTICLE_BITS
MOST_STEPS = 1 << STEP_BITS
MOST_RUNS = 1 << (LINK_BITS - PARTICLE_BITS - STEP_BITS)


def new_links(run: int, step: int, particles: int, octave: int) -> Chains:
    """(1, particle): one link each, that takes one draw in 2**octave; octave 0 for the first links of chains."""
    name = (octave << LINK_BITS) | (run << (PARTICLE_BITS + STEP_BITS)) | (step << PARTICLE_BITS)
    return np.uint64(name) + np.arange(particles, dtype=np.uint64)[None]


def moved(chains: Chains, links: Chains, accepted: NDArray[np.bool_]) -> Chains:
    """The chains, with the links appended where `accepted`."""
    stayed = np.concatenate([chains[:1], chains])
    both = np.where(accepted, np.concatenate([chains, links]), stayed)
    repeated = 0
    while repeated + 1 < len(both) and (both[repeated + 1] == both[0]).all():
        repeated += 1
    return both[repeated:]


def ancestors(chains: Chains) -> int:
    """How many of the first particles are left."""
    return len(np.unique(chains[0]))

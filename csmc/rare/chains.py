"""Particles as chains of numbered links (`csmc.kernel.draws`), all that is kept of a history; edit how links are named.

A link is named by the run, the step of the run and the particle that drew it, so no two runs, steps or particles share
one. The order of the links after the first does not matter; `NO_LINK` fills up the chains that are shorter than others.
"""

import numpy as np
from numpy.typing import NDArray

from csmc.kernel.codes import LINK_BITS, NO_LINK

#: (link, particle) uint64: first the number of a replicate.
Chains = NDArray[np.uint64]

#: Bits of a link's number: the run, then its step, then the particle.
PARTICLE_BITS, STEP_BITS = 20, 16
MOST_PARTICLES = 1 << PARTICLE_BITS
MOST_STEPS = 1 << STEP_BITS
MOST_RUNS = 1 << (LINK_BITS - PARTICLE_BITS - STEP_BITS)


def new_links(run: int, step: int, particles: int, octave: int) -> Chains:
    """(1, particle): one link each, that shifts one draw in 2**octave; of octave 0 also the first links of chains."""
    name = (octave << LINK_BITS) | (run << (PARTICLE_BITS + STEP_BITS)) | (step << PARTICLE_BITS)
    return np.uint64(name) + np.arange(particles, dtype=np.uint64)[None]


def moved(chains: Chains, links: Chains, accepted: NDArray[np.bool_]) -> Chains:
    """The chains, with the links appended where `accepted`; no longer than the longest."""
    appended = np.where(accepted, links, np.uint64(NO_LINK))
    after = np.sort(np.concatenate([chains[1:], appended]), axis=0)  # NO_LINK is above all others
    length = int((after != NO_LINK).any(axis=1).sum())
    return np.concatenate([chains[:1], after[:length]])


def ancestors(chains: Chains) -> int:
    """How many of the first particles are left."""
    return len(np.unique(chains[0]))

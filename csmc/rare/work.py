"""Pieces of work of splitting, importable by name so that any worker can do them: a pilot, or one run."""

import hashlib
from collections.abc import Sequence

import numpy as np

from csmc import kernel
from csmc.config import Experiment
from csmc.engine.tallies import Job
from csmc.kernel import SystemTables
from csmc.kernel.lanes import LANES
from csmc.kernel.tracing import Floats, crisis_trace
from csmc.parameters import Record
from csmc.rare.chains import Chains
from csmc.rare.escalation import EVENTS, escalation
from csmc.rare.splitting import Effort, Run, Score, UnreachedError, choose_levels, split

#: What the traces of one call may take (bytes): long histories of many states are traced a few at a time.
TRACE_BYTES = 64 << 20


def pilot(job: Job, point: int, institution: int, event: str, particles: int, moves: int, seed: int) -> list[float]:
    """Levels for an event at a point under an institution (their numbers), see `choose_levels`; none if unreached."""
    score, key = history_score(job.experiment, point, institution, event, seed)
    try:
        return choose_levels(score, Effort(particles, moves), key)
    except UnreachedError:
        return []


def run(
    job: Job,
    point: int,
    institution: int,
    event: str,
    particles: int,
    moves: int,
    seed: int,
    levels: Sequence[float],
    number: int,
) -> Run:
    """Run `number`, from 1, at these levels, see `split`."""
    score, key = history_score(job.experiment, point, institution, event, seed)
    return split(score, list(levels), Effort(particles, moves), key, number)


def history_score(experiment: Experiment, point: int, institution: int, event: str, seed: int) -> tuple[Score, int]:
    """The score of histories at a point under an institution, and the key of their draws.

    Every point, institution and `seed` has a key of its own, that is not the seed of any `csmc run`: estimates are
    independent of one another, and of what was simulated before.
    """
    chosen = experiment.point(point)
    record, system, records = chosen.packed()
    digest = hashlib.blake2b(chosen.key_among([institution]) + seed.to_bytes(8, "little"), digest_size=8).digest()
    key = int.from_bytes(digest, "little")
    return chain_score(record, system, records[institution : institution + 1].view(np.recarray), event, key), key


def chain_score(record: Record, system: SystemTables, institution: Record, event: str, key: int) -> Score:
    """The score of the histories of chains, by the records (1,) of a point and an institution; `key` is the seed."""
    outcomes = EVENTS[event]
    alone = crisis_trace(int(record.n_states[0]), int(record.episodes[0]), 1)
    size = min(max(TRACE_BYTES // sum(part.nbytes for part in alone), 1), LANES)

    def score(chains: Chains) -> Floats:
        batches = np.split(chains, range(size, chains.shape[1], size), axis=1)
        traces = (kernel.trace_chains(record, system, institution, key, batch) for batch in batches)
        return np.concatenate([escalation(trace, record, institution, outcomes) for trace in traces])

    return score

"""The roof: the time that an episode's counted operations take, and nothing else; to beat it is to do less."""

from collections.abc import Mapping

from csmc.benchmark.operations import COSTLY, Operation


def roof(counts: Mapping[Operation, float], atoms: Mapping[Operation, float]) -> float:
    """Σ count · time over the costly operations, in the unit of `atoms` (nanoseconds per operation)."""
    return sum(counts[operation] * atoms[operation] for operation in COSTLY)

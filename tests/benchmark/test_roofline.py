"""The roof by hand."""

from csmc.benchmark.operations import COSTLY, Operation
from csmc.benchmark.roofline import roof


def test_the_roof_is_the_time_of_the_costly_operations() -> None:
    counts = dict.fromkeys(Operation, 0.0) | {Operation.NORMAL: 3.0, Operation.DIVISION: 10.0, Operation.ADDITION: 99.0}
    atoms = dict.fromkeys(COSTLY, 1.0) | {Operation.NORMAL: 2.0, Operation.DIVISION: 0.5}
    assert roof(counts, atoms) == 11.0

"""The elementary operations that are counted in the kernel and timed on the machine, by one name each."""

from enum import StrEnum


class Operation(StrEnum):
    """An operation on one float64."""

    UNIFORM = "uniform"  #: drawn, addressed
    NORMAL = "normal"  #: drawn, with all that makes it of uniforms
    EXPONENTIAL = "exponential"
    LOGARITHM = "logarithm"
    SINE_COSINE = "sine and cosine"  #: of one angle, but for those within normals
    SQUARE_ROOT = "square root"
    DIVISION = "division"
    ADDITION = "addition"  #: or subtraction
    MULTIPLICATION = "multiplication"


#: They hide behind the others, which take the kernel's time.
CHEAP = (Operation.ADDITION, Operation.MULTIPLICATION)
COSTLY: tuple[Operation, ...] = tuple(operation for operation in Operation if operation not in CHEAP)

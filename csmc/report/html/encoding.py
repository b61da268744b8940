"""Numbers as text that a browser decodes at once; edit together with assets/numbers.js, which reads them."""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Largest relative error of a number that has been packed. Seven digits are shown at most, and they are right.
RELATIVE_ERROR = 2.0**-24


def packed(values: NDArray[Any]) -> str:
    """Numbers as base64 of little-endian float32, in C order; what is missing stays missing."""
    return _text(np.ascontiguousarray(values, dtype="<f4"))


def places(values: NDArray[Any]) -> str:
    """Whole numbers from 0 to 65535 as base64, two little-endian bytes each."""
    return _text(np.ascontiguousarray(values, dtype="<u2"))


def _text(values: NDArray[Any]) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")

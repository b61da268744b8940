"""Numbers as text that a browser decodes at once; edit together with assets/numbers.js, which reads them."""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Largest relative error of a number that has been packed: half of the last of 16 significant bits.
RELATIVE_ERROR = 2.0**-16


def packed(values: NDArray[Any]) -> str:
    """Numbers as base64 of the upper 24 bits of each as float32, rounded: 4 characters and 4.8 digits a number.

    Little-endian, in C order; what is missing stays missing.
    """
    bits = np.ascontiguousarray(values, dtype="<f4").view("<u4").ravel()
    finite = np.isfinite(values).ravel()
    rounded = np.where(finite, bits + np.uint32(0x80), bits) >> np.uint32(8)
    return _text(rounded.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3])


def places(values: NDArray[Any]) -> str:
    """Whole numbers from 0 to 65535 as base64, two little-endian bytes each."""
    return _text(np.ascontiguousarray(values, dtype="<u2"))


def _text(values: NDArray[Any]) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")

"""The one-shot model written as other tools would have it: what else could have simulated the same crises.

Every module here has one door, `rates(n_states, replicates, seed)`: the frequency of each outcome under each preset, an
array (K, outcome) in the order of `csmc.institutions.names()` and `csmc.kernel.codes.Outcome`, at default parameters.
A peer makes its own draws, in its own order; what it must share with the kernel is the distribution of outcomes. There
are at least 3 states and one replicate.

At default parameters states lie nowhere and form no blocs, and all are members: peers leave these things out.
"""

import importlib
import importlib.util
from collections.abc import Callable
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csmc.parameters import defaults, pack_point

Rates = Callable[[int, int, int], NDArray[np.float64]]


def default_parameters() -> SimpleNamespace:
    """Every parameter's default by the name of its field, as plain numbers."""
    record = pack_point(defaults())[0]
    return SimpleNamespace(**{name: record[name].item() for name in record.dtype.names})


class Peer(NamedTuple):
    """A way to simulate the model: the module here that does it, and the package that it needs beyond csmc's own.

    batch: crises of 8 states in one call, at which it is at its best. checked: crises that tell a wrong rule.
    """

    module: str
    batch: int
    checked: int
    package: str = "numpy"

    def replicates(self, n_states: int) -> int:
        """Crises to time."""
        return max(8, self.batch * 8 // n_states)

    @property
    def is_installed(self) -> bool:
        """Whether the package is there."""
        return importlib.util.find_spec(self.package) is not None

    def load(self) -> Rates:
        """The peer's door."""
        rates: Rates = importlib.import_module(f"{__name__}.{self.module}").rates
        return rates


PEERS = {
    "NumPy": Peer("vectorised_numpy", 16_384, 100_000),
    "JAX": Peer("jax_batched", 16_384, 50_000, "jax"),
    "Python objects": Peer("plain_objects", 100, 4_000),
    "Mesa": Peer("mesa_model", 100, 4_000, "mesa"),
}

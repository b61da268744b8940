"""The one-shot model in C (twin.c), compiled where it is used: a yardstick of speed and a second count of outcomes."""

import ctypes
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from csmc.errors import CsmcError, ParameterError
from csmc.kernel.codes import N_OUTCOMES, Distribution
from csmc.parameters import MAX_STATES, Record

_SOURCE = Path(__file__).with_name("twin.c")
#: Strict: what is fused or reordered is what the source says.
_FLAGS = ("-std=c11", "-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math")
#: Compilers choose 256 bits where 512 are there; that costs a fifth.
_X86_FLAGS = ("-mprefer-vector-width=512",)
_COMPILERS = ("clang", *(f"clang-{version}" for version in range(22, 13, -1)), "cc", "gcc")
_MAX_RUNGS = 4


class CompilerError(CsmcError):
    """There is no C compiler, or it cannot compile the twin."""


class _Point(ctypes.Structure):
    _integers = ("n_states", "great_powers", "dimensions", "rounds")
    _numbers = (
        *("capability_sigma", "members", "great_power_members", "divergence", "polarization", "volatility"),
        *("onset_power", "onset_floor", "stake_floor", "decisiveness", "revisionism", "war_cost", "audience_cost"),
        *("challenge_cost", "misperception", "hegemony", "general_war", "interest_weight", "efficacy_weight"),
        *("assurance_weight", "joining_cost", "power_cost", "cost_heterogeneity", "noise", "vote_cost", "spoils"),
        "trust",
    )
    _fields_ = (
        ("equal_capability", ctypes.c_int64),
        *((name, ctypes.c_int64) for name in _integers),
        *((name, ctypes.c_double) for name in _numbers),
    )


class _Institution(ctypes.Structure):
    _integers = ("scope", "seating", "seats", "veto", "parties_abstain", "rungs")
    _numbers = (
        *("strength", "ally_radius", "residual", "exempt_permanent", "weight", "hegemon_weight", "bandwagon_weight"),
        *("quota", "abstention", "legitimacy", "mediation", "condemnation", "norm"),
    )
    _fields_ = (
        *((name, ctypes.c_int64) for name in _integers),
        *((name, ctypes.c_double) for name in _numbers),
        ("severity", ctypes.c_double * _MAX_RUNGS),
        ("cost", ctypes.c_double * _MAX_RUNGS),
    )


def find_compiler() -> str:
    """The command of a C compiler: CC if set, else clang, else the system's.

    Raises
    ------
    CompilerError
        There is none.
    """
    chosen = os.environ.get("CC")
    found = next(filter(None, map(shutil.which, [chosen] if chosen else _COMPILERS)), None)
    if found is None:
        raise CompilerError(f"no C compiler: {chosen or ', '.join(_COMPILERS)} not found; install one or set CC")
    return found


class Twin:
    """The twin, compiled by `compiler` (by default `find_compiler()`).

    Raises
    ------
    CompilerError
        No compiler, or it fails.
    """

    def __init__(self, compiler: str | None = None) -> None:
        self.compiler = compiler or find_compiler()
        self._run = _compile(self.compiler)

    def counts(self, point: Record, institutions: Record, seed: int, first: int, count: int) -> NDArray[np.int64]:
        """Outcomes of replicates `first` .. `first + count - 1` under every institution, (K, outcome).

        `point` (1,) and `institutions` (K,) are the kernel's records; `seed` in [0, 2**64).

        Raises
        ------
        ParameterError
            A point that the twin does not simulate.
        """
        return self.counts_and_concessions(point, institutions, seed, first, count)[0]

    def counts_and_concessions(
        self, point: Record, institutions: Record, seed: int, first: int, count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """What `counts` gives, and the sum of the concessions, (K,)."""
        counts = np.zeros((len(institutions), N_OUTCOMES), dtype=np.int64)
        concessions = np.zeros(len(institutions))
        structures = (_Institution * len(institutions))(*map(_institution, institutions))
        failed = self._run(
            ctypes.byref(_point(point[0])), structures, len(institutions), seed, first, count,
            counts.ctypes.data, concessions.ctypes.data,
        )  # fmt: skip
        if failed:
            raise MemoryError("the C twin found no memory")
        return counts, concessions


@cache
def _compile(compiler: str) -> Callable[..., int]:
    flags = _FLAGS + (_X86_FLAGS if platform.machine() in ("x86_64", "AMD64") else ())
    with tempfile.TemporaryDirectory(prefix="csmc-twin-") as directory:
        library = Path(directory) / "twin.so"
        command = [compiler, *flags, "-shared", "-fPIC", "-o", str(library), str(_SOURCE), "-lm"]
        try:
            subprocess.run(command, capture_output=True, text=True, check=True)
            function = ctypes.CDLL(str(library)).csmc_twin  # stays loaded when the file is gone
        except subprocess.CalledProcessError as error:
            raise CompilerError(f"{compiler} cannot compile the C twin:\n{error.stderr}") from None
        except OSError as error:
            raise CompilerError(f"{compiler} cannot compile the C twin: {error}") from None
    function.restype = ctypes.c_int64
    function.argtypes = (
        ctypes.POINTER(_Point), ctypes.POINTER(_Institution), ctypes.c_int64, ctypes.c_uint64, ctypes.c_int64,
        ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p,
    )  # fmt: skip
    return function


def _point(record: np.record) -> _Point:
    _refuse(record)
    fields = _named(record, [*_Point._integers, *_Point._numbers])
    return _Point(equal_capability=int(record.capability_distribution == Distribution.EQUAL), **fields)


def _institution(record: np.record) -> _Institution:
    fields = _named(record, [*_Institution._integers, *_Institution._numbers])
    arrays = {name: (ctypes.c_double * _MAX_RUNGS)(*record[name]) for name in ("severity", "cost")}
    return _Institution(**fields, **arrays)


def _named(record: np.record, names: Sequence[str]) -> dict[str, float | int]:
    return {name: record[name].item() for name in names}


def _refuse(point: np.record) -> None:
    """Raise the ParameterError of a point that the twin does not simulate."""
    if not 2 <= point.n_states <= MAX_STATES:
        raise ParameterError(f"the C twin simulates 2 to {MAX_STATES} states, not {point.n_states}")
    if point.episodes != 1:
        raise ParameterError(f"the C twin simulates single crises, not histories of {point.episodes} episodes")
    if point.loss_of_strength != 0.0:
        raise ParameterError("the C twin has no geography: loss_of_strength must be 0")
    if point.capability_distribution not in (Distribution.EQUAL, Distribution.LOGNORMAL):
        raise ParameterError("the C twin draws equal or lognormal capability only")

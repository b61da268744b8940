"""How many elementary operations an institution-episode needs, counted in the kernel's own Python source.

The kernel runs as plain Python, one lane at a time, on numbers that count what is done with them. Draws are such
numbers, and so is everything that is computed from one. What follows from parameters alone is not counted, because the
compiled kernel computes it once per call and not once per lane; nor are masks, comparisons and the integers of the
tallies. One lane at a time, so that nothing is counted that only the layout in batches adds.

    python -m csmc.benchmark.counting STATES EPISODES [PRESET ...]

prints JSON: `operations` per institution-episode, by name, and the `sums` of the tallies. It needs NUMBA_DISABLE_JIT=1
in its environment; `count_operations` starts it as a process of its own.
"""

import functools
import importlib
import inspect
import json
import math
import os
import pkgutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from csmc import _jit, kernel
from csmc.benchmark.kernel import Case
from csmc.benchmark.operations import Operation
from csmc.errors import CsmcError
from csmc.kernel import Plan, draws, mathematics

#: States times institution-episodes that are counted: one to four seconds.
EFFORT = 6000

Real: TypeAlias = Any  # a float, or a number of numpy's


class CountError(CsmcError):
    """The operations cannot be counted here."""


class Counts(NamedTuple):
    """Operations per institution-episode, and what the counted replicates are: 0 .. `replicates` - 1 of `case`."""

    operations: dict[Operation, float]
    replicates: int
    #: Of the tallies, (institution, tally): the same as those of the compiled kernel.
    sums: list[list[int]]


done: Counter[Operation] = Counter()
#: Whether operations are counted now.
_counts = True


def _binary(operation: Operation, method: str) -> Callable[[float, Real], Any]:
    compute = getattr(float, method)

    def operate(self: float, other: Real) -> Any:
        done[operation] += 1
        return Counted(compute(self, float(other)))

    return operate


class Counted(float):
    """A number that counts what is done with it, and whose results do the same."""

    __slots__ = ()
    #: Numbers of numpy's leave operations to this class.
    __array_ufunc__ = None

    __add__ = _binary(Operation.ADDITION, "__add__")
    __radd__ = _binary(Operation.ADDITION, "__radd__")
    __sub__ = _binary(Operation.ADDITION, "__sub__")
    __rsub__ = _binary(Operation.ADDITION, "__rsub__")
    __mul__ = _binary(Operation.MULTIPLICATION, "__mul__")
    __rmul__ = _binary(Operation.MULTIPLICATION, "__rmul__")

    def __truediv__(self, other: Real) -> Any:
        done[Operation.DIVISION] += 1
        return Counted(_quotient(self, other))

    def __rtruediv__(self, other: Real) -> Any:
        done[Operation.DIVISION] += 1
        return Counted(_quotient(other, self))

    def __pow__(self, other: Real, modulus: None = None) -> Any:
        raise CountError("the kernel takes a power, which is not counted")

    __rpow__ = __pow__

    def __neg__(self) -> "Counted":
        return Counted(float.__neg__(self))

    def __abs__(self) -> "Counted":
        return Counted(float.__abs__(self))


def _quotient(numerator: Real, denominator: Real) -> float:
    """As the compiled kernel divides: by zero too."""
    with np.errstate(all="ignore"):
        return float(np.float64(float(numerator)) / np.float64(float(denominator)))


def _counting(function: Callable[..., Any], *operations: Operation) -> Callable[..., Any]:
    """`function`, but of a number that counts its operations are counted, and its result counts too."""

    @functools.wraps(function)
    def counted(*arguments: Real) -> Any:
        if not any(isinstance(argument, Counted) for argument in arguments):
            return function(*arguments)
        for operation in operations:
            done[operation] += 1
        answer = function(*map(float, arguments))
        return tuple(map(Counted, answer)) if isinstance(answer, tuple) else Counted(answer)

    return counted


def _fused(x: Real, y: Real, z: Real) -> Any:
    """A fused multiplication and addition."""
    if not any(isinstance(argument, Counted) for argument in (x, y, z)):
        return _jit.fma(x, y, z)
    done[Operation.MULTIPLICATION] += 1
    done[Operation.ADDITION] += 1
    return Counted(_jit.fma(float(x), float(y), float(z)))


@contextmanager
def _nothing_counted() -> Iterator[None]:
    global _counts
    before, _counts = _counts, False
    yield
    _counts = before


def _drawing(operation: Operation, fill: Callable[..., None]) -> Callable[..., None]:
    """`fill`, with draws that count in the rows that were asked for."""
    signature = inspect.signature(fill)

    def filled(*arguments: Any) -> None:
        with _nothing_counted():  # normals are made of uniforms
            fill(*arguments)
        if not _counts:
            return
        bound = signature.bind(*arguments).arguments
        rows = bound["out"][: bound["n"]]
        rows[...] = np.frompyfunc(Counted, 1, 1)(rows.astype(object))
        done[operation] += rows.size

    return filled


def _of_objects(create: Callable[..., Any]) -> Callable[..., Any]:
    """`create`, with room for numbers that count wherever numpy would have float64."""

    def created(*arguments: Any, **options: Any) -> Any:
        array = create(*arguments, **options)
        return array.astype(object) if array.dtype == np.float64 else array

    return created


class _Instead:
    """A module of which some functions are others."""

    def __init__(self, module: ModuleType, functions: Mapping[str, Callable[..., Any]]) -> None:
        self._module = module
        self.__dict__.update(functions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _replacements() -> list[tuple[object, object]]:
    """(what the kernel's modules name, what counts instead)."""
    arrays = {name: _of_objects(getattr(np, name)) for name in ("empty", "full", "ones", "zeros")}
    steps = {name: _counting(getattr(np, name)) for name in ("ceil", "floor")}
    root = _counting(math.sqrt, Operation.SQUARE_ROOT)
    return [
        (np, _Instead(np, {**arrays, **steps, "sqrt": root})),
        (math, _Instead(math, {"sqrt": root})),
        (_jit.fma, _fused),
        (mathematics.exp, _counting(mathematics.exp, Operation.EXPONENTIAL)),
        (mathematics.exp_within, _counting(mathematics.exp_within, Operation.EXPONENTIAL)),
        (mathematics.log, _counting(mathematics.log, Operation.LOGARITHM)),
        (mathematics.log_ratio, _counting(mathematics.log_ratio, Operation.LOGARITHM, Operation.DIVISION)),
        (mathematics.cos_sin_turn, _counting(mathematics.cos_sin_turn, Operation.SINE_COSINE)),
        *((fill, _drawing(operation, fill)) for operation, fill in _fills()),
    ]


def _fills() -> Iterator[tuple[Operation, Callable[..., None]]]:
    """The functions that draw, by what they draw."""
    for name, function in vars(draws).items():
        if name.startswith("fill_"):
            yield Operation.NORMAL if "normal" in name else Operation.UNIFORM, function


def _modules() -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(kernel.__path__, f"{kernel.__name__}."):
        yield importlib.import_module(module.name)


@contextmanager
def _counted_kernel() -> Iterator[None]:
    """The kernel's modules with what counts in place of what it replaces, wherever they name it."""
    instead = {id(old): new for old, new in _replacements()}
    changed = [
        (module, name, value)
        for module in _modules()
        for name, value in vars(module).items()
        if id(value) in instead and not name.startswith("__")
    ]
    for module, name, value in changed:
        setattr(module, name, instead[id(value)])
    try:
        yield
    finally:
        for module, name, value in changed:
            setattr(module, name, value)


def count_here(case: Case) -> Counts:
    """Count in this process.

    Raises
    ------
    CountError
        The kernel is compiled in this process.
    """
    if not inspect.isfunction(mathematics.exp):
        raise CountError("operations are counted in a kernel that is not compiled: set NUMBA_DISABLE_JIT=1")
    replicates = max(2, EFFORT // (case.n_states * case.work(1)))
    done.clear()
    with _counted_kernel():  # one replicate at a time: no lane is wasted, so that nothing but the model's work counts
        tallies = [kernel.tally(*case.arguments(first, 1, Plan(joint="none"))) for first in range(replicates)]
    sums, work = np.sum([tally.sums for tally in tallies], axis=0), case.work(replicates)
    return Counts({operation: done[operation] / work for operation in Operation}, replicates, sums.tolist())


def count_operations(case: Case) -> Counts:
    """Count in a process of its own; a few seconds.

    Raises
    ------
    CountError
        The case has changed parameters, or the process failed.
    """
    if case.changes:
        raise CountError("operations are counted for default parameters only")
    sizes = [str(case.n_states), str(case.episodes)]
    process = subprocess.run(
        [sys.executable, "-m", __name__, *sizes, *case.institutions],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
    )
    if process.returncode != 0:
        raise CountError(process.stderr.strip().splitlines()[-1])
    answer = json.loads(process.stdout)
    operations = {Operation(name): float(count) for name, count in answer["operations"].items()}
    return Counts(operations, answer["replicates"], answer["sums"])


def _print_counts(states: str, episodes: str, *institutions: str) -> None:
    case = Case(int(states), int(episodes), institutions) if institutions else Case(int(states), int(episodes))
    sys.stdout.write(json.dumps(count_here(case)._asdict()) + "\n")


if __name__ == "__main__":
    _print_counts(*sys.argv[1:])

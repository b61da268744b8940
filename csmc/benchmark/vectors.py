"""Whether the compiled kernel computes several lanes at a time: its machine code, read loop by loop.

A loop over lanes that the compiler vectorises leaves two loops behind: one on vectors, and a scalar one for what does
not fill a vector (or for arrays that might overlap). One that it gives up on leaves the scalar one alone. Loops are
known by their costly arithmetic: divisions, square roots, and the fused multiplications that exponentials, logarithms
and normals are made of.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

import numba
from llvmlite import binding

from csmc.benchmark.kernel import BATCH, Case
from csmc.kernel import run

_FUNCTION = re.compile(r"^(?!\.L)([\w.$]+):")
_LABEL = re.compile(r"^(\.L\w+):")
_JUMP = re.compile(r"^\tj\w+\s+(\.L\w+)")
_COSTLY = re.compile(r"^\tv?(?:div|sqrt|fn?m(?:add|sub)\d*)([ps])d\b(.*)")
_CALLED = re.compile(r"^\t(?:movabsq\s+\$|callq?\s+|jmp\s+)([A-Za-z]\w*)")
_KERNEL = "_ZN4csmc6kernel"
_MATHEMATICS = re.compile(
    r"(?:exp|exp2|expm1|log|log10|log1p|log2|pow|sin|cos|tan|sincos|sqrt|fma|floor|ceil|rint|round|fmod)f?"
)
#: One vector instruction may do the work of this many turns of the scalar loop: the compiler unrolls both as it likes.
_UNROLLED = 8
#: Branches of the scalar loop may leave out this share of its arithmetic, or one instruction.
_TOLERANCE = 0.1


class Loop(NamedTuple):
    """An innermost loop with costly arithmetic: `function` of the kernel, and how many such instructions it has."""

    function: str
    vector: int
    scalar: int


def has_vectors() -> bool:
    """Whether this machine's compiler makes vectors of float64 and fuses multiplications: x86 with AVX2."""
    features = binding.get_host_cpu_features()
    return bool(features.get("avx2") and features.get("fma"))


@cache
def block_assembly() -> str:
    """The machine code of the kernel's block, compiled anew (the cache keeps none that can be read)."""
    Case(3, 1).simulate(0, BATCH)
    signature = run.tally_block.signatures[0]  # type: ignore[attr-defined]
    block = numba.njit(nogil=True, error_model="numpy")(run.tally_block.py_func)  # type: ignore[attr-defined]
    block.compile(signature)
    return str(block.inspect_asm(signature))


def kernel_functions(assembly: str) -> Iterator[tuple[str, list[str]]]:
    """The kernel's functions, as `module.function`, with their lines."""
    symbol, lines = "", list[str]()
    for line in (*assembly.splitlines(), "end:"):
        if found := _FUNCTION.match(line):
            if symbol.startswith(_KERNEL):
                yield _readable(symbol), lines
            symbol, lines = found[1], []
        else:
            lines.append(line)


def _readable(symbol: str) -> str:
    """`module.function` of a mangled name, which is made of lengths and names."""
    names, rest = list[str](), symbol.removeprefix(_KERNEL)
    while found := re.match(r"\d+", rest):
        end = found.end() + int(found[0])
        names.append(rest[found.end() : end])
        rest = rest[end:]
    return ".".join(names)


def costly_loops(assembly: str) -> list[Loop]:
    """All innermost loops of the kernel that have costly arithmetic."""
    found = []
    for function, lines in kernel_functions(assembly):
        for first, last in _innermost(lines):
            kinds = [kind[1] for line in lines[first:last] if (kind := _COSTLY.match(line))]
            if kinds:
                found.append(Loop(function, kinds.count("p"), kinds.count("s")))
    return found


def _innermost(lines: list[str]) -> list[tuple[int, int]]:
    """Lines from a label to the jump back to it, with no other such stretch within."""
    labels = {found[1]: number for number, line in enumerate(lines) if (found := _LABEL.match(line))}
    jumps = ((number, found[1]) for number, line in enumerate(lines) if (found := _JUMP.match(line)))
    stretches = {(labels[to], number) for number, to in jumps if labels.get(to, number) < number}
    return sorted(
        (first, last)
        for first, last in stretches
        if not any((a, b) != (first, last) and first <= a and b <= last for a, b in stretches)
    )


def only_scalar(loops: Iterable[Loop]) -> list[Loop]:
    """The scalar loops of which no loop of the same function is the vector form."""
    loops = list(loops)
    return [
        loop
        for loop in loops
        if loop.vector == 0
        and not any(
            other.function == loop.function and other.vector > 0 and _same_work(other.vector, loop.scalar)
            for other in loops
        )
    ]


def _same_work(vector: int, scalar: int) -> bool:
    counts = [(vector * times, scalar) for times in range(1, _UNROLLED + 1)]
    counts += [(vector, scalar * times) for times in range(2, _UNROLLED + 1)]
    return any(abs(mine - theirs) <= max(1.0, _TOLERANCE * theirs) for mine, theirs in counts)


def vector_share(loops: Iterable[Loop]) -> float:
    """The share of the costly arithmetic that has a vector form, of instructions."""
    loops = list(loops)
    vector = sum(loop.vector for loop in loops)
    return vector / (vector + sum(loop.scalar for loop in only_scalar(loops)))


def library_calls(assembly: str) -> set[str]:
    """Functions of the mathematical library that the kernel calls."""
    called = (found[1] for _, lines in kernel_functions(assembly) for line in lines if (found := _CALLED.match(line)))
    return {name for name in called if _MATHEMATICS.fullmatch(name)}

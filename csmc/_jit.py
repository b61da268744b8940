"""The one compilation policy of csmc. Edit this file only to change how everything is compiled.

Why it is as it is:

- No fastmath anywhere: the same bits on every CPU are worth more than a few percent.
- `error_model="numpy"`, because a zero-division check inside a lane loop stops the vectoriser.
- numba's cache does not see edits in *other* files of the kernel, so the cache directory is named by a digest
  of this file and all kernel sources: an edit anywhere gives a new directory, never an old result. It is named
  by the processor and numba's version too, because numba's index of a directory is not locked.
"""

import ctypes
import ctypes.util
import hashlib
import math
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from llvmlite import binding
from numba.core import cgutils, config, types
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.imputils import impl_ret_borrowed
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])

_PACKAGE = Path(__file__).parent


def _digest() -> str:
    sources = [_PACKAGE / "_jit.py", *sorted((_PACKAGE / "kernel").rglob("*.py"))]
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.relative_to(_PACKAGE).as_posix().encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


#: SHA-256 over the sources of everything that is compiled.
DIGEST: str = _digest()


def _machine() -> str:
    """What compiled code is for: a home that unlike machines share must not mix theirs in one index."""
    target = f"{binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()} {numba.__version__}"
    return hashlib.sha256(target.encode()).hexdigest()[:8]


def _cache_directory() -> Path:
    """A directory of this user's alone (the cache holds pickles), under the first place that can be written."""
    chosen = os.environ.get("CSMC_CACHE_DIR")
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "csmc"
    for base in [Path(chosen)] if chosen else [usual, Path(tempfile.gettempdir()) / f"csmc-{os.getuid()}"]:
        directory = base / f"{DIGEST[:16]}-{_machine()}"
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            continue
        if os.access(directory, os.W_OK) and directory.stat().st_uid == os.getuid():
            return directory
    raise CacheError(f"cannot keep compiled code in {base}: not a writable directory of this user; set CSMC_CACHE_DIR")


class CacheError(OSError):
    """No directory for compiled code."""


#: Where compiled code is kept; set CSMC_CACHE_DIR to move it.
CACHE_DIRECTORY: Path = _cache_directory()


def compiled(function: Function) -> Function:
    """Compile an entry point of the kernel and keep the machine code on disk."""
    saved, config.CACHE_DIR = config.CACHE_DIR, str(CACHE_DIRECTORY)  # other packages' caches stay where they are
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    finally:
        config.CACHE_DIR = saved


#: Whether the kernel runs as plain Python.
INTERPRETED: bool = bool(config.DISABLE_JIT)


def is_compiled_on_disk(function: Callable[..., Any]) -> bool:
    """Whether the cache has machine code of an entry point, as compiled from this checkout's sources."""
    cache = getattr(function, "_cache", None)  # run as plain Python, the function has none and needs none
    return cache is None or any(Path(cache.cache_path).glob(f"*.{function.__name__}-*.nbc"))


class _StageCompiler(CompilerBase):  # type: ignore[misc]
    """numba's own pipeline for functions whose array arguments do not overlap where any of them is written."""

    def define_pipelines(self) -> list[Any]:
        self.state.flags.noalias = True
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]


def stage(function: Function) -> Function:
    """Compile one stage of the model: a function with its own loops over lanes.

    The compiler may take it that no two array arguments overlap, else it guards every loop with checks of its own.
    """
    return numba.njit(
        nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, pipeline_class=_StageCompiler
    )(function)


def inlined(function: Function) -> Function:
    """Compile a scalar helper that is inlined into the lane loop that calls it (else the loop is not vectorised)."""
    return numba.njit(
        forceinline=True, nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
    )(function)


def _interpreted_fma() -> Callable[[float, float, float], float]:
    if hasattr(math, "fma"):
        return math.fma  # Python 3.13 and later
    function = ctypes.CDLL(ctypes.util.find_library("m")).fma
    function.restype = ctypes.c_double
    function.argtypes = [ctypes.c_double] * 3
    return function


if config.DISABLE_JIT:
    fma = _interpreted_fma()
else:

    @intrinsic
    def fma(typing_context, x, y, z):  # type: ignore[no-untyped-def]
        """`x * y + z`, rounded once. Explicit, so that the bits do not depend on what a compiler chooses to fuse."""
        del typing_context, x, y, z

        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            del context, signature
            return builder.fma(*arguments)

        return types.float64(types.float64, types.float64, types.float64), generate


def last_axis_of(length: int) -> Callable[[Any], Any]:
    """A function that returns the same C-contiguous array, whose last axis the compiler then knows to be so long.

    Loops over that axis then have a fixed number of turns, and rows that lie fixed distances apart, so that the
    compiler sees that they do not overlap and need no checks. Run as plain Python, it takes arrays of any length.
    """
    if config.DISABLE_JIT:
        return lambda array: array

    @intrinsic
    def known(typing_context, array):  # type: ignore[no-untyped-def]
        del typing_context

        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            kind = signature.return_type
            given = context.make_array(kind)(context, builder, arguments[0])
            shape = [*cgutils.unpack_tuple(builder, given.shape)[:-1], context.get_constant(types.intp, length)]
            strides = [context.get_constant(types.intp, kind.dtype.bitwidth // 8)]
            for extent in reversed(shape[1:]):
                strides.insert(0, builder.mul(strides[0], extent))
            word = context.get_value_type(types.intp)
            given.shape = cgutils.pack_array(builder, shape, ty=word)
            given.strides = cgutils.pack_array(builder, strides, ty=word)
            return impl_ret_borrowed(context, builder, kind, given._getvalue())

        return array(array), generate

    return known

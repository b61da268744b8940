"""The compiled kernel: arrays in, exact integer tallies or a trace out. Of csmc it imports csmc._jit and nothing else.

Importing this package, or its `codes` and `result`, does not load the compiler; what `run` has does.
"""

from typing import TYPE_CHECKING, Any

from csmc.kernel.result import Plan, Tallies, empty_tallies

if TYPE_CHECKING:
    from csmc.kernel.run import Blocks, SystemTables, is_cached, tally, tally_points, trace, trace_chains
    from csmc.kernel.tracing import Trace

__all__ = [
    "Blocks",
    "Plan",
    "SystemTables",
    "Tallies",
    "Trace",
    "empty_tallies",
    "is_cached",
    "tally",
    "tally_points",
    "trace",
    "trace_chains",
]


def __getattr__(name: str) -> Any:
    if name in {"Blocks", "SystemTables", "Trace", "is_cached", "tally", "tally_points", "trace", "trace_chains"}:
        from csmc.kernel import run

        return getattr(run, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""What Ray starts on a worker: it travels by value, and imports csmc only when it runs.

So a node on which csmc is missing, or has no place for its compiled code, can still say so and say which node it is.
"""

from typing import Any


def tally_on_worker(
    job: list[Any], build: dict[str, str], spans: list[list[int]], institutions: tuple[int, ...]
) -> Any:
    """Do a task, see `csmc.engine.ray.tally_here`, or say in words why this node cannot do any."""
    try:
        from csmc.engine.ray import tally_here
    except Exception as error:
        return unfit(error)
    return tally_here(job, build, spans, institutions)


def call_on_worker(job: list[Any], build: dict[str, str], name: str, arguments: list[Any]) -> Any:
    """Call a function, see `csmc.engine.ray.call_here`; else the same."""
    try:
        from csmc.engine.ray import call_here
    except Exception as error:
        return unfit(error)
    return call_here(job, build, name, arguments)


def unfit(error: Exception) -> str:
    """Which node cannot import csmc, and why."""
    import socket

    return f"csmc cannot be imported on {socket.gethostname()}: {type(error).__name__}: {error}"

"""Which engine a run gets: what the caller says, else the configuration, else the environment."""

import os

from csmc.config import Experiment
from csmc.engine.driver import Engine
from csmc.engine.local import LocalEngine
from csmc.errors import ParameterError

ENGINES = ("auto", "local", "ray")


def choose(
    experiment: Experiment, *, engine: str | None = None, threads: int | None = None, address: str | None = None
) -> Engine:
    """The engine for an experiment; `auto` is Ray if and only if a cluster has an address, else this process.

    Raises
    ------
    ParameterError
        An unknown engine, fewer than one thread, or an address for the local engine.
    """
    name = engine or experiment.execution.engine
    threads = experiment.execution.threads if threads is None else threads
    if name not in ENGINES:
        raise ParameterError(f"engine={name!r} is unknown; choose one of {', '.join(ENGINES)}")
    if threads is not None and threads < 1:
        raise ParameterError(f"threads={threads} is below 1; leave it out to use every core")
    if name == "local" and address:
        raise ParameterError(f"address={address!r} needs the engine ray, but the engine local was asked for")
    address = address or experiment.execution.address or os.environ.get("RAY_ADDRESS")
    if name == "ray" or (name == "auto" and address):
        from csmc.engine.ray import RayEngine

        return RayEngine(address, threads)
    return LocalEngine(threads)

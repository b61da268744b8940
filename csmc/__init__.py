"""Collective security against the balance of power, compared on the same simulated crises.

    import csmc

    experiment = csmc.load_experiment("configs/quickstart.yaml")
    dataset = csmc.run(experiment)

Importing csmc loads nothing heavy: a name below is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from csmc import analysis, institutions, replay, report
    from csmc.api import forecast, load_experiment, run
    from csmc.config import Experiment, schema
    from csmc.errors import ConfigError, CsmcError, ParameterError, StoreError
    from csmc.results.export import export
    from csmc.results.read import open_results

__version__ = "0.1.0"

__all__ = [
    "ConfigError",
    "CsmcError",
    "Experiment",
    "ParameterError",
    "StoreError",
    "analysis",
    "export",
    "forecast",
    "institutions",
    "load_experiment",
    "open_results",
    "replay",
    "report",
    "run",
    "schema",
]

_MODULES = {"analysis", "institutions", "replay", "report"}

_HOMES = {
    "ConfigError": "csmc.errors",
    "CsmcError": "csmc.errors",
    "Experiment": "csmc.config",
    "ParameterError": "csmc.errors",
    "StoreError": "csmc.errors",
    "export": "csmc.results",
    "forecast": "csmc.api",
    "load_experiment": "csmc.api",
    "open_results": "csmc.results",
    "run": "csmc.api",
    "schema": "csmc.config",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"csmc.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

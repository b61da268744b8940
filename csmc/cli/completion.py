"""What a shell completes: names that a result, a configuration or csmc itself has; edit to complete another option."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

Completion = Callable[[typer.Context, str], list[str]]


def completed(known: Callable[[typer.Context], Iterable[str]]) -> Completion:
    """Complete with what `known` gives; a shell is told nothing of what goes wrong meanwhile."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        try:
            return [name for name in known(ctx) if name.startswith(incomplete)]
        except Exception:  # a configuration that is wrong, a result that is damaged: nobody asked about it yet
            return []

    return complete


def _institutions(ctx: typer.Context) -> Iterable[str]:
    """The institutions of the result or of the configuration that has been named, else the presets."""
    found = _attributes(ctx)
    if found:
        return [str(one["name"]) for one in json.loads(found["configuration_resolved"])["institutions"]]
    config = _named(ctx, "config")
    if config:
        from csmc.config import load_experiment

        return [one.name for one in load_experiment(config).institutions]
    return _presets(ctx)


def _presets(ctx: typer.Context) -> Iterable[str]:
    from csmc.institutions import names

    return names()


def _metrics(ctx: typer.Context) -> Iterable[str]:
    """The metrics of the result that has been named, else all."""
    from csmc.estimate import METRICS

    held = _document(ctx).get("consolidated_metadata", {}).get("metadata", {})
    return [name for name in METRICS if not held or name in held]


def _varied(ctx: typer.Context) -> Iterable[str]:
    """The parameters that the design of the result varies."""
    return map(str, json.loads(_attributes(ctx)["design"]))


def _settings(ctx: typer.Context) -> Iterator[str]:
    """What -s can set, up to the sign of equality."""
    from csmc.parameters import BY_PATH

    own = ("seed", "sampling.replicates", "sampling.precision", "outputs.joint", "outputs.metrics", "outputs.path")
    yield from (f"{path}=" for path in (*own, *BY_PATH))


def _events(ctx: typer.Context) -> Iterable[str]:
    from csmc.kernel.codes import Outcome

    return ["war", *(outcome.name.lower() for outcome in Outcome)]


def _attributes(ctx: typer.Context) -> dict[str, Any]:
    found: dict[str, Any] = _document(ctx).get("attributes", {})
    return found


def _document(ctx: typer.Context) -> dict[str, Any]:
    """The metadata of the result that has been named, read without the libraries that open it; empty if none has."""
    path = _named(ctx, "result")
    if path is None:
        return {}
    file = (path if path.suffix == ".zarr" else path / "result.zarr") / "zarr.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found


def _named(ctx: typer.Context, argument: str) -> Path | None:
    """What an argument names; before an option that still lacks its value, it is among what has not been parsed."""
    if argument not in ctx.params:
        return None
    named = ctx.params[argument] or next(iter(ctx.args), None)
    return Path(named) if named else None


institutions = completed(_institutions)
presets = completed(_presets)
metrics = completed(_metrics)
varied = completed(_varied)
settings = completed(_settings)
events = completed(_events)
directions = completed(lambda ctx: ("lower", "higher"))
adjustments = completed(lambda ctx: ("holm", "bh", "none"))
formats = completed(lambda ctx: ("png", "svg", "pdf"))
engines = completed(lambda ctx: ("auto", "local", "ray"))

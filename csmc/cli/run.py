"""`csmc run`: simulate an experiment, keep the result, and say what it is."""

import json
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from csmc.cli.codes import ExitCode
from csmc.cli.console import duration, note, say
from csmc.cli.options import Config, Overrides
from csmc.cli.progress import shown
from csmc.cli.report import print_summary, write_figures

if TYPE_CHECKING:
    import xarray as xr

    from csmc.config import Experiment

EngineName = Literal["auto", "local", "ray"]


def run(
    config: Config,
    overrides: Overrides = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The directory to write.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Cores to use on this machine; all by default.")] = None,
    engine: Annotated[EngineName | None, typer.Option(help="Where to compute; never changes a number.")] = None,
    address: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="A Ray cluster to compute on.")] = None,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Do the I-th of N shares of the work; then `csmc collect`.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show neither progress nor the table.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print where and what the result is as JSON.")] = False,
) -> None:
    """Run an experiment. On an output that exists it goes on: what has finished is never done again."""
    from csmc import api

    began = time.monotonic()
    experiment = api.load_experiment(config, overrides or ())
    path = api.output_path(experiment, output)
    where: dict[str, Any] = {"threads": threads, "engine": engine, "address": address, "output": path}
    try:
        if shard is not None:
            with shown(quiet) as progress:
                share = api.run_shard(experiment, shard, progress=progress, **where)
            print_share(str(share), path, as_json, quiet)
            return
        with shown(quiet) as progress:
            dataset = api.run(experiment, progress=progress, **where)
        with dataset:
            figures = write_figures(dataset, path / "figures")
            facts = facts_of(experiment, dataset, path, time.monotonic() - began)
            if as_json:
                print(json.dumps(facts | {"figures": [str(figure) for figure in figures]}, indent=2))
                return
            if not quiet:
                print_summary(dataset)
            print_facts(facts, figures)
    except KeyboardInterrupt as stop:
        note(f"{str(stop) or 'interrupted'}; what has finished is in {path}, and the same command goes on from there")
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def print_share(share: str, path: Path, as_json: bool, quiet: bool) -> None:
    """Print which share of the work has been done, and how to go on."""
    if as_json:
        print(json.dumps({"output": str(path), "shard": share}, indent=2))
    elif not quiet:
        say(f"shard {share} is finished; when all are: csmc collect {shlex.quote(str(path))}")


def facts_of(experiment: "Experiment", dataset: "xr.Dataset", path: Path, seconds: float) -> dict[str, Any]:
    """What a script wants to know of a finished run."""
    from csmc.results import result_path

    return {
        "name": experiment.name,
        "output": str(path),
        "data": str(result_path(path)),
        "digest": dataset.attrs["digest"],
        "points": experiment.n_points,
        **_how_many(experiment, dataset),
        "institutions": [institution.name for institution in experiment.institutions],
        "episodes": _episodes(experiment, dataset),
        "seconds": round(seconds, 3),
    }


def _how_many(experiment: "Experiment", dataset: "xr.Dataset") -> dict[str, Any]:
    """The replicates of a point; where a precision decides, the most of any, and how many points reached it."""
    if experiment.sampling.precision is None:
        return {"replicates": experiment.sampling.most}
    most, reached = dataset["replicates"].values.max(), dataset["precision_reached"].values.sum()
    return {"replicates": int(most), "precision_reached": int(reached)}


def _episodes(experiment: "Experiment", dataset: "xr.Dataset") -> int:
    """Crisis episodes that count."""
    from csmc.engine.progress import total_episodes

    if experiment.sampling.precision is None:
        return total_episodes(experiment)
    return int((dataset["replicates"].values * experiment.values_of("dynamics.episodes")).sum())


def print_facts(facts: dict[str, Any], figures: list[Path]) -> None:
    """Print how much was simulated and where everything is."""
    institutions = len(facts["institutions"])
    say(f"{facts['episodes']:,} crises under each of {institutions} institutions, {duration(facts['seconds'])}")
    say(f"data     {facts['data']}")
    for figure in figures:
        say(f"figure   {figure}")
    say(f"report   csmc report {shlex.quote(facts['output'])}")
    say(f"digest   {facts['digest']}")

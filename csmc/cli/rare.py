"""`csmc rare`: how probable events are that a run hardly ever sees."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from csmc.cli import completion
from csmc.cli.console import MISSING, note, or_null, say
from csmc.cli.options import Config, Institutions, Overrides, Quiet
from csmc.cli.progress import announce_compilation
from csmc.cli.tables import print_rows, screen

if TYPE_CHECKING:
    import xarray as xr


def rare(
    config: Config,
    overrides: Overrides = None,
    event: Annotated[
        str, typer.Option(help="An outcome, or `war`: any of the three.", autocompletion=completion.events)
    ] = "general_war",
    institution: Institutions = None,
    point: Annotated[
        list[int] | None, typer.Option(help="Number of a design point; may be repeated.", show_default="all")
    ] = None,
    particles: Annotated[int, typer.Option(help="Histories of each run.")] = 1000,
    runs: Annotated[int, typer.Option(help="Independent runs, of which the interval is made.")] = 20,
    moves: Annotated[int, typer.Option(help="Moves of each history between two levels.")] = 8,
    seed: Annotated[int, typer.Option(help="Another one gives another, independent estimate.")] = 0,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads.", show_default="every core")] = None,
    engine: Annotated[
        str | None, typer.Option(help="auto, local or ray.", show_default="auto", autocompletion=completion.engines)
    ] = None,
    address: Annotated[str | None, typer.Option(help="Address of a Ray cluster.", show_default=False)] = None,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Estimate the probability of rare outcomes by multilevel splitting, from independent runs."""
    from csmc import analysis, api

    experiment = api.load_experiment(config, overrides or ())
    if not quiet:
        announce_compilation()
    with _progress(quiet) as progress:
        found = analysis.rare(
            experiment,
            event,
            institutions=institution,
            points=point,
            particles=particles,
            runs=runs,
            moves=moves,
            seed=seed,
            threads=threads,
            engine=engine,
            address=address,
            progress=progress,
        )
    answers = list(_answers(found))
    if as_json:
        facts = ("event", "method", "confidence_level", "particles", "runs", "moves", "seed", "experiment_seed")
        print(json.dumps({name: found.attrs[name] for name in facts} | {"answers": answers}, indent=2))
    else:
        _show(found, answers)


def _answers(found: "xr.Dataset") -> Iterator[dict[str, Any]]:
    """Yield each point and institution with its numbers; null where nothing is known."""
    for point in found["point"].values:
        for institution in found["institution"].values:
            here = found.sel(point=point, institution=institution)
            depth = int(here["levels"])
            yield {
                "point": int(point),
                "institution": str(institution),
                **{name: or_null(float(here[name])) for name in ("probability", "low", "high", "relative_error")},
                "levels": depth,
                "hits": here["hits"].values[:, :depth].tolist(),
                "acceptance": or_null(float(here["acceptance"].mean())),
                "ancestors": here["ancestors"].values.tolist(),
                "note": str(here["note"].values),
            }


def _show(found: "xr.Dataset", answers: list[dict[str, Any]]) -> None:
    """Print the answers for a reader."""
    facts = found.attrs
    say(f"probability that a history has {facts['event']}, with its {facts['confidence_level']:.0%} interval")
    say(f"from {facts['runs']} independent runs of {facts['particles']:,} particles (multilevel splitting)")
    names = ("probability", "from", "to", "relative error", "levels", "moves kept", "ancestors")
    rows = [
        (
            f"{answer['point']}",
            answer["institution"],
            *(_number(answer[name]) for name in ("probability", "low", "high")),
            _share(answer["relative_error"]),
            f"{answer['levels']}",
            _share(answer["acceptance"]),
            f"{sum(answer['ancestors']) / len(answer['ancestors']):.1f}",
        )
        for answer in answers
    ]
    print_rows("", ("point", "institution", *names), rows, names=2)
    for answer in answers:
        if answer["note"]:
            say(f"point {answer['point']}, {answer['institution']}: {answer['note']}")
    if len(answers) > 1:
        say("Each line has draws of its own: a ratio of two is one of independent estimates, not a paired comparison.")


def _number(value: float | None) -> str:
    return MISSING if value is None else f"{value:.3g}"


def _share(value: float | None) -> str:
    return MISSING if value is None else f"{value:.1%}"


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show on standard error how many pieces of work are done: a bar on a terminal, now and then a line elsewhere."""
    import sys
    import time

    from csmc.cli.progress import LINE_SECONDS

    if quiet:
        yield None
        return
    if sys.stderr.isatty():
        from rich.progress import Progress as Bar

        with Bar(console=screen(stderr=True), transient=True) as bar:
            task = bar.add_task("splitting", total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
        return
    last = time.monotonic()

    def line(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= LINE_SECONDS:
            last = time.monotonic()
            note(f"{done / total:6.1%}  {done:,} of {total:,} pieces of work")

    yield line

"""`csmc plan`: what a run will cost and how precise it will be, before it starts."""

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Annotated

import typer

from csmc.cli.console import MISSING, duration, say
from csmc.cli.options import Config, Overrides, Quiet
from csmc.cli.progress import announce_compilation
from csmc.cli.tables import print_rows

if TYPE_CHECKING:
    from csmc.pilot import Forecast, HalfWidth, Pilot, Range

#: The metric whose half-widths are shown by institution, if it is chosen.
SHOWN = "war"


def plan(
    config: Config,
    overrides: Overrides = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The directory of the run; what is there is not done again.")
    ] = None,
    cores: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Cores to say the time for; may be repeated.", show_default="all here, 16, 64, 256"),
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.01, help="How long to simulate for it.")] = 3.0,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the forecast as JSON.")] = False,
) -> None:
    """Say what a run will cost, from a pilot of a few seconds: time, disk, and how wide intervals will be."""
    from csmc import api

    experiment = api.load_experiment(config, overrides or ())
    if not quiet:
        announce_compilation()
    forecast = api.forecast(experiment, cores=cores or (), seconds=seconds, output=output)
    if as_json:
        print(json.dumps(forecast.as_dict(), indent=2))
    else:
        show(forecast)
        say(f"run      {_command(config, overrides or (), output)}")


def _command(config: Path, overrides: Sequence[str], output: Path | None) -> str:
    """The command that does what was planned."""
    words = ["csmc", "run", str(config), *(word for change in overrides for word in ("-s", change))]
    return join([*words, *(["-o", str(output)] if output else [])])


def show(forecast: "Forecast") -> None:
    """Print a forecast for a reader."""
    _print_amounts(forecast)
    _print_times(forecast)
    _print_half_widths(forecast)
    _print_pilot(forecast.pilot)


def _print_amounts(forecast: "Forecast") -> None:
    from rich.filesize import decimal

    points, episodes, work = forecast.points, forecast.institution_episodes, forecast.core_seconds
    exact = "counts are exact, all else" if forecast.by_precision is None else "all"
    say(f"{forecast.name}: what `csmc run` will cost; {exact} is expected from a pilot")
    say(f"points   {points.total:,} x {forecast.replicates:,} replicates; {points.done:,} done, {points.left:,} left")
    if forecast.by_precision is not None:
        ends = forecast.by_precision
        say(f"         on average: from {ends.least:,} to {ends.most:,}, as the precision asked for needs;")
        say(f"         {ends.at_limit:,} points end at max_replicates = {ends.limit:,}")
    say(f"crises   {forecast.crises.total:,} under each of {len(forecast.institutions)} institutions")
    say(f"         {episodes.total:,} institution-episodes; {episodes.done:,} done, {episodes.left:,} left")
    say(f"work     {_time(work.expected)} on one core ({work.expected / 3600:.3g} core-hours){_between(work)}")
    say(f"disk     {decimal(forecast.store_bytes)} more in the store, {decimal(forecast.result_bytes)} for the result")
    say()


def _between(work: "Range") -> str:
    return "" if math.isnan(work.low) else f", from {_time(work.low)} to {_time(work.high)}"


def _print_times(forecast: "Forecast") -> None:
    say("time on the clock; the last two columns are of one core, however many there are")
    columns = ("cores", "time", "from", "to", "simulating", "driver meanwhile", "start and result")
    rows = [
        (f"{wall.cores:,}", *map(_time, (*wall.seconds, wall.running, wall.driver, wall.alone)))
        for wall in forecast.walls
    ]
    print_rows("", columns, rows)


def _print_half_widths(forecast: "Forecast") -> None:
    found = forecast.half_widths
    name = SHOWN if SHOWN in found else next(iter(found))
    columns = ("median", "worst", "difference: median", "worst")
    say(f"half-widths of the 95 % intervals of {name} to expect, by points")
    print_rows("", ("institution", *columns), [(key, *map(_digits, widths)) for key, widths in found[name].items()])
    if len(found) > 1:
        say("the same of each metric, under its widest institution")
        rows = [(metric, *map(_digits, _widest(widths.values()))) for metric, widths in found.items()]
        print_rows("", ("metric", *columns), rows)


def _widest(widths: Iterable["HalfWidth"]) -> tuple[float, ...]:
    """The largest of each column; NaN if nothing is known."""
    columns = zip(*widths, strict=True)
    return tuple(max((width for width in column if not math.isnan(width)), default=math.nan) for column in columns)


def _print_pilot(pilot: "Pilot") -> None:
    say(
        f"from {pilot.points:,} points in {pilot.pieces:,} pieces, {pilot.crises:,} crises, simulated in "
        f"{pilot.seconds:.1f} s on {pilot.cores} cores; sizes from {pilot.stored:,} points"
    )


def _time(seconds: float) -> str:
    if math.isnan(seconds):
        return MISSING
    return f"{seconds:.2g} s" if seconds < 9.95 else duration(seconds)


def _digits(value: float) -> str:
    return MISSING if math.isnan(value) else f"{value:.2g}"

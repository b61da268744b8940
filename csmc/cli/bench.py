"""`csmc bench`: how fast this machine is, and how near to what it could do."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from csmc.cli.console import note, say
from csmc.cli.options import Quiet
from csmc.cli.progress import announce_compilation
from csmc.cli.tables import print_rows

if TYPE_CHECKING:
    from csmc.benchmark.figures import Figures


def bench(
    seconds: Annotated[float, typer.Option(min=0.0, help="How long to time; counting takes some more.")] = 30.0,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure the kernel on this machine, in about a minute: time per crisis, against the roof that its parts set."""
    from csmc.benchmark.figures import measure

    if not quiet:
        announce_compilation()
        note("counting operations, then timing; leave the machine alone for about a minute ...")
    figures = measure(seconds)
    if as_json:
        print(json.dumps(figures.as_json(), indent=2))
    else:
        show(figures)


def show(figures: "Figures") -> None:
    """Print the figures for a reader."""
    _print_machine(figures)
    _print_atoms(figures)
    _print_kernel(figures)
    _print_rest(figures)


def _print_machine(figures: "Figures") -> None:
    facts = dict(figures.machine)
    say(f"{facts.pop('cpu')}, {facts.pop('cores')} cores")
    say(", ".join(f"{name} {version}" for name, version in facts.items()))


def _print_atoms(figures: "Figures") -> None:
    say("\nnanoseconds per operation, many at a time:")
    say("  " + ", ".join(f"{operation} {timing.median:.2f}" for operation, timing in figures.atoms.items()))


def _print_kernel(figures: "Figures") -> None:
    headings = ("", "median", "best", "roof", "times the roof", "times C", "million/s")
    rows = [
        (
            f"  {figure.n_states} states, {'1 episode' if figure.episodes == 1 else f'{figure.episodes} episodes'}",
            f"{figure.timing.median:.0f}",
            f"{figure.timing.best:.0f}",
            f"{figure.roof:.0f}",
            f"{figure.ratio:.2f}",
            "-" if figure.twin_ratio is None else f"{figure.twin_ratio:.2f}",
            f"{figure.millions_per_second:.2f}",
        )
        for figure in figures.kernel
    ]
    say("\nnanoseconds per crisis and institution, one thread, all presets:")
    print_rows("", headings, rows)


def _print_rest(figures: "Figures") -> None:
    say("the roof is the time of the operations that a crisis needs, and of nothing else\n")
    if figures.scaling is not None:
        scaling = figures.scaling
        say(
            f"{scaling.threads} threads: {scaling.speedup:.2f} times the speed of one (at best "
            f"{scaling.best_speedup:.2f}), with {scaling.cpu:.2f} times the processor time per crisis"
        )
    if figures.compiler is None:
        say("no twin in C to compare with: no compiler found")
    else:
        say(f"C: the kernel's twin for single crises, compiled by {figures.compiler}; it counts outcomes and no more")

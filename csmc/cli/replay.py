"""`csmc replay`: one crisis of a run told move by move, found by a condition, or under several institutions."""

import json
import shutil
import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from csmc.cli import completion
from csmc.cli.codes import ExitCode
from csmc.cli.console import note, say
from csmc.cli.options import Quiet, Result
from csmc.cli.progress import announce_compilation
from csmc.cli.tables import TEXT_WIDTH, screen
from csmc.errors import ParameterError, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csmc.replay import Episode, Fact, Run, Search

#: Columns of what each step is about.
ABOUT_WIDTH = 18
#: An institution's column in a comparison is at least so wide; on narrower terminals they stand below each other.
LEAST_COLUMN = 24
DIFFERS = "≠"


def replay(
    result: Result,
    point: Annotated[int, typer.Option(help="Number of the design point.")] = 0,
    replicate: Annotated[int, typer.Option(help="Which history; with --find the first to look at.")] = 0,
    episode: Annotated[int | None, typer.Option(help="Which episode of the history.", show_default="0")] = None,
    institution: Annotated[
        str | None,
        typer.Option(
            help="Under which institution.",
            show_default="the first that is not the reference",
            autocompletion=completion.institutions,
        ),
    ] = None,
    find: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION", help="Look for episodes instead, as in 'veto and general_war'.", show_default=False
        ),
    ] = None,
    first: Annotated[int | None, typer.Option(min=1, help="How many to find.", show_default="1")] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(
            metavar="INSTITUTION",
            help="Put the episode under others beside it; may be repeated, or several with commas.",
            show_default=False,
            autocompletion=completion.institutions,
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all numbers as JSON.")] = False,
) -> None:
    """Tell one crisis of a run move by move, as the kernel played it when it counted."""
    from csmc.replay import opened, play

    run = opened(result)
    name = institution or run.first_choice
    names = list(dict.fromkeys([name, *(one.strip() for text in compare or () for one in text.split(","))]))
    for one in names:
        run.institution(one)  # a search that finds nothing would not notice
    if find is None and first is not None:
        raise ParameterError("--first is of --find: how many episodes to look for")
    if not quiet:
        announce_compilation()
    search = None if find is None else _search(run, find, name, point, first or 1, replicate, episode)
    places = [(replicate, episode or 0)] if search is None else list(search.found)
    found = [play(run, names, point=point, replicate=number, episode=which) for number, which in places]
    if as_json:
        print(json.dumps(_data(run, search, found), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        _show(run, search, found)
    if search and len(search.found) < (first or 1) and not search.complete:
        note("this result is partial: some replicates of this point have not run; `csmc run` goes on")
        raise typer.Exit(ExitCode.PARTIAL)


def _search(run: "Run", condition: str, name: str, point: int, first: int, start: int, episode: int | None) -> "Search":
    from csmc.replay import find

    if episode is not None:
        raise ParameterError("--find looks at all episodes of each history; take --episode out")
    return find(run, condition, name, point=point, first=first, start=start)


def _data(run: "Run", search: "Search | None", found: "Sequence[Sequence[Episode]]") -> dict[str, object]:
    """What is printed as JSON: each episode under each institution, one after the other."""
    searched = None if search is None else search._asdict()
    return {
        "run": run.experiment.name,
        "search": searched,
        "episodes": [episode.as_data() for episodes in found for episode in episodes],
    }


def _show(run: "Run", search: "Search | None", found: "Sequence[Sequence[Episode]]") -> None:
    for episodes in found:
        _print_heading(run, episodes)
        if len(episodes) > 1:
            _print_comparison(episodes)
        else:
            _print_story(episodes[0])
        say()
    if search:
        _print_search(search)


def _print_search(search: "Search") -> None:
    looked = f"{search.replicates:,} replicates ({search.episodes:,} episodes)"
    if search.found:
        say(f"found {len(search.found):,} in {looked} looked at: {search.condition}")
    else:
        say(f"none of {looked} of point {search.point} under {search.institution} meets: {search.condition}")


def _print_heading(run: "Run", episodes: "Sequence[Episode]") -> None:
    address, setting = episodes[0].address, ", ".join(_settings(episodes[0]))
    names = ", ".join(episode.institution.title for episode in episodes)
    say(f"{run.experiment.name}: {names}")
    _print_text(f"point {address.point}" + (f" ({setting})" if setting else ""))
    say(
        f"replicate {address.replicate}, episode {address.episode} of 0 to {episodes[0].length - 1}; "
        f"seed {address.seed}, stream version {address.stream_version}"
    )
    say()


def _settings(episode: "Episode") -> "Iterator[str]":
    """What the design sets at the point, as the configuration would name it."""
    for path, value in episode.varied.items():
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        yield f"{path} {'×' if path in episode.multiplied else '='} {shown}"


def _print_story(episode: "Episode") -> None:
    from csmc.replay import story

    for step in story(episode):
        _print_text(" ".join(step.sentences), step.about)


def _print_text(text: str, about: str = "") -> None:
    """Print a paragraph, with what it is about before it."""
    indent = " " * ABOUT_WIDTH if about else ""
    head = f"{about:<{ABOUT_WIDTH}}" if len(about) < ABOUT_WIDTH else f"{about} "
    say(
        textwrap.fill(
            printable(text),
            _width(),
            initial_indent=head if about else "",
            subsequent_indent=indent,
            break_on_hyphens=False,
        )
    )


def _width() -> int:
    return max(40, min(TEXT_WIDTH, shutil.get_terminal_size().columns))


def _print_comparison(episodes: "Sequence[Episode]") -> None:
    from csmc.replay import compare

    facts, titles = compare(episodes), [episode.institution.title for episode in episodes]
    room = shutil.get_terminal_size().columns
    if room >= ABOUT_WIDTH + len(titles) * LEAST_COLUMN:
        _print_side_by_side(facts, titles, room)
    else:
        _print_below_each_other(facts, titles)
    say(f"{DIFFERS} differs between these institutions. All have the same draws" + _apart(episodes))


def _apart(episodes: "Sequence[Episode]") -> str:
    worlds = {tuple(episode.moves.get("capability", ())) for episode in episodes}
    return "; earlier episodes have left them in different worlds." if len(worlds) > 1 else " and the same world."


def _print_side_by_side(facts: "Sequence[Fact]", titles: "Sequence[str]", room: int) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("", "", *titles):
        table.add_column(printable(heading), header_style="bold", overflow="fold")
    for fact in facts:
        table.add_row(DIFFERS if fact.differs else "", fact.about, *map(printable, fact.values))
    console = screen(room)
    with console.capture() as drawn:
        console.print(table)
    print("\n".join(line.rstrip() for line in drawn.get().splitlines()), end="\n\n")


def _print_below_each_other(facts: "Sequence[Fact]", titles: "Sequence[str]") -> None:
    for fact in facts:
        if not fact.differs:
            _print_text(f"  {fact.about}: {fact.values[0]}")
            continue
        say(f"{DIFFERS} {fact.about}")
        for value in dict.fromkeys(fact.values):
            whose = ", ".join(title for title, own in zip(titles, fact.values, strict=True) if own == value)
            words = printable(f"{value} ({whose})")
            say(textwrap.fill(words, _width(), initial_indent=" " * 4, subsequent_indent=" " * 6))
    say()

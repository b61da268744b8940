"""`csmc compare`: how two results differ, in their configurations and in their numbers."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from csmc.cli import completion
from csmc.cli.console import MISSING, note, say, warn_if_partial
from csmc.cli.options import Institutions
from csmc.cli.tables import print_rows

if TYPE_CHECKING:
    import xarray as xr

#: Changes of the configuration that are shown, and the longest value of one (characters).
MOST_CHANGES, WIDTH = 20, 40


def compare(
    result: Annotated[
        Path, typer.Argument(metavar="A", help="A run's output directory, or its result.zarr.", show_default=False)
    ],
    other: Annotated[Path, typer.Argument(metavar="B", help="Another; differences are B minus A.", show_default=False)],
    metric: Annotated[
        list[str] | None,
        typer.Option(
            help="A metric; may be repeated.", show_default="all that both have", autocompletion=completion.metrics
        ),
    ] = None,
    institution: Institutions = None,
    point: Annotated[
        list[int] | None,
        typer.Option(help="Number of a design point of A; may be repeated.", show_default="all that B has too"),
    ] = None,
    level: Annotated[float, typer.Option(help="Confidence level, of intervals and of what is claimed.")] = 0.95,
    adjust: Annotated[
        str,
        typer.Option(
            help="For many differences at once: holm (no claim is false), bh (few of the claims are) or none.",
            autocompletion=completion.adjustments,
        ),
    ] = "holm",
    rerun: Annotated[
        int,
        typer.Option(
            metavar="REPLICATES", help="Play both again on the same crises where only rules of institutions differ."
        ),
    ] = 0,
    limit: Annotated[int, typer.Option(min=1, help="How many differences to show, the largest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print all numbers as JSON.")] = False,
) -> None:
    """Say how two results differ: in their configurations, and in the estimates that both have."""
    from csmc import analysis
    from csmc.analysis.plain import as_data
    from csmc.results import reading

    with reading(result) as a, reading(other) as b:
        found = analysis.compare(a, b, metric, institution, point, level=level, adjust=adjust, rerun=rerun)
        for line in found.attrs["notes"]:
            note(line)
        if as_json:
            print(json.dumps(as_data(found), indent=2, ensure_ascii=False))
        else:
            _print(found, limit)
        for dataset in (a, b):
            warn_if_partial(dataset)


def _print(found: "xr.Dataset", limit: int) -> None:
    from csmc.config.page import counted

    attrs = found.attrs
    for which in "ab":
        say(f"{which.upper()}  {attrs[f'title_{which}']}, digest {attrs[f'digest_{which}'][:12]}")
    _print_changes(found)
    points, most = found.sizes["point"], max(attrs["points_a"], attrs["points_b"])
    what = ", ".join(counted(found.sizes[dim], dim) for dim in ("institution", "metric"))
    say(f"{points:,} of {counted(most, 'point')}, {what}")
    _print_kinds(found)
    _print_differences(found, limit)


def _print_changes(found: "xr.Dataset") -> None:
    count, same = found.sizes["change"], found.attrs["configuration_same"]
    say(f"configuration: {count:,} {'difference' if count == 1 else 'differences'}, {same:,} values are the same")
    shown = found.isel(change=slice(MOST_CHANGES))
    columns = (shown[name].values.tolist() for name in ("change", "configuration_a", "configuration_b"))
    rows = [(path, _short(a), _short(b)) for path, a, b in zip(*columns, strict=True)]
    if rows:
        print_rows("", ("what", "A", "B"), rows)
    if count > MOST_CHANGES:
        say(f"and {count - MOST_CHANGES:,} more")


def _short(text: str) -> str:
    text = MISSING if text == "null" else text
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3]}..."


def _print_kinds(found: "xr.Dataset") -> None:
    """What the estimates of the two have in common: how many points under institutions, and what that means."""
    for kind, count in sorted(Counter(found["kind"].values.ravel().tolist()).items()):
        say(f"{kind} ({count:,} of {found['kind'].size:,}): {found.attrs[f'kind_{kind}']}")


def _print_differences(found: "xr.Dataset", limit: int) -> None:
    attrs, names = found.attrs, {"holm": "Holm", "bh": "Benjamini-Hochberg", "none": "not adjusted"}
    decided, level = int(found["decided"].sum()), f"{100 * attrs['confidence_level']:g}\N{NO-BREAK SPACE}%"
    say(f"{decided:,} of {attrs['differences']:,} differences can be claimed at {level} ({names[attrs['adjust']]})")
    rows = list(_rows(found, limit))
    if rows:
        columns = ("institution", "metric", "A", "B", f"B minus A [{level}]", "t", "p", "claimed", "crises", "point")
        print_rows("", columns, rows, names=2)
    left = attrs["differences"] - len(rows)
    if left > 0:
        say(f"the {len(rows):,} largest by t; {left:,} more are smaller (--limit shows more, --json all)")


def _rows(found: "xr.Dataset", limit: int) -> Iterator[tuple[str, ...]]:
    """Yield the largest standardised differences first; what is identical is not shown."""
    import numpy as np

    from csmc.report.words import difference, setting, share

    size = np.abs(found["standardised"].transpose("point", "institution", "metric").values)
    size = np.where(np.isfinite(found["p"].values), size, np.nan)
    order = np.argsort(-np.nan_to_num(size, nan=-1.0), axis=None, kind="stable")[:limit]
    for place in zip(*np.unravel_index(order, size.shape), strict=True):
        if np.isnan(size[place]):
            return
        here = found.isel(dict(zip(("point", "institution", "metric"), map(int, place), strict=True)))
        name = str(here["metric"].values)
        value, low, high = (float(here[f"difference{end}"]) for end in ("", "_low", "_high"))
        varied = [setting(label) for label in here.coords.values() if "path" in label.attrs]
        yield (
            str(here["institution"].values),
            name,
            share(name, float(here["value_a"])),
            share(name, float(here["value_b"])),
            f"{difference(name, value)} [{difference(name, low)}, {difference(name, high)}]",
            f"{float(here['standardised']):+.1f}".replace("-", "−"),
            f"{float(here['p_adjusted']):.2g}",
            "yes" if int(here["decided"]) else "no",
            str(here["kind"].values),
            ", ".join(varied) or str(int(here["point"])),
        )

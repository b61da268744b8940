"""`csmc export`: a result in another format."""

import json
from pathlib import Path
from typing import Annotated

import typer

from csmc.cli.console import say, warn_if_partial
from csmc.cli.options import Result


def export(
    result: Result,
    target: Annotated[
        Path, typer.Argument(metavar="TARGET", help="What to write: .nc, .csv, .parquet or .zarr.", show_default=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write a result as NetCDF, Zarr, or one long table: a row per point, institution and metric (CSV, Parquet)."""
    from csmc.results import export as write
    from csmc.results import reading

    write(result, target)
    if as_json:
        print(json.dumps({"wrote": str(target)}))
    else:
        say(f"wrote    {target}")
    with reading(result) as dataset:
        warn_if_partial(dataset)

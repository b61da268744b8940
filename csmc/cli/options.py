"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="The experiment: a YAML file.", show_default=False)]
Result = Annotated[
    Path, typer.Argument(metavar="RESULT", help="A run's output directory, or its result.zarr.", show_default=False)
]
Output = Annotated[Path, typer.Argument(metavar="OUTPUT", help="A run's output directory.", show_default=False)]
Figures = Annotated[
    Path | None,
    typer.Option("--figures", metavar="DIRECTORY", help="Write figures there (PNG and SVG).", show_default=False),
]
Metric = Annotated[str, typer.Option(help="By which metric.")]
Better = Annotated[
    str | None, typer.Option(help="lower or higher.", show_default="what is good for peace, if beyond doubt")
]
Metrics = Annotated[list[str] | None, typer.Option("--metric", help="A metric; may be repeated.", show_default="war")]
Institutions = Annotated[
    list[str] | None, typer.Option("--institution", help="An institution; may be repeated.", show_default="all")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "-s",
        "--set",
        metavar="PATH=VALUE",
        help="Override a value of the configuration; may be repeated.",
        show_default=False,
    ),
]

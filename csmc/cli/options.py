"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from csmc.cli import completion

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="The experiment: a YAML file.", show_default=False)]
Result = Annotated[
    Path, typer.Argument(metavar="RESULT", help="A run's output directory, or its result.zarr.", show_default=False)
]
Output = Annotated[Path, typer.Argument(metavar="OUTPUT", help="A run's output directory.", show_default=False)]
Figures = Annotated[
    Path | None,
    typer.Option("--figures", metavar="DIRECTORY", help="Write figures there.", show_default=False),
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        help="Format of the figures: png, svg or pdf; may be repeated.",
        show_default="png and svg",
        autocompletion=completion.formats,
    ),
]
Metric = Annotated[str, typer.Option(help="By which metric.", autocompletion=completion.metrics)]
Better = Annotated[
    str | None,
    typer.Option(
        help="lower or higher.",
        show_default="what is good for peace, if beyond doubt",
        autocompletion=completion.directions,
    ),
]
Metrics = Annotated[
    list[str] | None,
    typer.Option("--metric", help="A metric; may be repeated.", show_default="war", autocompletion=completion.metrics),
]
Institutions = Annotated[
    list[str] | None,
    typer.Option(
        "--institution",
        help="An institution; may be repeated.",
        show_default="all",
        autocompletion=completion.institutions,
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "-s",
        "--set",
        metavar="PATH=VALUE",
        help="Override a value of the configuration; may be repeated.",
        show_default=False,
        autocompletion=completion.settings,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]

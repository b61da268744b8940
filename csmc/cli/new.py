"""`csmc new`: a small experiment to begin with."""

import json
import shlex
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from csmc.cli.console import say
from csmc.errors import ParameterError
from csmc.folders import refuse_full

#: What the folder gets from `template/`; NAME in it becomes the name of the experiment.
TEMPLATES = ("csmc.yaml", "README.md")


def new(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Make a folder with a small commented experiment that runs."""
    refuse_full(directory)
    files = write_experiment(directory)
    command = f"csmc run {shlex.quote(str(files[0]))}"
    if as_json:
        print(json.dumps({"files": [str(file) for file in files], "next": command}, indent=2))
        return
    for file in files:
        say(f"wrote    {file}")
    say(f"next     {command}")


def write_experiment(directory: Path) -> list[Path]:
    """Write the experiment, its page and the schema for editors; the paths, the experiment first."""
    from csmc.config import schema
    from csmc.config.experiment import safe_name

    name = safe_name(directory.resolve().name)
    texts = {file: _template(file).replace("NAME", name) for file in TEMPLATES}
    texts["schema.json"] = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for file, text in texts.items():
            (directory / file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ParameterError(f"{directory}: cannot be written: {error.strerror or error}") from error
    return [directory / file for file in texts]


def _template(file: str) -> str:
    return (resources.files("csmc.cli") / "template" / file).read_text(encoding="utf-8")

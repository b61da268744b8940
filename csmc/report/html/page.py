"""Content to HTML, and HTML to a file: nothing is loaded from anywhere, and nothing but the page's own script runs."""

import base64
import hashlib
import os
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import xarray as xr
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from csmc.errors import StoreError, printable_lines
from csmc.report.html.content import Content, as_json, content
from csmc.report.style import COLOURS, LESS, MORE, OUTCOMES, UNDECIDED, is_dark
from csmc.report.summary import Summary
from csmc.report.words import percent

#: The page's script, in the order in which its parts need each other.
SCRIPTS = (
    *("numbers.js", "cells.js", "drawing.js", "institutions.js", "curves.js", "maps.js"),
    *("endings.js", "tables.js", "page.js"),
)


def page(dataset: xr.Dataset, metric: str | None = None, said: Summary | None = None) -> str:
    """A result as one HTML document.

    Parameters
    ----------
    dataset
        A result, as `csmc.open_results` gives it.
    metric
        Which metric to show first; war by default.
    said
        The summary of the result, if it has been made already.

    Raises
    ------
    ParameterError
        The metric is not known, or the result does not have it.
    StoreError
        The result has another stream version.
    """
    return render(content(dataset, metric, said))


def write_page(
    dataset: xr.Dataset, path: str | os.PathLike[str], metric: str | None = None, said: Summary | None = None
) -> Path:
    """Write the page of a result and return where; a file that is there is replaced when the new one is whole.

    Parameters are those of `page`.

    Raises
    ------
    ParameterError
        As `page`.
    StoreError
        The file cannot be written.
    """
    path, text = Path(path), page(dataset, metric, said)
    scratch = path.parent / f".{path.name}.{os.getpid()}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(text, encoding="utf-8", errors="replace")
        scratch.replace(path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise StoreError(
            f"{path}: cannot be written: {error.strerror or error}; name another file with -o, or --no-html writes none"
        ) from error
    return path


def render(told: Content) -> str:
    """The document of a page's content."""
    script, style = Markup("\n".join(map(_asset, SCRIPTS))), Markup(_palette() + _asset("page.css"))
    policy = (
        f"default-src 'none'; script-src '{_hashed(script)}'; style-src '{_hashed(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return _environment().get_template("page.html").render(
        told=told,
        script=script,
        style=style,
        policy=policy,
        percent=percent,
        payload=Markup(as_json(told.payload)),
    )  # fmt: skip


def _palette() -> str:
    """The colours of figures as variables of the style sheet; black gives way to white where it is dark."""
    colours = {f"i{place}": colour for place, colour in enumerate(COLOURS)}
    colours |= {f"o{place}": colour for place, colour in enumerate(OUTCOMES)}
    colours |= {"less": LESS, "more": MORE, "undecided": UNDECIDED}
    rules = [":root{" + "".join(f"--{name}:{colour};" for name, colour in colours.items()) + "}"]
    rules += [f".i{place}{{--c:var(--i{place})}}" for place in range(len(COLOURS))]
    rules += [
        f".o{place}{{--c:var(--o{place});--on:{'#fff' if is_dark(colour) else '#222'}}}"
        for place, colour in enumerate(OUTCOMES)
    ]
    return "\n".join([*rules, ""])


def _hashed(text: str) -> str:
    """What a Content-Security-Policy calls an inline script or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@cache
def _asset(name: str) -> str:
    return resources.files("csmc.report.html").joinpath("assets", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        autoescape=True,
        loader=FunctionLoader(_asset),
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _harmless(value: Any) -> Any:
    """Text as it is, but for controls and changes of direction, which are written out."""
    return printable_lines(value) if isinstance(value, str) and not isinstance(value, Markup) else value

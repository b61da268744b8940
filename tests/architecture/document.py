"""How docs/model.md is read: its equations, tables, sources, and what the code would have in their place."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from csmc.institutions import Institution, get, names
from csmc.institutions.fields import FIELD_PATHS
from csmc.parameters import PARAMETERS

CITATION = re.compile(r"\bE\d+\b")
SOURCE = re.compile(r"\*(?:Assumed|Source: ([^*]+))\.\*$")
ABSENT = "–"

Row = dict[str, str]


def flat(text: str) -> str:
    """The text with every line break as one space."""
    return " ".join(text.split())


def equations(document: str) -> list[tuple[str, str]]:
    """Id and text of every equation, in order."""
    items = re.findall(r"^- \*\*(E\d+)\*\* (.*?)(?=\n- |\n\n)", document, re.DOTALL | re.MULTILINE)
    return [(name, flat(text)) for name, text in items]


def marked_table(document: str, marker: str) -> list[Row]:
    """The rows of the table between two markers, by the names of its columns; code without its quotes."""
    _, table, _ = re.split(rf"<!-- /?{marker} -->\n", document)
    header, _, *rows = ([cell.strip().strip("`") for cell in line.split("|")[1:-1]] for line in table.splitlines())
    return [dict(zip(header, row, strict=True)) for row in rows]


def docstrings(folder: Path) -> Iterator[str]:
    """Every docstring of the reference implementation; its tests are not part of it."""
    for source in sorted(folder.glob("*.py")):
        if not source.name.startswith("test_"):
            for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                    yield ast.get_docstring(node) or ""


def code_spans(text: str) -> list[str]:
    """What stands between backticks."""
    return [flat(span) for span in re.findall(r"`([^`]+)`", text)]


def is_used(symbol: str, text: str) -> bool:
    """Whether a symbol stands in the code of a text, not as part of another symbol."""
    return any(re.search(rf"(?<!\w){re.escape(symbol)}(?!\w)", span) for span in code_spans(text))


def shown(value: object) -> str:
    """A value of a parameter or rule as the tables show it."""
    if isinstance(value, bool) or not isinstance(value, float | int):
        return str(value).lower()
    return f"{value:g}".replace("e+0", "e").replace("e-0", "e-")


def legal(schema: Mapping[str, Any]) -> str:
    """The legal values of a field, from its JSON Schema, as the table shows them."""
    if "anyOf" in schema:
        return ", ".join(map(legal, schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(schema["enum"])
    if "minimum" in schema:
        return f"[{shown(schema['minimum'])}, {shown(schema['maximum'])}]"
    return {"boolean": "true, false", "string": "a name"}[schema["type"]]


def rule_fields() -> dict[str, Mapping[str, Any]]:
    """The JSON Schema of every field of an institution by its path; those of all rungs under `ladder`."""
    definitions = Institution.model_json_schema()["$defs"]
    groups = {"obligation": "Obligation", "balancing": "Balancing", "council": "Council", "forum": "Forum"}
    groups["ladder"] = "Rung"
    return {
        f"{group}.{field}": schema
        for group, model in groups.items()
        for field, schema in definitions[model]["properties"].items()
    }


def preset_paths() -> list[str]:
    """Every field that a preset can have."""
    rungs = dict.fromkeys(rung.name for name in names() for rung in get(name).ladder)
    lower_first = sorted(rungs, key="force".__eq__)
    ladder = [f"ladder.{rung}.{field}" for rung in lower_first for field in ("severity", "cost")]
    return [path for path in FIELD_PATHS if path != "council"] + ladder


def sources(document: str) -> set[str]:
    """Every source named at an equation, at a parameter or in the table of departures, as "Names year"."""
    named = [match[1] for _, text in equations(document) if (match := SOURCE.search(text)) and match[1]]
    named += [parameter.source for parameter in PARAMETERS]
    _, departures = document.split("## Where this text departs")
    named += re.findall(r"^\| ([^|]+ \d{4}) \|", departures, re.MULTILINE)
    return {source for text in named for source in text.split("; ") if "assumed" not in source}


def references(document: str) -> list[tuple[str, str]]:
    """Authors and year of every entry of the references."""
    _, text = document.split("## References\n")
    return re.findall(r"^- ([^(]+) \((\d{4})\)", re.sub(r"\n  ", " ", text), re.MULTILINE)

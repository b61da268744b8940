"""Pages of reference that are made from the code: `python docs/generate.py` writes docs/reference. Edit to add a page.

What is written is committed, so that it can be read without a build; a test holds it equal to what the code says now.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

import csmc
from csmc.cli.app import COMMANDS, app
from csmc.config.sections import Sampling
from csmc.estimate.intervals import METHODS
from csmc.estimate.metrics import METRICS, Metric
from csmc.institutions import get, names
from csmc.parameters import BY_PATH, Parameter
from csmc.results.variables import PARTS, Variable, count_variables, gain_variables

FOLDER = Path(__file__).parent / "reference"
NOTE = "<!-- Made by docs/generate.py from the code; do not edit. -->"
#: Modules of the Python interface that hold several functions.
MODULES = ("analysis", "replay", "report", "institutions")

#: Types of JSON in words.
KINDS = {
    "null": "`null`",
    "boolean": "`true`, `false`",
    "integer": "whole number",
    "object": "mapping",
    "array": "list",
    "string": "text",
}

Row = Sequence[object]
Schema = Mapping[str, Any]


def table(heads: Sequence[str], rows: Iterable[Row]) -> str:
    """Rows as a table of Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines) + "\n"


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def parameters() -> str:
    """Every parameter by group: what it is, its default, what is legal, its unit and its source."""
    groups: dict[str, list[Parameter]] = {}
    for parameter in BY_PATH.values():
        groups.setdefault(parameter.group, []).append(parameter)
    heads = ("parameter", "default", "must be", "unit", "meaning", "source")
    parts = [
        "# Parameters\n",
        "Set under `parameters`, varied by a `design`, or computed under `derived`, by path "
        "([configuration](../configuration.md)). Their symbols and equations: [the model](../model.md#symbols).\n",
    ]
    for group, members in groups.items():
        rows = [
            (f"`{p.path}`", "–" if p.default is None else f"`{p.default}`", p.rule, p.unit, p.meaning, p.source)
            for p in members
        ]
        parts += [f"## {group}\n", table(heads, rows)]
    return "\n".join(parts)


def institutions() -> str:
    """Every preset in full, with its sources."""
    parts = [
        "# Institutions\n",
        "The presets, as `csmc institutions NAME` prints them. What a rule means: "
        "[the model](../model.md#institutions). A new one says "
        "[what it changes](../configuration.md#institutions) of one of these, by these paths.\n",
    ]
    for name in names():
        record = get(name).model_dump(mode="json")
        title, summary, sources = record.pop("title"), record.pop("summary"), record.pop("sources")
        record.pop("name")
        parts += [f"## {title}\n", f"`{name}`: {summary}\n", table(("rule", "value"), _rules(record))]
        parts += ["Sources:\n", "\n".join(f"- {source}" for source in sources) + "\n"] if sources else []
    return "\n".join(parts)


def _rules(record: Mapping[str, Any], prefix: str = "") -> Iterator[Row]:
    for field, value in record.items():
        if isinstance(value, dict):
            yield from _rules(value, f"{prefix}{field}.")
        elif isinstance(value, list):
            for rung in value:
                yield from _rules({k: v for k, v in rung.items() if k != "name"}, f"{prefix}{field}.{rung['name']}.")
        else:
            yield f"`{prefix}{field}`", "none" if value is None else f"`{str(value).lower()}`"


def variables() -> str:
    """What a result holds: every metric, the variables of each, and the counts."""
    metrics = [(f"`{m.name}`", m.long_name, m.kind, _range(m)) for m in METRICS.values()]
    of_each = [(f"`METRIC{suffix}`", prefix.rstrip(": ") or "the estimate") for _, suffix, prefix in PARTS]
    sample = next(iter(METRICS.values()))
    drawn = Sampling(replication="antithetic", controls=True)
    gains = [
        (
            f"`{one.name.replace(sample.name, 'METRIC')}`",
            one.attributes["long_name"].replace(f": {sample.long_name}", ""),
        )
        for one in gain_variables(sample, drawn)
    ]
    counts = {one.name: one for one in count_variables("reference", by_precision=True)}
    return "\n".join(
        [
            "# Variables of a result\n",
            "How they are defined and read: [results](../results.md).\n",
            "## Metrics\n",
            "What `outputs.metrics`, `--metric` and `sampling.precision` can name.\n",
            table(("metric", "what it is", "kind", "between"), metrics),
            "## Of each metric\n",
            "Over `point` and `institution`, float64.\n",
            table(("variable", "what it is"), [*of_each, *gains]),
            "## Intervals\n",
            table(("of a", "is"), METHODS.items()),
            "## Counts\n",
            "Whole numbers (int64), exact.\n",
            table(("variable", "over", "what it is"), map(_count, counts.values())),
        ]
    )


def _range(metric: Metric) -> str:
    high = f"{metric.high:g}" if isinstance(metric.high, float) else f"the number of {metric.high.value}"
    return f"{metric.low:g} and {high}"


def _count(one: Variable) -> Row:
    comment = one.attributes.get("comment")
    text = one.attributes["long_name"] + (f"; {comment}" if comment else "")
    return f"`{one.name}`", ", ".join(f"`{dim}`" for dim in one.dims), text


def commands() -> str:
    """Every command with its arguments and options, by what they are for."""
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    parts = [
        "# Commands\n",
        "As `csmc COMMAND --help` says. What all have in common, exit codes and `--json`: "
        "[first steps](../first_steps.md#what-all-commands-have-in-common).\n",
    ]
    for panel, members in COMMANDS.items():
        parts.append(f"## {panel}\n")
        for name in (function.__name__ for function in members):
            command = known[name]
            arguments = [p for p in command.params if p.param_type_name == "argument"]
            usage = " ".join(["csmc", name, *(_argument(p) for p in arguments), "[OPTIONS]"])
            rows = [(_option(p), p.help or "", _default(p)) for p in command.params]
            parts += [f"### csmc {name}\n", f"```\n{usage}\n```\n", _sentence(command.help.strip()) + "\n"]
            parts.append(table(("argument or option", "what it is", "default"), rows))
    return "\n".join(parts)


def _argument(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _option(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{_argument(parameter)}`"
    value = "" if parameter.is_flag else f" {parameter.metavar or ' '.join([parameter.name.upper()] * parameter.nargs)}"
    return ", ".join(f"`{name}{value}`" for name in (*parameter.opts, *parameter.secondary_opts))


def _default(parameter: Any) -> str:
    """What holds where nothing is given, in the words of the help."""
    if parameter.required:
        return "required"
    if isinstance(parameter.show_default, str):
        return parameter.show_default
    if parameter.param_type_name == "option" and parameter.is_flag:
        return "yes" if parameter.default else "no"
    return "" if parameter.default in (None, (), []) else f"`{parameter.default}`"


def schema() -> str:
    """Every key of a configuration, from its JSON Schema."""
    document = csmc.schema()
    definitions = document["$defs"]
    parts = [
        "# Keys of a configuration\n",
        "The JSON Schema that `csmc schema` prints, as tables. How the parts work together: "
        "[configuration](../configuration.md). `parameters` has a page of [its own](parameters.md).\n",
    ]
    heads = ("key", "value", "default", "what it is")
    sections = [key for key, one in document["properties"].items() if _section(one, definitions)]
    sections.remove("parameters")
    top = {key: document["properties"][key] for key in document["properties"] if key not in [*sections, "parameters"]}
    parts += ["## The file\n", table(heads, _keys(top, document.get("required", ()), definitions))]
    for key in sections:
        one = _followed(document["properties"][key], definitions)
        parts += [f"## {key}\n", _sentence(one["description"]) + "\n"] if "description" in one else [f"## {key}\n"]
        parts.append(table(heads, _keys(one["properties"], one.get("required", ()), definitions)))
    return "\n".join(parts)


def _followed(one: Schema, definitions: Schema) -> Schema:
    return _followed(definitions[one["$ref"].rpartition("/")[2]], definitions) if "$ref" in one else one


def _section(one: Schema, definitions: Schema) -> bool:
    return "properties" in _followed(one, definitions)


def _keys(properties: Schema, required: Iterable[str], definitions: Schema) -> Iterator[Row]:
    for key, one in properties.items():
        default = "required" if key in required else f"`{_plain(one['default'])}`" if "default" in one else ""
        yield f"`{key}`", _legal(one, definitions), default, _followed(one, definitions).get("description", "")


def _plain(value: object) -> str:
    """A value as YAML has it; of a mapping only that there is one."""
    if isinstance(value, dict):
        return "{}"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return str(value) or '""'


def _legal(one: Schema, definitions: Schema) -> str:
    """The legal values of a key, in words."""
    one = _followed(one, definitions)
    if choices := one.get("anyOf", one.get("oneOf")):
        return ", or ".join(dict.fromkeys(_legal(choice, definitions) for choice in choices))
    if "const" in one or "enum" in one:
        return ", ".join(f"`{_plain(value)}`" for value in one.get("enum", [one.get("const")]))
    kind = one.get("type", "any")
    if isinstance(kind, list):
        return ", or ".join(_legal({**one, "type": each}, definitions) for each in kind)
    return KINDS.get(kind, kind) + (_bounds(one) if kind in ("integer", "number") else "")


def _bounds(one: Schema) -> str:
    found = [
        f"{word} {one[key]:,}"
        for key, word in (
            ("minimum", "from"),
            ("exclusiveMinimum", "above"),
            ("maximum", "to"),
            ("exclusiveMaximum", "below"),
        )
        if key in one
    ]
    return (" " + " ".join(found)) if found else ""


def python() -> str:
    """The Python interface: directives by which the build puts in signatures and docstrings."""
    parts = ["# Python\n", "`import csmc` loads nothing heavy; a name is loaded when it is first used.\n"]
    parts += ["## csmc\n", _documented("csmc", [name for name in csmc.__all__ if name not in MODULES])]
    for name in MODULES:
        module = import_module(f"csmc.{name}")
        parts += [f"## csmc.{name}\n", _documented(f"csmc.{name}", module.__all__)]
    return "\n".join(parts)


def _documented(module: str, members: Iterable[str]) -> str:
    home = import_module(module)
    lines = []
    for name in sorted(members):
        member = getattr(home, name)
        if not getattr(member, "__module__", "").startswith("csmc"):  # data and names of types
            continue
        kind = "class" if isinstance(member, type) else "function"
        kind = "exception" if isinstance(member, type) and issubclass(member, BaseException) else kind
        lines += [f".. auto{kind}:: {module}.{name}", ""]
    return "```{eval-rst}\n" + "\n".join(lines) + "```\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands,
    "institutions.md": institutions,
    "parameters.md": parameters,
    "python.md": python,
    "schema.md": schema,
    "variables.md": variables,
}


def pages() -> dict[str, str]:
    """The text of every page by the name of its file."""
    return {name: f"{NOTE}\n\n{make()}" for name, make in PAGES.items()}


def main() -> None:
    """Write all pages, and remove what is none."""
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

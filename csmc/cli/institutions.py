"""`csmc institutions`: what can be compared, and what each consists of."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from csmc.cli import completion
from csmc.cli.tables import screen

if TYPE_CHECKING:
    from csmc.institutions import Institution


def institutions(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Show this one in full.", autocompletion=completion.presets),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the same as JSON, all of them in full.")] = False,
) -> None:
    """List the institutions that come with csmc, or show one in full with its sources."""
    from csmc.institutions import get, names

    if as_json:
        chosen = names() if name is None else (name,)
        print(json.dumps([get(one).model_dump(mode="json") for one in chosen], indent=2, ensure_ascii=False))
    elif name is None:
        _print_table([get(known) for known in names()])
    else:
        _print_record(get(name))


def _print_table(known: "list[Institution]") -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("institution", header_style="bold", no_wrap=True)
    table.add_column("what it is", header_style="bold", overflow="fold")
    for institution in known:
        table.add_row(institution.name, institution.summary)
    screen().print(table)
    print("\ncsmc institutions NAME shows one in full.")


def _print_record(institution: "Institution") -> None:
    record = institution.model_dump(mode="json")
    print(f"{record.pop('name')} ({record.pop('title')}): {record.pop('summary')}")
    sources = record.pop("sources")
    for field, value in record.items():
        _print_field(field, value)
    if sources:
        print("sources:")
        for source in sources:
            print(f"  - {source}")


def _print_field(field: str, value: Any) -> None:
    if isinstance(value, dict):
        print(f"{field}:")
        for key, inner in value.items():
            print(f"  {key}: {_yaml(inner)}")
    elif isinstance(value, list):
        print(f"{field}:")
        for rung in value:
            print("  - {" + ", ".join(f"{key}: {_yaml(inner)}" for key, inner in rung.items()) + "}")
    else:
        print(f"{field}: {_yaml(value)}")


def _yaml(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)

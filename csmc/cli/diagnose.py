"""`csmc diagnose`: what the estimates of a result rest on."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from csmc.cli.codes import ExitCode
from csmc.cli.console import say
from csmc.cli.options import Result
from csmc.cli.tables import print_paragraphs, print_rows

if TYPE_CHECKING:
    import xarray as xr

#: Estimates that are named for each check that finds some wanting.
NAMED = 5


def diagnose(
    result: Result,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts and the worst estimates as JSON.")] = False,
) -> None:
    """Say which estimates rest on few events, and whether replicates look as independent ones should (else code 1)."""
    from csmc.analysis import diagnose as examine

    found = examine(result)
    facts = facts_of(found)
    if as_json:
        print(json.dumps(facts, indent=2))
    else:
        _print(facts, result)
    if facts["faults"]:
        raise typer.Exit(ExitCode.FAILED)


def facts_of(found: "xr.Dataset") -> dict[str, Any]:
    """Counts of each check and its worst failures, as plain data."""
    from csmc.analysis.checks import CHECKS
    from csmc.analysis.diagnostics import failures

    checks = {}
    for name, check in CHECKS.items():
        counts = found["estimates"].sel(check=name).sum(("institution", "metric", "estimate"))
        states = {str(state): int(counts.sel(state=state)) for state in found["state"].values}
        worst = [failure._asdict() for failure in failures(found, name, NAMED)]
        checks[name] = {
            **states,
            "finds": check.finds,
            "meaning": check.meaning,
            "figure": check.figure,
            "advice": check.advice,
            "worst": worst,
        }
    known = ("level", "n", "without_events")
    faults = [name for name, one in checks.items() if one["finds"] == "fault" and one["off"]]
    return {"faults": faults, **{name: found.attrs[name] for name in known}, "checks": checks}


def _print(facts: dict[str, Any], result: Path) -> None:
    checks = facts["checks"]
    columns = ("check", "ok", "off", "untold", "what is checked")
    rows = [
        (name.replace("_", " "), *(f"{one[state]:,}" for state in ("ok", "off", "untold")), one["meaning"])
        for name, one in checks.items()
    ]
    print_rows("estimates by check; untold: there is not enough to tell, or the check is not for it", columns, rows)
    for name, one in checks.items():
        if one["worst"]:
            _print_worst(name, one)
    print_paragraphs(list(_words(facts, result)))


def _print_worst(name: str, one: dict[str, Any]) -> None:
    title = f"{name.replace('_', ' ')} ({one['finds']}): the worst of {one['off']:,}"
    rows = [
        (
            worst["metric"] + (" difference" if worst["estimate"] == "difference" else ""),
            worst["institution"],
            str(worst["point"]),
            f"{worst['figure']:.3g}",
        )
        for worst in one["worst"]
    ]
    print_rows(title, ("estimate", "institution", "point", one["figure"]), rows)
    say(f"What to do: {one['advice']}.")
    say()


def _words(facts: dict[str, Any], result: Path) -> list[str]:
    from csmc.results import result_path

    checks, output = facts["checks"], shlex.quote(str(result_path(result).parent))
    said = [f"{facts['without_events']:,} values have seen no event: all that is known of them is their interval."]
    if facts["faults"]:
        said.append(
            f"A FAULT: {', '.join(facts['faults'])}. Chance does that to one good result in {1 / facts['level']:,.0f}; "
            f"csmc verify --all {output} counts everything again."
        )
    elif checks["homogeneity"]["ok"]:
        said.append(f"No sign of a fault: replicates look independent. csmc verify {output} counts some of them again.")
    else:
        said.append(
            "Whether there is a fault cannot be told: that takes 8 batches of 50 events each, of 256 replicates at "
            f"least, in a design of up to 1,000 points. csmc verify {output} counts some of them again."
        )
    return said

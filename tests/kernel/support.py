"""Points, systems and institutions for tests of the kernel, packed from the same tables that a configuration uses."""

from typing import Any

from csmc.institutions import get, pack_institutions
from csmc.institutions.fields import with_field
from csmc.kernel import Plan, Tallies, tally
from csmc.parameters import defaults, pack_point
from csmc.system import build_system

PRESETS = (
    "anarchy",
    "balance_of_power",
    "alliance",
    "collective_security",
    "league_of_nations",
    "un_security_council",
    "un_without_veto",
    "concert_of_powers",
)
SEED = 20261122


def packed(changes: dict[str, Any] | None = None) -> tuple[Any, Any]:
    """A point with the defaults but for `changes` (path -> value), and its system."""
    values = {**defaults(), **(changes or {})}
    return pack_point(values), build_system(values)


def institution(name: str, **fields: Any) -> Any:
    """A preset with changed fields; `__` stands for the dot of a path, fields it does not have are skipped."""
    record = get(name)
    for path, value in fields.items():
        if not (path.startswith("council") and record.council is None):
            record = with_field(record, path.replace("__", "."), value)
    return record


def simulate(
    changes: dict[str, Any] | None = None,
    institutions: Any = PRESETS,
    *,
    first: int = 0,
    count: int = 1024,
    plan: Plan | None = None,
    seed: int = SEED,
) -> Tallies:
    """Tallies of one point under presets (by name) or institutions."""
    records = [get(entry) if isinstance(entry, str) else entry for entry in institutions]
    point, system = packed(changes)
    chosen = Plan() if plan is None else plan
    return tally(point, system, pack_institutions(records), seed, first, count, chosen)

"""The presets, and how an institution is made from another; edit when entries can be written in a new way.

A new preset is one more YAML file in `presets/`.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from csmc.errors import ConfigError, ParameterError, Problem, shown, suggestion
from csmc.institutions.problems import problems_of
from csmc.institutions.record import Institution

#: An entry that states all of these is a definition of its own, whatever it is called.
_GROUPS = frozenset(("obligation", "balancing", "council", "forum", "ladder"))
_PRESETS = Path(__file__).parent / "presets"


@cache
def names() -> tuple[str, ...]:
    """The names of all presets, in alphabetical order."""
    return tuple(sorted(path.stem for path in _PRESETS.glob("*.yaml")))


@cache
def get(name: str) -> Institution:
    """The preset called `name`."""
    if name not in names():
        raise ParameterError(f"{shown(name)} is not a preset{suggestion(name, names())} (known: {', '.join(names())})")
    return Institution.model_validate(_without_extends(_preset_data(name)))


def resolve(entries: Sequence[str | Mapping[str, Any] | Institution]) -> tuple[Institution, ...]:
    """The institutions that `entries` describe: names of presets, mappings (see `resolve_entries`) or institutions."""
    institutions, problems = resolve_entries(entries)
    if problems:
        raise ConfigError(str(problem) for problem in problems)
    return tuple(institutions)


def resolve_entries(entries: Sequence[Any]) -> tuple[list[Institution], list[Problem]]:
    """The institutions of a configuration and everything that is wrong with its `entries`.

    An entry is the name of a preset or a mapping {name, extends, fields...}; fields may be nested or dotted
    (`council.veto: none`), and `extends` names a preset or another entry. A list replaces the list that it extends;
    single rungs are changed by name (`ladder.sanctions.severity: 0.3`). A title is not inherited.
    """
    problems: list[Problem] = []
    mappings: dict[int, dict[str, Any]] = {}
    found: dict[int, Institution] = {}
    for index, entry in enumerate(entries):
        if isinstance(entry, Institution):
            found[index] = entry
        elif isinstance(entry, str) or (isinstance(entry, Mapping) and set(entry) == {"name"}):
            name = entry if isinstance(entry, str) else entry["name"]
            if name in names():
                found[index] = get(name)
            else:
                problems.append(Problem(("institutions", index), _unknown(str(name), names()), shown(name)))
        elif isinstance(entry, Mapping):
            mapping, twice = expand(entry, ("institutions", index))
            problems += twice or _entry_problems(mapping, index)
            mappings[index] = mapping
        else:
            problems.append(Problem(("institutions", index), "must be the name of a preset or a mapping", shown(entry)))
    own = {mapping["name"]: mapping for mapping in mappings.values() if isinstance(mapping.get("name"), str)}
    for index, mapping in mappings.items():
        if any(problem.path[:2] == ("institutions", index) for problem in problems):
            continue
        institution, wrong = _build(mapping, own, index)
        problems += wrong
        if institution:
            found[index] = institution
    problems += _duplicates(entries)
    return [found[index] for index in sorted(found)], problems


def expand(mapping: Mapping[str, Any], prefix: tuple[str | int, ...] = ()) -> tuple[dict[str, Any], list[Problem]]:
    """`mapping` with dotted keys opened into nested mappings, and the places that it sets twice."""
    nested: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in mapping.items():
        *groups, last = str(key).split(".")
        target = nested
        for group in groups:
            target = target.setdefault(group, {})
            if not isinstance(target, dict):
                problems.append(Problem((*prefix, key), f"sets what {group} already sets as a whole"))
                target = {}
        if isinstance(value, Mapping):
            value, inner = expand(value, (*prefix, key))
            problems += inner
        if last in target and isinstance(target[last], dict) and isinstance(value, dict):
            twice = sorted(target[last].keys() & value.keys())
            problems += [Problem((*prefix, key), f"sets {name} a second time") for name in twice]
            target[last].update(value)
        elif last in target:
            problems.append(Problem((*prefix, key), "is set a second time"))
        else:
            target[last] = value
    return nested, problems


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with nested `changes`: mappings merge, everything else replaces; rungs are found by name."""
    return {**base, **{key: _merged(base.get(key), value) for key, value in changes.items()}}


def _merged(old: Any, new: Any) -> Any:
    if not isinstance(new, Mapping):
        return new
    if isinstance(old, Mapping):
        return merge(old, new)
    if isinstance(old, list | tuple):
        known = {item["name"] for item in old}
        if known >= new.keys() and all(isinstance(change, Mapping) for change in new.values()):
            return [merge(item, new.get(item["name"], {})) for item in old]
    return new


@cache
def _preset_data(name: str) -> dict[str, Any]:
    data = YAML(typ="safe", pure=True).load((_PRESETS / f"{name}.yaml").read_text(encoding="utf-8"))
    nested, _ = expand(data)
    return merge(_preset_data(nested["extends"]), nested) if "extends" in nested else nested


def _without_extends(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key != "extends"}


def _unknown(name: str, known: Sequence[str]) -> str:
    return f"is not a known institution{suggestion(name, known)} (known: {', '.join(known)})"


def _entry_problems(mapping: Mapping[str, Any], index: int) -> list[Problem]:
    place = ("institutions", index)
    if "name" not in mapping:
        return [Problem(place, "has no name")]
    if not isinstance(mapping["name"], str):
        return [Problem((*place, "name"), "must be text", shown(mapping["name"]))]
    if mapping["name"] in names() and not mapping.keys() >= _GROUPS:
        fix = "give it a name of its own and extend the preset"
        return [Problem((*place, "name"), f"is the name of a preset; {fix}", shown(mapping["name"]))]
    return []


def _build(
    mapping: Mapping[str, Any], own: Mapping[str, Mapping[str, Any]], index: int
) -> tuple[Institution | None, list[Problem]]:
    """The institution of one entry; nothing and no problem if an entry that it extends has problems of its own."""
    chain = [mapping]
    while "extends" in chain[-1]:
        base = chain[-1]["extends"]
        problem = _extends_problem(base, [str(link["name"]) for link in chain], own)
        if problem:
            is_own = len(chain) == 1 or base == mapping["name"]
            return None, [
                Problem(("institutions", index, "extends"), problem, shown(mapping["extends"]))
            ] if is_own else []
        chain.append(own[base] if base in own else {**_without_extends(_preset_data(base)), "name": base})
    data: dict[str, Any] = {}
    for link in reversed(chain):
        data = merge({key: value for key, value in data.items() if key != "title"}, _without_extends(link))
        if link is not chain[-1] and "summary" not in link:
            data["summary"] = f"Extends {link['extends']}."
        try:
            institution = Institution.model_validate(data)
        except ValidationError as error:
            return None, _entry_errors(error, data, mapping, index) if link is mapping else []
        if "ladder" not in data:  # the rungs that an institution has by default can be changed by name too
            data["ladder"] = [rung.model_dump() for rung in institution.ladder]
    return institution, []


def _entry_errors(
    error: ValidationError, data: Mapping[str, Any], mapping: Mapping[str, Any], index: int
) -> list[Problem]:
    """The problems of an entry; those of a rung are where it was written, which is by name if it changes another's."""
    problems = problems_of(error, Institution, ("institutions", index))
    if not isinstance(mapping.get("ladder"), Mapping) or not isinstance(data["ladder"], list):
        return problems
    return [_by_name(problem, data["ladder"]) for problem in problems]


def _by_name(problem: Problem, ladder: Sequence[Mapping[str, Any]]) -> Problem:
    match problem.path:
        case (root, index, "ladder", int(rung), *rest):
            return problem._replace(path=(root, index, "ladder", ladder[rung]["name"], *rest))
    return problem


def _extends_problem(base: Any, chain: list[str], own: Mapping[str, Any]) -> str | None:
    if not isinstance(base, str):
        return "must be the name of an institution"
    if base == chain[0]:
        return "an institution cannot extend itself" + (f" (through {', '.join(chain[1:])})" if chain[1:] else "")
    if base in chain:
        return f"leads into a circle: {' extends '.join([*chain, base])}"
    if base not in own and base not in names():
        return _unknown(base, [*own, *names()])
    return None


def _duplicates(entries: Sequence[Any]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(entries):
        name = entry.get("name") if isinstance(entry, Mapping) else getattr(entry, "name", entry)
        if isinstance(name, str) and seen.setdefault(name, index) != index:
            place: tuple[str | int, ...] = ("institutions", index)
            yield Problem(place, f"is listed twice (first as entry {seen[name] + 1}); names must differ", shown(name))

"""One configuration out of a file, the files that it extends, and the options of the command line."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from csmc.config.document import MAX_DEPTH, Document, Place, Route, normal_route
from csmc.config.files import is_file
from csmc.config.reading import parse_value, read_document
from csmc.config.sections import KEYS
from csmc.errors import ConfigError, Problem, shown, suggestion
from csmc.institutions.catalogue import expand
from csmc.parameters import TABLES

_TABLE_PATHS = frozenset(parameter.path for parameter in TABLES)
#: Sections of which an option of the command line can set one key.
_OPEN_SECTIONS = ("derived", "sampling", "outputs", "execution")
#: A configuration extends at most this many files, one through the other.
MAX_FILES = 16


def load_document(path: Path, overrides: Sequence[str] = ()) -> Document:
    """The configuration at `path` with everything that it extends, under `overrides` written `path=value`."""
    document = _load(path, ())
    problems: list[str] = []
    for override in overrides:
        try:
            _override(document, override)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    if overrides:
        document.text = document.text.rstrip("\n") + "".join(map(_noted, overrides)) + "\n"
    return document


def _noted(override: str) -> str:
    """An override as a comment, whatever it holds."""
    return "\n# -s " + "\n#    ".join(override.splitlines())


def flatten(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Nested mappings as one mapping with dotted keys; an empty mapping stays a value."""
    return dict(flatten_all(mapping))


def flatten_all(mapping: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every dotted key of nested mappings with its value, also if two of them are spelt differently but the same."""
    for key, value in mapping.items():
        if isinstance(value, Mapping) and value:
            yield from ((f"{key}.{inner}", leaf) for inner, leaf in flatten_all(value))
        else:
            yield key, value


def flatten_sections(document: Document) -> list[Problem]:
    """Bring what is given by path into one dotted mapping, so that files merge whatever way they are written."""
    problems: list[Problem] = []
    for section in ("parameters", "derived"):
        content = document.data.get(section)
        if isinstance(content, Mapping):
            nested, found = expand(content, (section,))
            document.data[section] = flatten(nested)
            problems += found
    return problems


def _load(path: Path, chain: tuple[Path, ...]) -> Document:
    document = read_document(path)
    problems = flatten_sections(document)
    if problems:
        raise ConfigError(document.describe(problem) for problem in problems)
    if "extends" not in document.data:
        return document
    base_name = document.data.pop("extends")
    chain = (*chain, path.resolve())
    base = _base_path(document, base_name, chain)
    return _merge(_move(_load(base, chain), document.folder), document)


def _base_path(document: Document, base_name: Any, chain: tuple[Path, ...]) -> Path:
    place: Route = ("extends",)
    if not isinstance(base_name, str) or not base_name.strip():
        problem = Problem(place, "must be the path of another configuration", shown(base_name))
        raise ConfigError(document.describe(problem))
    base = document.folder / base_name
    wrong = None
    if not is_file(base):
        wrong = f"there is no file {base}"
    elif base.resolve() in chain:
        wrong = "leads into a circle: " + " extends ".join(file.name for file in (*chain, base))
    elif len(chain) > MAX_FILES:
        wrong = f"is reached through more than {MAX_FILES} files that extend each other"
    if wrong:
        raise ConfigError(document.describe(Problem(place, wrong, shown(base_name))))
    return base


def _move(document: Document, folder: Path) -> Document:
    """The same configuration as seen from `folder`: its tables are named relative to that."""
    if document.folder.resolve() != folder.resolve():
        document.data = _moved(document.data, document.folder, folder)
    return document


def _moved(data: Any, old: Path, new: Path) -> Any:
    if isinstance(data, list):
        return [_moved(item, old, new) for item in data]
    if not isinstance(data, dict):
        return data
    return {
        key: _relative(value, old, new) if key in _TABLE_PATHS else _moved(value, old, new)
        for key, value in data.items()
    }


def _relative(value: Any, old: Path, new: Path) -> Any:
    if isinstance(value, list):
        return [_relative(item, old, new) for item in value]
    if isinstance(value, dict):
        return {key: _relative(inner, old, new) for key, inner in value.items()}
    if not isinstance(value, str) or os.path.isabs(value):
        return value
    return Path(os.path.relpath(old / value, new)).as_posix()


def _merge(base: Document, child: Document) -> Document:
    data = _merged(base.data, child.data, ())
    return Document(data, child.folder, {**base.places, **child.places}, child.text)


def _merged(base: Any, child: Any, route: Route) -> Any:
    """Mappings merge and all else replaces; so do a design of another kind and the values of one factor."""
    if not isinstance(base, dict) or not isinstance(child, dict):
        return child
    if route == ("design",) and base.keys() != child.keys():
        return child
    if len(route) == 3 and route[0] == "design":
        return child
    inherited = {key: value for key, value in base.items() if key not in child}
    return inherited | {
        key: _merged(base[key], value, (*route, key)) if key in base else value for key, value in child.items()
    }


def _override(document: Document, override: str) -> None:
    path, equals, text = override.partition("=")
    path = path.strip()
    source = f"-s {override}"
    if not equals or not path:
        raise ConfigError(f"{source}: must be path=value, such as crisis.war_cost=0.5")
    if path.count(".") >= MAX_DEPTH:
        raise ConfigError(f"{source}: is nested deeper than {MAX_DEPTH} levels")
    value = parse_value(text, source)
    route = _target(document.data, path, source)
    if route[-1] in _TABLE_PATHS:
        value = _relative(value, Path.cwd(), document.folder)
    if route == ("parameters",):
        raise ConfigError(f"{source}: set parameters one by one, such as -s crisis.war_cost=0.5")
    target = document.data
    for key in route[:-1]:
        target = target.setdefault(key, {})
        if not isinstance(target, dict):
            raise ConfigError(f"{source}: {key} in {document.place((key,))} is not a mapping of keys to values")
    if route[0] == "parameters":
        _refuse_varied(document.data.get("design"), str(route[-1]), source)
    target[route[-1]] = value
    document.places[normal_route(route)] = Place(source, 0)


def _target(data: Mapping[str, Any], path: str, source: str) -> tuple[str, ...]:
    """Where in the document an override belongs."""
    section, _, rest = path.partition(".")
    if section == "design" and rest:
        kind, _, factor = rest.partition(".")
        design = data.get("design")
        if not factor or kind not in ("grid", "zip") or not isinstance(design, dict) or kind not in design:
            raise ConfigError(
                f"{source}: only factors of a grid or zip that the file has can be set; or give all of design"
            )
        return ("design", kind, factor)
    if section in _OPEN_SECTIONS and rest:
        return (section, rest)
    if path in KEYS and path != "extends":
        return (path,)
    if not rest:
        raise ConfigError(f"{source}: {path} is not a known key{suggestion(path, KEYS)}")
    return ("parameters", path.removeprefix("parameters."))


def _refuse_varied(design: Any, path: str, source: str) -> None:
    """A parameter that the design varies cannot be fixed: the design would win, and the option do nothing."""
    if isinstance(design, list):
        for part in design:
            _refuse_varied(part, path, source)
    elif isinstance(design, dict):
        if any(f"{key}.".startswith(f"{path}.") for key in flatten(design)):
            raise ConfigError(f"{source}: the design varies {path}, so this would change nothing; change the design")
        for part in design.values():
            _refuse_varied(part, path, source)

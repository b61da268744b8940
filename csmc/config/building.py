"""From plain data to everything an experiment is made of; all problems of a configuration are found here, together."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from csmc.config import precision
from csmc.config.checking import Checker, apply_all, is_institutional, meet
from csmc.config.derived import SECTION, Base, derive, read_formulas, refuse_set_twice
from csmc.config.design_reader import DesignReader
from csmc.config.document import Document, Place
from csmc.config.files import is_file
from csmc.config.loading import flatten_sections
from csmc.config.sections import KEYS, Head
from csmc.config.tableset import COMBINING, DISTANCES, STATES, Tables
from csmc.design import UNSET, Assignment, Design, Grid
from csmc.errors import MAX_PROBLEMS, ConfigError, ParameterError, Problem, dotted, shown, suggestion
from csmc.institutions.catalogue import names, resolve_entries
from csmc.institutions.problems import problems_of
from csmc.institutions.record import Institution
from csmc.parameters import Value, defaults

#: Every institution is tabulated against others, so their number must stay small.
MAX_INSTITUTIONS = 128
_SHOWN_COMBINATIONS = 5


@dataclass(frozen=True)
class Parts:
    """What a configuration means."""

    head: Head
    institutions: tuple[Institution, ...]
    reference: str
    fixed: Mapping[str, Value]
    explicit: frozenset[str]
    design: Design
    multiplied: frozenset[str]
    tables: Tables
    #: Formulas by the path that they set.
    derived: Mapping[str, str]
    written: Document  #: where each part was written, and nothing more


def build(document: Document) -> Parts:
    """What `document` means; ConfigError with every problem it has."""
    problems = flatten_sections(document) + _unknown_keys(document)
    head, found = _head(document)
    problems += found
    institutions, found = _institutions(document.data.get("institutions"))
    problems += found
    checker = Checker(institutions, institutions_are_complete=not found)
    fixed = _fixed(document, checker)
    institutions = _with_fixed_fields(checker, fixed)
    checker.institutions = institutions
    reader = DesignReader(checker, written_out=document.tables is not None)
    design: Design | None = Grid()
    if "design" in document.data:
        design = reader.read(document.data["design"])
    formulas = read_formulas(document.data[SECTION], checker) if SECTION in document.data else {}
    set_besides = dict.fromkeys(fixed, "parameters") | dict.fromkeys(design.paths if design else (), "design")
    refuse_set_twice(formulas, set_besides, checker)
    reference, found = _reference(head, institutions)
    problems += (found if checker.institutions_are_complete else []) + checker.problems
    if head and head.sampling.precision and reference and checker.institutions_are_complete:
        problems += precision.problems(list(head.sampling.precision), [one.name for one in institutions], reference)
    if document.tables is None:
        tables = Tables()
        texts, found = _read_tables(tables, checker, fixed, design, document.folder)
        problems += found
    else:
        tables, texts = Tables.from_contents(document.tables), []
    if head and design and not problems and not texts:
        explicit = frozenset([*fixed, *design.paths, *formulas])
        base = Base(tables.complete(_values(fixed), explicit), explicit, design, reader.multiplied)
        constant, design = derive(formulas, base, checker)
        institutions = _with_fixed_fields(checker, constant)
        texts_of = {path: formula.text for path, formula in formulas.items()}
        values = _values({**fixed, **constant})
        written = Document({}, Path(), document.places)
        parts = Parts(
            head, institutions, reference, values, explicit, design, reader.multiplied, tables, texts_of, written
        )
        problems += checker.problems or _combination_problems(parts, checker)
        if not problems:
            return parts
    in_order = sorted(dict.fromkeys(problems), key=lambda problem: document.place(problem.path) or Place("", 0))
    raise ConfigError([*map(document.describe, in_order), *texts])


def _unknown_keys(document: Document) -> list[Problem]:
    unknown = [key for key in document.data if key not in KEYS]
    near = [suggestion(str(key), KEYS) if number < MAX_PROBLEMS else "" for number, key in enumerate(unknown)]
    known = f" (known: {', '.join(KEYS)})"
    return [Problem((key,), f"is not a known key{hint}{known}") for key, hint in zip(unknown, near, strict=True)]


def _head(document: Document) -> tuple[Head | None, list[Problem]]:
    data = {key: value for key, value in document.data.items() if key in Head.model_fields}
    try:
        head = Head.model_validate(data)
    except ValidationError as error:
        return None, problems_of(error, Head)
    return head, _broken_groups(head)


def _broken_groups(head: Head) -> list[Problem]:
    """Numbers of replicates that would divide a group."""
    group, of = head.sampling.group, f"the size of a group with sampling.replication: {head.sampling.replication}"
    numbers = {
        ("sampling", "replicates"): head.sampling.replicates,
        ("sampling", "max_replicates"): head.sampling.max_replicates,
        ("execution", "block"): head.execution.block,
    }
    return [
        Problem(path, f"must be a multiple of {group}, {of} (such as {-(-number // group) * group:,})", shown(number))
        for path, number in numbers.items()
        if number is not None and number % group
    ]


def _institutions(entries: Any) -> tuple[tuple[Institution, ...], list[Problem]]:
    if not isinstance(entries, list | tuple) or not entries:
        fix = f"must be a list of at least one institution (presets: {', '.join(names())})"
        return (), [Problem(("institutions",), f"is missing; it {fix}" if entries is None else fix)]
    if len(entries) > MAX_INSTITUTIONS:
        return (), [
            Problem(("institutions",), f"has {len(entries):,} entries; at most {MAX_INSTITUTIONS} are compared")
        ]
    institutions, problems = resolve_entries(entries)
    return tuple(institutions), problems


def _reference(head: Head | None, institutions: tuple[Institution, ...]) -> tuple[str, list[Problem]]:
    own = [institution.name for institution in institutions]
    if head and head.reference is not None:
        if own and head.reference not in own:
            message = f"is not one of the institutions{suggestion(head.reference, own)} (known: {', '.join(own)})"
            return "", [Problem(("reference",), message, shown(head.reference))]
        return head.reference, []
    return "balance_of_power" if "balance_of_power" in own else next(iter(own), ""), []


def _fixed(document: Document, checker: Checker) -> dict[str, Any]:
    parameters = document.data.get("parameters", {})
    if not isinstance(parameters, Mapping):
        checker.problems.append(Problem(("parameters",), "must be a mapping of paths to values", shown(parameters)))
        return {}
    fixed: dict[str, Any] = {}
    for path, value in parameters.items():
        before = len(checker.problems)
        converted = checker.value(str(path), value, ("parameters", str(path)))
        if len(checker.problems) == before:
            fixed[str(path)] = converted
    return fixed


def _values(fixed: Mapping[str, Any]) -> dict[str, Value]:
    """Every parameter's value, those of institutions left out."""
    return defaults() | {path: value for path, value in fixed.items() if not is_institutional(path)}


def _with_fixed_fields(checker: Checker, fixed: Mapping[str, Any]) -> tuple[Institution, ...]:
    try:
        return apply_all(checker.institutions, {p: v for p, v in fixed.items() if is_institutional(p)}, frozenset())
    except ParameterError as error:
        checker.problems.append(Problem(("parameters",), str(error)))
        return checker.institutions


def _read_tables(
    tables: Tables, checker: Checker, fixed: Mapping[str, Any], design: Design | None, folder: Path
) -> tuple[list[str], list[Problem]]:
    """Read all tables: what is wrong in them, and in how they are named."""
    texts: list[str] = []
    problems: list[Problem] = []
    for path in (STATES, DISTANCES):
        named = [fixed[path]] if path in fixed else []
        if design and path in design.paths:
            named += [point[path] for point in _distinct(design, frozenset([path])) if path in point]
        named = [name for name in named if isinstance(name, str)]
        missing = [name for name in named if not is_file(folder / name)]
        problems += [
            Problem(checker.routes[path], f"there is no file {folder / name}", shown(name)) for name in missing
        ]
        texts += tables.read(path, named, folder)
    return texts, problems


def _distinct(design: Design, paths: frozenset[str]) -> Iterator[Assignment]:
    """Every different assignment of the design to `paths`."""
    chosen = [path for path in design.paths if path in paths]
    axes = [(path, values) for path, values in design.shape or () if path in paths]
    if len(axes) == len(chosen):
        combinations: Iterable[tuple[Any, ...]] = product(*(values for _, values in axes))
        chosen = [path for path, _ in axes]
    else:
        combinations = dict.fromkeys(zip(*(design.column(path) for path in chosen), strict=True))
    for values in combinations:
        yield {path: value for path, value in zip(chosen, values, strict=True) if value is not UNSET}


def _combination_problems(parts: Parts, checker: Checker) -> list[Problem]:
    """What is wrong with values that are legal one by one, at any point of the design."""
    problems: list[Problem] = []
    for assignment in _distinct(parts.design, COMBINING):
        values = parts.tables.complete({**parts.fixed, **assignment}, parts.explicit)
        for path, message in parts.tables.problems(values):
            problems.append(_combination(path, message, values[path], assignment, checker))
        if len(problems) >= _SHOWN_COMBINATIONS:
            return problems
    problems += _idle_great_powers(parts, checker)
    paths = _overlapping_fields(parts.design)
    for assignment in _distinct(parts.design, paths) if paths else ():
        try:
            apply_all(parts.institutions, assignment, parts.multiplied)
        except ParameterError as error:
            problems.append(_combination(min(assignment), str(error), (), assignment, checker))
        if len(problems) >= _SHOWN_COMBINATIONS:
            break
    return problems


def _combination(path: str, message: str, value: Any, assignment: Assignment, checker: Checker) -> Problem:
    where = ", ".join(f"{varied} = {shown(at)}" for varied, at in assignment.items() if varied != path)
    route = checker.routes.get(path, ("parameters",))
    named = "" if dotted(route).endswith(path) else f"{path} "
    return Problem(route, named + message + (f" (where {where})" if where else ""), shown(value))


def _idle_great_powers(parts: Parts, checker: Checker) -> list[Problem]:
    """More great powers than states are a mistake, unless a design that varies one of them passes there."""
    varied = {"system.great_powers", "system.n_states", STATES} & set(parts.design.paths)
    values = parts.tables.complete(dict(parts.fixed), parts.explicit)
    great_powers, n_states = values["system.great_powers"], values["system.n_states"]
    if varied or int(str(great_powers)) <= int(str(n_states)):
        return []
    message = f"must be at most system.n_states, which is {n_states}"
    return [Problem(checker.routes["system.great_powers"], message, shown(great_powers))]


def _overlapping_fields(design: Design) -> frozenset[str]:
    """Institutional paths of the design that can meet in one field of one institution."""
    paths = [path for path in design.paths if is_institutional(path)]
    return frozenset(path for path in paths for other in paths if path != other and meet(path, other))

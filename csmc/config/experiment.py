"""An experiment: what a configuration means, and its design points one by one; edit when a point gets another part."""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from csmc.config.building import Parts, build
from csmc.config.checking import ALL, apply_all, is_institutional, split_path
from csmc.config.document import Document
from csmc.config.export import from_order, identity, plain, resolved, source_of
from csmc.config.files import USUAL_NAME
from csmc.config.loading import load_document
from csmc.config.page import experiment_table
from csmc.config.sections import Execution, Outputs, Sampling
from csmc.config.tableset import COMBINING, DECIDED, DECIDING
from csmc.design import UNSET, Assignment, Design, Scalar, Shape
from csmc.errors import ConfigError, ParameterError, Problem, shown
from csmc.institutions.fields import field_value
from csmc.institutions.record import Institution, pack_institutions
from csmc.kernel.codes import Replication, numbered
from csmc.parameters import Record, Value, Values, pack_point
from csmc.system import System

Assigned = tuple[tuple[str, Scalar], ...]

#: Length of `Point.key`.
KEY_BYTES = 16

#: Different systems and different institutions kept at hand while points are asked for.
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Point:
    """One design point: everything that the kernel needs but the number of replicates."""

    index: int
    values: Values
    institutions: tuple[Institution, ...]
    system: System
    seed: int
    record: Record
    institution_records: Record
    scheme: Replication

    def number(self, replicate: int) -> int:
        """The number under which the kernel knows replicate `replicate`, from 0."""
        return numbered(self.scheme, replicate)

    def packed(self) -> tuple[Record, System, Record]:
        """The kernel's arguments: the point's record (1,), its arrays, and the institutions' records (K,)."""
        return self.record, self.system, self.institution_records

    @property
    def key(self) -> bytes:
        """16 bytes that are the same for two points if and only if a replicate of both has the same numbers.

        BLAKE2b of the kernel's arguments: where in which design a point stands does not show in it.
        """
        return self._key(self.institution_records)

    def key_among(self, institutions: Sequence[int]) -> bytes:
        """The key of the same point in an experiment with only these of its institutions, by number, in this order."""
        return self._key(self.institution_records[list(institutions)].view(np.recarray))

    def _key(self, institution_records: Record) -> bytes:
        digest = hashlib.blake2b(self.seed.to_bytes(8, "little"), digest_size=KEY_BYTES)
        digest.update(self.record)
        digest.update(self.system.contents)
        digest.update(institution_records)
        if self.scheme != Replication.PLAIN:
            digest.update(bytes([self.scheme]))
        return digest.digest()


@dataclass(frozen=True, init=False, eq=False)
class Experiment:
    """A question put to the model: institutions, parameters, a design, and how much to simulate.

    `Experiment(institutions=["anarchy", "balance_of_power"], parameters={"system.n_states": 4})` takes the sections of
    a configuration file as Python objects; `base` is the folder that tables are relative to.

    Raises
    ------
    ConfigError
        With all problems of the configuration.
    """

    name: str
    question: str
    seed: int
    seeding: str
    institutions: tuple[Institution, ...]
    reference: str
    parameters: Mapping[str, Value]
    design: Design
    sampling: Sampling
    outputs: Outputs
    execution: Execution
    source_text: str
    _parts: Parts

    def __init__(self, *, base: Path | str = ".", **sections: Any) -> None:
        self._fill_from(sections, base)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], base: Path | str = ".") -> "Experiment":
        """The experiment that `data` states, as a configuration file would; tables are relative to `base`."""
        experiment = cls.__new__(cls)
        experiment._fill_from(data, base)
        return experiment

    @classmethod
    def from_contents(
        cls,
        configuration: Mapping[str, Any],
        design: Mapping[str, Any] | None,
        tables: Mapping[str, Mapping[str, Any]],
    ) -> "Experiment":
        """The experiment that `resolved()` gave as `configuration`, its design and tables as `identity()` has them."""
        data = plain(configuration) | ({"design": from_order(design)} if design else {})
        return cls.from_document(Document(data, Path(), tables=tables))

    @classmethod
    def from_document(cls, document: Document) -> "Experiment":
        """The experiment that a configuration states."""
        experiment = cls.__new__(cls)
        experiment._fill(document)
        return experiment

    def _fill_from(self, sections: Mapping[str, Any], base: Path | str) -> None:
        data = plain(sections)
        if not isinstance(data, dict):
            raise ConfigError("a configuration must be a mapping of keys to values")
        if "extends" in data:
            raise ConfigError("extends: only a file can extend another; use load_experiment")
        self._fill(Document(data, Path(base)))

    def _fill(self, document: Document) -> None:
        parts = build(document)
        head = parts.head
        path = head.outputs.path or Path("results") / head.name
        fields: dict[str, Any] = {
            "name": head.name,
            "question": head.question,
            "seed": head.seed,
            "seeding": head.seeding,
            "institutions": parts.institutions,
            "reference": parts.reference,
            "parameters": parts.tables.complete(dict(parts.fixed), parts.explicit),
            "design": parts.design,
            "sampling": head.sampling,
            "outputs": head.outputs.model_copy(update={"path": path}),
            "execution": head.execution,
            "_parts": parts,
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "source_text", document.text or source_of(self.resolved()))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return experiment_table(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle by the parts: the caches stay behind."""
        return _restore, ({field: getattr(self, field) for field in self.__dataclass_fields__},)

    @property
    def n_points(self) -> int:
        """The number of design points, at least 1."""
        return self.design.n_points

    @property
    def varied(self) -> tuple[str, ...]:
        """The paths that the design sets, in its order."""
        return self.design.paths

    @property
    def multiplied(self) -> frozenset[str]:
        """The varied paths whose values are factors on what each institution has."""
        return self._parts.multiplied

    @property
    def shape(self) -> Shape | None:
        """Paths and values of the axes, the last one fastest, if the design is one full grid that varies something."""
        return self.design.shape or None

    def coordinates(self) -> dict[str, list[float | int | str]]:
        """The values of every varied path at all points; of a field that is multiplied, the factors."""
        return {path: [_label(value) for value in self._column(path)] for path in self.varied}

    @property
    def derived(self) -> Mapping[str, str]:
        """The formulas of the parameters that follow from others, by path."""
        return self._parts.derived

    def layout(self) -> dict[str, list[int]]:
        """Where every point stands in a design that a method reads by places, as whole numbers by name; often none."""
        return self.design.layout

    def values_of(self, path: str) -> list[Any]:
        """The value of a parameter at every point, varied or not."""
        if path in self.varied:
            return self._column(path)
        if path in DECIDED and DECIDING & set(self.varied):
            return [self._values(self.design.assignment(index))[path] for index in range(self.n_points)]
        return [self.parameters[path]] * self.n_points

    def unvaried(self, path: str) -> float | int | str:
        """The value of a path that the design leaves alone, as `coordinates` has those of others; nan if there is none.

        There is none of a field in which the institutions that the path is of differ, or that they lack.
        """
        if not is_institutional(path):
            return _label(self.parameters.get(path, math.nan))
        chosen, _ = split_path(path)
        known = chosen == ALL or any(institution.name == chosen for institution in self.institutions)
        return _label(self._own_value(path)) if known else math.nan

    def point(self, index: int) -> Point:
        """Design point `index`, from 0."""
        if not 0 <= index < self.n_points:
            raise IndexError(f"point {index} is outside the design, which has points 0 to {self.n_points - 1}")
        own: dict[str, Scalar] = {}
        combining: dict[str, Scalar] = {}
        institutional: dict[str, Scalar] = {}
        for path, value in self.design.assignment(index).items():
            (combining if path in _COMBINING else institutional if is_institutional(path) else own)[path] = value
        try:
            together, system = self._together_at(tuple(combining.items()))
            institutions, records = self._institutions_at(tuple(institutional.items()))
        except (ConfigError, ParameterError) as error:
            raise ConfigError(f"design point {index}: {problem}" for problem in str(error).splitlines()) from error
        values = {**together, **own}
        seed, scheme = seed_of(self.seed, self.seeding, index), self.sampling.scheme
        return Point(index, values, institutions, system, seed, pack_point(values), records, scheme)

    def over(self, design: Design) -> "Experiment":
        """The same experiment at the points of another design, which sets the same paths."""
        return _restore({field: getattr(self, field) for field in self.__dataclass_fields__} | {"design": design})

    def sampled(self, replicates: int) -> "Experiment":
        """The same experiment with a fixed number of replicates of each point."""
        fields = {field: getattr(self, field) for field in self.__dataclass_fields__}
        return _restore(fields | {"sampling": Sampling(replicates=replicates, replication=self.sampling.replication)})

    def describe(self, problem: Problem) -> str:
        """A problem of the configuration in words, with its file and line if it was read from one."""
        return self._parts.written.describe(problem)

    def identity(self) -> dict[str, Any]:
        """Everything that determines the numbers, except how many replicates there are, as JSON values."""
        return identity(self, self._parts.tables)

    def resolved(self) -> dict[str, Any]:
        """The whole configuration with every default filled in, as JSON values."""
        left_open = DECIDED - self._parts.explicit if DECIDING & set(self.varied) else frozenset[str]()
        return resolved(self, left_open)

    def _values(self, assignment: Assignment) -> dict[str, Any]:
        values = {**self._parts.fixed, **{p: v for p, v in assignment.items() if not is_institutional(p)}}
        return self._parts.tables.complete(values, self._parts.explicit)

    @cached_property
    def _together_at(self) -> Callable[[Assigned], tuple[dict[str, Any], System]]:
        """All values, and the system, of the points that have these values of paths that must go together."""

        def put_together(combining: Assigned) -> tuple[dict[str, Any], System]:
            values, tables = self._values(dict(combining)), self._parts.tables
            problems = tables.problems(values)
            if problems:
                raise ConfigError(f"{path} = {values[path]}: {why}" for path, why in problems)
            return values, self._system_at(tuple(values[path] for path in _SYSTEM_PATHS))

        return lru_cache(_KEPT)(put_together)

    @cached_property
    def _system_at(self) -> Callable[[tuple[Any, ...]], System]:
        def build_system(key: tuple[Any, ...]) -> System:
            return self._parts.tables.system(dict(zip(_SYSTEM_PATHS, key, strict=True)))

        return lru_cache(_KEPT)(build_system)

    @cached_property
    def _institutions_at(self) -> Callable[[Assigned], tuple[tuple[Institution, ...], Record]]:
        def change_institutions(values: Assigned) -> tuple[tuple[Institution, ...], Record]:
            changed = apply_all(self.institutions, dict(values), self.multiplied)
            return changed, pack_institutions(changed)

        return lru_cache(_KEPT)(change_institutions)

    def _column(self, path: str) -> list[Any]:
        """What every point has for a varied path, also where the design leaves it alone."""
        column = self.design.column(path)
        if not is_institutional(path):
            return [
                self._values(self.design.assignment(index))[path] if value is UNSET else value
                for index, value in enumerate(column)
            ]
        alone = 1.0 if path in self.multiplied else self._own_value(path)
        return [alone if value is UNSET else value for value in column]

    def _own_value(self, path: str) -> Any:
        """What the institutions have where the design leaves a field alone; nan if they differ."""
        name, field = split_path(path)
        chosen = [institution for institution in self.institutions if name in (ALL, institution.name)]
        found = {value for has, value in (field_value(institution, field) for institution in chosen) if has}
        return found.pop() if len(found) == 1 else math.nan


#: Paths whose values can be wrong together, or that decide others'.
_COMBINING = COMBINING | DECIDING

#: What `build_system` reads.
_SYSTEM_PATHS = ("system.n_states", "system.geography.layout", "system.table", "system.geography.table")


def seed_of(seed: int, seeding: str, point: int) -> int:
    """The seed of a design point's draws: that of the experiment, or one of its own (seeding "independent")."""
    if seeding == "common":
        return seed
    address = seed.to_bytes(8, "little") + point.to_bytes(8, "little")
    return int.from_bytes(hashlib.sha256(address).digest()[:8], "little")


def _label(value: Scalar) -> float | int | str:
    return shown(value) if value is None or isinstance(value, bool) else value


def _restore(fields: Mapping[str, Any]) -> Experiment:
    experiment = Experiment.__new__(Experiment)
    for name, value in fields.items():
        object.__setattr__(experiment, name, value)
    return experiment


def load_experiment(path: Path | str, overrides: Sequence[str] = ()) -> Experiment:
    """The experiment in the YAML file at `path`, under `overrides` written `path=value`.

    Raises
    ------
    ConfigError
        With all problems of the configuration, by file and line.
    """
    file = Path(path)
    document = load_document(file, overrides)
    document.data.setdefault("name", safe_name(file.resolve().parent.name if file.name == USUAL_NAME else file.stem))
    return Experiment.from_document(document)


def safe_name(text: str) -> str:
    """The name of an experiment that is nearest to `text`."""
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "-" for letter in text)
    return safe.lstrip("._-")[:64] or "experiment"

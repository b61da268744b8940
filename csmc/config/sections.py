"""The sections of a configuration besides the model's own parameters; edit to add a setting of an experiment."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from csmc.config.precision import Goal
from csmc.errors import is_plain_text
from csmc.kernel.codes import Replication, group_size
from csmc.parameters import is_path

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
#: The largest tally of a replicate is 2**27 units, and its sum must stay below 2**63.
MAX_REPLICATES = 2**35
#: Replicates of a point at most, if precision is asked for and nothing else is said.
DEFAULT_MOST = 10_000_000


#: White space, but for that which keeps words together.
_SPACES = re.compile(r"[^\S\xa0\u202f]+")


def _path(value: Any) -> Any:
    if isinstance(value, str):
        if not is_path(value):
            raise PydanticCustomError("path", "must be the path of a folder")
        return Path(value)
    return value


def _sentence(text: str) -> str:
    """The text in one line: it becomes a title, and a folded YAML text ends with the end of a line."""
    line = _SPACES.sub(" ", text).strip()
    if not is_plain_text(line):
        raise PydanticCustomError("sentence", "must not hold control characters")
    return line


def _metrics(value: Any) -> Any:
    if value == "all":
        return value
    if not isinstance(value, list | tuple) or not value or not all(isinstance(name, str) for name in value):
        raise PydanticCustomError("metrics", "must be all or a list of names of metrics")
    if len(set(value)) < len(value):
        raise PydanticCustomError("metrics", "must not name a metric twice")
    return tuple(value)


class Section(BaseModel):
    """A part of the configuration: immutable, exactly typed, and without unknown keys."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Sampling(Section):
    """How much to simulate."""

    replicates: int | None = Field(
        10_000, ge=1, le=MAX_REPLICATES, description="Independent histories per design point; the unit of replication."
    )
    replication: Literal["plain", "antithetic", "stratified"] = Field(
        "plain",
        description="Histories on their own draws, in pairs of opposite draws, or by fours that are spread evenly over "
        "every draw; groups are then the unit, and replicates a multiple of their size.",
    )
    controls: bool = Field(
        False,
        description="Whether estimates are adjusted by control variates: draws and chances whose means are known.",
    )
    precision: dict[str, Goal] | None = Field(
        None,
        min_length=1,
        description="Instead of a number of replicates: targets by METRIC, METRIC[institution] or METRIC[institution - "
        "reference]. Each point goes on until all are reached.",
    )
    max_replicates: int | None = Field(
        None,
        ge=1,
        le=MAX_REPLICATES,
        description=f"With precision, replicates of a point at most; {DEFAULT_MOST:,} unless given.",
    )

    @model_validator(mode="before")
    @classmethod
    def _is_one_way(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        if data.get("precision") is None:
            if data.get("max_replicates") is not None:
                raise PydanticCustomError(
                    "sampling", "max_replicates goes with precision; use replicates, or give both"
                )
            return {key: value for key, value in data.items() if value is not None or key != "replicates"}
        if data.get("replicates") is not None:
            raise PydanticCustomError(
                "sampling",
                "replicates and precision exclude each other: take one out (replicates: null if it is inherited), and "
                "limit precision by max_replicates",
            )
        most = data.get("max_replicates")
        return {**data, "replicates": None, "max_replicates": DEFAULT_MOST if most is None else most}

    @property
    def most(self) -> int:
        """Replicates of a point at most; without precision, of every point."""
        return int(self.replicates or self.max_replicates or 0)

    @property
    def scheme(self) -> Replication:
        """The replication as the kernel knows it."""
        return Replication[self.replication.upper()]

    @property
    def group(self) -> int:
        """Replicates that are drawn together."""
        return group_size(self.scheme)


class Outputs(Section):
    """What to keep, and where."""

    path: Annotated[
        Path | None,
        BeforeValidator(_path),
        WithJsonSchema({"type": ["string", "null"], "minLength": 1}),
        Field(description="Folder of the store and the result; results/NAME unless given."),
    ] = None
    metrics: Annotated[
        Literal["all"] | tuple[str, ...],
        BeforeValidator(_metrics),
        WithJsonSchema(
            {
                "anyOf": [{"const": "all"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
                "default": "all",
            }
        ),
        Field(description="Metrics to estimate."),
    ] = "all"
    joint: Literal["reference", "all", "none"] = Field(
        "reference",
        description="Joint outcome tables: of each institution with the reference, with every other, or none. Without "
        "them no war patterns are kept either, and institutions can be added to the output later.",
    )


class Execution(Section):
    """How to compute; nothing here changes a number."""

    engine: Literal["auto", "local", "ray"] = Field("auto", description="Threads of this process, or a Ray cluster.")
    threads: int | None = Field(None, ge=1, le=4096, description="Threads of the local engine; all cores unless given.")
    address: str | None = Field(None, min_length=1, description="Address of a running Ray cluster.")
    block: int | None = Field(None, ge=1, le=MAX_REPLICATES, description="Replicates per block of work.")


class Head(Section):
    """Everything whose meaning does not depend on another part of the configuration."""

    name: str = Field("experiment", pattern=NAME_PATTERN, description="Names the results; defaults to the file's name.")
    question: Annotated[
        str, AfterValidator(_sentence), Field(max_length=2000, description="The research question, for the report.")
    ] = ""
    seed: int = Field(0, ge=0, le=2**64 - 1, description="Fixes every draw.")
    seeding: Literal["common", "independent"] = Field(
        "common", description="Whether design points share their draws (common random numbers) or have their own."
    )
    reference: str | None = Field(
        None, description="Institution that differences are taken against; balance_of_power if present, else the first."
    )
    sampling: Sampling = Sampling()
    outputs: Outputs = Outputs()
    execution: Execution = Execution()


#: Keys of a configuration that are read by other modules than this one.
MODEL_SECTIONS = ("institutions", "parameters", "derived", "design")
KEYS: tuple[str, ...] = (*Head.model_fields, *MODEL_SECTIONS, "extends")

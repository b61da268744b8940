"""How precise a result is to be: what `sampling.precision` may say; edit to let a target be of something else.

What is measured is known to `csmc.estimate`; here are the form of a target and the institutions that it names.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from csmc.errors import Problem, suggestion

_KEY = re.compile(r"([^\[\]\s]+)(?:\[([^\[\]\s]+)(?:\s+-\s+([^\[\]\s]+))?\])?")
_FORMS = "must be METRIC, METRIC[institution] or METRIC[institution - reference]"


class Goal(BaseModel):
    """How far from the estimate the ends of an interval may be."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    half_width: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Largest half-width, in the unit of the metric."
    )
    relative: float | None = Field(
        None, gt=0, lt=1, description="Largest half-width as a share of the size of the estimate."
    )

    @model_validator(mode="after")
    def _is_one(self) -> "Goal":
        if (self.half_width is None) == (self.relative is None):
            raise PydanticCustomError("goal", "must have either half_width or relative, as in {half_width: 0.001}")
        return self


def as_text(goals: Mapping[str, Mapping[str, float | None]]) -> str:
    """All goals, by what they are of, as one text that is the same for the same goals."""
    given = {key: {how: much for how, much in goal.items() if much is not None} for key, goal in goals.items()}
    return json.dumps(given, sort_keys=True)


class Named(NamedTuple):
    """What a target is of: a metric, of all institutions or of one, or of one minus another."""

    metric: str
    institution: str | None
    minus: str | None


def named(key: str) -> Named | None:
    """What the key of a target names; None if it is not of one of the three forms."""
    match = _KEY.fullmatch(key.strip())
    return Named(match[1], match[2], match[3]) if match else None


def problems(keys: Sequence[str], institutions: Sequence[str], reference: str) -> Iterator[Problem]:
    """Yield what is wrong with the keys of `sampling.precision`, but for the names of metrics."""
    seen: dict[Named, str] = {}
    for key in keys:
        found = named(key)
        place = ("sampling", "precision", key)
        if found is None:
            yield Problem(place, f"{_FORMS}, such as war[{reference}]")
            continue
        wrong = [name for name in found[1:] if name is not None and name not in institutions]
        if wrong:
            known = ", ".join(institutions)
            near = suggestion(wrong[0], institutions)
            yield Problem(place, f"{wrong[0]} is not one of the institutions{near} (known: {known})")
        elif found.minus is not None and found.institution == found.minus:
            yield Problem(place, "is the difference of an institution from itself, which is 0")
        elif found.minus is not None and reference not in (found.institution, found.minus):
            yield Problem(place, f"must be a difference from the reference, {reference}: a result has no others")
        same = found if found.minus is None else Named(found.metric, *sorted((str(found.institution), found.minus)))
        if seen.setdefault(same, key) != key:
            yield Problem(place, f"is the same as {seen[same]}; keep one of them")

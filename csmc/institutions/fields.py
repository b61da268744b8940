"""Single fields of an institution by path, as designs and overrides name them; edit when a new kind of field can vary.

A path is `group.field`, `council` (only to remove it: null) or `ladder.RUNG.field`.
"""

from typing import Any

from pydantic import BaseModel, ValidationError

from csmc.errors import ParameterError, shown, suggestion
from csmc.institutions.problems import problems_of
from csmc.institutions.record import Balancing, Council, Forum, Institution, Obligation

_GROUPS: dict[str, type[BaseModel]] = {
    "obligation": Obligation,
    "balancing": Balancing,
    "council": Council,
    "forum": Forum,
}
_RUNG_FIELDS = ("severity", "cost")

#: Every field that can vary, except those of a ladder.
FIELD_PATHS: tuple[str, ...] = (
    "council",
    *(f"{group}.{field}" for group, model in _GROUPS.items() for field in model.model_fields),
)


def field_value(institution: Institution, path: str) -> tuple[bool, Any]:
    """Whether `institution` has the field (it may lack a council or a rung), and its value."""
    parts = path.split(".")
    if parts[0] == "ladder" and len(parts) == 3 and parts[2] in _RUNG_FIELDS:
        found = [getattr(rung, parts[2]) for rung in institution.ladder if rung.name == parts[1]]
        return bool(found), found[0] if found else None
    if path not in FIELD_PATHS:
        known = [
            *FIELD_PATHS,
            *(f"ladder.{rung.name}.{field}" for rung in institution.ladder for field in _RUNG_FIELDS),
        ]
        raise ParameterError(f"{path} is not a field of an institution{suggestion(path, known)}")
    group = getattr(institution, parts[0])
    if len(parts) == 1 or group is None:
        return group is not None, group
    return True, getattr(group, parts[1])


def with_field(institution: Institution, path: str, value: Any) -> Institution:
    """`institution` with another `value` in the field at `path`.

    Raises
    ------
    ParameterError
        The path is no field, the institution has no such council or rung, or the value is not legal there.
    """
    present, _ = field_value(institution, path)
    if not present:
        part = "council" if path.startswith("council") else "rung " + path.split(".")[1]
        raise ParameterError(f"{institution.name} has no {part}")
    try:
        return institution.model_copy(update=_update(institution, path.split("."), value))
    except ValidationError as error:
        reasons = "; ".join(problem.message for problem in problems_of(error, Institution))
        given = f", not {shown(value)}" if shown(value) else ""
        raise ParameterError(f"{path} of {institution.name} {reasons}{given}") from error


def _update(institution: Institution, parts: list[str], value: Any) -> dict[str, Any]:
    """The part of `institution` that changes; only that is validated, because designs change millions of fields."""
    if parts[0] == "ladder":
        _, name, field = parts
        return {
            "ladder": tuple(_with(rung, field, value) if rung.name == name else rung for rung in institution.ladder)
        }
    if len(parts) == 1:
        if value is not None:
            raise ParameterError("council can only be removed here (null); its rules have paths of their own")
        return {"council": None}
    return {parts[0]: _with(getattr(institution, parts[0]), parts[1], value)}


def _with(rules: BaseModel, field: str, value: Any) -> BaseModel:
    return type(rules).model_validate({**dict(rules), field: value})

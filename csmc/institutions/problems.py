"""What is wrong with data, in the words of csmc; edit when a message of pydantic reads badly."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from csmc.errors import MAX_PROBLEMS, Problem, shown, suggestion


def problems_of(error: ValidationError, model: type[BaseModel], prefix: tuple[str | int, ...] = ()) -> list[Problem]:
    """One problem per error of pydantic, at the place of the document that `prefix` and the error name."""
    found = [
        Problem(
            prefix + tuple(item["loc"]), _message(dict(item), model, number < MAX_PROBLEMS), _shown_input(dict(item))
        )
        for number, item in enumerate(error.errors())
    ]
    return list(dict.fromkeys(found))


def _shown_input(item: dict[str, Any]) -> str:
    return "" if item["type"] == "extra_forbidden" else shown(item["input"])


def _message(item: dict[str, Any], model: type[BaseModel], hint: bool) -> str:
    location = item["loc"]
    if item["type"] == "extra_forbidden":
        known = _fields_at(model, location[:-1])
        near = suggestion(str(location[-1]), known) if hint else ""
        return f"is not a known key{near} (known: {', '.join(known)})"
    if item["type"] == "missing":
        return "is missing"
    if item["type"] in ("model_type", "model_attributes_type"):
        return "must be a mapping of keys to values"
    if item["type"] == "string_pattern_mismatch":
        return f"must match {item['ctx']['pattern']}"
    text = str(item["msg"]).replace("Input should be", "must be").replace("a valid boolean", "true or false")
    return text[:1].lower() + text[1:]


def _fields_at(model: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    for part in location:
        if isinstance(part, str) and part in model.model_fields:
            model = next(_models_in(model.model_fields[part].annotation), model)
    return list(model.model_fields)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if get_origin(annotation) in (Union, types.UnionType, Annotated, tuple, list, dict):
        for part in get_args(annotation):
            yield from _models_in(part)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation

"""Wrong questions, refused in the same words by all analyses; edit to change those words."""

from collections.abc import Collection

from csmc.errors import ParameterError, suggestion


def require(kind: str, name: str, known: Collection[str], of: str = "result") -> None:
    """Refuse a name that is not known."""
    if name not in known:
        raise ParameterError(f"{name!r} is no {kind} of this {of}{suggestion(name, known)}; known: {', '.join(known)}")


def require_level(level: float, least: float = 0.0) -> None:
    """Refuse a confidence level that gives no interval, or no claim."""
    if not least < level < 1:
        raise ParameterError(f"level={level} is not between {least:g} and 1; a level is a share of cases, such as 0.95")

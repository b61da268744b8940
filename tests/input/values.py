"""Values that a careless or hostile hand could write, as YAML and as what they are."""

import math
from typing import Any, NamedTuple


class Snippet(NamedTuple):
    """A value as text in a YAML file, and the value that YAML 1.2 gives it (text and collections as such)."""

    text: str
    value: Any


_TOO_LONG = object()  # no value: a number of 401 digits is refused as it is read

EVERYWHERE: tuple[Snippet, ...] = (
    Snippet(".nan", math.nan),
    Snippet(".NaN", math.nan),
    Snippet(".inf", math.inf),
    Snippet("-.inf", -math.inf),
    Snippet("1e400", math.inf),
    Snippet("-1e400", -math.inf),
    Snippet("-1", -1),
    Snippet("-0.5", -0.5),
    Snippet("-0.0", -0.0),
    Snippet("-0", 0),
    Snippet("0", 0),
    Snippet("0.0", 0.0),
    Snippet("1", 1),
    Snippet("1.0", 1.0),
    Snippet("1.0000000000000001", 1.0),
    Snippet("1.0000000000000002", 1.0000000000000002),
    Snippet("0.5", 0.5),
    Snippet("2", 2),
    Snippet("5e-324", 5e-324),
    Snippet("1e-9", 1e-9),
    Snippet("1_000", 1000),
    Snippet("1e3", 1000.0),
    Snippet(str(2**63), 2**63),
    Snippet(str(2**64), 2**64),
    Snippet(str(-(2**63)), -(2**63)),
    Snippet("9" * 40, int("9" * 40)),
    Snippet("1" + "0" * 400, _TOO_LONG),
    Snippet("true", True),
    Snippet("false", False),
    Snippet("True", True),
    Snippet("yes", "yes"),
    Snippet("NO", "NO"),
    Snippet("off", "off"),
    Snippet("text", "text"),
    Snippet("'1'", "1"),
    Snippet('"0.5"', "0.5"),
    Snippet("''", ""),
    Snippet('" "', " "),
    Snippet("null", None),
    Snippet("~", None),
    Snippet("", None),
    Snippet("[]", []),
    Snippet("{}", {}),
    Snippet("[1]", [1]),
    Snippet("[[1]]", [[1]]),
    Snippet("{a: 1}", {"a": 1}),
    Snippet("{a: {b: {c: 1}}}", {"a": {"b": {"c": 1}}}),
    Snippet("[" + ", ".join(["1"] * 1000) + "]", [1] * 1000),
    Snippet("2020-01-01", "2020-01-01"),
    Snippet("12:30:45", "12:30:45"),
    Snippet("0x10", "0x10"),
    Snippet("0o17", "0o17"),
    Snippet("017", 17),
    Snippet("1,5", "1,5"),
    Snippet("1 000", "1 000"),
    Snippet("50%", "50%"),
    Snippet("=1+1", "=1+1"),
    Snippet("١", "١"),
    Snippet("1e", "1e"),
    Snippet("1__0", 10),
    Snippet('"\\0"', "\0"),
    Snippet('"\\e[31m"', "\x1b[31m"),
)


def around(low: float, high: float, whole: bool) -> list[Snippet]:
    """The ends of a range, and what lies just inside and just beyond them."""
    if whole:
        values: list[Any] = [
            f(end) for end in (int(low), int(high)) for f in (int, float, lambda v: v - 1, lambda v: v + 1)
        ]
    else:
        values = [math.nextafter(end, to) for end in (low, high) for to in (-math.inf, math.inf, end)]
    return [Snippet(repr(value), value) for value in values]


def within(value: Any, low: float, high: float, low_open: bool, high_open: bool, whole: bool) -> bool:
    """Whether a value is a number in an interval, exactly: Python compares int and float without rounding."""
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        return False
    return (low < value if low_open else low <= value) and (value < high if high_open else value <= high)

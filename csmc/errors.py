"""The exceptions of csmc, and the words they share; edit when callers need to tell another kind of failure apart."""

import difflib
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

#: Nobody reads more problems, or longer ones, at once; what is left is counted.
MAX_PROBLEMS = 100
_MAX_TEXT = 2000
#: They make text read in another order than it has.
_DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


class CsmcError(Exception):
    """Anything that csmc refuses or cannot do; its text is written for the user."""

    def __str__(self) -> str:
        """The text, in which a file's name or contents cannot steer the user's terminal."""
        return printable_lines(super().__str__())


class ConfigError(CsmcError):
    """A configuration that must not run. `problems` holds the problems found, one sentence each, up to a hundred."""

    def __init__(self, problems: Iterable[str] | str) -> None:
        found = (problems,) if isinstance(problems, str) else tuple(problems)
        if len(found) > MAX_PROBLEMS:
            found = (*found[:MAX_PROBLEMS], f"and {len(found) - MAX_PROBLEMS:,} more problems")
        self.problems: tuple[str, ...] = tuple(map(_one_problem, found))
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type["ConfigError"], tuple[tuple[str, ...]]]:
        """Exceptions are rebuilt from their text by default, which would lose the list of problems."""
        return ConfigError, (self.problems,)


class ParameterError(CsmcError):
    """A value or a name that a function of the Python interface cannot accept."""


class StoreError(CsmcError):
    """A store that cannot be read, written or continued."""


class PartialError(CsmcError):
    """Some of what was asked for could not be done; the rest has been done and kept."""


class Problem(NamedTuple):
    """One thing that is wrong at one place of a document; whoever knows the document adds file and line."""

    path: tuple[str | int, ...]
    message: str
    #: The value at fault as a user would write it; empty when there is none or it is too large to show.
    shown: str = ""

    def __str__(self) -> str:
        """`path = value: message`."""
        place = dotted(self.path)
        value = f" = {self.shown}" if self.shown else ""
        return f"{place}{value}: {self.message}" if place else self.message


def dotted(path: tuple[str | int, ...]) -> str:
    """The path of a place in a document, as in `institutions[2].council.veto`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def shown(value: object) -> str:
    """A single value as a user would write it; empty for lists, mappings and the like."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return ascii(value) if len(value) <= 60 else ascii(value[:57] + "...")
    if isinstance(value, int) and abs(value) >= 10**60:  # Python refuses to write out numbers of thousands of digits
        return ""
    return repr(value) if isinstance(value, int | float) else ""


def _one_problem(text: str) -> str:
    return printable(text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}...")


def printable(text: str) -> str:
    """`text` with all that could steer a terminal written out: controls, ends of lines, changes of direction."""
    return "".join(ascii(letter)[1:-1] if _steers(letter) else letter for letter in text)


def printable_lines(text: str) -> str:
    """`text` made printable, but for its own ends of lines."""
    return "\n".join(map(printable, text.split("\n")))


def _steers(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in _DIRECTIONS


def is_plain_text(text: str) -> bool:
    """Whether `text` can be shown and stored anywhere: no control characters but ends of lines and tabs, no halves."""
    return not any(
        (unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t") or letter in "\ufffe\uffff"
        for letter in text
    )


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean ...?` for the nearest names (by the whole path or by its last part), or an empty string."""
    names = list(known)
    by_last_part = {name.rpartition(".")[2]: name for name in names}
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.7)
    last_part = word.rpartition(".")[2]
    near_parts = difflib.get_close_matches(last_part, list(by_last_part), n=1, cutoff=0.7)
    found = list(dict.fromkeys(near + [by_last_part[part] for part in near_parts]))
    return f"; did you mean {' or '.join(found)}?" if found else ""

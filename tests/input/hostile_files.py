"""Files that are no configurations: content by name, what the refusal must say, and whether it may be accepted."""

import os
from pathlib import Path
from typing import NamedTuple

from csmc.parameters import PARAMETERS

GOOD = b"institutions: [anarchy]\n"
MEGABYTE = 1 << 20


class Hostile(NamedTuple):
    """The content of a file, and words of its refusal; no words if it is right, however odd."""

    content: bytes
    words: str


def _lines(text: str, count: int) -> bytes:
    return GOOD + "".join(text.format(i) for i in range(count)).encode()


_NUMBERS = [p for p in PARAMETERS if p.kind == "float" and p.path != "dynamics.survival"]
_RANGES = ", ".join(f"{p.path}: [{(p.low + p.high) / 2}, {(p.low + 3 * p.high) / 4}]" for p in _NUMBERS).encode()


CONTENTS: dict[str, Hostile] = {
    # encodings
    "empty": Hostile(b"", "must hold a mapping"),
    "only spaces": Hostile(b" \n \n", "must hold a mapping"),
    "only a comment": Hostile(b"# nothing\n", "must hold a mapping"),
    "byte order mark": Hostile(b"\xef\xbb\xbf" + GOOD, ""),
    "byte order mark inside": Hostile(GOOD + b"\xef\xbb\xbfseed: 1\n", "not a known key"),
    "UTF-16": Hostile(GOOD.decode().encode("utf-16"), "UTF-16"),
    "UTF-16 without a mark": Hostile(GOOD.decode().encode("utf-16-le"), "does not allow"),
    "UTF-32": Hostile(GOOD.decode().encode("utf-32"), "UTF-32"),
    "Latin-1": Hostile(GOOD + "question: ça\n".encode("latin-1"), "not UTF-8"),
    "surrogate bytes": Hostile(GOOD + b"question: \xed\xa0\x80\n", "not UTF-8"),
    "overlong bytes": Hostile(GOOD + b"question: \xc0\xaf\n", "not UTF-8"),
    "CRLF": Hostile(GOOD.replace(b"\n", b"\r\n") + b"seed: 1\r\n", ""),
    "CR alone": Hostile(GOOD.replace(b"\n", b"\r") + b"seed: 1\r", ""),
    "NUL": Hostile(GOOD + b"seed: \0\n", "does not allow"),
    "escape": Hostile(GOOD + b"question: \x1b[31m\n", "does not allow"),
    "escaped escape": Hostile(GOOD + b'question: "\\e[31m"\n', "control characters"),
    "escaped surrogate": Hostile(GOOD + b'question: "\\ud800"\n', "control characters"),
    "escape beyond Unicode": Hostile(GOOD + b'question: "\\Uffffffff"\n', "cannot be read"),
    "tab as indentation": Hostile(GOOD + b"sampling:\n\treplicates: 1\n", "is not YAML"),
    # features of YAML
    "anchor": Hostile(b"institutions: &a [anarchy]\n", "anchors"),
    "alias bomb": Hostile(
        b"a: &a [x, x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (c, c, c - 1, c - 1) for c in range(98, 123)), "aliases"
    ),
    "merge key": Hostile(GOOD + b"base: &b {seed: 1}\n<<: *b\n", "aliases"),
    "merge key without alias": Hostile(GOOD + b"<<: {seed: 1}\n", "<<: is not a known key"),
    "tag of Python": Hostile(GOOD + b"question: !!python/object/apply:os.system ['true']\n", "tags"),
    "tag on a key": Hostile(b"!!str institutions: [anarchy]\n", "plain text"),
    "bare tag": Hostile(GOOD + b"seed: ! 5\n", "tags"),
    "directive of YAML 1.1": Hostile(b"%YAML 1.1\n---\n" + GOOD, "directives"),
    "directive of many digits": Hostile(b"%YAML " + b"9" * 5000 + b".1\n---\n" + GOOD, "directives"),
    "two documents": Hostile(GOOD + b"---\n" + GOOD, "second document"),
    "key given twice": Hostile(GOOD + b"seed: 1\nseed: 2\n", "a second time"),
    "key that is a list": Hostile(GOOD + b"? [a, b]\n: 1\n", "plain text"),
    # size
    "100 MiB": Hostile(b"", "larger than 1 MiB"),  # made sparse, by `make`
    "just over 1 MiB": Hostile(GOOD + b"#\n" * (MEGABYTE // 2), "larger than 1 MiB"),
    "a line of 1,000,000": Hostile(GOOD + b"# " + b"a" * 1_000_000, "longer than"),
    "a line of tags": Hostile(GOOD + b"x: " + b"!" * 99_000, "tags"),
    "ten lines of tags": Hostile(GOOD + b"".join(b"x%d: %s\n" % (i, b"!" * 99_000) for i in range(10)), "tags"),
    "lists 90,000 deep": Hostile(GOOD + b"x: " + b"[" * 90_000, "deeper than 32"),
    "lists 90,000 deep in many lines": Hostile(GOOD + b"x: " + b"[\n" * 90_000, "deeper than 32"),
    "mappings 20,000 deep": Hostile(GOOD + b"x: " + b"{a: " * 20_000, "deeper than 32"),
    "blocks 40,000 deep": Hostile(GOOD + b"x:\n  " + b"- " * 40_000, "deeper than 32"),
    "dots 20,000 deep": Hostile(GOOD + b"? " + b"a." * 20_000 + b"a\n: 1\n", "deeper than 32"),
    "dots 300 deep": Hostile(GOOD + b"parameters: {" + b"a." * 300 + b"a: 1}\n", "deeper than 32"),
    "questions 40,000 deep": Hostile(GOOD + b"? " * 40_000, "deeper than 32"),
    "90,000 values": Hostile(GOOD + b"x: [" + b"1,\n" * 90_000 + b"1]\n", "keys and values"),
    "90,000 keys": Hostile(_lines("k{}: 1\n", 90_000), "keys and values"),
    "12,000 unknown keys": Hostile(_lines("k{}: 1\n", 12_000), "more problems"),
    "12,000 unknown parameters": Hostile(
        GOOD + b"parameters:\n" + b"".join(b"  crisis.war_cos%d: 1\n" % i for i in range(12_000)), "more problems"
    ),
    "12,000 unknown fields": Hostile(
        b"institutions:\n- name: a\n" + b"".join(b"  nrm%d: 1\n" % i for i in range(12_000)), "more problems"
    ),
    "20,000 aliases": Hostile(GOOD + b"x: [" + b"*a,\n" * 20_000 + b"1]\n", "aliases"),
    "500,000 comments": Hostile(GOOD + b"#\n" * 500_000, "more than 100,000 lines"),
    "1,000,000 empty lines": Hostile(GOOD + b"\n" * 1_000_000, "more than 100,000 lines"),
    "90,000 comments": Hostile(GOOD + b"#\n" * 90_000, ""),
    # designs and institutions without end
    "5,000 institutions": Hostile(b"institutions:\n" + b"- anarchy\n" * 5_000, "at most 128"),
    "a chain of 128 institutions": Hostile(
        b"institutions:\n- {name: a0, extends: anarchy}\n"
        + b"".join(b"- {name: a%d, extends: a%d}\n" % (i, i - 1) for i in range(1, 128)),
        "",
    ),
    "a circle of institutions": Hostile(
        b"institutions: [{name: a, extends: b}, {name: b, extends: c}, {name: c, extends: a}]\n", "cannot extend itself"
    ),
    "10^12 points": Hostile(
        GOOD + b"design: {grid: {crisis.war_cost: {linspace: [1, 2, 10000]}, crisis.audience_cost: "
        b"{linspace: [1, 2, 10000]}, interests.divergence: {linspace: [1, 2, 10000]}}}\n",
        "at most 10,000,000",
    ),
    "10^7 values": Hostile(
        GOOD + b"design: {concat: [" + b"{grid: {crisis.war_cost: {linspace: [1, 2, 100000]}}}, " * 100 + b"]}\n",
        "more than 400,000 values",
    ),
    "2 x 10^7 numbers": Hostile(
        GOOD + b"design: {sobol: {points: 524288, ranges: {" + _RANGES + b"}}}\n", "numbers; at most 4,000,000"
    ),
}


def make(name: str, folder: Path) -> Path:
    """Write one of CONTENTS."""
    path = folder / "hostile.yaml"
    path.write_bytes(CONTENTS[name].content)
    if name == "100 MiB":
        os.truncate(path, 100 * MEGABYTE)
    return path

"""CSV tables made to mislead: refused by line, or read as what they say."""

import os
import time

import pytest

import csmc
from csmc.config import Experiment
from csmc.config.tables import read_distances, read_states
from csmc.errors import ConfigError
from tests.evidence import Section

HEADER = "name,capability\n"
GOOD = HEADER + "A,1\nB,2\n"
SOON = 2.0

STATES: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "is empty"),
    "only comments": ("# a\n# b\n", "is empty"),
    "no name column": ("capability\n1\n2\n", "name is missing"),
    "no states": (HEADER, "0 states"),
    "65 states": (HEADER + "".join(f"S{i},1\n" for i in range(65)), "2 to 64"),
    "400,000 rows": (HEADER + "A,1\n" * 90_000, "2 to 64"),
    "40,000 columns": (",".join(["name"] * 20_000) + "\n", "columns"),
    "a state twice": (HEADER + "A,1\nA,2\n", "already at line 2"),
    "a state twice but for space": (HEADER + "A,1\n A ,2\n", "already at line 2"),
    "NaN": (HEADER + "A,nan\nB,1\n", "above 0"),
    "infinity": (HEADER + "A,inf\nB,1\n", "above 0"),
    "minus infinity": (HEADER + "A,-inf\nB,1\n", "above 0"),
    "too large a number": (HEADER + "A,1e400\nB,1\n", "above 0"),
    "negative": (HEADER + "A,-1\nB,1\n", "above 0"),
    "zero": (HEADER + "A,0\nB,1\n", "above 0"),
    "minus zero": (HEADER + "A,-0.0\nB,1\n", "above 0"),
    "hexadecimal": (HEADER + "A,0x10\nB,1\n", "above 0"),
    "underscores": (HEADER + "A,1_0\nB,1\n", "above 0"),
    "Arabic digits": (HEADER + "A,\u0661\nB,1\n", "above 0"),
    "decimal comma": (HEADER + 'A,"1,5"\nB,1\n', "above 0"),
    "formula as capability": (HEADER + "A,=1+1\nB,1\n", "above 0"),
    "one cell too many": (HEADER + "A,1,2\nB,1\n", "3 cells"),
    "one cell too few": (HEADER + "A\nB,1\n", "1 cells"),
    "quotation mark without end": (HEADER + '"A,1\nB,1\n', "1 cells"),
    "name over two lines": (HEADER + '"A\nC",1\nB,1\n', "cells"),
    "name of 65 characters": (HEADER + "A" * 65 + ",1\nB,1\n", "printable"),
    "name that steers the terminal": (HEADER + "A\x1b[31m,1\nB,1\n", "printable"),
    "name that turns the text": (HEADER + "A\u202e,1\nB,1\n", "printable"),
    "name with NUL": (HEADER + "A\0,1\nB,1\n", "printable"),
    "name with a line separator": (HEADER + "A\u2028,1\nB,1\n", "cells"),
    "unknown column": ("name,power\nA,1\nB,2\n", "not known"),
    "column twice": ("name,capability,capability\nA,1,1\nB,2,2\n", "twice"),
    "flag": ("name,member\nA,maybe\nB,no\n", "true or false"),
    "column half filled": (HEADER + "A,\nB,1\n", "fill all rows"),
    "ideal point": ("name,ideal_point\nA,nan\nB,1\n", "must be a number"),
    "Latin-1": (HEADER.encode() + "Österreich,1\nB,1\n".encode("latin-1"), "not UTF-8"),
    "UTF-16": (GOOD.encode("utf-16"), "UTF-16"),
    "a line of 200,000": (HEADER + "A" * 200_000 + ",1\n", "longer than"),
    "semicolons": ("name;capability\nA;1\nB;2\n", "not known"),
}

RIGHT: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "formula as name": (HEADER + "=cmd(),1\n+x,1\n-y,1\n@z,1\n", ("=cmd()", "+x", "-y", "@z")),
    "all scripts": (HEADER + "Österreich,1\nΕλλάς,1\n日本,1\nNO,1\n", ("Österreich", "Ελλάς", "日本", "NO")),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD.encode(), ("A", "B")),
    "CRLF": (GOOD.replace("\n", "\r\n"), ("A", "B")),
    "quotation marks": (HEADER + '"A, the first",1\n"B ""b""",1\n', ("A, the first", 'B "b"')),
}


@pytest.mark.parametrize("name", STATES)
def test_a_misleading_table_of_states_is_refused_by_line_and_soon(write, name):
    content, words = STATES[name]
    path = write(content, "table.csv")
    began = time.process_time()
    with pytest.raises(ConfigError) as caught:
        read_states(path)
    assert time.process_time() - began < SOON
    assert any(words in problem for problem in caught.value.problems), caught.value.problems
    assert all(problem.startswith((str(path), "and ")) for problem in caught.value.problems)
    assert "\x1b" not in str(caught.value)
    assert "\u202e" not in str(caught.value)


@pytest.mark.parametrize("name", RIGHT)
def test_an_odd_but_right_table_is_read_as_it_is(write, name):
    content, names = RIGHT[name]
    assert read_states(write(content, "table.csv")).names == names


DISTANCES = {
    "not square": ("A,B\n0,1\n", "2 columns and 1 rows"),
    "not symmetric": ("A,B\n0,1\n2,0\n", "must be the same"),
    "NaN": ("A,B\n0,nan\nnan,0\n", "0 or larger"),
    "infinity": ("A,B\n0,inf\ninf,0\n", "0 or larger"),
    "negative": ("A,B\n0,-1\n-1,0\n", "0 or larger"),
    "a state twice": ("A,A\n0,1\n1,0\n", "every state once"),
    "a nameless state": ("name,A,\nA,0,1\n,1,0\n", "every state once"),
    "distance to itself": ("A,B\n1,1\n1,0\n", "must be 0"),
    "another order": ("name,A,B\nB,0,1\nA,1,0\n", "order of the header"),
    "65 states": ("name," + ",".join(f"S{i}" for i in range(65)) + "\n", "columns"),
    "empty": ("", "is empty"),
    "a million cells": ("name," + ",".join(["1"] * 40_000) + "\n", "columns"),
}


@pytest.mark.parametrize("name", DISTANCES)
def test_a_misleading_table_of_distances_is_refused(write, name):
    content, words = DISTANCES[name]
    with pytest.raises(ConfigError) as caught:
        read_distances(write(content, "distances.csv"))
    assert any(words in problem for problem in caught.value.problems), caught.value.problems


def test_a_table_of_100_mib_is_refused(write, evidence):
    path = write(GOOD, "table.csv")
    os.truncate(path, 100 << 20)
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        read_states(path)
    evidence(
        Section.INPUT,
        "Tables of states and distances that mislead (numbers that are none, duplicates, missing "
        "or surplus cells, quotation "
        "marks, encodings, control characters, sizes) are refused by line; odd but right ones are read as they are.",
        f"{len(STATES) + len(DISTANCES) + 1} refused, {len(RIGHT)} read",
    )


def test_names_of_states_go_into_no_export(write, tmp_path):
    content, _ = RIGHT["formula as name"]
    write(content, "table.csv")
    experiment = Experiment(
        base=tmp_path,
        institutions=["anarchy"],
        parameters={"system.table": "table.csv"},
        sampling={"replicates": 20},
    )
    csmc.run(experiment, output=tmp_path / "run", threads=1).close()
    text = csmc.export(tmp_path / "run", tmp_path / "out.csv").read_text()
    assert "cmd" not in text

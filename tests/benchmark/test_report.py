"""The page on performance: rows and tables, and how a block is cut off after each of its stages."""

import ast

from bench.stages import DEPTH, Guards
from bench.tables import Figure, number, table
from csmc.kernel import council, onset

BLOCK = """
def block(count, seen, depth):
    onset.choose_challenger(seen)
    for k in range(count):
        onset.choose_target(seen)
        if k > 0:
            council.convene(seen)
        onset.set_stage(seen)
        onset.choose_target(seen)
    seen.append("end")
"""


def cut_off(depth: int, count: int) -> list[str]:
    """What of the block above is called, in order."""
    guards = Guards({"onset": onset, "council": council})
    tree = ast.fix_missing_locations(guards.visit(ast.parse(BLOCK)))
    assert guards.stages == ["onset", "council", "onset"]
    stage = type("Stage", (), {"__getattr__": lambda self, name: lambda seen: seen.append(name)})()
    names = {"onset": stage, "council": stage}
    exec(compile(tree, "<block>", "exec"), names)
    seen: list[str] = []
    names["block"](count, seen, **{DEPTH: depth})
    return seen


def test_a_block_is_cut_off_after_each_stage() -> None:
    assert cut_off(0, 2) == ["choose_challenger", "end"]
    assert cut_off(1, 2) == ["choose_challenger", "choose_target", "choose_target", "end"]
    assert cut_off(2, 2) == ["choose_challenger", "choose_target", "choose_target", "convene", "end"]
    whole = ["choose_target", "set_stage", "choose_target", "choose_target", "convene", "set_stage", "choose_target"]
    assert cut_off(3, 2) == ["choose_challenger", *whole, "end"]


def test_a_goal_is_met_or_missed() -> None:
    assert Figure("time", 104.6, "ns", "how", 110.0).cells() == ("time", "105 ns", "≤ 110", "how")
    assert Figure("time", 120.0, "ns", "how", 110.0).cells()[2] == "**≤ 110, missed**"
    assert Figure("gain", 2.6, "times", "how", 2.5, at_least=True).cells()[2] == "≥ 2.50"
    assert Figure("gain", 2.4, "times", "how", 2.5, at_least=True).cells()[2] == "**≥ 2.50, missed**"
    assert Figure("ratio", 1.5, "times", "how").cells()[2] == ""


def test_numbers_have_three_digits() -> None:
    assert [number(value) for value in (0.0, 0.0236, 0.5, 1.848, 46.2, 99.6, 2039.4)] == [
        "0.00", "0.0236", "0.500", "1.85", "46.2", "100", "2,039",
    ]  # fmt: skip


def test_tables_are_markdown() -> None:
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"

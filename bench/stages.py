"""The kernel's time by stage. The stages cannot be called from Python, so a copy of the block is cut off after each.

The copy is made from the source of the compiled block: in front of every call of a stage stands a guard that leaves the
rest of the loop's body out. The time with one stage more, less the time without it, is that of the stage. A history
that is cut short never has a war, so in long ones the stages see other worlds than in a full run.
"""

import ast
import inspect
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

import numba
import numpy as np

from csmc.benchmark.kernel import BATCH, Case, replicates_for
from csmc.benchmark.timing import Work, interleaved
from csmc.kernel import run

DEPTH = "depth"
#: They run for a trace alone, so there is nothing to cut off.
TRACING = "tracing"
#: What is left when every stage is cut off.
REST = "rest"


class Guards(ast.NodeTransformer):
    """Guards every statement in a loop that calls a stage; `stages[d - 1]` is the module whose calls have depth d."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self.stages: list[str] = []
        self.loops = 0

    def visit_For(self, node: ast.For) -> ast.For:
        """Guard a loop's body."""
        self.loops += 1
        node.body = list(self._guarded(node.body))
        self.loops -= 1
        return node

    def visit_If(self, node: ast.If) -> ast.If:
        """Guard what happens under a condition, if that is in a loop."""
        if self.loops:
            node.body = list(self._guarded(node.body))
        return node

    def _guarded(self, body: list[ast.stmt]) -> Iterator[ast.stmt]:
        for statement in body:
            stage = None if isinstance(statement, ast.For | ast.If) else self._stage_of(statement)
            if stage not in (None, TRACING):
                if not self.stages or self.stages[-1] != stage:
                    self.stages.append(stage)
                yield ast.parse(f"if {DEPTH} < {len(self.stages)}:\n    continue").body[0]
            yield self.visit(statement)

    def _stage_of(self, statement: ast.stmt) -> str | None:
        """The kernel's module of which the statement calls a function, if any."""
        for call in (node for node in ast.walk(statement) if isinstance(node, ast.Call)):
            called = call.func
            owner = self.names.get(called.value.id) if _is_attribute_of_name(called) else None
            function = self.names.get(called.id) if isinstance(called, ast.Name) else None
            module = owner.__name__ if isinstance(owner, ModuleType) else getattr(function, "__module__", "")
            if module.startswith("csmc.kernel."):
                return module.rpartition(".")[2]
        return None


def _is_attribute_of_name(called: ast.expr) -> bool:
    return isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name)


@cache
def guarded_block() -> tuple[Callable[..., None], list[str]]:
    """The compiled block with one argument more, the depth; and the stages by depth, from 1."""
    function = run.tally_block.py_func
    names = dict(function.__globals__)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    definition.decorator_list = []
    definition.args.args.append(ast.arg(DEPTH))
    guards = Guards(names)
    tree = ast.fix_missing_locations(guards.visit(tree))
    exec(compile(tree, "<the block, cut off>", "exec"), names)
    return numba.njit(nogil=True, error_model="numpy")(names[function.__name__]), guards.stages


@contextmanager
def cut_off() -> Iterator[Callable[[int], None]]:
    """Within, the kernel goes as deep as the yielded function was last told to."""
    block, stages = guarded_block()
    whole = run.tally_block
    depth = len(stages)

    def deepen(to: int) -> None:
        nonlocal depth
        depth = to

    run.tally_block = lambda *arguments: block(*arguments, depth)
    try:
        yield deepen
    finally:
        run.tally_block = whole


def time_stages(case: Case, seconds: float) -> dict[str, float]:
    """Nanoseconds of each stage per institution-episode, in the order in which they first come; `REST` last.

    They are differences of the best times: small ones of large ones, which the noise in medians would drown.
    """
    stages = guarded_block()[1]
    count = replicates_for(case)
    with cut_off():
        copied = case.simulate(0, BATCH)
    same = all(map(np.array_equal, copied, case.simulate(0, BATCH)))
    assert same, "the copy of the block does not count what the block counts"
    with cut_off() as deepen:

        def simulate(depth: int) -> None:
            deepen(depth)
            case.simulate(0, count)

        works = {d: Work(lambda d=d: simulate(d), case.work(count)) for d in range(len(stages) + 1)}
        times = interleaved(works, seconds)
    taken: dict[str, float] = defaultdict(float)
    for depth, stage in enumerate(stages, start=1):
        taken[stage] += times[depth].best_cpu - times[depth - 1].best_cpu
    return {**taken, REST: times[0].best_cpu}

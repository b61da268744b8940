"""Small faults in Python source: one changed operator, constant, branch or call at a time."""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_ARITHMETIC: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_NEGATION: dict[type, type] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
_BOUNDARY: dict[type, type] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
_EXTREMES = {"min": "max", "max": "min"}


@dataclass(frozen=True)
class Mutant:
    """A module with one fault."""

    line: int
    change: str  #: what the fault is, in source: "before -> after"
    tree: ast.Module

    def key(self, file: str, source: str) -> str:
        """A name that survives edits elsewhere in the file."""
        return f"{file}: {source.splitlines()[self.line - 1].strip()} [{self.change}]"


def mutants(source: str) -> Iterator[Mutant]:
    """Every fault of the module, in the order of its lines."""
    tree = ast.parse(source)
    places = [node for node in _places(tree) if hasattr(node, "lineno")]
    found = []
    for number, node in enumerate(places):
        for mutate in _mutations(node):
            changed = copy.deepcopy(tree)
            twin = [twin for twin in _places(changed) if hasattr(twin, "lineno")][number]
            before = ast.unparse(twin)
            mutate(twin)
            found.append(Mutant(node.lineno, f"{before} -> {ast.unparse(twin)}", ast.fix_missing_locations(changed)))
    yield from sorted(found, key=lambda mutant: mutant.line)


def _places(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those of docstrings, annotations, decorators and imports."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_comment"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not isinstance(child, ast.Import | ast.ImportFrom):
                    stack.append(child)


def _mutations(node: ast.AST) -> Iterator[Callable[[Any], None]]:
    match node:
        case ast.BinOp() | ast.AugAssign() if type(node.op) in _ARITHMETIC:
            yield lambda twin: _replace(twin, op=_ARITHMETIC[type(twin.op)]())
        case ast.Compare(ops=[operator]):
            for table in (_NEGATION, _BOUNDARY):
                if type(operator) in table:
                    yield lambda twin, table=table: _replace(twin, ops=[table[type(twin.ops[0])]()])
        case ast.BoolOp():
            yield lambda twin: _replace(twin, op=ast.Or() if isinstance(twin.op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.USub()):
            yield lambda twin: _replace(twin, op=ast.UAdd())
        case ast.UnaryOp(op=ast.Not()):
            yield lambda twin: _replace(twin, operand=ast.UnaryOp(op=ast.Not(), operand=twin.operand))
        case ast.IfExp():
            yield lambda twin: _replace(twin, body=twin.orelse, orelse=twin.body)
        case ast.Constant(value=bool()):
            yield lambda twin: _replace(twin, value=not twin.value)
        case ast.Constant(value=int() | float()):
            yield lambda twin: _replace(twin, value=twin.value + 1)
        case ast.Call(func=ast.Name(id=name)) if name in _EXTREMES:
            yield lambda twin: _replace(twin.func, id=_EXTREMES[twin.func.id])
        case ast.Expr(value=ast.Call()):
            yield lambda twin: _replace(twin, value=ast.Constant(None))


def _replace(node: Any, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(node, name, value)

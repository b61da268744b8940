"""The house rules on imports: one direction, a light front door, and a kernel that knows arrays only."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import csmc

#: What `import csmc` must not load: each takes a good part of a second.
HEAVY = {"matplotlib", "numba", "numpy", "pandas", "pydantic", "ray", "rich", "scipy", "typer", "xarray", "zarr"}
#: What the compiled code may use.
KERNEL_MAY_IMPORT = {"collections", "csmc", "dataclasses", "enum", "math", "numpy", "typing"}


def modules_after(statement: str) -> set[str]:
    """The top-level modules that are loaded after `statement` in a fresh interpreter."""
    code = f"{statement}; import sys; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def imported_by(source: Path) -> set[str]:
    """The modules that a file imports anywhere, by their full names."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_imports_go_one_way(root: Path) -> None:
    pytest.importorskip("importlinter")
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_csmc_loads_nothing_heavy() -> None:
    assert modules_after("import csmc") & HEAVY == set()


def test_configurations_are_read_without_the_compiler() -> None:
    assert modules_after("import csmc.config") & {"matplotlib", "numba", "ray", "xarray", "zarr"} == set()
    assert "numba" in modules_after("from csmc import kernel; kernel.is_cached()")


def test_public_names_are_sorted_and_exist() -> None:
    assert list(csmc.__all__) == sorted(csmc.__all__)
    assert [name for name in csmc.__all__ if not hasattr(csmc, name)] == []


def test_the_kernel_imports_arrays_and_nothing_else(root: Path) -> None:
    for source in sorted((root / "csmc" / "kernel").rglob("*.py")):
        imported = imported_by(source)
        assert {name.partition(".")[0] for name in imported} <= KERNEL_MAY_IMPORT, source.name
        own = {name for name in imported if name.partition(".")[0] == "csmc"}
        assert {name for name in own if not name.startswith(("csmc.kernel", "csmc._jit"))} <= {"csmc"}, source.name


def test_only_the_ray_engine_imports_ray(root: Path) -> None:
    users = [s for s in (root / "csmc").rglob("*.py") if any(n.partition(".")[0] == "ray" for n in imported_by(s))]
    assert {source.relative_to(root).as_posix() for source in users} <= {"csmc/engine/ray.py"}

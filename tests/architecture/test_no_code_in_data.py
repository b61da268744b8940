"""No module of csmc can be made to run code that is in its input: what it imports and calls, by its syntax tree."""

import ast
from collections.abc import Iterator
from pathlib import Path

import csmc
from tests.evidence import Section

PACKAGE = Path(csmc.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "code", "codeop", "imp"}
CALLS = {"eval", "exec", "compile", "__import__", "unpickle"}
#: Methods that load objects unless they are told not to, and what they may be called on.
LOADERS = {"load": {"YAML"}, "loads": {"json"}, "load_all": set(), "unsafe_load": set(), "full_load": set()}
#: The one place that reads YAML into objects without csmc's own reader: the presets that are part of the package.
PRESETS = PACKAGE / "institutions" / "catalogue.py"


def offences(source: Path, tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        place = f"{source.name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            yield from (f"{place} imports {name.name}" for name in node.names if name.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            yield f"{place} imports from {node.module}"
        elif isinstance(node, ast.Call):
            yield from (f"{place} {what}" for what in _call_offences(source, node))


def _call_offences(source: Path, call: ast.Call) -> Iterator[str]:
    if isinstance(call.func, ast.Name) and call.func.id in CALLS:
        yield f"calls {call.func.id}"
    if isinstance(call.func, ast.Attribute) and call.func.attr in LOADERS:
        owner = ast.unparse(call.func.value)
        safe_yaml = source == PRESETS and owner == "YAML(typ='safe', pure=True)"
        cached_data = not call.args
        if not (safe_yaml or cached_data or owner in LOADERS[call.func.attr]):
            yield f"calls {ast.unparse(call)}"
    for keyword in call.keywords:
        if keyword.arg == "allow_pickle" or (keyword.arg == "shell" and ast.unparse(keyword.value) == "True"):
            yield f"passes {keyword.arg}"
        if keyword.arg == "typ" and ast.unparse(keyword.value) != "'safe'":
            yield f"reads YAML with typ={ast.unparse(keyword.value)}"


def test_no_module_of_csmc_unpickles_or_evaluates_anything(evidence):
    found = [offence for source in SOURCES for offence in offences(source, ast.parse(source.read_text()))]
    assert found == []
    evidence(
        Section.INPUT,
        "No module of csmc imports pickle, marshal, shelve or PyYAML, calls eval, exec or compile, "
        "or lets numpy or YAML "
        "make objects.",
        f"{len(SOURCES)} modules, by their syntax trees",
    )


def test_the_search_finds_what_it_looks_for():
    bad = (
        "import pickle\nfrom yaml import load\nimport numpy as np\n"
        "eval('1')\nnp.load('x', allow_pickle=True)\npickle.loads(b'')\nYAML(typ='unsafe').load('x')\n"
        "subprocess.run('x', shell=True)\n"
    )
    found = list(offences(Path("bad.py"), ast.parse(bad)))
    assert {offence.split()[0] for offence in found} == {f"bad.py:{line}" for line in (1, 2, 4, 5, 6, 7, 8)}

"""docs/model.md follows the ODD+D protocol, and says of equations, parameters and institutions what the code does."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from csmc.estimate.metrics import METRICS
from csmc.institutions import Rung, get, names
from csmc.institutions.fields import FIELD_PATHS, field_value
from csmc.parameters import BY_PATH, PARAMETERS, markdown_table
from tests.architecture.document import (
    ABSENT,
    CITATION,
    SOURCE,
    code_spans,
    docstrings,
    equations,
    flat,
    is_used,
    legal,
    marked_table,
    preset_paths,
    references,
    rule_fields,
    shown,
    sources,
)
from tests.evidence import Section

#: The headings of ODD+D (Müller et al. 2013) and the number of its guiding questions under each, lettered from a.
QUESTIONS = {
    "## I. Overview": 0,
    "### I.i Purpose": 2,
    "### I.ii Entities, state variables and scales": 5,
    "### I.iii Process overview and scheduling": 1,
    "## II. Design concepts": 0,
    "### II.i Theoretical and empirical background": 5,
    "### II.ii Individual decision making": 8,
    "### II.iii Learning": 2,
    "### II.iv Individual sensing": 5,
    "### II.v Individual prediction": 3,
    "### II.vi Interaction": 4,
    "### II.vii Collectives": 2,
    "### II.viii Heterogeneity": 2,
    "### II.ix Stochasticity": 1,
    "### II.x Observation": 2,
    "## III. Details": 0,
    "### III.i Implementation details": 2,
    "### III.ii Initialisation": 3,
    "### III.iii Input data": 1,
    "### III.iv Submodels": 3,
}


@pytest.fixture(scope="module")
def document() -> str:
    """docs/model.md."""
    return (Path(__file__).parents[2] / "docs" / "model.md").read_text(encoding="utf-8")


def test_every_heading_of_odd_d_is_there_in_order(document: str) -> None:
    found = [line for line in document.splitlines() if re.match(r"#{2,3} [IV]+\.", line)]
    assert found == list(QUESTIONS)


@pytest.mark.parametrize("heading", QUESTIONS)
def test_every_guiding_question_of_odd_d_is_answered_in_order(document: str, heading: str) -> None:
    _, text = document.split(heading + "\n")
    text = re.split(r"^#{2,3} ", text, maxsplit=1, flags=re.MULTILINE)[0]
    letters = re.findall(r"^\*\*([a-h])\. [^*]+\*\* ?", text, re.MULTILINE)
    assert letters == list("abcdefgh"[: QUESTIONS[heading]])


def test_equation_ids_are_unique_and_consecutive(document: str) -> None:
    ids = [name for name, _ in equations(document)]
    assert len(ids) == len(re.findall(r"\*\*E\d+\*\*", document))
    assert ids == [f"E{number}" for number in range(1, len(ids) + 1)]


def test_every_equation_named_in_the_text_is_defined(document: str) -> None:
    assert set(CITATION.findall(document)) <= {name for name, _ in equations(document)}


def test_every_equation_has_a_source_or_is_called_assumed(document: str) -> None:
    assert [name for name, text in equations(document) if not SOURCE.search(text)] == []


def test_the_reference_cites_all_equations_and_no_others_and_the_parameters_are_those_of_the_code(
    root: Path, document: str, evidence: Callable[[Section, str, str], None]
) -> None:
    defined = {name for name, _ in equations(document)}
    citing = [text for text in docstrings(root / "tests" / "reference") if CITATION.search(text)]
    assert set(CITATION.findall(" ".join(citing))) == defined
    assert [row["parameter"] for row in marked_table(document, "parameters")] == [p.path for p in PARAMETERS]
    evidence(
        Section.REFERENCE,
        "Every equation of the model's documentation is cited by the reference implementation, and every parameter "
        "documented is in the code's table",
        f"{len(defined)} equations, cited in {len(citing)} docstrings, which cite no other; {len(PARAMETERS)} "
        "parameters, and the code has no other",
    )


def test_the_table_of_parameters_is_that_of_the_code(document: str) -> None:
    _, table, _ = re.split(r"<!-- /?parameters -->\n", document)
    assert table == markdown_table() + "\n", "put what csmc.parameters.markdown_table() returns between the markers"


def test_every_parameter_and_rule_stands_under_its_symbol_in_the_equations_named(document: str) -> None:
    texts = dict(equations(document))
    symbols, rules = marked_table(document, "symbols"), marked_table(document, "fields")
    assert [row["parameter"] for row in symbols] == [parameter.path for parameter in PARAMETERS]
    used = [row for row in symbols + rules if row["symbol"] != ABSENT]
    assert len(used) == len(PARAMETERS) + len(rule_fields()) - 1, "a rung's name is a label, and in no equation"
    claims = [(row["symbol"], equation) for row in used for equation in row["equations"].split(", ")]
    assert [(symbol, equation) for symbol, equation in claims if not is_used(symbol, texts[equation])] == []


def test_the_table_of_an_institution_is_that_of_the_code(document: str) -> None:
    rows = [
        (row["field"], row["legal values"], row["default"], row["meaning"]) for row in marked_table(document, "fields")
    ]
    assert rows == [
        (
            path,
            legal(schema),
            shown(schema["default"]) if "default" in schema else "required",
            schema["description"].removesuffix("."),
        )
        for path, schema in rule_fields().items()
    ]


def test_the_table_of_the_presets_is_that_of_the_code(document: str) -> None:
    rows = marked_table(document, "presets")
    assert [row["field"] for row in rows] == preset_paths()
    for row in rows:
        path = row.pop("field")
        values = {name: field_value(get(name), path) for name in names()}
        assert row == {name: shown(value) if present else ABSENT for name, (present, value) in values.items()}, path


def test_every_path_in_the_text_is_that_of_a_parameter_or_of_a_rule(document: str) -> None:
    known = {*BY_PATH, *FIELD_PATHS, *preset_paths(), *(f"ladder.{field}" for field in Rung.model_fields)}
    groups = {path.partition(".")[0] for path in known}
    paths = {span for span in code_spans(document) if re.fullmatch(r"[a-z]+(\.\w+)+", span)}
    assert {path for path in paths if path.partition(".")[0] in groups} - known == set()


def test_every_source_is_in_the_references_and_every_reference_is_cited(document: str) -> None:
    known = references(document)
    for source in sources(document):
        written, year = source.removesuffix(".").rsplit(" ", 1)
        authors = re.split(r", | & ", written.removesuffix(" et al."))
        matching = [entry for entry, when in known if when == year and entry.startswith(authors[0])]
        assert any(all(author in entry for author in authors) for entry in matching), source
    text = flat(document.split("## References\n")[0])
    uncited = [(a, year) for a, year in known if not re.search(rf"{re.escape(a.split(',')[0])}.{{0,60}}{year}", text)]
    assert uncited == []


def test_every_link_within_the_page_leads_to_a_heading(document: str) -> None:
    headings = re.findall(r"^#+ (.+)$", document, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", document)) <= anchors


def test_every_metric_is_defined_in_the_results_page_as_in_the_code(root: Path, document: str) -> None:
    assert "[results.md](results.md)" in document
    text = (root / "docs" / "results.md").read_text(encoding="utf-8")
    _, table = text.split("| metric | definition |\n|---|---|\n")
    rows = [line.split(" | ", 1) for line in table.split("\n\n")[0].splitlines()]
    defined = {name: definition for cell, definition in rows for name in re.findall(r"`(\w+)`", cell)}
    assert set(defined) == set(METRICS)
    for name, metric in METRICS.items():
        assert defined[name].removesuffix(" |").partition("; together")[0] == metric.definition, name

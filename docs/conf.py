"""How Sphinx builds these pages into a site: `make docs`. Nothing in it is loaded from a network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

project = "csmc"
html_title = "csmc"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["*.py"]

myst_heading_anchors = 4  # links such as analysis.md#pairs-of-institutions, as they work in the repository
suppress_warnings = ["myst.header"]  # files that are included begin with headings of their own level

default_role = "code"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
napoleon_google_docstring = False

html_theme = "furo"
html_show_sphinx = False
html_copy_source = False
html_show_copyright = False
html_static_path: list[str] = []
html_show_search_summary = False  # browsers fetch nothing from files

"""The pages as a site: built without a warning, whole, and without a network; and made pages are up to date."""

import json
import re
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

#: Attributes by which a browser loads something on its own, by tag; "" is any tag.
LOADS = {"src", "srcset", "poster", "data", "background"}
#: Relations of <link> that load what they name.
LOADING_LINKS = {"stylesheet", "icon", "preload", "prefetch", "modulepreload", "manifest", "preconnect", "dns-prefetch"}


class Page(HTMLParser):
    """What a page loads, where it leads, and the anchors that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        self.loads += [found[name] for name in LOADS & set(found)]
        if tag == "link" and LOADING_LINKS & set(found.get("rel", "").split()):
            self.loads.append(found["href"])
        elif tag == "a" and "href" in found:
            self.links.append(found["href"])


def is_external(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme not in ("", "data")


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "sphinx", "-q", "--fail-on-warning", "--keep-going", "-b", "html"]
    build += ["-d", str(folder / "trees"), "docs", str(folder / "html")]
    made = subprocess.run(build, cwd=root, capture_output=True, text=True)
    assert (made.returncode, made.stderr) == (0, "")
    return folder / "html"


@pytest.fixture(scope="module")
def built(site: Path) -> dict[Path, Page]:
    """Every page of the site."""
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


@pytest.mark.proof
def test_every_page_is_in_the_site(root: Path, site: Path) -> None:
    pages = [path.relative_to(root / "docs").with_suffix(".html") for path in (root / "docs").rglob("*.md")]
    assert [page for page in pages if not (site / page).is_file()] == []


@pytest.mark.proof
def test_no_page_loads_anything_from_a_network(site: Path, built: dict[Path, Page]) -> None:
    assert sum(len(page.loads) for page in built.values()) > len(built), "every page has a style and a script"
    assert [(path.name, load) for path, page in built.items() for load in page.loads if is_external(load)] == []
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert "url(http" not in text.replace('"', "").replace("'", ""), style.name
        assert "@import" not in text, style.name


@pytest.mark.proof
def test_every_link_and_load_within_the_site_leads_somewhere(built: dict[Path, Page]) -> None:
    lost = []
    for path, page in built.items():
        for address in (*page.links, *page.loads):
            if is_external(address) or address.startswith("data:"):
                continue
            parts = urlsplit(address)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchors = built[target].anchors if target in built else {unquote(parts.fragment)}
            if not target.is_file() or (parts.fragment and unquote(parts.fragment) not in anchors):
                lost.append((path.name, address))
    assert lost == []


@pytest.mark.proof
def test_the_search_finds_words_of_pages_written_and_made(site: Path) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    for word in ("bystand", "oblig", "digest"):
        assert word in index


@pytest.mark.proof
def test_in_a_browser_the_search_answers_and_nothing_goes_wrong_or_is_asked_for(site: Path, chromium: Any) -> None:
    chromium.get_log("browser"), chromium.get_log("performance")
    for page in ("index.html", "architecture.html", "reference/python.html", "search.html?q=veto"):
        chromium.get(f"file://{site}/{page}")
    found: list[str] = []
    ends = time.monotonic() + 20
    while len(found) < 5 and time.monotonic() < ends:
        found = chromium.execute_script(
            "return [...document.querySelectorAll('ul.search li > a')].map(link => link.textContent)"
        )
    assert any("veto" in title.lower() for title in found), found
    assert [entry["message"] for entry in chromium.get_log("browser")] == []
    events = (json.loads(entry["message"])["message"] for entry in chromium.get_log("performance"))
    sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
    asked = [one["request"]["url"] for one in sent if one["documentURL"].startswith(f"file://{site}")]
    assert len(asked) > 4
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_what_loads_and_what_leads_out_is_told_apart() -> None:
    text = '<link rel="stylesheet" href="https://a/b.css"><a href="https://c">c</a><img src="d.png" id="e">'
    page = Page(text + '<script src="//f/g.js"></script>')
    assert [load for load in page.loads if is_external(load)] == ["https://a/b.css", "//f/g.js"]
    assert (page.links, page.anchors) == (["https://c"], {"e"})


def test_pages_made_from_the_code_say_what_the_code_says_now(root: Path) -> None:
    code = "import runpy; print(*runpy.run_path('docs/generate.py')['pages']().values(), sep='\\0', end='')"
    made = subprocess.check_output([sys.executable, "-c", code], cwd=root, encoding="utf-8")
    committed = [path.read_text(encoding="utf-8") for path in sorted((root / "docs" / "reference").glob("*.md"))]
    assert committed == made.split("\0"), "write them anew: python docs/generate.py"


def test_every_link_of_the_readme_leads_to_a_file(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
    assert len(links) > 10
    assert [link for link in links if not (root / link).is_file()] == []

"""What a page holds: its tags, its text, its numbers, and how it is used in a browser."""

import base64
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from csmc.report.html import write_page

#: Elements without an end.
VOID = {"meta", "link", "img", "br"}


class Document(HTMLParser):
    """A page as a browser reads it: elements with their attributes, text, and the contents of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag in self.raw:
            self.raw[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in self.raw:
            self.raw[self._open[-1]][-1] += data
        else:
            self.text += data

    @property
    def payload(self) -> Any:
        """The numbers of the page."""
        return json.loads(self.raw["script"][0])

    def tags(self, name: str) -> list[dict[str, str | None]]:
        """The attributes of every element of a kind."""
        return [attributes for tag, attributes in self.elements if tag == name]


def unpacked(text: str) -> np.ndarray[Any, Any]:
    """The numbers that a page carries as text."""
    return np.frombuffer(base64.b64decode(text), "<f4").astype(np.float64)


class Page:
    """The page of a result, open in a browser."""

    def __init__(self, driver: Any, dataset: xr.Dataset, path: Path) -> None:
        self.driver = driver
        write_page(dataset, path)
        self.size(1100, 900)
        self.emulate()
        self.url = path.as_uri()
        driver.get(self.url)

    def check(self) -> None:
        """Nothing has gone wrong, and nothing was asked for but the page itself."""
        assert self.driver.get_log("browser") == []
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        asked = [params["request"]["url"] for params in sent if params["documentURL"] == self.url]
        assert self.url in asked, "requests are logged"
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns."""
        return self.driver.execute_script(f"return {script}", *arguments)

    def size(self, width: int, height: int) -> None:
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)

    def emulate(self, media: str = "", scheme: str = "light") -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})

    def choose(self, control: str, words: str) -> None:
        """Choose an option by its text, as a person would."""
        from selenium.webdriver.support.ui import Select

        Select(self.driver.find_element("id", control)).select_by_visible_text(words)

    def rows(self, table: str = "#differences table") -> list[list[str]]:
        """The cells of a table's body."""
        script = (
            "[...document.querySelectorAll(arguments[0] + ' tbody tr')].map(r => [...r.cells].map(c => c.innerText))"
        )
        rows: list[list[str]] = self.run(script, table)
        return rows

    def colour(self, selector: str, which: str) -> np.ndarray[Any, Any]:
        """A computed colour as red, green and blue in [0, 1]."""
        text = self.run("getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]", selector, which)
        return np.array([float(part) for part in text.partition("(")[2].rstrip(")").split(",")[:3]]) / 255


def contrast(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    """Contrast of two colours, by the definition of WCAG 2."""
    linear = [np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) for c in (one, other)]
    light, dark = sorted((float(c @ [0.2126, 0.7152, 0.0722]) for c in linear), reverse=True)
    return (light + 0.05) / (dark + 0.05)

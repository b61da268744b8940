"""The page in a real browser: nothing goes wrong, controls do what they say, text stays text, every medium is read."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from csmc.report.words import percent
from csmc.results import open_results
from tests.report_page.conftest import HOSTILE, LINE, PLANE, Make
from tests.report_page.reading import Page, contrast

Show = Callable[[xr.Dataset], Page]


def same(shown: list[str], values: object, scale: float = 100.0) -> bool:
    """Whether numbers on a page are the values, each to its last digit; a half may go either way."""
    texts = [text.replace("−", "-") for text in shown]
    steps = [10.0 ** -len(text.partition(".")[2]) for text in texts]
    off = np.abs(np.array([float(text) for text in texts]) - scale * np.asarray(values, dtype=float))
    return bool((off <= 0.502 * np.array(steps)).all())


def column(page: Page, place: int) -> list[str]:
    """A column of the table of differences."""
    return [row[place] for row in page.rows()]


def test_what_is_chosen_is_what_the_numbers_are_of(make: Make, show: Show) -> None:
    dataset = make(LINE)
    shown = show(dataset)
    for words, name in (("rate of war", "war"), ("rate of challenges", "challenge")):
        shown.choose("metric", words)
        assert column(shown, 0) == [f"{x:g}" for x in LINE["interests.divergence"]]
        for place, institution in ((1, "collective_security"), (2, "balance_of_power")):
            assert column(shown, place) == [percent(float(x)) for x in dataset[name].sel(institution=institution)]
        for place, end in enumerate(("", "_low", "_high"), 3):
            assert same(column(shown, place), dataset[f"{name}_difference{end}"].sel(institution="collective_security"))
    shown.choose("metric", "rate of war")
    shown.choose("one", "anarchy")
    difference = dataset["war_difference"].sel(institution="anarchy")
    assert same(column(shown, 3), difference)
    assert set(column(shown, -1)) == {"more"}
    shown.choose("one", "balance of power")
    shown.choose("other", "anarchy")
    assert same(column(shown, 3), -difference)
    assert same(column(shown, 5), -dataset["war_difference_low"].sel(institution="anarchy"))
    assert set(column(shown, -1)) == {"less"}


def test_numbers_are_written_as_in_the_tables_of_the_terminal(make: Make, show: Show) -> None:
    shown = show(make({}))
    shares = np.concatenate([np.arange(801) / 800, np.arange(400) / 40_000, -np.arange(400) / 4000, [np.nan]])
    texts = shown.run(
        "arguments[0].map(x => report.numbers.percent(x ?? NaN))",
        [None if x != x else float(np.float32(x)) for x in shares],
    )
    assert texts == [percent(float(x)).replace("-", "−") if x else "0.0" for x in shares]


@pytest.mark.parametrize("levels", [[0.0, 0.5, 0.9, 1.6, 2.0], [0.0, 0.5, 1.0, 1.5, 2.0]], ids=["between", "at 0"])
def test_a_curve_says_where_the_difference_changes_sign(make: Make, show: Show, levels: list[float]) -> None:
    dataset = make({"interests.divergence": levels})
    shown = show(dataset)
    gap = dataset["war_difference"].sel(institution="collective_security").values
    assert gap[0] < 0 < gap[-1]
    assert (gap[2] == 0) == (levels[2] == 1.0)
    root = np.interp(0, gap, levels)  # the gap rises
    text = shown.run("document.querySelector('#figure').innerText")
    assert f"changes sign near interests.divergence (interest distance) = {root:.3g} " in text
    assert shown.run("document.querySelectorAll('#figure .flip').length") == 1
    assert shown.run("document.querySelectorAll('#figure svg:not(.key) polyline.curve').length") == 4


def test_a_map_has_a_cell_for_each_point_and_a_boundary(make: Make, show: Show) -> None:
    dataset = make(PLANE)
    shown = show(dataset)
    titles = shown.run("[...document.querySelectorAll('#figure .cell title')].map(t => t.textContent)")
    assert len(titles) == 15
    here = dataset.sel(institution="collective_security").isel(point=4)
    (told,) = (title for title in titles if "= 0.5," in title and "× 1:" in title)
    ends = told.rpartition(": ")[2].rstrip("]").replace(" [", ", ").split(", ")
    assert same(ends, [here[f"war_difference{end}"] for end in ("", "_low", "_high")])
    assert shown.run("document.querySelectorAll('#figure .boundary').length") == 2
    shown.choose("view", "map of who is best")
    best = dataset["war"].transpose("point", "institution").values.argmin(axis=1)
    cells = [shown.run("document.querySelectorAll(arguments[0]).length", f"#figure .best.i{k}") for k in range(3)]
    assert cells == np.bincount(best, minlength=3).tolist()


def test_a_slice_is_of_its_points_alone(make: Make, show: Show) -> None:
    dataset = make(PLANE)
    shown = show(dataset)
    shown.choose("view", "curves")
    war = dataset["war"].sel(institution="collective_security").values.reshape(5, 3)
    assert same(column(shown, 1), war.mean(axis=1))
    assert {row[4] for row in shown.rows()} == {"–"}, "a mean of points has no interval"
    shown.choose("slice1", "2")
    assert same(column(shown, 1), war[:, 2])
    assert "–" not in {row[4] for row in shown.rows()}
    counts = dataset["outcome_count"].values.reshape(5, 3, 3, 10)[:, 2]
    shares = (counts / counts.sum(axis=-1, keepdims=True)).mean(axis=0)
    cells = shown.run(
        "[...document.querySelectorAll('#outcomes tbody tr')].map(r => r.querySelector('td').textContent)"
    )
    assert same(cells, shares[:, 0])


def test_the_flow_is_the_joint_table_of_the_two_that_are_chosen(make: Make, show: Show) -> None:
    dataset = make({})
    shown = show(dataset)
    shown.run("document.querySelector('#flow details').open = true")
    table = dataset["joint_outcomes"].isel(point=0).sel(institution="collective_security").values
    share = 100 * table / table.sum()
    rows = {row[0]: row[1:] for row in shown.rows("#flow table")}
    used = [k for k in range(10) if table[k].any() or table[:, k].any()]
    names = [str(name).replace("_", " ") for name in dataset["outcome"].values]
    for i in used:
        assert same(rows[names[i]], share[i, used], 1.0)
    shown.choose("one", "balance of power")
    shown.choose("other", "collective security")
    shown.run("document.querySelector('#flow details').open = true")
    turned = {row[0]: row[1:] for row in shown.rows("#flow table")}
    assert [turned[names[i]][used.index(j)] for i in used for j in used] == [
        rows[names[j]][used.index(i)] for i in used for j in used
    ]


def test_tables_sort_by_number_up_and_down(make: Make, show: Show) -> None:
    shown = show(make(LINE))
    headings = "#differences th:nth-child(4)"
    for order in ("ascending", "descending"):
        shown.driver.find_element("css selector", f"{headings} button").click()
        assert shown.driver.find_element("css selector", headings).get_attribute("aria-sort") == order
        found = [float(row[3].replace("−", "-")) for row in shown.rows()]
        assert found == sorted(found, reverse=order == "descending")
        assert len(set(found)) > 1


def test_all_controls_are_reached_and_used_by_keyboard(make: Make, show: Show) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    shown = show(make(PLANE))
    reached: list[str] = []
    for _ in range(60):
        ActionChains(shown.driver).send_keys(Keys.TAB).perform()
        reached.append(shown.run("document.activeElement.id || document.activeElement.textContent"))
        if reached[-1] == "metric":
            break
    assert reached[0] == "to the answer"
    outline = shown.run("getComputedStyle(document.activeElement).outlineStyle")
    assert outline not in ("none", "")
    before = shown.rows()
    ActionChains(shown.driver).send_keys(Keys.ARROW_DOWN).perform()
    assert shown.rows() != before
    for _ in range(5):
        ActionChains(shown.driver).send_keys(Keys.TAB).perform()
        reached.append(shown.run("document.activeElement.id"))
    assert reached[-6:] == ["metric", "one", "other", "view", "across", "up"]
    shown.driver.find_element("css selector", "#differences th:nth-child(3) button").send_keys(Keys.ENTER)
    assert shown.run("document.querySelector('#differences th:nth-child(3)').getAttribute('aria-sort')") == "ascending"


def test_every_control_and_figure_has_a_name(make: Make, show: Show) -> None:
    shown = show(make(PLANE))
    assert shown.run("[...document.querySelectorAll('select')].filter(s => !s.labels.length).length") == 0
    unnamed = "svg[role=img]:not([aria-label]), [role=region]:not([aria-label]), [tabindex='0']:not([role=region])"
    assert shown.run("document.querySelectorAll(arguments[0]).length", unnamed) == 0
    assert shown.run("[...document.querySelectorAll('h1,h2,h3')].map(h => h.tagName)")[0] == "H1"


@pytest.mark.parametrize("name", HOSTILE)
def test_text_of_users_is_shown_and_never_run(make: Make, show: Show, name: str) -> None:
    titles = (name, "balance of power", f"{name}!")
    axes = {"system.geography.layout": [name, "none"], "interests.divergence": [0.0, 2.0]}
    shown = show(make(axes, titles=titles, name=name, question=name, source_text=name))
    assert shown.run("document.querySelector('h1').textContent") == name
    assert shown.run("document.title") == " ".join(name.split())
    options = shown.run("[...document.querySelectorAll('#one option')].map(o => o.textContent)")
    assert options == list(titles)
    levels = shown.run("[...document.querySelectorAll('select option')].map(o => o.textContent)")
    assert name in levels
    shown.choose("view", "curves")
    shown.choose("view", "institutions side by side")
    assert shown.run("document.querySelectorAll('img, b, script').length") == 2, "the page's own two"


@pytest.mark.parametrize("kind", ["histories", "sample"])
def test_real_runs_are_shown(ran: Callable[[str], Path], show: Show, kind: str) -> None:
    with open_results(ran(kind)) as dataset:
        shown = show(dataset)
        for metric in shown.run("[...document.querySelectorAll('#metric option')].map(o => o.textContent)")[:8]:
            shown.choose("metric", metric)
            assert len(shown.rows()) > 0
        for view in shown.run("[...document.querySelectorAll('#view option')].map(o => o.textContent)"):
            shown.choose("view", view)
            assert shown.run("document.querySelector('#figure svg').getBoundingClientRect().height") > 80
        if kind == "histories":
            shown.choose("view", "curves")
            shown.choose("metric", "rate of war")
            shown.choose("one", "UN Security Council")
            shown.choose("other", "collective security")
            assert not shown.driver.find_element("id", "uncounted").is_displayed()
            assert "–" not in {row[4] for row in shown.rows()}


def test_a_pair_that_was_not_counted_is_told(make: Make, show: Show) -> None:
    dataset = make({})
    shown = show(dataset)
    shown.choose("other", "anarchy")
    assert shown.driver.find_element("id", "uncounted").is_displayed()
    war = dataset["war"].isel(point=0)
    gap = float(war.sel(institution="collective_security") - war.sel(institution="anarchy"))
    assert same([shown.rows()[2][2]], [gap])
    assert "no interval" in shown.rows()[2][3]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_in_light_and_in_dark(make: Make, show: Show, scheme: str) -> None:
    shown = show(make(LINE))
    shown.emulate(scheme=scheme)
    ground = shown.colour("body", "backgroundColor")
    assert (ground.mean() < 0.3) == (scheme == "dark")
    for selector, which in (
        *((s, "color") for s in ("h1", ".note", "nav a", "#controls label", "td", "select")),
        *((s, "fill") for s in ("#figure svg text",)),
    ):
        assert contrast(shown.colour(selector, which), ground) >= 4.5, selector
    for place in range(3):
        assert contrast(shown.colour(f"#figure .curve.i{place}", "stroke"), ground) >= 2.5


@pytest.mark.parametrize("width", [340, 768, 1400])
def test_nothing_is_wider_than_the_window(make: Make, show: Show, width: int) -> None:
    shown = show(make(PLANE))
    shown.size(width, 900)
    assert shown.run("document.documentElement.scrollWidth") <= width


def test_labels_of_a_figure_do_not_overlap(make: Make, show: Show) -> None:
    long = "an institution with a name that goes on for far longer than any figure has room for"
    levels = [0.0, 0.001, 0.002, 1.0, 1.0001, 2.0]
    shown = show(make({"interests.divergence": levels}, titles=(long, f"{long} 2", "short")))
    boxes = """[...document.querySelectorAll('#figure svg[role=img] text, #flow svg text')].filter(t => t.textContent)
      .map(t => [t.closest('svg').getBoundingClientRect(), t.getBoundingClientRect(), t.textContent])"""
    overlaps = f"""{boxes}.flatMap(([s, a, x], k, all) => all.slice(k + 1).filter(([r, b]) => r.top === s.top &&
      a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3)
      .map(c => [x, c[2]]))"""
    outside = f"""{boxes}.filter(([s, a]) => a.left < s.left - 1 || a.right > s.right + 1 || a.bottom > s.bottom + 1)
      .map(([s, a, text]) => text)"""
    for view in ("curves", "institutions side by side"):
        shown.choose("view", view)
        assert shown.run(overlaps) == []
        assert shown.run(outside) == []


def test_print_leaves_out_what_cannot_be_used_on_paper(make: Make, show: Show) -> None:
    shown = show(make(PLANE))
    shown.emulate(media="print", scheme="dark")
    assert not shown.driver.find_element("id", "controls").is_displayed()
    assert shown.colour("body", "backgroundColor").tolist() == [1, 1, 1]
    assert contrast(shown.colour("td", "color"), np.ones(3)) >= 7
    shown.run("window.dispatchEvent(new Event('beforeprint'))")
    assert shown.run("[...document.querySelectorAll('details')].every(d => d.open)")


def test_without_script_the_answer_the_tables_and_the_bars_are_there(make: Make, show: Show) -> None:
    dataset = make(LINE)
    shown = show(dataset)
    shown.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        shown.driver.refresh()
        text = shown.driver.find_element("tag name", "body").text
        assert "Collective security has less war" in text
        assert "drawn by a script" in text
        assert len(shown.driver.find_elements("css selector", "#outcomes rect[width]")) == 30
        assert percent(float(dataset["war"].sel(institution="anarchy")[0])) in text
    finally:
        shown.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

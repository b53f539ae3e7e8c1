"""What a reader's browser makes of the report: on any screen, by keyboard, on paper, and with scripts forbidden."""

import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.axe import objections
from tests.browser.conftest import Open
from tests.report import views
from tests.servers import require
from tlsaudit.report import write
from tlsaudit.report.view import DocumentView

WIDTHS = (360, 800, 1600)
SERVICES = 80


def large_fleet() -> DocumentView:
    """10,000 endpoints of 80 services, two failures on each."""
    endpoints = [
        views.endpoint(f"h{number:05}.example.org", ("east", "west")[number % 2], f"service {number % SERVICES:03}")
        for number in range(10_000)
    ]
    findings = [
        views.finding(check, item.id, "fail", f"{check} of {item.host} is not as it should be")
        for item in endpoints
        for check in ("tls-versions", "hsts-max-age")
    ]
    return views.view(endpoints, findings)


VIEWS = {
    view.__name__: view
    for view in (views.one_host, views.edited, views.overdue, views.fleet, views.hostile, large_fleet)
}
FEW = [name for name in VIEWS if name != "large_fleet"]
Report = Callable[[str], Path]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, charts: None) -> Report:
    """The file of a view, written once."""
    folder = tmp_path_factory.mktemp("reports")

    @cache
    def written(name: str) -> Path:
        write(VIEWS[name](), folder / f"{name}.html")
        return folder / f"{name}.html"

    return written


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")


@pytest.mark.parametrize(
    "screen",
    [
        *[("edited", width, scheme) for width in WIDTHS for scheme in ("light", "dark")],
        ("one_host", 1600, "light"),
        ("overdue", 800, "dark"),
        ("fleet", 800, "light"),
    ],
)
def test_axe_finds_nothing(screen: tuple[str, int, str], report: Report, show: Open, screenshots: Path | None) -> None:
    name, width, scheme = screen
    page = show(report(name), width=width, scheme=scheme)
    if screenshots:
        page.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png", full_page=True)
    unfold(page)
    assert objections(page) == []


@pytest.mark.parametrize("name", FEW)
def test_nothing_needs_sideways_scrolling_at_the_narrowest(name: str, report: Report, show: Open) -> None:
    page = show(report(name), width=320)  # WCAG 2.2, 1.4.10
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 320


NOT_SEEN = """() => {
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const hidden = [];
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    // A drawing is there in several widths, and the head of a stacked table is repeated beside each cell.
    if (text.data.trim() && !text.parentElement.closest("svg, thead, .unseen") && !text.parentElement.checkVisibility())
      hidden.push(text.data.trim());
  }
  return hidden;
}"""


@pytest.mark.parametrize("name", FEW)
def test_without_scripts_everything_can_be_read_and_nothing_is_idle(name: str, report: Report, show: Open) -> None:
    page = show(report(name), scripts=False)
    for summary in page.locator("summary").all():
        if not summary.evaluate("each => each.parentElement.open"):
            summary.click()
    assert page.evaluate(NOT_SEEN) == []
    assert page.locator("button, input, select, output").count() == 0


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_all_of_it_is_printed(paper: str, report: Report, show: Open, tmp_path: Path) -> None:
    page = show(report("edited"))
    page.pdf(path=tmp_path / "report.pdf", format=paper)
    command = [require("pdftotext", "poppler-utils"), str(tmp_path / "report.pdf"), "-"]
    printed = "".join(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    unfold(page)
    for heading in page.locator("h1, h2, h3").all_text_contents():
        assert "".join(heading.split()) in printed
    assert "Trafficthatmatchesnotrafficselectorleavesthedatacentreintheclear." in printed  # folded on a screen


TAB_STOP = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  const outline = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
  const before = window.before;
  window.before = at;
  return {
    end: at === document.body,
    visible: outline >= 2 && at.getBoundingClientRect().height > 0,
    in_order: !before || !!(before.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING),
    what: at.outerHTML.slice(0, 100),
  };
}"""


def test_the_keyboard_goes_everywhere_in_order_and_shows_where_it_is(report: Report, show: Open) -> None:
    page = show(report("edited"))
    page.keyboard.press("Tab")
    stops = [page.evaluate(TAB_STOP)]
    while not stops[-1]["end"] and len(stops) < 500:
        page.keyboard.press("Tab")
        stops.append(page.evaluate(TAB_STOP))
    assert stops.pop()["end"]
    assert len(stops) >= page.locator("summary:visible, a[href]:visible").count() > 5
    assert [stop["what"] for stop in stops if not (stop["visible"] and stop["in_order"])] == []


def test_a_summary_opens_by_keyboard(report: Report, show: Open) -> None:
    page = show(report("edited"))
    summary = page.locator("details:not([open]) > summary").first
    folded = summary.evaluate_handle("each => each.parentElement")
    summary.press("Enter")
    assert folded.evaluate("each => each.open")


BROKEN_LINKS = """() => [...document.querySelectorAll("a[href]")].map(each => each.getAttribute("href")).filter(
  href => href.startsWith("#") ? !document.getElementById(decodeURIComponent(href.slice(1)))
    : /^[a-z]+:/i.test(href) && !/^https?:/i.test(href)
)"""


@pytest.mark.parametrize("name", FEW)
def test_links_lead_somewhere(name: str, report: Report, show: Open) -> None:
    assert show(report(name)).evaluate(BROKEN_LINKS) == []


def test_a_long_table_is_filtered_and_sorted_by_keyboard(report: Report, show: Open) -> None:
    page = show(report("large_fleet"))
    table = page.locator("table.sift").first
    rows = table.locator("tbody tr:visible")
    assert rows.count() == SERVICES
    page.get_by_label("Show only rows with").first.focus()
    page.keyboard.type("SERVICE 01")
    found = [f"service {number:03}" for number in range(SERVICES) if "01" in f"{number:03}"]
    assert rows.count() == len(found) == 11
    assert page.locator("output").first.text_content() == f"11 of {SERVICES} shown"
    for key, direction, names in (("Enter", "ascending", found), ("Space", "descending", found[::-1])):
        table.locator("thead button").first.press(key)
        assert table.locator("thead th").first.get_attribute("aria-sort") == direction
        assert [text.partition("\t")[0] for text in rows.all_inner_texts()] == names


def test_the_index_of_a_large_fleet_is_small_and_leads_to_a_page_for_each_service(
    report: Report, show: Open, screenshots: Path | None
) -> None:
    index = report("large_fleet")
    assert index.stat().st_size < 1_000_000
    page = show(index, width=1600)
    links = page.locator("table.sift").first.locator("tbody a[href]")
    pages = {Path(each) for each in links.evaluate_all("links => links.map(each => each.pathname)")}
    assert len(pages) == SERVICES
    assert pages <= set(index.parent.rglob("*.html"))
    if screenshots:
        page.screenshot(path=screenshots / "large_fleet.png", full_page=True)
    page.get_by_role("link", name="service 007").first.click()
    assert "service 007" in (page.locator("h1").text_content() or "")
    unfold(page)
    assert page.get_by_text("h00007.example.org").first.is_visible()
    assert objections(page) == []
    if screenshots:
        page.screenshot(path=screenshots / "service_page.png", full_page=True)
    page.locator(f'a[href$="{index.name}"]').first.click()
    assert page.url.partition("#")[0] == index.as_uri()

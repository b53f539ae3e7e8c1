"""What a reader's browser makes of the report, on any screen, and with scripts forbidden."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.axe import objections
from tests.browser.conftest import Open
from tests.report import views
from tlsaudit.report import write

VIEWS = {view.__name__: view for view in (views.one_host, views.edited, views.overdue, views.fleet, views.hostile)}
WIDTHS = (360, 800, 1600)

Report = Callable[[str], Path]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The file of a view, written once."""
    folder = tmp_path_factory.mktemp("reports")

    @cache
    def written(name: str) -> Path:
        write(VIEWS[name](), folder / f"{name}.html")
        return folder / f"{name}.html"

    return written


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")


@pytest.mark.parametrize("name", VIEWS)
def test_axe_finds_nothing_on_any_screen(name: str, report: Report, show: Open, screenshots: Path | None) -> None:
    page = show(report(name))
    unfold(page)
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            if screenshots:
                page.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png", full_page=True)
            if broken := objections(page):
                found[width, scheme] = broken
    assert found == {}


@pytest.mark.parametrize("name", VIEWS)
def test_nothing_needs_sideways_scrolling_at_the_narrowest(name: str, report: Report, show: Open) -> None:
    page = show(report(name), width=320)  # WCAG 2.2, 1.4.10
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 320

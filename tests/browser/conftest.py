"""A browser for the tests of this folder, and pages of it that may do nothing a report must not do."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.servers import require

FLAGS = (
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

Open = Callable[..., Page]
"""`show(path, width=800, scheme="light", scripts=True)` opens a report in a window of its own."""


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    program = require("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def show(chromium: Browser) -> Iterator[Open]:
    """Opens reports. In the end none of them may have complained on the console, as the browser does about whatever
    the page's policy refuses, run anybody's alert, or asked for anything but files."""
    complaints: list[str] = []
    requests: list[str] = []

    def opened(
        report: Path, *, width: int = 800, scheme: Literal["dark", "light"] = "light", scripts: bool = True
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts, offline=True
        )
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(error.message))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(report.as_uri())
        return page

    yield opened
    for context in chromium.contexts:
        context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith("file:")] == []


@pytest.fixture(scope="session")
def screenshots() -> Path | None:
    """Where `TLSAUDIT_SCREENSHOTS` wants pictures of the reports for somebody to look at."""
    folder = os.environ.get("TLSAUDIT_SCREENSHOTS")
    return Path(folder) if folder else None

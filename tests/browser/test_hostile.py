"""In a real browser, too, what others say is text: no script runs, and no request leaves."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Open
from tests.cli.command import tlsaudit
from tests.cli.hostile import NAME, SCRIPT, hostile_server
from tests.report import views
from tests.report.hostile import ATTACKS, poisoned
from tlsaudit.report import write
from tlsaudit.report.text import clean
from tlsaudit.report.view import DocumentView

ALIEN = """
[...document.querySelectorAll("body script, img, iframe, object, embed, base, form, link, details > style")].length
+ [...document.querySelectorAll("*")].filter(each => [...each.attributes].some(one => /^on/i.test(one.name))).length
"""
"""How many elements and attributes there are that a report never has."""

SLIPPED_THROUGH = """
<script>document.title = "owned"</script>
<img src="https://evil.example/x.png" onerror="document.title = 'owned'">
<svg onload="document.title = 'owned'"></svg>
<style>main { display: none }</style>
<p id="styled" style="position: fixed">owned</p>
<link rel="stylesheet" href="https://evil.example/x.css">
<iframe src="https://evil.example/"></iframe>
<base href="https://evil.example/">
<a id="run" href="javascript:document.title = 'owned'">owned</a>
"""


@pytest.mark.parametrize("document", [views.hostile(), poisoned(views.edited(), " ".join(ATTACKS.values()))])
def test_attacks_in_every_place_are_shown(document: DocumentView, tmp_path: Path, show: Open) -> None:
    write(document, tmp_path / "report.html")
    page = show(tmp_path / "report.html")
    assert page.evaluate(ALIEN) == 0
    assert "<script>alert(1)</script>" in (page.text_content("main") or "")


def test_what_a_server_says_is_shown(tmp_path: Path, show: Open) -> None:
    with hostile_server() as there:
        done = tlsaudit("scan", NAME, *there, "-o", tmp_path / "report.html")
    assert done.code == 1, done.err
    page = show(tmp_path / "report.html")
    assert page.evaluate(ALIEN) == 0
    text = page.text_content("main") or ""
    for quoted in (f"##[owned]{SCRIPT}.example", "=cmd()\x1b[2J.example", "@owned|x[owned](https://evil.example)"):
        assert clean(quoted) in text


def test_were_it_not_escaped_it_would_not_run_either(tmp_path: Path, chromium: Browser) -> None:
    write(views.one_host(), tmp_path / "report.html")
    report = (tmp_path / "report.html").read_text("utf-8")
    (tmp_path / "owned.html").write_text(report.replace("</main>", f"{SLIPPED_THROUGH}</main>"), "utf-8")
    left: list[str] = []  # of requests, what the policy refuses is one, too; it is never routed
    refused: list[str] = []
    with chromium.new_context() as context:
        page = context.new_page()
        page.route(re.compile("^(?!file:)"), lambda route: left.append(route.request.url))
        page.on("console", lambda message: refused.append(message.text))
        page.goto((tmp_path / "owned.html").as_uri())
        page.click("#run")
        assert page.title().startswith("Encryption audit")
        assert page.is_visible("main")
        assert page.evaluate("getComputedStyle(document.querySelector('#styled')).position") == "static"
        assert page.evaluate("document.baseURI").startswith("file:")
    assert left == []
    assert len([each for each in refused if "Content Security Policy" in each]) >= 9

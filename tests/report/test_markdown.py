import io
import re
from typing import Any

import cmarkgfm
import pytest
from bs4 import BeautifulSoup

from tests.report import golden, views
from tlsaudit.report import format_by_name
from tlsaudit.report.markdown import LIMIT
from tlsaudit.report.view import AuditView


def rendered(view: AuditView) -> str:
    out = io.StringIO()
    format_by_name("markdown").render(view, out)
    return out.getvalue()


def page_of(view: AuditView) -> BeautifulSoup:
    options = cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE
    return BeautifulSoup(cmarkgfm.github_flavored_markdown_to_html(rendered(view), options), "html.parser")


def test_the_goals_are_a_table_with_a_row_each() -> None:
    goals = page_of(golden.located()).find_all("table")[0]
    rows = [[cell.get_text() for cell in row.find_all("td")] for row in goals.find_all("tr")][1:]
    assert [row[:3] for row in rows[:3]] == [
        ["excused until 31 Mar", "Recorded traffic stays secret if a key leaks", "5 of 6, 1 excused"],
        ["late", "Traffic between the data centres is encrypted", "0 of 1"],
        ["at risk", "Search engines index us under HTTPS", "2 of 4, 1 unknown"],
    ]
    assert len(rows) == 5


def test_it_says_what_changed_what_blocks_and_what_was_found() -> None:
    text = page_of(golden.located()).get_text()
    assert "Since 1 February, 2 goals got better" in text
    assert "ipsec-coverage east-west: no SA for 10.64.0.0/16 -> 10.192.0.0/16" in text
    assert "fail the http copy names http: m.example.org at east" in text
    assert "unknown 403 from the server: m.example.org at west" in text
    assert "pfs-clients on login@west until 31 Mar: Old load balancer, replaced in March" in text
    assert "16 of 17 judged" in text


def test_a_failure_has_its_fix_and_like_ones_stand_together() -> None:
    text = page_of(views.fleet()).get_text()
    assert "fail TLS 1.0 is served: h0001.example.org at west" in text
    assert "and 9 others" in text
    assert "fix, nginx: ssl_protocols TLSv1.2 TLSv1.3;" in text
    assert "unknown connection refused: h0070.example.org at east and h0170.example.org at east" in text


def test_the_fleet_is_not_named() -> None:
    finding = views.finding("keys-shared", "fleet", "fail", "one key on two hosts", kind="fleet")
    assert "- **fail** one key on two hosts\n" in rendered(views.view([views.endpoint("a.example")], [finding]))


def test_what_others_wrote_stays_text() -> None:
    page = page_of(views.hostile())
    allowed = {"h1", "h2", "h3", "p", "em", "strong", "code", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"}
    assert {tag.name for tag in page.find_all(True)} <= allowed
    assert "<script>alert(1)</script>" in page.get_text()


def wordy(size: int) -> Any:
    """A check for each finding, each with a message of its own, not all of it ASCII."""
    checks = [views.CHECKS[0].model_copy(update={"id": f"check-{number}"}) for number in range(size)]
    findings = [
        views.finding(check.id, f"h{number}.example.org:443", "fail", f"{number} \u00fc" * 20)
        for number, check in enumerate(checks)
    ]
    return views.view([views.endpoint("h0.example.org")], findings, checks=checks)


def test_it_fits_into_a_comment_on_github_and_says_what_was_cut() -> None:
    whole = rendered(wordy(50))
    assert "left out" not in whole
    cut = rendered(wordy(2000))
    assert LIMIT - 1000 < len(cut.encode()) <= LIMIT
    last = cut.splitlines()[-1]
    assert re.fullmatch(r"\*[0-9,]+ more lines would not fit into a comment on GitHub, and are left out\.\*", last)


@pytest.mark.parametrize("example", [views.one_host, views.overdue, views.fleet])
def test_no_line_is_left_with_spaces_at_its_end(example: Any) -> None:
    assert [line for line in rendered(example()).splitlines() if line != line.rstrip()] == []

"""The pages of a large fleet: one for each service and each owner, beside an index."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from tests.report import views
from tlsaudit.report import write
from tlsaudit.report.html.fleet import LISTED
from tlsaudit.report.html.names import file_name
from tlsaudit.report.html.page import BIG
from tlsaudit.report.view import AuditView, Seen, visit_of

NAMES = ("wiki", "Wiki", "../../etc/passwd", "<script>alert(1)</script>", "a b", "a-b", "CON", "ünï", "x" * 300)


def fleet() -> AuditView:
    """Services with names of all kinds, and one that fails."""
    endpoints = [
        views.endpoint(f"h{number}.example.org", "east", name, owner=f"team{number % 3}@example.org")
        for number, name in enumerate([*NAMES, *(f"s{number}" for number in range(200)), None])
    ]
    found = [
        views.finding("tls-versions", endpoints[0].id, "fail", "TLS 1.0 is served", facts={"served": ["TLS 1.0"]}),
        *(views.finding("tls-versions", item.id, "pass", "fine") for item in endpoints[1:]),
    ]
    return views.view(endpoints, found)


@cache
def parsed(path: Path) -> Any:
    return BeautifulSoup(path.read_text("utf-8"), "lxml")


def words(element: Any) -> str:
    return " ".join(element.get_text(" ").split())


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "report 1.html"
    write(fleet(), path)
    return path


def test_every_service_and_owner_has_a_page_and_every_link_leads_somewhere(index: Path) -> None:
    pages = sorted((index.parent / "report 1-pages").glob("*.html"))
    assert len(pages) == len(NAMES) + 200 + 1 + 3 + 1
    reached = set()
    for page in (index, *pages):
        html = parsed(page)
        for link in html.find_all("a", href=True):
            address, _, anchor = link["href"].partition("#")
            leads = (page.parent / unquote(address)).resolve() if address else page
            assert leads == index or leads in pages, link
            assert not anchor or parsed(leads).find(id=anchor), link
            reached.add(leads)
    assert reached >= set(pages)


def test_a_page_of_a_service_has_its_findings_fixes_endpoints_and_times(index: Path) -> None:
    html = parsed(index.parent / "report 1-pages" / "service-wiki.html")
    assert words(html.h1) == "wiki 1 March 2015"
    text = words(html)
    assert "1 of 1 endpoints fails at least one check." in text
    assert "It belongs to team0@example.org" in text
    assert "TLS 1.0 is served h0.example.org at east served: TLS 1.0" in text
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in text
    assert [words(table.caption) for table in html("table")] == [
        "What does not pass",
        "Availability, outcomes and response times of each service at each site",
        "Every endpoint: a host name and port at a site",
    ]
    assert len(html("h1")) == len(html("main")) == 1


def test_a_page_of_an_owner_leads_to_the_services(index: Path) -> None:
    (owner,) = (index.parent / "report 1-pages").glob("owner-team0-example-org_*.html")
    assert parsed(owner).find("a", href="service-wiki.html")


def test_a_small_fleet_is_one_file_and_takes_the_pages_away(tmp_path: Path) -> None:
    write(fleet(), tmp_path / "report.html")
    write(views.timetable(), tmp_path / "report.html")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


class Streamed(views.Plain):
    """A fleet that is never whole in memory: `written` are the pages that there were when each service was begun."""

    def __init__(self, folder: Path) -> None:
        super().__init__(views.view([views.endpoint(f"h{number}.example.org") for number in range(BIG + 1)], []))
        self.folder = folder
        self.written: list[int] = []

    def seen(self) -> Iterator[Seen]:
        for number in range(5):
            self.written.append(len([*self.folder.glob(".*/service-*.html")]))
            yield visit_of(views.endpoint(f"h{number}.example.org", None, f"s{number}")), None


def test_the_page_of_a_service_is_written_before_the_next_is_read(tmp_path: Path) -> None:
    streamed = Streamed(tmp_path)
    write(streamed, tmp_path / "report.html")
    assert streamed.written == [0, 0, 1, 2, 3]  # that another one follows is how a service ends


def test_a_page_lists_those_that_fail_most_and_says_how_many_it_leaves_out(tmp_path: Path) -> None:
    endpoints = [views.endpoint(f"h{number:04}.example.org", "east", "wiki") for number in range(2 * LISTED + 3)]
    found = [views.finding("tls-versions", item.id, "fail", "TLS 1.0 is served") for item in endpoints[-2:]]
    write(views.view(endpoints, found), tmp_path / "report.html")
    html = parsed(tmp_path / "report-pages" / "service-wiki.html")
    listed = html.find("section", attrs={"aria-labelledby": "endpoints"})
    ids = [row.th.text.partition(":")[0] for row in listed.tbody("tr")]
    assert ids[:3] == ["h2001.example.org", "h2002.example.org", "h0000.example.org"]
    assert len(ids) == LISTED
    assert "and 1,003 more endpoints, which fail no more than these; the JSON report has them all." in words(listed)
    assert "2 of 2,003 endpoints fail at least one check." in words(html)


def test_names_that_are_plain_are_file_names() -> None:
    names = {name: file_name("service", name) for name in ("wiki", "Wiki", None)}
    assert names == {
        "wiki": "service-wiki.html",
        "Wiki": "service-wiki_63ec69fde300e6d6.html",
        None: "no-service.html",
    }


@given(st.lists(st.text(), unique=True))
def test_no_two_names_share_a_file_and_none_leads_elsewhere(names: list[str]) -> None:
    files = [file_name("service", name) for name in names]
    assert len({file.casefold() for file in files}) == len(names)
    assert all(re.fullmatch(r"service-[a-z0-9_-]{1,80}[.]html", file) for file in files)


def test_the_index_of_ten_thousand_endpoints_stays_small(tmp_path: Path) -> None:
    endpoints = [
        views.endpoint(f"h{number:05}.example.org", f"site{number % 9}", f"service-{number // 50}")
        for number in range(10_000)
    ]
    found = [views.finding("tls-versions", item.id, "fail", "TLS 1.0 is served") for item in endpoints]
    write(views.view(endpoints, found), tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size < 1_000_000
    text = words(parsed(tmp_path / "report.html"))
    assert "These have the most failures. All services , with 167 more." in text

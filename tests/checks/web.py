"""Builders of HTTP evidence for the tests of checks."""

from datetime import UTC, datetime

from tlsaudit.evidence import (
    CanonicalLinks,
    Hop,
    HttpExchange,
    HttpsExchange,
    NotObserved,
    Page,
    PageCopy,
    Reason,
    Visit,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HOST = "www.example.org"

TIMED_OUT = NotObserved(Reason.TIMED_OUT)
REFUSED = NotObserved(Reason.REFUSED)
LOOP = NotObserved(Reason.REDIRECT_LOOP)


def hop(url: str, status: int = 200, location: str | None = None, hsts: tuple[str, ...] = ()) -> Hop:
    return Hop(url, status, location, hsts, ())


def visit(*hops: Hop, stopped: NotObserved | None = None, url: str | None = None) -> Visit:
    return Visit(url or hops[0].url, hops, stopped)


def https(*visits: Visit, host: str = HOST, chain_error: str | None = None) -> HttpsExchange:
    return HttpsExchange(host, NOW, 10.0, chain_error, visits)


def http(*visits: Visit, refused: bool = False, dropped: bool = False, https_port: int = 443) -> HttpExchange:
    return HttpExchange(HOST, NOW, refused, visits, https_port, dropped)


def copy(scheme: str, *links: str, header: tuple[str, ...] = (), status: int = 200, path: str = "/") -> PageCopy:
    return PageCopy(f"{scheme}://{HOST}{path}", status, links, header)


def canonical(*pages: Page) -> CanonicalLinks:
    return CanonicalLinks(HOST, NOW, pages)

"""Visit the pages of an endpoint over http and https, side by side, within one deadline."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tlsaudit.evidence import (
    CanonicalLinks,
    Evidence,
    EvidenceType,
    HttpExchange,
    HttpsExchange,
    NotObserved,
    Page,
    Reason,
    absolute_url,
    origin,
)
from tlsaudit.probe.http.client import Client
from tlsaudit.probe.http.network import unheard
from tlsaudit.probe.http.targets import canonical_targets
from tlsaudit.probe.http.visits import Scheme, Visitor
from tlsaudit.probe.limits import Limits
from tlsaudit.target import Endpoint

DEEP_PATH = "/tlsaudit/deep/path?and=query"
"""What nobody listed and hardly anybody serves: it shows what a server does with all the rest, errors included."""

# What many a firewall says where the host itself would have refused. A proxy that says so has more to add to it.
_PROHIBITED = NotObserved(Reason.UNREACHABLE)


@dataclass(frozen=True, slots=True)
class HttpLook:
    """What was seen at one address, and over how many connections."""

    found: Mapping[EvidenceType, Evidence | NotObserved]
    connections: int = 0


async def look(client: Client, endpoint: Endpoint, limits: Limits, wanted: frozenset[EvidenceType]) -> HttpLook:
    """What the endpoint's pages answer. See HttpProbe.look."""
    visitor = Visitor(client, limits)
    async with asyncio.TaskGroup() as group:
        over_https = group.create_task(visitor.visit(_urls(endpoint, "https", endpoint.port)))
        over_http = (
            group.create_task(visitor.visit(_urls(endpoint, "http", endpoint.http_port), after=over_https))
            if endpoint.http_port is not None
            else None
        )
    https = over_https.result()
    http = over_http.result() if over_http else None
    now = datetime.now(UTC)
    exchange = _http_exchange(endpoint, now, http, https)
    if http and isinstance(exchange, HttpExchange) and exchange.dropped:  # to a reader of pages, a closed port
        closed = NotObserved(Reason.REFUSED, "no answer of any kind")
        http = replace(http, firsts=[replace(first, hop=closed, copy=closed) for first in http.firsts])
    links = _canonical_links(endpoint, now, http, https)
    if CanonicalLinks in wanted and isinstance(links, CanonicalLinks):
        links = replace(links, targets=await canonical_targets(visitor, links.pages, https))
    return HttpLook(
        {
            HttpExchange: exchange,
            HttpsExchange: _https_exchange(endpoint, now, https, client.untrusted),
            CanonicalLinks: links,
        }
    )


def _urls(endpoint: Endpoint, scheme: str, port: int) -> list[str]:
    """The URLs of the pages, and last of the deep path."""
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    base = f"{scheme}://{host}:{port}"
    return [absolute_url(base, base + page) for page in (*endpoint.pages, DEEP_PATH)]


def _http_exchange(endpoint: Endpoint, now: datetime, http: Scheme | None, https: Scheme) -> HttpExchange | NotObserved:
    if http is None:
        return _no_http_port()
    if http.missing is None:
        return HttpExchange(endpoint.host, now, False, http.visits, endpoint.port)
    refused = http.missing.reason is Reason.REFUSED or http.missing == _PROHIBITED
    dropped = http.missing == unheard(endpoint.http_port or 0)
    if not (refused or dropped):
        return http.missing
    # A closed port enforces https only where https is served: a host that is down enforces nothing.
    if https.missing is not None and https.missing.reason is not Reason.CLIENT_CERTIFICATE:
        return NotObserved(http.missing.reason, f"and no https either ({https.missing.reason})")
    return HttpExchange(endpoint.host, now, refused, (), endpoint.port, dropped)


def _https_exchange(
    endpoint: Endpoint, now: datetime, https: Scheme, untrusted: Mapping[tuple[str, str, int], str]
) -> HttpsExchange | NotObserved:
    if https.missing is not None:
        return https.missing
    first = https.firsts[0]
    return HttpsExchange(endpoint.host, now, first.first_byte_ms, untrusted.get(origin(first.url)), https.visits)


def _canonical_links(
    endpoint: Endpoint, now: datetime, http: Scheme | None, https: Scheme
) -> CanonicalLinks | NotObserved:
    if https.missing is not None and (http is None or http.missing is not None):
        return https.missing
    http_copies = [first.copy for first in http.firsts] if http else [_no_http_port()] * len(endpoint.pages)
    https_copies = [first.copy for first in https.firsts]
    pages = (Page(*page) for page in zip(endpoint.pages, http_copies, https_copies, strict=False))  # not the deep path
    return CanonicalLinks(endpoint.host, now, tuple(pages))


def _no_http_port() -> NotObserved:
    return NotObserved(Reason.NOT_PROBED, "no plain-http port")

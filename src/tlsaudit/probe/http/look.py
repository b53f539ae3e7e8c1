"""Visit the pages of an endpoint over http and https, side by side, within one deadline."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import repeat
from typing import NamedTuple

from tlsaudit.evidence import (
    CanonicalLinks,
    CompressedPages,
    Evidence,
    EvidenceType,
    Hop,
    HttpExchange,
    HttpsExchange,
    MixedContent,
    NotObserved,
    Page,
    PageContent,
    Reason,
    SiteIndex,
    Visit,
    WebLatency,
    absolute_url,
    origin,
)
from tlsaudit.evidence.url import DEFAULT_PORTS
from tlsaudit.probe.http.client import Client
from tlsaudit.probe.http.compression import compressed_pages
from tlsaudit.probe.http.index import site_index
from tlsaudit.probe.http.network import unheard
from tlsaudit.probe.http.targets import canonical_targets
from tlsaudit.probe.http.visits import SHARE_OF_ENDPOINT_TIME, First, Scheme, Visitor
from tlsaudit.probe.limits import Limits
from tlsaudit.target import Endpoint

DEEP_PATH = "/tlsaudit/deep/path?and=query"
"""What nobody listed and hardly anybody serves: it shows what a server does with all the rest, errors included."""

# What many a firewall says where the host itself would have refused. A proxy that says so has more to add to it.
_PROHIBITED = NotObserved(Reason.UNREACHABLE)

_OF_SAMPLES: frozenset[EvidenceType] = frozenset({CanonicalLinks, MixedContent, SiteIndex})

# The rest of the time is for the pages of the sample.
_INDEX_SHARE_OF_TIME = 0.6


@dataclass(frozen=True, slots=True)
class HttpLook:
    """What was seen at one address, and over how many connections."""

    found: Mapping[EvidenceType, Evidence | NotObserved]
    connections: int = 0


class _Seen(NamedTuple):
    """What some pages answer, and then those unread. `http` is None where the endpoint has no plain-http port."""

    pages: Sequence[str]
    https: Scheme
    http: Scheme | None


async def look(client: Client, endpoint: Endpoint, limits: Limits, wanted: frozenset[EvidenceType]) -> HttpLook:
    """What the endpoint's pages answer, and a sample of others. See HttpProbe.look."""
    begun = asyncio.get_running_loop().time()
    until = begun + _INDEX_SHARE_OF_TIME * limits.endpoint_s
    visitor = Visitor(client, limits, contents=MixedContent in wanted)
    listed = await _visit(visitor, endpoint, endpoint.pages, unread=[DEEP_PATH])
    now = datetime.now(UTC)
    exchange = _http_exchange(endpoint, now, listed.http, listed.https)
    if listed.http and isinstance(exchange, HttpExchange) and exchange.dropped:  # to a reader of pages, a closed port
        closed = NotObserved(Reason.REFUSED, "no answer of any kind")
        listed = listed._replace(http=_nothing([first.url for first in listed.http.firsts], closed))
    seen = [listed]
    index: SiteIndex | NotObserved = NotObserved(Reason.NOT_PROBED, "no sample is wanted")
    if endpoint.sample and wanted & _OF_SAMPLES:
        index = await _index(client, endpoint, listed, limits, until)
        if isinstance(index, SiteIndex) and index.sampled:
            seen.append(await _visit(visitor, endpoint, index.sampled, before=listed))
    links = _canonical_links(endpoint, now, seen)
    if CanonicalLinks in wanted and isinstance(links, CanonicalLinks):
        https = Scheme(
            [first for each in seen for first in each.https.firsts[: len(each.pages)]],
            tuple(visit for each in seen for visit in each.https.visits[: len(each.pages)]),
        )
        links = replace(links, targets=await canonical_targets(visitor, links.pages, https))
    compressed: CompressedPages | NotObserved = NotObserved(Reason.NOT_PROBED)
    if CompressedPages in wanted:
        by = begun + SHARE_OF_ENDPOINT_TIME * limits.endpoint_s
        compressed = listed.https.missing or CompressedPages(
            endpoint.host, now, await compressed_pages(client, listed.pages, listed.https.firsts, limits, by)
        )
    return HttpLook(
        {
            CompressedPages: compressed,
            HttpExchange: exchange,
            HttpsExchange: _https_exchange(endpoint, now, listed.https, client.untrusted),
            WebLatency: _latency(endpoint, now, listed),
            CanonicalLinks: links,
            MixedContent: _mixed_content(endpoint, now, seen),
            SiteIndex: index,
        }
    )


async def _visit(
    visitor: Visitor,
    endpoint: Endpoint,
    pages: Sequence[str],
    *,
    unread: Sequence[str] = (),
    before: _Seen | None = None,
) -> _Seen:
    """Ask for the pages, then for those left `unread`. What said nothing `before` is not asked again."""

    async def ask(base: str, said: Scheme | None, after: "asyncio.Task[Scheme] | None" = None) -> Scheme:
        urls = [absolute_url(base, base + page) for page in pages]
        if said and said.missing:
            return _nothing(urls, said.missing)
        return await visitor.visit(urls, after, unread=[absolute_url(base, base + page) for page in unread])

    async with asyncio.TaskGroup() as group:
        over_https = group.create_task(ask(_base(endpoint, "https", endpoint.port), before and before.https))
        over_http = (
            group.create_task(ask(_base(endpoint, "http", endpoint.http_port), before and before.http, over_https))
            if endpoint.http_port is not None
            else None
        )
    return _Seen(pages, over_https.result(), over_http.result() if over_http else None)


def _nothing(urls: Iterable[str], why: NotObserved) -> Scheme:
    firsts = [First(url, why, why) for url in urls]
    return Scheme(firsts, tuple(Visit(first.url, (), why) for first in firsts))


async def _index(
    client: Client, endpoint: Endpoint, listed: _Seen, limits: Limits, until: float
) -> SiteIndex | NotObserved:
    """By https; by http where that is all there is."""
    if listed.https.missing is None:
        base = _base(endpoint, "https", endpoint.port)
    elif listed.http and listed.http.missing is None and endpoint.http_port is not None:
        base = _base(endpoint, "http", endpoint.http_port)
    else:
        return listed.https.missing
    return await site_index(client, endpoint, absolute_url(base, "/"), limits, until)


def _base(endpoint: Endpoint, scheme: str, port: int) -> str:
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    return f"{scheme}://{host}" if port == DEFAULT_PORTS[scheme] else f"{scheme}://{host}:{port}"


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
        return NotObserved(http.missing.reason, f"{_NO_HTTPS} ({https.missing.reason})")
    return HttpExchange(endpoint.host, now, refused, (), endpoint.port, dropped)


_NO_HTTPS = "and no https either"


def is_closed(http: NotObserved) -> bool:
    """Whether plain http is closed, and for that alone nothing was seen, that https was not either."""
    return http.detail.startswith(_NO_HTTPS)


def closed(endpoint: Endpoint, http: NotObserved) -> HttpExchange:
    """The same where https is served after all, to those with a certificate."""
    refused = http.reason in {Reason.REFUSED, _PROHIBITED.reason}
    return HttpExchange(endpoint.host, datetime.now(UTC), refused, (), endpoint.port, not refused)


def _https_exchange(
    endpoint: Endpoint, now: datetime, https: Scheme, untrusted: Mapping[tuple[str, str, int], str]
) -> HttpsExchange | NotObserved:
    if https.missing is not None:
        return https.missing
    first = https.firsts[0]
    return HttpsExchange(endpoint.host, now, first.first_byte_ms, untrusted.get(origin(first.url)), https.visits)


def _latency(endpoint: Endpoint, now: datetime, listed: _Seen) -> WebLatency | NotObserved:
    if listed.https.missing is not None:
        return listed.https.missing
    https, http = listed.https.firsts[0], listed.http.firsts[0] if listed.http else None
    return WebLatency(
        endpoint.host,
        now,
        http_connect_ms=http.times.connect_ms if http and http.times else None,
        http_first_byte_ms=http.times.wait_ms if http and http.times else None,
        https_connect_ms=https.times.connect_ms if https.times else None,
        https_tls_ms=https.times.tls_ms if https.times else None,
        https_first_byte_ms=https.times.wait_ms if https.times else None,
        http_status=http.hop.status if http and isinstance(http.hop, Hop) else None,
        https_status=https.hop.status if isinstance(https.hop, Hop) else None,
    )


def _canonical_links(endpoint: Endpoint, now: datetime, seen: Sequence[_Seen]) -> CanonicalLinks | NotObserved:
    _, https, http = seen[0]
    if https.missing is not None and (http is None or http.missing is not None):
        return https.missing
    return CanonicalLinks(endpoint.host, now, tuple(page for each in seen for page in _pages(each)))


def _mixed_content(endpoint: Endpoint, now: datetime, seen: Sequence[_Seen]) -> MixedContent | NotObserved:
    if why := seen[0].https.missing:
        return why
    pages = (page for each in seen for page in zip(each.pages, each.https.firsts, strict=False))
    return MixedContent(
        endpoint.host, now, tuple((path, said) for path, first in pages if (said := _content(first)) is not None)
    )


def _content(first: First) -> PageContent | NotObserved | None:
    return first.copy if first.content is None and isinstance(first.copy, NotObserved) else first.content


def _pages(seen: _Seen) -> Iterator[Page]:
    http_copies = [first.copy for first in seen.http.firsts] if seen.http else repeat(_no_http_port())
    https_copies = [first.copy for first in seen.https.firsts]
    yield from (Page(*page) for page in zip(seen.pages, http_copies, https_copies, strict=False))


def _no_http_port() -> NotObserved:
    return NotObserved(Reason.NOT_PROBED, "no plain-http port")

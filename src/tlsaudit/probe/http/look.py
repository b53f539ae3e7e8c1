"""Visit the pages of an endpoint over http and https, side by side, within one deadline."""

import asyncio
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeGuard

from tlsaudit.evidence import (
    CanonicalLinks,
    Hop,
    HttpExchange,
    HttpsExchange,
    NotObserved,
    Page,
    PageCopy,
    Reason,
    UrlError,
    Visit,
    absolute_url,
    origin,
)
from tlsaudit.probe.http.client import Answer, Client, UnansweredError
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.pages import header_canonicals, html_canonicals, is_html
from tlsaudit.target import Endpoint

# A look that is cut off from outside loses all its evidence, so it ends itself in time.
_SHARE_OF_ENDPOINT_TIME = 0.8

# What may be a limit on requests or connections, and not the state of things. nginx's limit_req answers 503.
_RATE_LIMITING = (429, 503)
_BACK_OFF_S = 0.5
_MOST_BACK_OFF_S = 2.0
_SECONDS = re.compile(r"[0-9]{1,9}")  # a date is not worth the comparison of clocks (RFC 9110 section 10.2.3)

_NGINX_SAYS = ("No required SSL certificate was sent", "The SSL certificate error")
_NGINX_PAGE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class HttpLook:
    """What was seen at one address, and over how many connections."""

    http: HttpExchange | NotObserved
    https: HttpsExchange | NotObserved
    canonical: CanonicalLinks | NotObserved
    connections: int = 0


@dataclass(frozen=True, slots=True)
class _First:
    """The first answer to a page's URL, and the page in it. `retry_after` is the raw field."""

    url: str
    hop: Hop | NotObserved
    copy: PageCopy | NotObserved
    first_byte_ms: float = 0.0
    retry_after: str | None = None

    @property
    def again_in_s(self) -> float | None:
        """Seconds until it is worth to ask once more, where this may be rate limiting; None where it is not."""
        if isinstance(self.hop, NotObserved):
            return _BACK_OFF_S if self.hop.reason in (Reason.REFUSED, Reason.RESET) else None
        if self.hop.status not in _RATE_LIMITING:
            return None
        if self.retry_after is None:
            return _BACK_OFF_S
        asked = float(self.retry_after) if _SECONDS.fullmatch(self.retry_after) else math.inf
        return max(asked, _BACK_OFF_S) if asked <= _MOST_BACK_OFF_S else None


@dataclass(frozen=True, slots=True)
class _Scheme:
    """What one scheme has to say: a first answer and a visit for each page."""

    firsts: Sequence[_First]
    visits: tuple[Visit, ...]

    @property
    def missing(self) -> NotObserved | None:
        """Why the port says nothing at all."""
        hop = self.firsts[0].hop
        return hop if isinstance(hop, NotObserved) else None


async def look(client: Client, endpoint: Endpoint, limits: Limits) -> HttpLook:
    """What the endpoint's pages answer. See HttpProbe.look."""
    visitor = _Visitor(client, limits)
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
    return HttpLook(
        http=_http_exchange(endpoint, now, http, https),
        https=_https_exchange(endpoint, now, https, client.untrusted),
        canonical=_canonical_links(endpoint, now, http, https),
    )


class _Visitor:
    """Follows redirects, and remembers the answers over https so that no URL is asked twice."""

    def __init__(self, client: Client, limits: Limits) -> None:
        self._client = client
        self._limits = limits
        self._deadline = asyncio.get_running_loop().time() + _SHARE_OF_ENDPOINT_TIME * limits.endpoint_s
        self._known: dict[str, Hop | NotObserved] = {}

    async def visit(self, urls: Sequence[str], after: "asyncio.Task[_Scheme] | None" = None) -> _Scheme:
        """Ask for each URL and follow where it leads; redirects are followed once `after` has ended.

        Where the first URL gets no answer, the others are not asked for. Once, what may be rate limiting is waited out.
        """
        firsts: list[_First] = []
        patient = True
        for url in urls:
            if firsts and isinstance(firsts[0].hop, NotObserved):
                firsts.append(replace(firsts[0], url=url))
                continue
            first = await self._first(url)
            if patient and self._has_time(wait := first.again_in_s):
                patient = False
                await asyncio.sleep(wait)
                first = await self._first(url)
            firsts.append(first)
        if after:
            await asyncio.wait([after])
        else:
            self._known |= {first.url: first.hop for first in firsts}
        return _Scheme(firsts, tuple([await self._follow(first) for first in firsts]))

    def _has_time(self, seconds: float | None) -> TypeGuard[float]:
        return seconds is not None and asyncio.get_running_loop().time() + seconds < self._deadline

    async def _first(self, url: str) -> _First:
        nothing = NotObserved(Reason.TIMED_OUT, "no complete answer in time")
        first = _First(url, nothing, nothing)
        try:
            async with asyncio.timeout_at(self._until()), self._client.get(url) as answer:
                first = _First(url, answer.hop, nothing, answer.first_byte_ms, answer.retry_after)
                if why := await _turned_away(answer):
                    return _First(url, why, why)
                return replace(first, copy=await self._copy(answer))
        except UnansweredError as error:
            return _First(url, error.why, error.why)
        except TimeoutError:
            return first

    async def _copy(self, answer: Answer) -> PageCopy | NotObserved:
        hop = answer.hop
        copy = PageCopy(hop.url, hop.status, (), header_canonicals(hop.link, hop.url))
        if hop.status != 200 or not is_html(answer.content_type):
            return copy
        try:
            body = await answer.body(self._limits.body_bytes)
        except UnansweredError as error:
            return error.why
        head = html_canonicals(body.data, hop.url, answer.content_type)
        if not (body.complete or head.complete):
            return NotObserved(Reason.TOO_LARGE, "the document's head does not end")
        return replace(copy, html_links=head.links)

    async def _follow(self, first: _First) -> Visit:
        if isinstance(first.hop, NotObserved):
            return Visit(first.url, (), first.hop)
        hops = [first.hop]
        try:
            async with asyncio.timeout_at(self._until()):
                stopped = await self._chase(hops)
        except TimeoutError:
            stopped = NotObserved(Reason.TIMED_OUT, "the redirects do not end in time")
        return Visit(first.url, tuple(hops), stopped)

    async def _chase(self, hops: list[Hop]) -> NotObserved | None:
        seen = {hops[0].url}
        while hops[-1].redirects:
            try:
                target = hops[-1].target()
            except UrlError as error:
                return NotObserved(Reason.NOT_FOLLOWED, str(error))
            if target in seen:
                return NotObserved(Reason.REDIRECT_LOOP)
            if len(hops) > self._limits.redirects:
                return NotObserved(Reason.REDIRECT_LOOP, f"no end after {self._limits.redirects} redirects")
            seen.add(target)
            hop = self._known.get(target) or await self._hop(target)
            if isinstance(hop, NotObserved):
                _, host, port = origin(target)
                return replace(hop, detail=f"{host}:{port} {hop.detail}".rstrip())
            hops.append(hop)
        return None

    async def _hop(self, url: str) -> Hop | NotObserved:
        try:
            async with self._client.get(url) as answer:
                return answer.hop
        except UnansweredError as error:
            return error.why

    def _until(self) -> float:
        return min(asyncio.get_running_loop().time() + 2 * self._limits.answer_s, self._deadline)


async def _turned_away(answer: Answer) -> NotObserved | None:
    """nginx finishes the handshake without the certificate that it wants, and answers every request with a page of
    its own: the site behind it was not seen.
    """
    if answer.hop.status != 400 or not answer.hop.url.startswith("https:"):
        return None
    try:
        page = await answer.body(_NGINX_PAGE_BYTES)
    except UnansweredError:
        return None
    said = next((said for said in _NGINX_SAYS if said.encode() in page.data), None)
    return NotObserved(Reason.CLIENT_CERTIFICATE, f"400 {said}") if said else None


def _urls(endpoint: Endpoint, scheme: str, port: int) -> list[str]:
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    base = f"{scheme}://{host}:{port}"
    return [absolute_url(base, base + page) for page in endpoint.pages]


def _http_exchange(
    endpoint: Endpoint, now: datetime, http: _Scheme | None, https: _Scheme
) -> HttpExchange | NotObserved:
    if http is None:
        return _no_http_port()
    if http.missing is None:
        return HttpExchange(endpoint.host, now, False, http.visits, endpoint.port)
    if http.missing.reason is not Reason.REFUSED:
        return http.missing
    # A closed port enforces https only where https is served: a host that is down enforces nothing.
    if https.missing is not None and https.missing.reason is not Reason.CLIENT_CERTIFICATE:
        return NotObserved(Reason.REFUSED, f"and no https either ({https.missing.reason})")
    return HttpExchange(endpoint.host, now, True, (), endpoint.port)


def _https_exchange(
    endpoint: Endpoint, now: datetime, https: _Scheme, untrusted: Mapping[tuple[str, str, int], str]
) -> HttpsExchange | NotObserved:
    if https.missing is not None:
        return https.missing
    first = https.firsts[0]
    return HttpsExchange(endpoint.host, now, first.first_byte_ms, untrusted.get(origin(first.url)), https.visits)


def _canonical_links(
    endpoint: Endpoint, now: datetime, http: _Scheme | None, https: _Scheme
) -> CanonicalLinks | NotObserved:
    if https.missing is not None and (http is None or http.missing is not None):
        return https.missing
    http_copies = [first.copy for first in http.firsts] if http else [_no_http_port()] * len(endpoint.pages)
    https_copies = [first.copy for first in https.firsts]
    pages = (Page(*page) for page in zip(endpoint.pages, http_copies, https_copies, strict=True))
    return CanonicalLinks(endpoint.host, now, tuple(pages))


def _no_http_port() -> NotObserved:
    return NotObserved(Reason.NOT_PROBED, "no plain-http port")

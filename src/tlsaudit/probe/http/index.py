"""Read robots.txt and the sitemaps that it names, and choose a sample of the pages in them."""

import asyncio
import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from tlsaudit.evidence import NotObserved, Reason, SiteIndex, Sitemap, UrlError, absolute_url, origin
from tlsaudit.probe import robots
from tlsaudit.probe.http.client import Answer, Client, UnansweredError
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.sample import Sample
from tlsaudit.probe.sitemap import SitemapError, SitemapReader
from tlsaudit.target import Endpoint

_MAX_REDIRECTS = 5  # RFC 9309 section 2.3.1.2
_MAX_SITEMAPS = 10
_MAX_PATH = 2048  # sitemaps.org
_SHOWN = 10

# What is no HTML by its name has no head to say anything in.
_NO_PAGE = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|od[tsp]|epub|txt|csv|json|xml|rss|atom|zip|gz|css|js|jpe?g|png|gif|svg|webp|avif|ico"
    r"|mp3|mp4|webm)(?:\?|$)",
    re.IGNORECASE,
)

# A further sitemap is begun only where those before it had less than one that is as large as it may be.
_ENOUGH_BYTES = 50 << 20
_ENOUGH_LOCATIONS = 50_000

_TOO_LATE = NotObserved(Reason.TIMED_OUT, "no complete answer in time")
_ABSENT = (404, 410)
_TURNED_AWAY = {403: Reason.FORBIDDEN, 429: Reason.RATE_LIMITED}


async def site_index(client: Client, endpoint: Endpoint, root: str, limits: Limits, until: float) -> SiteIndex:
    """What the site whose `/` is at the URL `root` tells crawlers, and `endpoint.sample` paths chosen from it.

    What is not answered `until` then, in the time of the event loop, is missing. Where robots.txt names no sitemap,
    /sitemap.xml is asked for.
    """
    return await _Reading(client, endpoint, root, limits, until).run()


@dataclass(frozen=True, slots=True)
class _Named:
    """A sitemap to read: where it is named decides what may be there."""

    url: str
    guessed: bool = False
    in_index: bool = False


class _Read(NamedTuple):
    """What was read, None where nothing is; for an index some of the sitemaps to read further, and their number."""

    sitemap: Sitemap | None
    further: tuple[str, ...] = ()
    further_count: int = 0


_NOTHING = _Read(None)


class _Reading:
    def __init__(self, client: Client, endpoint: Endpoint, root: str, limits: Limits, until: float) -> None:
        self._client = client
        self._host = endpoint.host.lower()
        self._root = root
        self._answer_s = limits.answer_s
        self._until = until
        self._sample = Sample(endpoint.sample, [_path(absolute_url(root, root[:-1] + page)) for page in endpoint.pages])
        self._own = _origins(endpoint)
        self._known: set[str] = set()
        self._bytes = self._locations = 0

    async def run(self) -> SiteIndex:
        named = await self._robots()
        urls = () if isinstance(named, NotObserved) else named
        queue = [_Named(url) for url in urls if _can_be_asked(url)] or [
            _Named(absolute_url(self._root, "/sitemap.xml"), guessed=True)
        ]
        self._known.update(each.url for each in queue)
        sitemaps: list[Sitemap] = []
        left = len(queue)
        while queue and len(sitemaps) < _MAX_SITEMAPS and not self._enough():
            read = await self._sitemap(queue.pop(0))
            left += read.further_count - 1
            queue += [_Named(url, in_index=True) for url in read.further]
            self._known.update(read.further)
            sitemaps += [read.sitemap] if read.sitemap else []
        return SiteIndex(self._host, datetime.now(UTC), named, tuple(sitemaps), self._sample.paths(), left)

    def _enough(self) -> bool:
        return self._bytes >= _ENOUGH_BYTES or self._locations >= _ENOUGH_LOCATIONS

    async def _robots(self) -> tuple[str, ...] | NotObserved:
        url = absolute_url(self._root, "/robots.txt")
        try:
            async with self._got(url) as answer:
                if why := _turned_away(answer.hop.status):
                    return why
                if answer.hop.status not in range(200, 300):
                    return ()  # no rules, RFC 9309 section 2.3.1.3
                body = await answer.body(robots.MAX_BYTES)
                return robots.sitemaps_of(body.data, answer.hop.url)
        except UnansweredError as error:
            return error.why
        except TimeoutError:
            return _TOO_LATE

    async def _sitemap(self, named: _Named) -> _Read:
        tally = _Tally(named.url, self._host, self._own, self._sample, self._known)
        reader = SitemapReader()
        why: NotObserved | None = None
        try:
            async with self._got(named.url) as answer:
                status = answer.hop.status
                if named.guessed and status in _ABSENT:
                    return _NOTHING
                if why := _turned_away(status):
                    pass
                elif status != 200:
                    why = NotObserved(Reason.NOT_A_SITEMAP, f"status {status}")
                else:
                    tally.read_from(answer.hop.url)
                    await self._read(answer, reader, tally, named)
        except (UnansweredError, SitemapError) as error:
            why = error.why
        except TimeoutError:
            why = _TOO_LATE
        if named.guessed and not reader.recognised and why and why.reason is Reason.NOT_A_SITEMAP:
            return _NOTHING  # such as the page that a site has for all that is not there
        self._locations += tally.count
        self._bytes += reader.size
        return tally.read(reader.index, why)

    async def _read(self, answer: Answer, reader: SitemapReader, tally: "_Tally", named: _Named) -> None:
        while chunk := await answer.chunk():
            for locations in reader.receive(chunk):
                _note(locations, reader, tally, named)
                await asyncio.sleep(0)  # a chunk may inflate to so much that others would wait for it
        for locations in reader.end():
            _note(locations, reader, tally, named)

    @asynccontextmanager
    async def _got(self, url: str) -> AsyncIterator[Answer]:
        """The answer at the end of the redirects. Raises UnansweredError, TimeoutError."""
        async with asyncio.timeout_at(min(asyncio.get_running_loop().time() + 2 * self._answer_s, self._until)):
            for _ in range(_MAX_REDIRECTS + 1):
                async with self._client.get(url) as answer:
                    if not answer.hop.redirects:
                        yield answer
                        return
                    try:
                        url = answer.hop.target()
                    except UrlError as error:
                        raise UnansweredError(NotObserved(Reason.NOT_FOLLOWED, str(error))) from None
            raise UnansweredError(NotObserved(Reason.REDIRECT_LOOP, f"no end after {_MAX_REDIRECTS} redirects"))


def _note(locations: list[str], reader: SitemapReader, tally: "_Tally", named: _Named) -> None:
    if reader.index and named.in_index:
        raise SitemapError(Reason.NOT_A_SITEMAP, "an index in an index")
    for location in locations:
        tally.add(location, of_pages=not reader.index)


def _can_be_asked(url: str) -> bool:
    try:
        return absolute_url("", url) == url
    except UrlError:
        return False


def _turned_away(status: int) -> NotObserved | None:
    if status >= 500:
        return NotObserved(Reason.SERVER_ERROR, f"status {status}")
    return NotObserved(_TURNED_AWAY[status]) if status in _TURNED_AWAY else None


def _origins(endpoint: Endpoint) -> frozenset[tuple[str, str, int]]:
    """Where the endpoint's own pages are."""
    host = endpoint.host.lower()
    plain = () if endpoint.http_port is None else (("http", host, endpoint.http_port),)
    return frozenset((("https", host, endpoint.port), *plain))


class _Tally:
    """Counts the locations of one sitemap, and lets the sample know of the pages among them."""

    def __init__(
        self, url: str, host: str, own: frozenset[tuple[str, str, int]], sample: Sample, known: Collection[str]
    ) -> None:
        self.count = 0
        self._url = self._base = url
        self._hosts = {host}
        self._own = own
        self._sample = sample
        self._known = known
        self._insecure: list[str] = []
        self._elsewhere: list[str] = []
        self._insecure_count = self._elsewhere_count = 0
        self._further = Sample(_MAX_SITEMAPS)
        self._further_count = 0

    def read_from(self, url: str) -> None:
        """Say where the sitemap was after all redirects."""
        self._base = url
        self._hosts.add(origin(url)[1])

    def add(self, location: str, *, of_pages: bool) -> None:
        self.count += 1
        try:
            url = absolute_url(self._base, location)
        except UrlError:
            return
        where = scheme, host, _ = origin(url)
        if scheme == "http":
            self._insecure_count += 1
            self._insecure += [url] if self._insecure_count <= _SHOWN else []
        if host not in self._hosts:
            self._elsewhere_count += 1
            self._elsewhere += [url] if self._elsewhere_count <= _SHOWN else []
        if not of_pages:
            self._note_further(url)
        elif where in self._own and len(path := _path(url)) <= _MAX_PATH and not _NO_PAGE.search(path):
            self._sample.add(path)

    def _note_further(self, url: str) -> None:
        if url not in self._known:
            self._further_count += 1
            self._further.add(url)

    def read(self, index: bool, missing: NotObserved | None) -> _Read:
        """All that was counted."""
        sitemap = Sitemap(
            url=self._url,
            index=index,
            count=self.count,
            insecure=tuple(self._insecure),
            insecure_count=self._insecure_count,
            elsewhere=tuple(self._elsewhere),
            elsewhere_count=self._elsewhere_count,
            missing=missing,
        )
        return _Read(sitemap, self._further.paths(), self._further_count)


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]

"""Ask for URLs one by one and follow where they lead, within the time of the endpoint."""

import asyncio
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

from tlsaudit.evidence import Hop, NotObserved, PageContent, PageCopy, Reason, UrlError, Visit, origin
from tlsaudit.probe.http.client import Client, UnansweredError, UnconnectedError
from tlsaudit.probe.http.page import read, turned_away
from tlsaudit.probe.http.transport import Times
from tlsaudit.probe.limits import Limits

# A look that is cut off from outside loses all its evidence, so it ends itself in time.
SHARE_OF_ENDPOINT_TIME = 0.8

# What may be a limit on requests or connections, and not the state of things. nginx's limit_req answers 503.
_RATE_LIMITING = (429, 503)
_WORTH_ANOTHER_TRY = (Reason.REFUSED, Reason.RESET, Reason.UNREACHABLE)
_BACK_OFF_S = 0.5
_MOST_BACK_OFF_S = 2.0
_UNREAD = NotObserved(Reason.NOT_PROBED, "the page was not read")
_SECONDS = re.compile(r"[0-9]{1,9}")  # a date is not worth the comparison of clocks (RFC 9110 section 10.2.3)


@dataclass(frozen=True, slots=True)
class First:
    """The first answer to a page's URL, and the page in it (see PageRead). `retry_after` is the raw field, `times` are
    those of the request.
    """

    url: str
    hop: Hop | NotObserved
    copy: PageCopy | NotObserved
    first_byte_ms: float = 0.0
    retry_after: str | None = None
    times: Times | None = None
    content: PageContent | NotObserved | None = None

    @property
    def again_in_s(self) -> float | None:
        """Seconds until it is worth to ask once more, where this may be rate limiting; None where it is not."""
        if isinstance(self.hop, NotObserved):
            return _BACK_OFF_S if self.hop.reason in _WORTH_ANOTHER_TRY else None
        if self.hop.status not in _RATE_LIMITING:
            return None
        if self.retry_after is None:
            return _BACK_OFF_S
        asked = float(self.retry_after) if _SECONDS.fullmatch(self.retry_after) else math.inf
        return max(asked, _BACK_OFF_S) if asked <= _MOST_BACK_OFF_S else None


@dataclass(frozen=True, slots=True)
class Scheme:
    """What one scheme has to say: a first answer and a visit for each page."""

    firsts: Sequence[First]
    visits: tuple[Visit, ...]

    @property
    def missing(self) -> NotObserved | None:
        """Why the port says nothing at all."""
        hop = self.firsts[0].hop
        return hop if isinstance(hop, NotObserved) else None


class Visitor:
    """Follows redirects, and remembers the answers over https so that no URL is asked twice. With `contents` it reads
    what pages load, too.
    """

    def __init__(self, client: Client, limits: Limits, *, contents: bool = False) -> None:
        self._client = client
        self._limits = limits
        self._contents = contents
        self._deadline = asyncio.get_running_loop().time() + SHARE_OF_ENDPOINT_TIME * limits.endpoint_s
        self._known: dict[str, Hop | NotObserved] = {}
        self._unconnected: dict[tuple[str, str, int], NotObserved] = {}

    async def visit(
        self, urls: Sequence[str], after: "asyncio.Task[Scheme] | None" = None, *, unread: Sequence[str] = ()
    ) -> Scheme:
        """Ask for each URL and follow where it leads; redirects are followed once `after` has ended. What pages say is
        not looked at where they are to be left `unread`.

        Where the first URL gets no answer, the others are not asked for. Once, what may be rate limiting is waited out.
        """
        firsts: list[First] = []
        patient = True
        for number, url in enumerate((*urls, *unread)):
            if firsts and isinstance(firsts[0].hop, NotObserved):
                firsts.append(replace(firsts[0], url=url))
                continue
            first = await self._first(url, reads=number < len(urls))
            if patient and self._has_time(wait := first.again_in_s):
                patient = False
                await asyncio.sleep(wait)
                first = await self._first(url, reads=number < len(urls))
            firsts.append(first)
        if after:
            await asyncio.wait([after])
        else:
            self._known |= {first.url: first.hop for first in firsts}
        return Scheme(firsts, tuple([await self._follow(first) for first in firsts]))

    def _has_time(self, seconds: float | None) -> TypeGuard[float]:
        return seconds is not None and asyncio.get_running_loop().time() + seconds < self._deadline

    async def _first(self, url: str, *, reads: bool) -> First:
        nothing = NotObserved(Reason.TIMED_OUT, "no complete answer in time")
        first = First(url, nothing, nothing)
        try:
            async with asyncio.timeout_at(self._until()), self._client.get(url) as answer:
                first = First(url, answer.hop, nothing, answer.first_byte_ms, answer.retry_after, answer.times)
                if why := await turned_away(answer):
                    return First(url, why, why)
                if not reads:
                    return replace(first, copy=_UNREAD)
                page = await read(answer, self._limits, contents=self._contents and url.startswith("https:"))
                return replace(first, copy=page.copy, content=page.content)
        except UnansweredError as error:
            return First(url, error.why, error.why)
        except TimeoutError:
            return first

    async def _follow(self, first: First) -> Visit:
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
        """Where one redirect found no connection, the others do not look for one again."""
        where = origin(url)
        if where in self._unconnected:
            return self._unconnected[where]
        try:
            async with self._client.get(url) as answer:
                return answer.hop
        except UnconnectedError as error:
            self._unconnected[where] = error.why
            return error.why
        except UnansweredError as error:
            return error.why

    def _until(self) -> float:
        return min(asyncio.get_running_loop().time() + 2 * self._limits.answer_s, self._deadline)

"""One GET at a time: the head of the answer, and as much of the body as is asked for."""

import asyncio
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import httpcore

from tlsaudit.evidence import Cookie, Hop, NotObserved, Reason, parse_set_cookie
from tlsaudit.evidence.url import MAX_LENGTH
from tlsaudit.probe.http.network import PinnedBackend, TlsContexts
from tlsaudit.probe.http.stream import Unreachable
from tlsaudit.probe.http.transport import Times, Transport
from tlsaudit.probe.limits import Limits

_MAX_FIELDS = 32

# What a new connection would cost at least.
_REST_BYTES = 1 << 16
_REST_S = 0.2

_ERRORS = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


class UnansweredError(Exception):
    """The server gave no answer that can be read; `why` is what to show for it."""

    def __init__(self, why: NotObserved) -> None:
        super().__init__(str(why))
        self.why = why


class UnconnectedError(UnansweredError):
    """There is no connection on which to ask for anything."""


class Body(NamedTuple):
    """The decoded body. `complete` is False where it was cut off at the limit."""

    data: bytes
    complete: bool


class Answer:
    """The head of an answer, and a way to read its body while the connection is open."""

    def __init__(self, url: str, response: httpcore.Response, first_byte_ms: float, times: Times) -> None:
        self._response = response
        self._chunks = response.aiter_stream()
        self.first_byte_ms = first_byte_ms
        self.times = times
        self.retry_after = self._first(b"retry-after")
        self.content_type = self._first(b"content-type") or ""
        self.refresh = self._first(b"refresh")
        self.security_policies = self._all(b"content-security-policy")
        self.hop = Hop(
            url=url,
            status=response.status,
            location=self._first(b"location"),
            hsts=self._all(b"strict-transport-security"),
            link=self._all(b"link"),
            alt_svc=self._all(b"alt-svc"),
            contradictory=len(set(self._all(b"location"))) > 1,
            cookies=self._cookies(),
        )

    async def body(self, limit: int) -> Body:
        """At most `limit` bytes, counted after decoding. Raises UnansweredError."""
        coding = (self._first(b"content-encoding") or "identity").strip().lower()
        if coding not in ("identity", "gzip", "x-gzip"):
            raise UnansweredError(NotObserved(Reason.NOT_HTTP, "a content coding that was not asked for"))
        try:
            return await (_plain if coding == "identity" else _gunzip)(self.stream(), limit)
        except zlib.error:
            raise UnansweredError(NotObserved(Reason.NOT_HTTP, "broken gzip")) from None

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body as it is sent, its content coding left as it is, for whoever bounds it. Raises UnansweredError."""
        try:
            async for chunk in self._chunks:
                yield chunk
        except httpcore.TimeoutException:
            raise UnansweredError(NotObserved(Reason.TIMED_OUT, "in the body of the answer")) from None
        except (httpcore.NetworkError, httpcore.ProtocolError):
            raise UnansweredError(NotObserved(Reason.RESET, "in the body of the answer")) from None

    async def rest(self) -> None:
        """Take what nobody wanted of the body, where that is little: the connection can then be kept."""
        left = _REST_BYTES
        with suppress(TimeoutError, *_ERRORS):
            async with asyncio.timeout(_REST_S):
                async for chunk in self._chunks:
                    left -= len(chunk)
                    if left < 0:
                        break

    def _cookies(self) -> tuple[Cookie, ...]:
        now = datetime.now(UTC)
        # A longer field is more than browsers take (draft-ietf-httpbis-rfc6265bis section 5.6).
        set_cookies = (value for value in self._all(b"set-cookie") if len(value) <= MAX_LENGTH)
        return tuple(cookie for value in set_cookies if (cookie := parse_set_cookie(value, now)))

    def _first(self, name: bytes) -> str | None:
        return next(iter(self._all(name)), None)

    def _all(self, name: bytes) -> tuple[str, ...]:
        # One character over the limit stays, so that a URL which is too long is not taken for a shorter one.
        values = [value for key, value in self._response.headers if key.lower() == name]
        return tuple(value[: MAX_LENGTH + 1].decode("latin-1") for value in values[:_MAX_FIELDS])


class Client:
    """GETs over connections of its own. A context manager. No cookies, no proxy, no redirects.

    `untrusted` maps each https origin whose certificate was not accepted to the reason; such an origin is asked
    again without verification.
    """

    def __init__(self, backend: PinnedBackend, tls: TlsContexts, host: str, limits: Limits, user_agent: str) -> None:
        self._transport = Transport(backend, tls, host, limits)
        self.untrusted = self._transport.untrusted
        self._fields = (
            (b"User-Agent", user_agent.encode("ascii")),
            (b"Accept", b"text/html, */*;q=0.5"),
            (b"Accept-Encoding", b"gzip"),
        )

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._transport.aclose()

    @asynccontextmanager
    async def get(self, url: str) -> AsyncIterator[Answer]:
        """Ask for an absolute URL in normal form. Raises UnansweredError."""
        started = time.monotonic()
        try:
            host = (b"Host", urlsplit(url).netloc.encode("ascii"))
            exchange = await self._transport.get(url, (host, *self._fields))
        except Unreachable as error:
            raise UnconnectedError(error.why) from None
        except httpcore.TimeoutException:
            raise UnansweredError(NotObserved(Reason.TIMED_OUT, "no answer to the request")) from None
        except httpcore.NetworkError:
            raise UnansweredError(NotObserved(Reason.RESET, "before an answer")) from None
        except httpcore.ProtocolError as error:
            raise UnansweredError(_why_not_http(error)) from None
        try:
            answer = Answer(url, exchange.response, (time.monotonic() - started) * 1000, exchange.times)
            yield answer
            await answer.rest()
        finally:
            await self._transport.end(exchange)


async def _plain(chunks: AsyncIterable[bytes], limit: int) -> Body:
    data = bytearray()
    async for chunk in chunks:
        data += chunk[: limit - len(data)]
        if len(data) == limit:
            return Body(bytes(data), complete=False)
    return Body(bytes(data), complete=True)


async def _gunzip(chunks: AsyncIterable[bytes], limit: int) -> Body:
    decoder = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    data = bytearray()
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        data += decoder.decompress(chunk, limit - len(data))
        # What decodes to nothing is bounded, too: empty blocks can go on for ever.
        if len(data) == limit or received > limit:
            return Body(bytes(data), complete=False)
        if decoder.eof:
            break
    return Body(bytes(data), complete=decoder.eof)


def _why_not_http(error: httpcore.ProtocolError) -> NotObserved:
    # httpcore keeps only h11's message of the error; it may quote the server, so it is read but not shown.
    message = str(error)
    if "disconnected without" in message:
        return NotObserved(Reason.RESET, "closed without a whole answer")
    if "too long" in message:
        return NotObserved(Reason.TOO_LARGE, "the header does not end")
    return NotObserved(Reason.NOT_HTTP)

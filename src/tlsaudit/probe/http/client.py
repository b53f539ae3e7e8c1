"""One GET at a time: the head of the answer, and as much of the body as is asked for."""

import time
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NamedTuple

import h11

from tlsaudit.evidence import Cookie, Hop, NotObserved, Reason, origin, parse_set_cookie
from tlsaudit.evidence.url import MAX_LENGTH
from tlsaudit.probe.http.connection import HangUpError
from tlsaudit.probe.http.network import PinnedBackend, TlsContexts
from tlsaudit.probe.http.stream import Unreachable
from tlsaudit.probe.http.transport import Exchange, Transport
from tlsaudit.probe.limits import Limits

_MAX_FIELDS = 32
_MOST_CODING = 64  # characters of its name

# What a new connection would cost at least.
_REST_BYTES = 1 << 16
_REST_S = 0.2

_ERRORS = (OSError, h11.ProtocolError, Unreachable)

_Read = Callable[[], Awaitable[bytes]]


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

    def __init__(self, url: str, exchange: Exchange, first_byte_ms: float, answer_s: float) -> None:
        self._connection = exchange.connection
        self._answer_s = answer_s
        self._fields: defaultdict[bytes, list[bytes]] = defaultdict(list)
        for name, value in exchange.response.headers.raw_items():
            self._fields[name.lower()].append(value)
        self.first_byte_ms = first_byte_ms
        self.times = exchange.times
        self.retry_after = self._first(b"retry-after")
        self.content_type = self._first(b"content-type") or ""
        self.vary = {name.strip().lower() for value in self._all(b"vary") for name in value.split(",")}
        coding = (self._first(b"content-encoding") or "").strip().lower()
        self.coding = None if coding in {"", "identity"} else coding[:_MOST_CODING]
        self.refresh = self._first(b"refresh")
        self.security_policies = self._all(b"content-security-policy")
        self.hop = Hop(
            url=url,
            status=exchange.response.status_code,
            location=self._first(b"location"),
            hsts=self._all(b"strict-transport-security"),
            link=self._all(b"link"),
            alt_svc=self._all(b"alt-svc"),
            contradictory=len(set(self._all(b"location"))) > 1,
            cookies=self._cookies(origin(url)[1]),
        )

    async def body(self, limit: int) -> Body:
        """At most `limit` bytes, counted after decoding. Raises UnansweredError."""
        if self.coding not in {None, "gzip", "x-gzip"}:
            raise UnansweredError(NotObserved(Reason.NOT_HTTP, "a content coding that was not asked for"))
        try:
            return await (_gunzip if self.coding else _plain)(self.chunk, limit)
        except zlib.error:
            raise UnansweredError(NotObserved(Reason.NOT_HTTP, "broken gzip")) from None

    async def chunk(self) -> bytes:
        """What comes next of the body, its content coding left as it is, for whoever bounds it; empty at the end.
        Raises UnansweredError.
        """
        try:
            return await self._connection.chunk(self._answer_s)
        except TimeoutError:
            raise UnansweredError(NotObserved(Reason.TIMED_OUT, "in the body of the answer")) from None
        except _ERRORS:
            raise UnansweredError(NotObserved(Reason.RESET, "in the body of the answer")) from None

    async def rest(self) -> None:
        """Take what nobody wanted of the body, where that is little: the connection can then be kept."""
        left, until = _REST_BYTES, time.monotonic() + _REST_S
        with suppress(*_ERRORS):
            while (wait := until - time.monotonic()) > 0 and (chunk := await self._connection.chunk(wait)):
                left -= len(chunk)
                if left < 0:
                    break

    def _cookies(self, host: str) -> tuple[Cookie, ...]:
        now = datetime.now(UTC)
        # A longer field is more than browsers take (draft-ietf-httpbis-rfc6265bis section 5.6).
        set_cookies = (value for value in self._all(b"set-cookie") if len(value) <= MAX_LENGTH)
        return tuple(cookie for value in set_cookies if (cookie := parse_set_cookie(value, host, now)))

    def _first(self, name: bytes) -> str | None:
        return next(iter(self._all(name)), None)

    def _all(self, name: bytes) -> tuple[str, ...]:
        # One character over the limit stays, so that a URL which is too long is not taken for a shorter one.
        values = self._fields.get(name, ())[:_MAX_FIELDS]
        return tuple([value[: MAX_LENGTH + 1].decode("latin-1") for value in values])


class Client:
    """GETs over connections of its own. A context manager. No cookies, no proxy, no redirects.

    `untrusted` maps each https origin whose certificate was not accepted to the reason; such an origin is asked
    again without verification.
    """

    def __init__(self, backend: PinnedBackend, tls: TlsContexts, host: str, limits: Limits, user_agent: str) -> None:
        self._transport = Transport(backend, tls, host, limits)
        self._answer_s = limits.answer_s
        self.untrusted = self._transport.untrusted
        self._fields = (
            (b"User-Agent", user_agent.encode("ascii")),
            (b"Accept", b"text/html, */*;q=0.5"),
        )

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *error: object) -> None:
        self._transport.close()

    @asynccontextmanager
    async def get(
        self, url: str, *, codings: bytes = b"gzip", further: Sequence[tuple[bytes, bytes]] = ()
    ) -> AsyncIterator[Answer]:
        """Ask for an absolute URL in normal form, with these content codings accepted and `further` header fields.
        Raises UnansweredError.
        """
        started = time.monotonic()
        try:
            host = (b"Host", url.split("/", 3)[2].encode("ascii"))
            exchange = await self._transport.get(url, (host, *self._fields, (b"Accept-Encoding", codings), *further))
        except Unreachable as error:
            raise UnconnectedError(error.why) from None
        except TimeoutError:
            raise UnansweredError(NotObserved(Reason.TIMED_OUT, "no answer to the request")) from None
        except OSError:
            raise UnansweredError(NotObserved(Reason.RESET, "before an answer")) from None
        except h11.ProtocolError as error:
            raise UnansweredError(_why_not_http(error)) from None
        try:
            answer = Answer(url, exchange, (time.monotonic() - started) * 1000, self._answer_s)
            yield answer
            await answer.rest()
        finally:
            self._transport.end(exchange)


async def _plain(read: _Read, limit: int) -> Body:
    data = bytearray()
    while chunk := await read():
        data += chunk[: limit - len(data)]
        if len(data) == limit:
            return Body(bytes(data), complete=False)
    return Body(bytes(data), complete=True)


async def _gunzip(read: _Read, limit: int) -> Body:
    decoder = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    data = bytearray()
    received = 0
    while not decoder.eof and (chunk := await read()):
        received += len(chunk)
        data += decoder.decompress(chunk, limit - len(data))
        # What decodes to nothing is bounded, too: empty blocks can go on for ever.
        if len(data) == limit or received > limit:
            return Body(bytes(data), complete=False)
    return Body(bytes(data), complete=decoder.eof or not received)  # browsers take nothing at all for an empty page


def _why_not_http(error: h11.ProtocolError) -> NotObserved:
    if isinstance(error, HangUpError):
        return NotObserved(Reason.RESET, "closed without a whole answer")
    if error.error_status_hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
        return NotObserved(Reason.TOO_LARGE, "the header does not end")
    return NotObserved(Reason.NOT_HTTP)

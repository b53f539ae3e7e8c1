"""A light look: one TLS handshake and one GET, to see whether an endpoint answers and how quickly."""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import h11

from tlsaudit.evidence import NotObserved, Reason
from tlsaudit.probe.bounded import Bounded
from tlsaudit.probe.handshake import not_observed
from tlsaudit.probe.hello import HelloError
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.proxy import Tunnel
from tlsaudit.probe.resolve import resolve
from tlsaudit.probe.road import Connection, Road
from tlsaudit.probe.starttls import preamble
from tlsaudit.target import Endpoint

_MOST_ADDRESSES = 4
_HEAD_BYTES = 1 << 16
_MOST_BYTES = 1 << 18  # of a connection, on which nothing but a handshake and the head of an answer is read
_SERVER_ERROR = 500

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Look:
    """`tls`: a handshake was completed. `http`: the page was answered without a server error; None where none was asked
    for. `latency_ms` is the time from the first packet to the head of that answer, or to the end of the handshake where
    no page was asked for; None where there was none, and through a proxy, whose own it would be. `connect_ms` and
    `handshake_ms` are the times of the TCP and the TLS handshake alone, None in the same cases. `address` is the last
    that was tried, and `connected` says whether it took the connection. `why` says what went wrong.
    """

    tls: bool
    http: bool | None
    latency_ms: float | None = None
    why: NotObserved | None = None
    connect_ms: float | None = None
    handshake_ms: float | None = None
    address: str | None = None
    connected: bool = False

    @property
    def up(self) -> bool:
        return self.tls and self.http is not False


@dataclass(slots=True)
class _Tried:
    """The same of the look that is under way, which its deadline may end."""

    address: str | None = None
    connected: bool = False


class AvailabilityProbe:
    """Call it with an endpoint; it never raises for what a server does. `context` verifies nothing: whether the
    certificate is good is for audits to say. One object serves any number of looks.
    """

    def __init__(
        self,
        limits: Limits,
        context: ssl.SSLContext,
        user_agent: str,
        family: int = socket.AF_UNSPEC,
        tunnel: Tunnel | None = None,
    ) -> None:
        self._limits = limits
        self._context = context
        self._user_agent = user_agent
        self._family = family
        self._tunnel = tunnel

    async def __call__(self, endpoint: Endpoint) -> Look:
        """Look at the first of its addresses that takes a connection, as a browser does."""
        tried = _Tried()
        looked = await Bounded.within(self._limits.endpoint_s)(self._look(endpoint, tried))
        look = _unanswered(endpoint, looked) if isinstance(looked, NotObserved) else looked
        return replace(look, address=tried.address, connected=tried.connected)

    async def _look(self, endpoint: Endpoint, tried: "_Tried") -> Look:
        found = await resolve(endpoint, self._family, self._tunnel)
        why = found.unresolved or NotObserved(Reason.UNREACHABLE, "no address could be tried")
        for address in found.addresses[:_MOST_ADDRESSES]:
            tried.address, tried.connected = address[0], False
            road = Road(address, self._limits, tunnel=self._tunnel)
            if endpoint.starttls:
                road.add(partial(preamble, endpoint.starttls, endpoint.host))
            try:
                return await self._visit(endpoint, road, tried)
            except (OSError, HelloError) as error:
                why = not_observed(error)
        return _unanswered(endpoint, why)

    async def _visit(self, endpoint: Endpoint, road: Road, tried: "_Tried") -> Look:
        """Raises OSError and HelloError where there is no connection to be had."""
        started = time.monotonic()
        async with road.connection() as connection:
            tried.connected, begun = True, time.monotonic()
            try:
                async with asyncio.timeout(self._limits.answer_s):
                    tls = await _Tls.begin(connection, self._context, endpoint.host)
            except (
                OSError,
                HelloError,
                ValueError,
            ) as error:  # ssl.SSLError is an OSError; ValueError: no name for SNI
                return _unanswered(endpoint, _why_no_tls(error))
            shaken = Look(True, None)
            if not self._tunnel:
                shaken = replace(shaken, connect_ms=connection.connect_s * 1000, handshake_ms=_since(begun))
            if not endpoint.speaks_http:
                return replace(shaken, latency_ms=self._since(started))
            try:
                async with asyncio.timeout(self._limits.answer_s):
                    status = await self._get(tls, endpoint)
            except (OSError, HelloError, h11.ProtocolError) as error:
                why = _why_no_page(error)
                return replace(shaken, http=None if why.reason is Reason.CLIENT_CERTIFICATE else False, why=why)
            if status >= _SERVER_ERROR:
                return replace(shaken, http=False, why=NotObserved(Reason.SERVER_ERROR, str(status)))
            return replace(shaken, http=True, latency_ms=self._since(started))

    def _since(self, started: float) -> float | None:
        return None if self._tunnel else _since(started)

    async def _get(self, tls: "_Tls", endpoint: Endpoint) -> int:
        """The status of the answer to a GET of `/`. Raises OSError, HelloError and h11.ProtocolError."""
        http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES)
        fields = [
            ("Host", endpoint.authority.removesuffix(":443")),
            ("User-Agent", self._user_agent),
            ("Accept", "text/html, */*;q=0.5"),
            ("Connection", "close"),
        ]
        head = http.send(h11.Request(method="GET", target="/", headers=fields))
        await tls.send((head or b"") + (http.send(h11.EndOfMessage()) or b""))
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                if not (data := await tls.receive()):
                    raise ConnectionResetError("before an answer")
                http.receive_data(data)
            elif isinstance(event, h11.Response):
                return event.status_code


class _Tls:
    """TLS over a connection. Raises OSError (ssl.SSLError among them) and HelloError."""

    def __init__(self, connection: Connection, context: ssl.SSLContext, host: str) -> None:
        self._connection = connection
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._left = _MOST_BYTES

    @classmethod
    async def begin(cls, connection: Connection, context: ssl.SSLContext, host: str) -> "_Tls":
        """After the handshake."""
        tls = cls(connection, context, host)
        await tls._run(tls._tls.do_handshake)
        return tls

    async def send(self, data: bytes) -> None:
        await self._run(lambda: self._tls.write(data))

    async def receive(self) -> bytes:
        """Empty at the end."""
        return await self._run(lambda: self._tls.read(_HEAD_BYTES))

    async def _run(self, step: Callable[[], T]) -> T:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                await self._flush()
                if data := await self._connection.receive():
                    self._left -= len(data)
                    if self._left < 0:
                        raise HelloError("no end of it", Reason.TOO_LARGE) from None
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                await self._flush()
                return done

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            await self._connection.send(data)


def _since(started: float) -> float:
    return (time.monotonic() - started) * 1000


def _unanswered(endpoint: Endpoint, why: NotObserved) -> Look:
    return Look(False, False if endpoint.speaks_http else None, why=why)


def _why_no_tls(error: Exception) -> NotObserved:
    if not isinstance(error, ssl.SSLError):
        return not_observed(error)
    if isinstance(error, ssl.SSLEOFError) or not error.reason:
        return NotObserved(Reason.RESET, "during the TLS handshake")
    what = error.reason.lower().replace("_", " ")
    return NotObserved(Reason.REJECTED if "alert" in what else Reason.NOT_TLS, what)


def _why_no_page(error: Exception) -> NotObserved:
    if isinstance(error, h11.ProtocolError):
        return NotObserved(Reason.NOT_HTTP)
    if not isinstance(error, ssl.SSLError):
        return not_observed(error)
    what = error.reason or ""
    if "ALERT" in what and ("CERTIFICATE" in what or "UNKNOWN_CA" in what):  # in TLS 1.3, only after the handshake
        return NotObserved(Reason.CLIENT_CERTIFICATE)
    return NotObserved(Reason.RESET, "before an answer")

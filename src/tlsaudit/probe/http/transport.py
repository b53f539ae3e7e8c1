"""The connections under the client: verified where that is possible, and kept for further requests."""

import itertools
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import httpcore

from tlsaudit.evidence import origin
from tlsaudit.probe.http.network import PinnedBackend, TlsContexts
from tlsaudit.probe.http.stream import Stream, Untrusted
from tlsaudit.probe.limits import Limits

_Origin = tuple[str, str, int]


class Times(NamedTuple):
    """Those of one request in milliseconds: of its TCP and TLS handshakes, None where the connection stood already or
    has no TLS, and `wait_ms` from there to the head of the answer.
    """

    connect_ms: float | None
    tls_ms: float | None
    wait_ms: float


class Exchange(NamedTuple):
    """A request and the head of its answer; its body can be read until Transport.end."""

    response: httpcore.Response
    times: Times
    where: _Origin
    connection: httpcore.AsyncHTTP11Connection


class Transport:
    """Keeps its connections for further requests to the same name and port. See Client for `untrusted`, TlsContexts
    for what the endpoint's own `host` gets to see. Errors are httpcore's.
    """

    def __init__(self, backend: PinnedBackend, tls: TlsContexts, host: str, limits: Limits) -> None:
        self.untrusted: dict[_Origin, str] = {}
        self._backend = backend
        self._tls = tls
        self._host = host
        self._connect_s = limits.connect_s
        self._extensions = {"timeout": {"read": limits.answer_s, "write": limits.answer_s}}
        self._idle: defaultdict[_Origin, list[httpcore.AsyncHTTP11Connection]] = defaultdict(list)

    async def get(self, url: str, headers: Sequence[tuple[bytes, bytes]]) -> Exchange:
        """Ask for a URL in normal form, whose path and query are sent as they stand."""
        where = scheme, host, port = origin(url)
        asked = httpcore.URL(scheme=scheme, host=host, port=port, target="/" + url.split("/", 3)[3])
        request = httpcore.Request("GET", asked, headers=headers, extensions=self._extensions)
        connect_ms = tls_ms = None
        connection = await self._kept(where)
        if connection is None:
            stream, connect_ms, tls_ms = await self._connect(where)
            connection = httpcore.AsyncHTTP11Connection(asked.origin, stream)
        sent = time.monotonic()
        response = await connection.handle_async_request(request)  # which closes the connection where it fails
        return Exchange(response, Times(connect_ms, tls_ms, _ms_since(sent)), where, connection)

    async def end(self, exchange: Exchange) -> None:
        """Keep the connection if the whole answer has been read, else close it."""
        await exchange.response.aclose()
        if exchange.connection.is_idle():
            self._idle[exchange.where].append(exchange.connection)

    async def aclose(self) -> None:
        """Close every connection that is kept."""
        for connection in itertools.chain.from_iterable(self._idle.values()):
            await connection.aclose()

    async def _kept(self, where: _Origin) -> httpcore.AsyncHTTP11Connection | None:
        while self._idle[where]:
            connection = self._idle[where].pop()
            if not connection.has_expired():
                return connection
            await connection.aclose()
        return None

    async def _connect(self, where: _Origin) -> tuple[Stream, float, float | None]:
        """A connection, and the milliseconds that its TCP and its TLS handshake took."""
        scheme, host, port = where
        begun = time.monotonic()
        stream = await self._backend.connect_tcp(host, port, self._connect_s)
        connect_ms = _ms_since(begun)
        if scheme == "http":
            return stream, connect_ms, None
        begun = time.monotonic()
        contexts = self._tls.own if host == self._host else self._tls.others
        verifying = where not in self.untrusted
        try:
            await stream.encrypt(contexts.verifying if verifying else contexts.lenient, host, self._connect_s)
        except Untrusted as error:
            self.untrusted[where] = error.why.detail
            return await self._connect(where)
        return stream, connect_ms, _ms_since(begun)


def _ms_since(moment: float) -> float:
    return (time.monotonic() - moment) * 1000

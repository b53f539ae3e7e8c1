"""The connections under the client: verified where that is possible, and kept for further requests."""

import itertools
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import h11

from tlsaudit.evidence import origin
from tlsaudit.probe.http.connection import Connection
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
    """A request and the head of its answer; its body can be read from the connection until Transport.end."""

    response: h11.Response
    times: Times
    where: _Origin
    connection: Connection


class Transport:
    """Keeps its connections for further requests to the same name and port. See Client for `untrusted`, TlsContexts
    for what the endpoint's own `host` gets to see.
    """

    def __init__(self, backend: PinnedBackend, tls: TlsContexts, host: str, limits: Limits) -> None:
        self.untrusted: dict[_Origin, str] = {}
        self._backend = backend
        self._tls = tls
        self._host = host
        self._connect_s = limits.connect_s
        self._answer_s = limits.answer_s
        self._idle: defaultdict[_Origin, list[Connection]] = defaultdict(list)

    async def get(self, url: str, headers: Sequence[tuple[bytes, bytes]]) -> Exchange:
        """Ask for a URL in normal form, whose path and query are sent as they stand. Raises Unreachable, and what the
        connection does.
        """
        where = origin(url)
        connect_ms = tls_ms = None
        connection = self._kept(where)
        if connection is None:
            stream, connect_ms, tls_ms = await self._connect(where)
            connection = Connection(stream)
        sent = time.monotonic()
        try:
            response = await connection.ask("/" + url.split("/", 3)[3], headers, self._answer_s)
        except BaseException:
            connection.close()
            raise
        return Exchange(response, Times(connect_ms, tls_ms, _ms_since(sent)), where, connection)

    def end(self, exchange: Exchange) -> None:
        """Keep the connection if the whole answer has been read, else close it."""
        if exchange.connection.is_free():
            self._idle[exchange.where].append(exchange.connection)
        else:
            exchange.connection.close()

    def close(self) -> None:
        """Close every connection that is kept."""
        for connection in itertools.chain.from_iterable(self._idle.values()):
            connection.close()

    def _kept(self, where: _Origin) -> Connection | None:
        while self._idle[where]:
            connection = self._idle[where].pop()
            if not connection.is_stale():
                return connection
            connection.close()
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

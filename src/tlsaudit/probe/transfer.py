"""GETs as an observer on the way sees them: by the lengths of the TLS records, read off the ciphertext."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import NamedTuple, TypeVar

import h11

from tlsaudit.evidence import NotObserved, Reason, Transfer
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Connection, Road

MAX_BYTES = 16 << 20
"""Of one answer."""

_PIECE = 1 << 16
_HEADER = 5
_INNER = 1 + 16  # of a TLS 1.3 record: the type within, and the tag of all suites but one (RFC 8446 section 5.2)
_CCM_8 = "TLS_AES_128_CCM_8_SHA256"

T = TypeVar("T")


class TransferError(Exception):
    """There is no whole answer; `why` says why."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail)
        self.why = NotObserved(reason, detail)


class Got(NamedTuple):
    """An answer: its status, its `Location` and `Retry-After` fields, and what was seen of it."""

    status: int
    location: str
    retry_after: str
    transfer: Transfer


class Observed:
    """A connection to one host, over which GETs go one after the other. Raises OSError (ssl.SSLError among them),
    h11.ProtocolError and TransferError.
    """

    def __init__(self, connection: Connection, tls_context: ssl.SSLContext, host: str, answer_s: float) -> None:
        self._connection = connection
        self._answer_s = answer_s
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = tls_context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_PIECE)
        self._waiting = bytearray()
        self._sent: list[int] = []
        self._received: list[int] = []
        self._padding = 0

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, road: Road, tls_context: ssl.SSLContext, host: str, limits: Limits
    ) -> AsyncIterator["Observed"]:
        async with road.connection() as connection:
            observed = cls(connection, tls_context, host, limits.answer_s)
            async with asyncio.timeout(limits.answer_s):
                await observed._shake_hands()
            yield observed

    @property
    def is_free(self) -> bool:
        """Whether another request may follow."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        return self._http.our_state is h11.IDLE

    async def get(self, target: str, fields: list[tuple[str, str]]) -> Got:
        """Each wait for the server takes at most the `answer_s` of the limits."""
        self._sent, self._received, self._padding = [], [], 0
        head = self._http.send(h11.Request(method="GET", target=target, headers=fields)) or b""
        self._tls.write(head + (self._http.send(h11.EndOfMessage()) or b""))
        await self._flush()
        response, body = None, 0
        while not isinstance(event := await self._event(), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                body += len(event.data)
                if body > MAX_BYTES:
                    raise TransferError(Reason.TOO_LARGE, f"more than {MAX_BYTES >> 20} MiB")
        assert response is not None  # h11 holds them to the order
        said = {name: value.decode("latin-1") for name, value in response.headers}
        transfer = Transfer(sum(self._received), tuple(self._received), tuple(self._sent), self._padding, body)
        return Got(response.status_code, said.get(b"location", ""), said.get(b"retry-after", ""), transfer)

    async def _event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._read())
        return event

    async def _read(self) -> bytes:
        """What the next record with anything for us in it says; empty at the end."""
        while record := await self._record():
            self._incoming.write(record)
            if data := b"".join(self._decrypted()):
                self._received.append(len(record))
                self._padding += self._padded(len(record), len(data))
                return data
        return b""

    def _decrypted(self) -> Iterator[bytes]:
        """Nothing of a record with a ticket, which counts for no page."""
        try:
            while data := self._tls.read(_PIECE):
                yield data
        except ssl.SSLWantReadError:
            pass

    def _padded(self, record: int, data: int) -> int:
        suite = self._tls.cipher()
        if self._tls.version() != "TLSv1.3" or suite is None or suite[0] == _CCM_8:
            return 0
        return record - _HEADER - _INNER - data

    async def _record(self) -> bytes:
        """The next whole record; empty at the end."""
        while len(self._waiting) < _HEADER or len(self._waiting) < (end := _end(self._waiting)):
            async with asyncio.timeout(self._answer_s):
                data = await self._connection.receive()
            if not data:
                return b""
            self._waiting += data
        record = bytes(self._waiting[:end])
        del self._waiting[:end]
        return record

    async def _shake_hands(self) -> None:
        while not self._done(self._tls.do_handshake):
            await self._flush()
            if record := await self._record():
                self._incoming.write(record)
            else:
                self._incoming.write_eof()
        await self._flush()

    def _done(self, step: Callable[[], T]) -> bool:
        try:
            step()
        except ssl.SSLWantReadError:
            return False
        return True

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            self._sent += _lengths(data)
            await self._connection.send(data)


def _end(data: bytearray | bytes) -> int:
    """Of the first record."""
    return _HEADER + int.from_bytes(data[3:5])


def _lengths(data: bytes) -> Iterator[int]:
    """Of whole records."""
    while data:
        yield _end(data)
        data = data[_end(data) :]

"""The road to one address: how each of its raw connections is opened, and how many there may be."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import asynccontextmanager

from tlsaudit.evidence import Reason
from tlsaudit.probe.hello import HelloError
from tlsaudit.probe.limits import Limits
from tlsaudit.target import SocketAddress

_CHUNK_BYTES = 1 << 16

Preamble = Generator[bytes, bytes, bytes | None]
"""What is said before TLS starts: yields what to send, is sent what arrived (empty: the peer closed), and returns when
the next byte may be TLS or the next preamble's; what arrived too early for it is returned. It does no I/O. Raises
PreambleError."""


class Unanswered(bytes):
    """What a preamble yields where the peer will not answer: it is sent, and nothing is awaited."""


class PreambleError(HelloError):
    """No TLS can be started on this connection."""


class Connection:
    """A TCP connection on which TLS may start. `connect_s` is the time of the TCP handshake in seconds."""

    __slots__ = ("_early", "_loop", "_socket", "connect_s")

    def __init__(self, connected: socket.socket, connect_s: float) -> None:
        self._socket = connected
        self._loop = asyncio.get_running_loop()
        self._early = b""
        self.connect_s = connect_s

    async def send(self, data: bytes) -> None:
        """Raises ConnectionError."""
        await self._loop.sock_sendall(self._socket, data)

    async def receive(self) -> bytes:
        """What has arrived, at most 64 KiB; empty at the end. Raises ConnectionError."""
        if self._early:
            early, self._early = self._early, b""
            return early
        return await self._loop.sock_recv(self._socket, _CHUNK_BYTES)

    async def hold(self, preamble: Preamble) -> None:
        """Hold a dialogue to its end. Raises ConnectionError and PreambleError."""
        try:
            data = next(preamble)
            while True:
                if data:
                    await self.send(data)
                data = preamble.send(b"" if isinstance(data, Unanswered) else await self.receive())
        except StopIteration as done:
            self._early = done.value or b""


class Road:
    """Opens connections to a socket address (an IP literal and a port), at most `limits.connections_per_address` at a
    time and `limits.connections` in all. `preambles` are held on each, in turn. `opened` counts those tried.
    """

    def __init__(
        self, address: SocketAddress, limits: Limits, preambles: Sequence[Callable[[], Preamble]] = ()
    ) -> None:
        self.address = address
        self.opened = 0
        self._limits = limits
        self._preambles = list(preambles)
        self._slots = asyncio.Semaphore(limits.connections_per_address)

    def add(self, preamble: Callable[[], Preamble]) -> None:
        """From now on, hold this one too, after the others."""
        self._preambles.append(preamble)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection, closed when the block ends. Raises OSError, TimeoutError and PreambleError where there is
        none to be had.
        """
        async with self._slots:
            if self.opened == self._limits.connections:
                raise PreambleError(f"not done after {self.opened} connections", Reason.PROBE_FAILED)
            self.opened += 1
            loop = asyncio.get_running_loop()
            family = socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
            with socket.socket(family, socket.SOCK_STREAM) as opened:
                opened.setblocking(False)
                started = loop.time()
                async with asyncio.timeout(self._limits.connect_s):
                    await loop.sock_connect(opened, self.address)
                connection = Connection(opened, loop.time() - started)
                if self._preambles:
                    async with asyncio.timeout(self._limits.preamble_s):
                        for preamble in self._preambles:
                            await connection.hold(preamble())
                yield connection

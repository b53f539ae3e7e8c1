"""The road to one address: how each of its raw connections is opened, and how many there may be."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, closing

from tlsaudit.evidence import Reason
from tlsaudit.probe.interview import Ending, Interview, Questions
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.pace import Pace
from tlsaudit.probe.poller import poller
from tlsaudit.probe.preamble import Preamble, PreambleError, Unanswered, hold
from tlsaudit.probe.proxy import Tunnel, no_way
from tlsaudit.probe.tcp import Tcp
from tlsaudit.target import SocketAddress

_CHUNK_BYTES = 1 << 16

__all__ = ["Connection", "Ending", "Preamble", "PreambleError", "Questions", "Road", "Unanswered"]


class Connection:
    """A TCP connection on which TLS may start. `connect_s` is the time of the TCP handshake in seconds."""

    __slots__ = ("_early", "_tcp", "connect_s")

    def __init__(self, tcp: Tcp, connect_s: float) -> None:
        self._tcp = tcp
        self._early = b""
        self.connect_s = connect_s

    async def send(self, data: bytes) -> None:
        """Raises ConnectionError, and PreambleError where a proxy has answered more than it was asked."""
        if self._early:
            raise no_way("it sends what nobody asked for")
        await self._tcp.send(data)

    async def receive(self) -> bytes:
        """What has arrived, at most 64 KiB; empty at the end. Raises ConnectionError."""
        if self._early:
            early, self._early = self._early, b""
            return early
        return await self._tcp.receive(_CHUNK_BYTES)

    async def hold(self, preamble: Preamble) -> None:
        """Hold a dialogue to its end. Raises ConnectionError and PreambleError."""
        self._early = await hold(preamble, self.send, self.receive)

    async def tunnel(self, through: Tunnel, target: SocketAddress) -> None:
        """Reach the target, where this is a connection to a proxy. Raises PreambleError."""
        self._early = await through.dig(target, self.send, self.receive)


class Road:
    """Opens connections to a socket address (an IP literal and a port), at most `limits.connections_per_address` at a
    time and `limits.connections` in all, at the `pace` of whoever else has it. `preambles` are held on each, in turn.
    `opened` counts those tried.

    Through a `tunnel`, the address may be a name.
    """

    def __init__(
        self,
        address: SocketAddress,
        limits: Limits,
        preambles: Sequence[Callable[[], Preamble]] = (),
        tunnel: Tunnel | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.address = address
        self.opened = 0
        self._limits = limits
        self._preambles = list(preambles)
        self._tunnel = tunnel
        self._pace = pace or Pace()
        self._slots = asyncio.Semaphore(limits.connections_per_address)
        self._waiting = 0

    def add(self, preamble: Callable[[], Preamble]) -> None:
        """From now on, hold this one too, after the others."""
        self._preambles.append(preamble)

    async def ask(self, questions: Questions, until: float | None = None) -> None:
        """Put questions, as long as there is one more.

        Raises OSError, TimeoutError and PreambleError where there is no connection to be had, TimeoutError where they
        have not ended `until` then (in the time of the event loop), and what they raise.
        """
        if self._tunnel or self._preambles:
            async with asyncio.timeout_at(until):
                while questions.ended(*await self._converse(questions)):
                    pass
        else:
            while await self._interview(questions, until):
                pass

    async def _interview(self, questions: Questions, until: float | None) -> bool:
        """Ask one after the other, all by callbacks, until somebody else waits for the slot. Whether some are left."""
        async with self._slot():
            await self._pace.turn()
            with poller(asyncio.get_running_loop()) as watched:
                interview = Interview(
                    *(watched, self.address, questions, self._limits, until),
                    before_each=self._count,
                    may_go_on=lambda: not self._waiting and self._pace.take(),
                )
                interview.begin()
                try:
                    return await interview.over
                finally:
                    interview.close()

    async def _converse(self, questions: Questions) -> tuple[Ending, float]:
        async with self.connection() as connection:
            ending = Ending.HEARD
            try:
                async with asyncio.timeout(self._limits.answer_s) as deadline:
                    await connection.send(questions.hello)
                    enough = False
                    while not enough:
                        data = await connection.receive()
                        enough = questions.take(data) or not data
                        if questions.to_say:
                            await connection.send(questions.to_say)
                            if (seconds := questions.within_s) is not None:
                                deadline.reschedule(asyncio.get_running_loop().time() + seconds)
            except TimeoutError:
                ending = Ending.SILENT
            except ConnectionError:
                ending = Ending.RESET
            return ending, connection.connect_s

    def _count(self) -> None:
        if self.opened == self._limits.connections:
            raise PreambleError(f"not done after {self.opened} connections", Reason.PROBE_FAILED)
        self.opened += 1

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._slots.release()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection, closed when the block ends. Raises OSError, TimeoutError and PreambleError where there is
        none to be had.
        """
        async with self._slot():
            self._count()
            await self._pace.turn()
            started = asyncio.get_running_loop().time()
            tcp = await (self._tunnel.enter(self._connect) if self._tunnel else self._connect(self.address))
            with closing(tcp):
                connection = Connection(tcp, asyncio.get_running_loop().time() - started)
                if self._tunnel:
                    await connection.tunnel(self._tunnel, self.address)
                if self._preambles:
                    async with asyncio.timeout(self._limits.preamble_s):
                        for preamble in self._preambles:
                            await connection.hold(preamble())
                yield connection

    def _connect(self, address: SocketAddress) -> Coroutine[None, None, Tcp]:
        return Tcp.connect(address, self._limits.connect_s)

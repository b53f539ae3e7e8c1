"""A TCP connection whose calls do not block: awaited through the poller, for less CPU than the loop's own means."""

import asyncio
import errno
import math
import os
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import TypeVar

from tlsaudit.probe.poller import ONCE, READ, WRITE, poller
from tlsaudit.target import SocketAddress

T = TypeVar("T")


class Tcp:
    """Raises OSError, which a TimeoutError is where nothing happens within `seconds`."""

    def __init__(self, connecting: socket.socket) -> None:
        self.socket = connecting
        self._file = connecting.fileno()
        self._loop = asyncio.get_running_loop()
        self._held = ExitStack()
        self._poller = self._held.enter_context(poller(self._loop))
        self._woken: asyncio.Future[None] | None = None

    @classmethod
    async def connect(cls, address: SocketAddress, seconds: float) -> "Tcp":
        """To an IP address."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        tcp = cls(socket.socket(family, socket.SOCK_STREAM))
        try:
            tcp.socket.setblocking(False)
            error = tcp.socket.connect_ex(address)
            if error == errno.EINPROGRESS:
                await tcp._ready(WRITE, tcp._loop.time() + seconds)
                error = tcp.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, os.strerror(error))
        except BaseException:
            tcp.close()
            raise
        return tcp

    async def send(self, data: bytes, seconds: float = math.inf) -> None:
        left = memoryview(data)
        while left:
            left = left[await self.done(partial(self.socket.send, left), seconds, WRITE) :]

    async def receive(self, max_bytes: int, seconds: float = math.inf) -> bytes:
        """What has arrived; empty at the end."""
        return await self.done(partial(self.socket.recv, max_bytes), seconds, READ)

    async def done(self, call: Callable[[], T], seconds: float, events: int) -> T:
        """What a call gives once it does not block, which is when the socket is ready for these."""
        until = None
        while True:
            try:
                return call()
            except (BlockingIOError, InterruptedError):
                awaited = events
            except ssl.SSLWantReadError:
                awaited = READ
            except ssl.SSLWantWriteError:
                awaited = WRITE
            until = until or self._loop.time() + seconds
            await self._ready(awaited, until)

    def close(self) -> None:
        """Once more is no error."""
        self._poller.forget(self._file)
        self.socket.close()
        self._held.close()

    async def _ready(self, events: int, until: float) -> None:
        self._woken = self._loop.create_future()
        self._poller.watch(self._file, events | ONCE, self, until)
        await self._woken

    def ready(self, _events: int) -> None:
        """The poller says so."""
        if self._woken and not self._woken.done():
            self._woken.set_result(None)

    def late(self) -> None:
        """The poller says so."""
        if self._woken and not self._woken.done():
            self._woken.set_exception(TimeoutError())

"""One connection, one question, driven by callbacks: cheaper by half than a coroutine for each step, and an enumeration
asks hundreds.
"""

import asyncio
import errno
import math
import os
import socket
from collections.abc import Callable
from enum import Enum

from tlsaudit.probe.limits import Limits
from tlsaudit.probe.poller import READ, WRITE, poller

_CHUNK_BYTES = 1 << 16


class Ending(Enum):
    """How a question ended: enough was heard, the peer reset the connection, or said nothing more in time."""

    HEARD = "heard"
    RESET = "reset"
    SILENT = "silent"


class Question:
    """Sends a hello and hands what arrives to `take` until it says that this is enough (empty: the peer closed).

    `ending` is a future; it fails with an OSError where there is no connection, with TimeoutError after `until` (in the
    time of the event loop), and with what `take` raises.
    `connect_s` is the time of the TCP handshake in seconds. Close it in any case.
    """

    def __init__(
        self,
        address: tuple[str, int],
        hello: bytes,
        take: Callable[[bytes], bool],
        limits: Limits,
        until: float | None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._poller = poller(self._loop)
        self._to_send = hello
        self._take = take
        self._answer_s = limits.answer_s
        self._deadline = math.inf if until is None else until
        self.connect_s = 0.0
        self.ending: asyncio.Future[Ending] = self._loop.create_future()
        self._socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._file = self._socket.fileno()
        self._connecting = True
        self._started = self._loop.time()
        self._until = min(self._started + limits.connect_s, self._deadline)
        # One for all, because they are dear: it comes no later than the first of them.
        self._timer = self._loop.call_at(min(self._until, self._started + limits.answer_s), self._late)
        error = self._socket.connect_ex(address)
        if error not in (0, errno.EINPROGRESS):
            self._fail(OSError(error, os.strerror(error)))
        else:
            self._poller.watch(self._file, WRITE, self._ready)

    def close(self) -> None:
        self._timer.cancel()
        self._poller.forget(self._file)
        self._socket.close()

    def _ready(self, events: int) -> None:
        if self._connecting:
            self._connected()
        elif events & ~WRITE:  # an error shows when it is read
            self._readable()
        elif self._to_send:
            self._writable()

    def _late(self) -> None:
        now = self._loop.time()
        if now < self._until:
            self._timer = self._loop.call_at(self._until, self._late)
        elif self._connecting or now >= self._deadline:
            self._fail(TimeoutError())
        else:
            self._end(Ending.SILENT)

    def _connected(self) -> None:
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self._fail(OSError(error, os.strerror(error)))
            return
        self._connecting = False
        now = self._loop.time()
        self.connect_s, self._until = now - self._started, min(now + self._answer_s, self._deadline)
        self._writable()

    def _writable(self) -> None:
        try:
            self._to_send = self._to_send[self._socket.send(self._to_send) :]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self._end(Ending.RESET)
            return
        self._poller.watch(self._file, READ | WRITE if self._to_send else READ, self._ready)

    def _readable(self) -> None:
        try:
            data = self._socket.recv(_CHUNK_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._end(Ending.RESET)
            return
        if self.ending.done():
            return
        try:
            enough = self._take(data)
        except Exception as error:  # for whoever waits
            self._fail(error)
        else:
            if enough or not data:
                self._end(Ending.HEARD)

    def _end(self, ending: Ending) -> None:
        if not self.ending.done():
            self.ending.set_result(ending)

    def _fail(self, error: Exception) -> None:
        if not self.ending.done():
            self.ending.set_exception(error)

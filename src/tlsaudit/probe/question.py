"""One connection, one question, driven by callbacks: cheaper by half than a coroutine for each step, and an enumeration
asks hundreds.
"""

import errno
import math
import os
from collections.abc import Callable
from enum import Enum
from socket import AF_INET, AF_INET6, SO_ERROR, SOCK_STREAM, SOL_SOCKET, SocketType

from tlsaudit.probe.limits import Limits
from tlsaudit.probe.poller import READ, WRITE, Poller

_CHUNK_BYTES = 1 << 16


class Ending(Enum):
    """How a question ended: enough was heard, the peer reset the connection, or said nothing more in time."""

    HEARD = "heard"
    RESET = "reset"
    SILENT = "silent"


class Question:
    """Connects, sends a hello and hands what arrives to `take` until it says that this is enough.

    Then, the connection closed, it calls `done`, once: with an OSError where there was no connection, with TimeoutError
    after `until` (in the time of the event loop), and with what `take` raised. Raises OSError where there is none from
    the outset. `connect_s` is the time of the TCP handshake in seconds.
    """

    __slots__ = (
        *("_answer_s", "_connecting", "_deadline", "_done", "_file", "_poller", "_socket", "_started"),
        *("_take", "_to_send", "_until", "connect_s"),
    )

    def __init__(  # noqa: PLR0917
        self,
        poller: Poller,
        address: tuple[str, int],
        hello: bytes,
        take: Callable[[bytes], bool],
        done: Callable[["Question", Ending | Exception], None],
        limits: Limits,
        until: float | None,
    ) -> None:
        self._poller = poller
        self._to_send = hello
        self._take = take
        self._done = done
        self._answer_s = limits.answer_s
        self._deadline = math.inf if until is None else until
        self.connect_s = 0.0
        self._socket = SocketType(AF_INET6 if ":" in address[0] else AF_INET, SOCK_STREAM)
        self._socket.setblocking(False)
        self._file = self._socket.fileno()
        self._connecting = True
        self._started = poller.time()
        self._until = min(self._started + limits.connect_s, self._deadline)
        error = self._socket.connect_ex(address)
        if error not in (0, errno.EINPROGRESS):
            self._socket.close()
            raise OSError(error, os.strerror(error))
        poller.watch(self._file, WRITE, self, self._until)

    def close(self) -> None:
        """At once, with nothing said. Once more is no error."""
        if self._file >= 0:
            self._poller.forget(self._file)
            self._socket.close()
            self._file = -1

    def ready(self, events: int) -> None:
        if self._connecting:
            self._connected()
        elif events & ~WRITE:  # an error shows when it is read
            self._readable()
        elif self._to_send:
            self._writable()

    def late(self) -> None:
        over = self._connecting or self._until >= self._deadline
        self._end(TimeoutError() if over else Ending.SILENT)

    def _connected(self) -> None:
        error = self._socket.getsockopt(SOL_SOCKET, SO_ERROR)
        if error:
            self._end(OSError(error, os.strerror(error)))
            return
        self._connecting = False
        now = self._poller.time()
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
        self._poller.watch(self._file, READ | WRITE if self._to_send else READ, self, self._until)

    def _readable(self) -> None:
        try:
            data = self._socket.recv(_CHUNK_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._end(Ending.RESET)
            return
        try:
            enough = self._take(data)
        except Exception as error:  # for whoever waits
            self._end(error)
        else:
            if enough or not data:
                self._end(Ending.HEARD)

    def _end(self, ending: Ending | Exception) -> None:
        self.close()
        self._done(self, ending)

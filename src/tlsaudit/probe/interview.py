"""Questions in a row, each on a connection of its own, driven by callbacks: cheaper by half than a coroutine for each
step, and an enumeration asks hundreds. What is said to an answer makes a question a conversation.
"""

import asyncio
import errno
import math
import os
import socket
from collections.abc import Callable
from enum import Enum
from socket import AF_INET, AF_INET6, SO_ERROR, SOL_SOCKET, SocketType
from typing import Protocol

from tlsaudit.probe.limits import Limits
from tlsaudit.probe.poller import ERROR, READ, WRITE, Poller

_CHUNK_BYTES = 1 << 16
_NON_BLOCKING = getattr(socket, "SOCK_NONBLOCK", 0)  # from the outset, where the system can
_STREAM = socket.SOCK_STREAM | _NON_BLOCKING


class Ending(Enum):
    """How a question ended: enough was heard, the peer reset the connection, or said nothing more in time."""

    HEARD = "heard"
    RESET = "reset"
    SILENT = "silent"


class Questions(Protocol):
    """What to ask in a row, each on a connection of its own."""

    @property
    def hello(self) -> bytes:
        """What to send on the next connection."""

    def take(self, data: bytes) -> bool:
        """Whether what has arrived by now is enough; `data` is empty where the peer closed."""

    @property
    def to_say(self) -> bytes:
        """What to answer to what was taken last, though that be enough."""

    @property
    def within_s(self) -> float | None:
        """Seconds that the peer has after that answer, where they are others than it has anyway."""

    def ended(self, ending: Ending, connect_s: float) -> bool:
        """Whether there is one more question. `connect_s` is the time of the TCP handshake in seconds."""


class Interview:
    """Connects, sends a hello, hands what arrives to `questions.take`, and answers, until that is enough, closes, and
    goes on with the next question for as long as there is one and `may_go_on` says so. `before_each` is called before
    a connection.

    The result of `over` is whether some are left. It fails with an OSError where there was no connection, with
    TimeoutError after `until` (in the time of the event loop), and with what the callbacks raise.
    """

    def __init__(
        self,
        poller: Poller,
        address: tuple[str, int],
        questions: Questions,
        limits: Limits,
        until: float | None,
        *,
        before_each: Callable[[], None],
        may_go_on: Callable[[], bool],
    ) -> None:
        self.over: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._poller = poller
        self._address = address
        self._family = AF_INET6 if ":" in address[0] else AF_INET
        self._questions = questions
        self._limits = limits
        self._deadline = math.inf if until is None else until
        self._before_each = before_each
        self._may_go_on = may_go_on
        self._file = -1

    def begin(self) -> None:
        """Put the next question. Raises what `over` would fail with."""
        self._started = self._poller.time()
        if self._started >= self._deadline:
            raise TimeoutError
        self._before_each()
        self._to_send = self._questions.hello
        self._socket = SocketType(self._family, _STREAM)
        if not _NON_BLOCKING:
            self._socket.setblocking(False)
        self._connecting, self._enough = True, False
        self._until = min(self._started + self._limits.connect_s, self._deadline)
        error = self._socket.connect_ex(self._address)
        if error not in (0, errno.EINPROGRESS):
            self._socket.close()
            raise OSError(error, os.strerror(error))
        self._file = self._socket.fileno()
        self._watched = 0, 0.0
        self._watch(WRITE)

    def close(self) -> None:
        """At once, with nothing said. Once more is no error."""
        if self._file >= 0:
            self._poller.forget(self._file)
            self._socket.close()
            self._file = -1

    def ready(self, events: int) -> None:
        if self._connecting:
            self._connected(events)
        elif self._to_send and not events & READ:
            self._writable()
        else:  # an error shows when it is read
            self._readable()

    def late(self) -> None:
        over = self._connecting or self._until >= self._deadline
        self._end(TimeoutError() if over else Ending.SILENT)

    def _connected(self, events: int) -> None:
        if events & ERROR and (error := self._socket.getsockopt(SOL_SOCKET, SO_ERROR)):
            self._end(OSError(error, os.strerror(error)))
            return
        self._connecting = False
        now = self._poller.time()
        self._connect_s, self._until = now - self._started, min(now + self._limits.answer_s, self._deadline)
        self._writable()

    def _writable(self) -> None:
        try:
            self._to_send = self._to_send[self._socket.send(self._to_send) :]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self._end(Ending.RESET)
            return
        if self._to_send:
            self._watch(WRITE if self._enough else READ | WRITE)
        elif self._enough:
            self._end(Ending.HEARD)
        else:
            self._watch(READ)

    def _watch(self, events: int) -> None:
        if self._watched != (events, self._until):
            self._watched = events, self._until
            self._poller.watch(self._file, events, self, self._until)

    def _readable(self) -> None:
        try:
            data = self._socket.recv(_CHUNK_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._end(Ending.RESET)
            return
        try:
            self._enough = self._questions.take(data) or not data
        except Exception as error:  # for whoever waits
            self._end(error)
            return
        if to_say := self._questions.to_say:
            self._to_send += to_say
            if (seconds := self._questions.within_s) is not None:
                self._until = min(self._poller.time() + seconds, self._deadline)
            self._writable()
        elif self._enough:
            self._end(Ending.HEARD)

    def _end(self, ending: Ending | Exception) -> None:
        self.close()
        if self.over.done():
            return
        try:
            if isinstance(ending, Exception):
                raise ending
            more = self._questions.ended(ending, self._connect_s)
            if more and self._may_go_on():
                self.begin()
            else:
                self.over.set_result(more)
        except Exception as error:  # for whoever waits
            self.over.set_exception(error)

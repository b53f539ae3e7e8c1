"""Which of many sockets are ready: through an epoll of our own, which the event loop watches as one more file.

That saves a handle, a context and two look-ups of the loop for each event; an enumeration has hundreds.
"""

import asyncio
import select
from collections.abc import Callable
from typing import Protocol

READ, WRITE = 0x001, 0x004  # as EPOLLIN and EPOLLOUT

Ready = Callable[[int], None]
"""Called with what a file is ready for; neither READ nor WRITE where it has failed."""


class Poller(Protocol):
    """Watches files by their number."""

    def watch(self, file: int, events: int, ready: Ready) -> None:
        """Call `ready` whenever the file is ready for one of `events`, in place of what it was watched for before."""

    def forget(self, file: int) -> None:
        """No longer. A file that was never watched is no error."""


def poller(loop: asyncio.AbstractEventLoop) -> Poller:
    """That of an event loop; it lives as long as it has something to watch."""
    if not hasattr(select, "epoll"):
        return OfTheLoop(loop)
    if loop not in _pollers:
        _pollers[loop] = Epoll(loop)
    return _pollers[loop]


class Epoll:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._epoll = select.epoll()
        self._ready: dict[int, Ready] = {}
        loop.add_reader(self._epoll.fileno(), self._dispatch)

    def watch(self, file: int, events: int, ready: Ready) -> None:
        if file in self._ready:
            self._epoll.modify(file, events)
        else:
            self._epoll.register(file, events)
        self._ready[file] = ready

    def forget(self, file: int) -> None:
        if self._ready.pop(file, None):
            self._epoll.unregister(file)
        if not (self._ready or self._epoll.closed):
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()
            _pollers.pop(self._loop, None)

    def _dispatch(self) -> None:
        for file, events in self._epoll.poll(0):
            if ready := self._ready.get(file):
                ready(events)


class OfTheLoop:
    """Where there is no epoll: the loop's own means."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def watch(self, file: int, events: int, ready: Ready) -> None:
        if events & READ:
            self._loop.add_reader(file, ready, READ)
        if events & WRITE:
            self._loop.add_writer(file, ready, WRITE)
        else:
            self._loop.remove_writer(file)

    def forget(self, file: int) -> None:
        self._loop.remove_reader(file)
        self._loop.remove_writer(file)


_pollers: dict[asyncio.AbstractEventLoop, Epoll] = {}

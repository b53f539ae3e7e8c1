"""Which of many sockets are ready, and which have waited too long: through an epoll of our own, which the event loop
watches as one more file, and one timer for all.

That saves a handle, a context, a timer and two look-ups of the loop for each event; an enumeration has hundreds.
"""

import asyncio
import math
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

READ, WRITE, ERROR, ONCE = 0x001, 0x004, 0x008, 1 << 30  # as EPOLLIN, EPOLLOUT, EPOLLERR and EPOLLONESHOT


class Waiter(Protocol):
    """Who is told what becomes of a file."""

    def ready(self, events: int) -> None:
        """The file is ready for these; ERROR is among them where it may have failed."""

    def late(self) -> None:
        """The time is over. Said once."""


Watch = Callable[[int, int], object]
"""Takes a file and the events to look for."""


class Poller:
    """Watches files by their number. `time` is that of the event loop. Close it when no file is watched any more."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, register: Watch, modify: Watch, unregister: Callable[[int], object]
    ) -> None:
        self.time = loop.time
        self._loop = loop
        self._register, self._modify, self._unregister = register, modify, unregister
        self._waiting: dict[int, tuple[Waiter, float]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._alarm = math.inf  # when the timer goes off: no later than the first is late
        self.users = 0

    def watch(self, file: int, events: int, waiter: Waiter, until: float) -> None:
        """Tell `waiter` whenever the file is ready for one of `events`, or the first time where ONCE is among them, and
        once it is `until`, in place of what it was watched for before.
        """
        if file in self._waiting:
            self._modify(file, events)
        else:
            self._register(file, events)
        self._waiting[file] = waiter, until
        if until < self._alarm:
            self._set_alarm(until)

    def forget(self, file: int) -> None:
        """No longer: it is about to be closed. A file that was never watched is no error."""
        if self._waiting.pop(file, None):
            self._unregister(file)

    def close(self) -> None:
        """Leave nothing behind in the event loop."""
        if self._timer:
            self._timer.cancel()

    def _set_alarm(self, when: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._alarm, self._timer = when, self._loop.call_at(when, self._ring)

    def _ring(self) -> None:
        now = self.time()
        for file, (waiter, until) in list(self._waiting.items()):
            if until <= now and self._waiting.get(file) == (waiter, until):  # one may have made the other forgotten
                self._waiting[file] = waiter, math.inf
                waiter.late()
        self._alarm, self._timer = math.inf, None
        if (first := min((until for _, until in self._waiting.values()), default=math.inf)) < math.inf:
            self._set_alarm(first)


class Epoll(Poller):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._epoll = select.epoll()
        # To be closed takes a file out of the epoll, too, and is one system call less.
        super().__init__(loop, self._epoll.register, self._epoll.modify, lambda _: None)
        loop.add_reader(self._epoll.fileno(), self._dispatch)

    def close(self) -> None:
        super().close()
        self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()

    def _dispatch(self) -> None:
        for file, events in self._epoll.poll(0):
            if waiting := self._waiting.get(file):
                waiting[0].ready(events)


class OfTheLoop(Poller):
    """Where there is no epoll: the loop's own means."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop, self._look_for, self._look_for, self._overlook)

    def _look_for(self, file: int, events: int) -> None:
        once = events & ONCE
        if events & READ:
            self._loop.add_reader(file, self._tell, file, READ | ERROR, once)
        else:
            self._loop.remove_reader(file)
        if events & WRITE:
            self._loop.add_writer(file, self._tell, file, WRITE | ERROR, once)
        else:
            self._loop.remove_writer(file)

    def _overlook(self, file: int) -> None:
        self._loop.remove_reader(file)
        self._loop.remove_writer(file)

    def _tell(self, file: int, events: int, once: int) -> None:
        if once:
            self._overlook(file)
        if waiting := self._waiting.get(file):
            waiting[0].ready(events)


@contextmanager
def poller(loop: asyncio.AbstractEventLoop) -> Iterator[Poller]:
    """That of an event loop; it lives as long as somebody has it."""
    if loop not in _pollers:
        _pollers[loop] = Epoll(loop) if hasattr(select, "epoll") else OfTheLoop(loop)
    shared = _pollers[loop]
    shared.users += 1
    try:
        yield shared
    finally:
        shared.users -= 1
        if not shared.users:
            shared.close()
            del _pollers[loop]


_pollers: dict[asyncio.AbstractEventLoop, Poller] = {}
